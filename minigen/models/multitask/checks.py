"""Input validation of Head and VAEGAN: parts that do not fit."""

from __future__ import annotations

from typing import Any

from ...checks.values import as_list
from ...errors import message
from ...layers.symbolic import Symbolic
from ...model import Model
from ..checks import check_has_graph, check_no_shared_weights


def width_of_shared_code(encoder: Any) -> int:
    """The width of z; TypeError or ValueError unless the encoder has one output, or two of one width."""
    check_has_graph("Head: encoder", encoder, "vae.encoder, or Model(inputs, outputs)")
    shapes = [output.shape[1:] for output in as_list(encoder.outputs)]
    if len(set(shapes)) != 1 or len(shapes) > 2 or len(shapes[0]) != 1:
        expected, fix = "one output (batch, latent), or two: mu and logvar", "vae.encoder, or Dense(16) at its end"
        raise ValueError(message("Head: outputs of the encoder", expected=expected, got=shapes, fix=fix))
    width: int = shapes[0][0]
    return width


def check_networks(encoder: Model, decoder: Model, discriminator: Model, features: Any) -> None:
    """ValueError unless each is a network of its own with one input, and `features` come from inside of D."""
    if not isinstance(features, Symbolic) or features is discriminator.outputs:
        expected, got = "what a layer inside of the discriminator gives", repr(features)
        fix = "features=discriminator.layers[2].output, or the h that it was built with"
        raise ValueError(message("VAEGAN: features", expected=expected, got=got, fix=fix))
    networks = {"encoder": encoder, "decoder": decoder, "discriminator": discriminator}
    for name, network in networks.items():
        inputs = len(as_list(network.inputs))
        if inputs > 1:
            where, expected = f"VAEGAN: inputs of the {name}", "one: a VAEGAN has no condition"
            raise ValueError(message(where, expected=expected, got=inputs, fix="Model(x, outputs), with one Input"))
    check_no_shared_weights("VAEGAN", networks)
