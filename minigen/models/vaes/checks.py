"""Input validation of the VAEs: networks that do not fit, losses that are means over the pixels."""

from __future__ import annotations

from typing import Any

from ... import losses
from ...checks.values import as_list
from ...errors import message
from ...model import Model
from ..checks import check_has_graph


def width_of_code(encoder: Model, decoder: Model) -> int:
    """The number of latent variables; TypeError or ValueError unless the two networks fit together."""
    for network in (encoder, decoder):
        check_has_graph("VAE: a part", network)
    heads, code = as_list(encoder.outputs), as_list(decoder.inputs)[0]
    widths = [head.shape[1:] for head in heads]
    if len(heads) != 2 or widths[0] != widths[1] or widths[0] != code.shape[1:] or len(widths[0]) != 1:
        where, got = "VAE: encoder and decoder do not fit", f"outputs {widths}, decoder input {code.shape[1:]}"
        expected = "an encoder with two outputs, mu and logvar, as wide as the decoder's input (batch, latent)"
        fix = "Model(inputs, [Dense(2)(h), Dense(2)(h)]): two outputs only, the VAE draws z itself"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))
    images, drawn = as_list(encoder.inputs)[0].shape[1:], as_list(decoder.outputs)[0].shape[1:]
    if images != drawn:
        expected, got = f"a decoder that draws {images}, as the encoder takes", f"one that draws {drawn}"
        raise ValueError(message("VAE: images in and out differ", expected=expected, got=got, fix="Dense(784)"))
    width: int = widths[0][0]
    return width


def check_loss_per_image(label: str, given: Any, found: Any) -> None:
    """ValueError for a loss that is a mean over the pixels: Loss z is a sum over the image."""
    function = losses.function_of(found)
    if not callable(found) or (function in losses.LOSSES.values() and function not in losses.PER_IMAGE):
        name = getattr(function, "__name__", repr(found))
        where = f"{label}.compile: {name} is a mean over the pixels, Loss z a sum over the image"
        expected = "nats per image, or the KL weighs hundreds of times too much and the code collapses"
        fix = " or ".join(repr(f.__name__) for f in losses.PER_IMAGE)
        raise ValueError(message(where, expected=expected, got=repr(given), fix=fix))


def check_no_metrics(label: str, optimizer: Any, loss: Any, metrics: Any) -> None:
    """ValueError for metrics: what a VAE logs is fixed."""
    if metrics:
        where, fix = f"{label}.compile: metrics", f"compile({optimizer!r}, {loss!r})"
        expected = "none: loss, reconstruction, kl, kl_per_dimension and active_units are logged"
        raise ValueError(message(where, expected=expected, got=repr(metrics), fix=fix))
