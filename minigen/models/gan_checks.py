"""Can these two networks play with each other? What a GAN asks of its players before anything is trained."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import losses, ops
from ..errors import message
from ..model import Model, as_list


def width_of_noise(generator: Any, discriminator: Any) -> int:
    """The width of z; TypeError or ValueError unless the two can play with each other."""
    for player in (generator, discriminator):
        if not hasattr(player, "outputs"):
            got = getattr(player, "label", type(player).__name__)
            write = "Model(inputs, outputs), or Sequential([Input(shape=...), ...])"
            where = "GAN: a player has no graph"
            raise TypeError(message(where, expected="a Model with an Input", got=got, write=write))
    noise, drawn = as_list(generator.inputs)[0].shape[1:], as_list(generator.outputs)[0].shape[1:]
    judged, verdict = as_list(discriminator.inputs)[0].shape[1:], as_list(discriminator.outputs)
    if len(noise) != 1:
        expected, write = "(batch, noise_dim)", "Input(shape=(100,)), then Reshape inside"
        raise ValueError(message("GAN: input of the generator", expected=expected, got=noise, write=write))
    if drawn != judged:
        expected, got = f"images {judged}, as the discriminator takes", f"images {drawn}"
        write = "a last layer of that size, or Reshape"
        raise ValueError(message("GAN: what the generator draws", expected=expected, got=got, write=write))
    if len(verdict) != 1 or verdict[0].shape[1:] != (1,):
        expected, got = "one logit for each image", f"{[v.shape[1:] for v in verdict]}"
        raise ValueError(message("GAN: output of the discriminator", expected=expected, got=got, write="Dense(1)"))
    _check_gives_logits(discriminator)
    return noise[0]


def _check_gives_logits(discriminator: Model) -> None:
    """ValueError for a discriminator whose outputs are probabilities: however wild the images, they stay in [0, 1]."""
    rng = np.random.default_rng(0)
    wild = [rng.normal(0, 100, (64, *i.shape[1:])).astype("float32") for i in as_list(discriminator.inputs)]
    a = discriminator(wild if len(wild) > 1 else wild[0])
    values = a.numpy()
    squashed = isinstance(losses.made_by(a), (ops.Sigmoid, ops.Softmax))
    if squashed or (values.min() >= 0 and values.max() <= 1 and values.any()):
        raise ValueError(
            message(
                "GAN: the discriminator returns probabilities where logits are expected",
                expected="any number: the losses take the sigmoid themselves, and a gradient stays however sure D is",
                got=f"outputs in [{values.min():.3g}, {values.max():.3g}] for images of any brightness",
                write="Dense(1) as its last layer, without an activation; gan.discriminate(x) gives probabilities",
            )
        )


def check_draws_in(data_range: Any, generator: Model) -> None:
    """ValueError for a generator whose last activation has another range: D would tell its fakes by their range."""
    if data_range is None:
        return
    z = [np.zeros((1, *i.shape[1:]), "float32") for i in as_list(generator.inputs)]
    last = type(losses.made_by(generator(z if len(z) > 1 else z[0])))
    drawn = {ops.Sigmoid: (0.0, 1.0), ops.Tanh: (-1.0, 1.0)}.get(last, data_range)
    if drawn != data_range:
        fitting = {(0.0, 1.0): "a sigmoid", (-1.0, 1.0): "a tanh"}.get(data_range, "a linear layer and Rescaling()")
        raise ValueError(
            message(
                "GAN: the generator draws in another range than that of the data",
                expected=f"images in {list(data_range)}",
                got=f"{last.__name__.lower()} as its last activation: {list(drawn)}",
                write=f"{fitting} at its end, or data_range={drawn}",
            )
        )
