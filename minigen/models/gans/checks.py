"""Can these two networks play with each other? What a GAN asks of its players before anything is trained."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...errors import message
from ...layers import BatchNormalization
from ...model import Model, as_list
from ...tensor import Tensor


def width_of_noise(generator: Any, discriminator: Any, inputs: int) -> int:
    """The width of z; TypeError or ValueError unless the two can play with each other, with so many inputs each."""
    for player in (generator, discriminator):
        if not hasattr(player, "outputs"):
            got = getattr(player, "label", type(player).__name__)
            fix = "Model(inputs, outputs), or Sequential([Input(shape=...), ...])"
            where = "GAN: a player has no graph"
            raise TypeError(message(where, expected="a Model with an Input", got=got, fix=fix))
    _check_inputs(generator, discriminator, inputs)
    noise, drawn = as_list(generator.inputs)[0].shape[1:], [o.shape[1:] for o in as_list(generator.outputs)]
    images, verdict = as_list(discriminator.inputs)[0].shape[1:], [o.shape[1:] for o in as_list(discriminator.outputs)]
    if len(noise) != 1:
        expected, fix = "(batch, noise_dim)", "Input(shape=(100,)), then Reshape inside"
        raise ValueError(message("GAN: input of the generator", expected=expected, got=noise, fix=fix))
    if drawn != [images]:
        expected, got = f"images {images}, as the discriminator takes", f"images {', '.join(map(str, drawn))}"
        fix = "a last layer of that size, or Reshape; noise and images are the first inputs"
        raise ValueError(message("GAN: what the generator draws", expected=expected, got=got, fix=fix))
    if verdict != [(1,)]:
        expected, got = "one logit for each image", f"{', '.join(map(str, verdict))}"
        raise ValueError(message("GAN: output of the discriminator", expected=expected, got=got, fix="Dense(1)"))
    _check_two_networks(generator, discriminator)
    _check_gives_logits(discriminator)
    return noise[0]


def _check_inputs(generator: Model, discriminator: Model, inputs: int) -> None:
    """A GAN's players have one input each; those of a conditional one two, the second of one width for both."""
    given = [[i.shape[1:] for i in as_list(player.inputs)] for player in (generator, discriminator)]
    besides = [shapes[1:] for shapes in given]
    if [len(shapes) for shapes in given] != [inputs, inputs] or besides[0] != besides[1]:
        one, two = "noise, and images", "[noise, y] and [images, y], with y one-hot of one width for both"
        raise ValueError(
            message(
                "GAN: inputs of generator and discriminator",
                expected=one if inputs == 1 else two,
                got=f"{given[0]} and {given[1]}",
                fix="ConditionalGAN for players with two inputs, GAN for players with one",
            )
        )


def _check_two_networks(generator: Model, discriminator: Model) -> None:
    """No weight may belong to both, and both have one precision."""
    shared = [w.name for w in generator.weights() if any(w is other for other in discriminator.weights())]
    if shared:
        expected, fix = "two networks: a step of one must not move the other", "new layers for the discriminator"
        raise ValueError(message("GAN: shared weights", expected=expected, got=", ".join(map(str, shared)), fix=fix))
    if generator.dtype != discriminator.dtype:
        got, fix = f"{generator.dtype} and {discriminator.dtype}", 'GAN(...).astype("float64")'
        raise ValueError(message("GAN: precisions", expected="one for both players", got=got, fix=fix))


def _check_gives_logits(discriminator: Model) -> None:
    """ValueError for a discriminator that returns probabilities.

    It does so if its last op is a sigmoid or a softmax, and also if, with wild weights and wild images, none of its
    outputs leaves [0, 1]: that finds a squashing function of one's own. The weights are put back.
    """
    rng, weights = np.random.default_rng(0), discriminator.get_weights()
    x = [rng.normal(0, 10, (16, *i.shape[1:])).astype(discriminator.dtype) for i in as_list(discriminator.inputs)]
    inside = True
    with np.errstate(all="ignore"):
        for _ in range(2):
            for w in discriminator.parameters():
                w.assign(rng.normal(0, 10, w.shape))
            a = as_list(discriminator(x if len(x) > 1 else x[0]))[0]
            inside &= bool(((a.numpy() >= 0) & (a.numpy() <= 1)).all())
    discriminator.set_weights(weights)
    last = ops.made_by(a)
    if inside or isinstance(last, (ops.Sigmoid, ops.Softmax)):
        problem, got = "returns probabilities where logits are expected", "outputs in [0, 1] whatever the image"
    elif isinstance(last, (ops.Relu, ops.Softplus, ops.Tanh)):
        problem, got = "ends in an activation", f"{type(last).__name__.lower()}, which does not give every number"
    else:
        return
    raise ValueError(
        message(
            f"GAN: the discriminator {problem}",
            expected="any number: the losses take the sigmoid themselves, and a gradient stays however sure D is",
            got=got,
            fix="Dense(1) as its last layer, without an activation; gan.discriminate(x) gives probabilities",
        )
    )


def check_draws_in(data_range: Any, generator: Model) -> None:
    """ValueError for a generator whose last activation has another range: D would tell its fakes by their range."""
    if data_range is None:
        return
    z = [Tensor(np.zeros((1, *i.shape[1:]), generator.dtype)) for i in as_list(generator.inputs)]
    drawn = as_list(generator(z if len(z) > 1 else z[0]))[0]
    last: Any = type(ops.made_by(drawn))
    drawn_range = {ops.Sigmoid: (0.0, 1.0), ops.Tanh: (-1.0, 1.0)}.get(last)
    if drawn_range not in (None, data_range):
        fitting = {(0.0, 1.0): "a sigmoid", (-1.0, 1.0): "a tanh"}.get(data_range, "a linear layer and Rescaling()")
        raise ValueError(
            message(
                "GAN: the generator draws in another range than that of the data",
                expected=f"images in {data_range}",
                got=f"{last.__name__.lower()} as its last activation: {drawn_range}",
                fix=f"{fitting} at its end, or data_range={drawn_range}",
            )
        )


def check_no_batch_normalization(critic: Model) -> None:
    """ValueError for a critic whose output for one image depends on the others: what would its slope be?"""
    if any(isinstance(layer, BatchNormalization) for layer in critic.sublayers()):
        expected, fix = (
            "a critic that judges each image by itself: the penalty takes its slope",
            "no BatchNormalization",
        )
        where = "WassersteinGAN: the critic has batch normalisation"
        raise ValueError(message(where, expected=expected, got="BatchNormalization", fix=fix))
