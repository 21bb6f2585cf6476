"""Input validation of the GANs: networks that do not fit, losses, monitors and noise."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import backend, losses, ops
from ...arrays import as_array
from ...callbacks import Callback
from ...checks.values import as_list
from ...errors import message
from ...layers import BatchNormalization
from ...layers.weights import come_from_file
from ...model import Model
from ...tensor import Tensor
from ..checks import check_has_graph, check_no_shared_weights


def width_of_noise(generator: Any, discriminator: Any, inputs: int) -> int:
    """The width of z; TypeError or ValueError unless the two networks, with so many inputs each, make a GAN."""
    for network in (generator, discriminator):
        check_has_graph("GAN: a player", network)
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
    check_no_shared_weights("GAN", {"generator": generator, "discriminator": discriminator})
    if generator.dtype != discriminator.dtype:
        got, fix = f"{generator.dtype} and {discriminator.dtype}", 'GAN(...).astype("float64")'
        raise ValueError(message("GAN: precisions", expected="one for both players", got=got, fix=fix))
    _check_gives_logits(discriminator)
    width: int = noise[0]
    return width


def _check_inputs(generator: Model, discriminator: Model, inputs: int) -> None:
    """ValueError unless both networks of a GAN have one input, or of a conditional GAN two, y of one width for both."""
    given = [[i.shape[1:] for i in as_list(network.inputs)] for network in (generator, discriminator)]
    besides = [shapes[1:] for shapes in given]
    if [len(shapes) for shapes in given] != [inputs, inputs] or besides[0] != besides[1]:
        where, got = "GAN: inputs of generator and discriminator", f"{given[0]} and {given[1]}"
        one, two = "noise, and images", "[noise, y] and [images, y], with y one-hot of one width for both"
        fix = "ConditionalGAN for players with two inputs, GAN for players with one"
        raise ValueError(message(where, expected=one if inputs == 1 else two, got=got, fix=fix))


def _check_gives_logits(discriminator: Model) -> None:
    """ValueError for a discriminator that returns probabilities.

    It does so if its last op is a sigmoid or a softmax, and also if, with large random weights and images, none of its
    outputs leaves [0, 1]: that finds a user-defined squashing function. The weights are put back. A model in a file was
    tested when it was made.
    """
    if come_from_file():
        return
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
        problem, got = "returns probabilities where logits are expected", "outputs in [0, 1] for all images"
    elif isinstance(last, (ops.Relu, ops.Softplus, ops.Tanh)) or getattr(last, "relu", False):
        name = "relu" if getattr(last, "relu", False) else type(last).__name__.lower()
        problem, got = "ends in an activation", f"{name}, which does not give every number"
    else:
        return
    expected = "any number: the losses contain the sigmoid, so that the gradient does not vanish where D is certain"
    fix = "Dense(1) as its last layer, without an activation; gan.discriminate(x) gives probabilities"
    raise ValueError(message(f"GAN: the discriminator {problem}", expected=expected, got=got, fix=fix))


def check_draws_in(data_range: Any, generator: Model) -> None:
    """ValueError for a generator whose last activation has another range, by which D could recognise fakes."""
    if data_range is None or come_from_file():
        return
    z = [Tensor(np.zeros((1, *i.shape[1:]), generator.dtype)) for i in as_list(generator.inputs)]
    drawn = as_list(generator(z if len(z) > 1 else z[0]))[0]
    last: Any = type(ops.made_by(drawn))
    drawn_range = {ops.Sigmoid: (0.0, 1.0), ops.Tanh: (-1.0, 1.0)}.get(last)
    if drawn_range not in (None, data_range):
        where = "GAN: the generator draws in another range than that of the data"
        got = f"{last.__name__.lower()} as its last activation: {drawn_range}"
        fitting = {(0.0, 1.0): "a sigmoid", (-1.0, 1.0): "a tanh"}.get(data_range, "a linear layer and Rescaling()")
        fix = f"{fitting} at its end, or data_range={drawn_range}"
        raise ValueError(message(where, expected=f"images in {data_range}", got=got, fix=fix))


def check_no_batch_normalization(critic: Model) -> None:
    """ValueError for a critic whose output for one image depends on the others: its slope would not be defined."""
    if any(isinstance(layer, BatchNormalization) for layer in critic.sublayers()):
        where = "WassersteinGAN: the critic has batch normalisation"
        expected = "a critic that judges each image by itself: the penalty takes its slope"
        raise ValueError(message(where, expected=expected, got="BatchNormalization", fix="no BatchNormalization"))


def checked_game(label: str, loss: Any, margin: float | None) -> losses.AdversarialLoss:
    """The adversarial loss of that name; ValueError for one that a plain GAN, or one with a margin, cannot have."""
    where = f"{label}.compile: loss"
    if loss in ("wasserstein", losses.ADVERSARIAL["wasserstein"]):
        got, fix = "a GAN without a gradient penalty", "models.wgan_gp(), or WassersteinGAN(generator, critic)"
        raise ValueError(message(where, expected="a WassersteinGAN for 'wasserstein'", got=got, fix=fix))
    found = losses.get_adversarial(loss)
    if margin is not None and found.name not in ("non_saturating", "minimax"):
        expected, fix = "'non_saturating' or 'minimax': the rule of `margin` is in nats", "margin=None"
        raise ValueError(message(where, expected=expected, got=repr(found.name), fix=fix))
    return found


def check_monitor(label: str, monitor: Any) -> None:
    """TypeError unless the monitor is a Callback, or None."""
    if monitor is not None and not isinstance(monitor, Callback):
        expected, got = "a Callback, or None", type(monitor).__name__
        where, fix = f"{label}.monitor", "models.GANMonitor(scorer)"
        raise TypeError(message(where, expected=expected, got=got, fix=fix))


def check_scorer(scorer: Any) -> None:
    """TypeError for a scorer that cannot count digits."""
    is_text = isinstance(scorer, (str, bytes, list, tuple))  # which have a count(), too
    if scorer is not None and (is_text or not callable(getattr(scorer, "count", None))):
        got, fix = type(scorer).__name__, "models.trained_scorer(x, labels)"
        raise TypeError(message("GANMonitor: scorer", expected="a Scorer, or None", got=got, fix=fix))


def as_noise(label: str, z: Any, noise_dim: int) -> np.ndarray:
    """z as an array (n, noise_dim) of finite numbers; ValueError for noise of another width."""
    where, z = f"{label}.generate: noise", as_array(z, f"{label}.generate: noise", "z")
    is_single = z.shape == (noise_dim,)
    fix = "z[None]" if is_single else f"np.random.default_rng(0).normal(size=(10, {noise_dim}))"
    z = backend.finite_array(where, z, 2, fix)
    if z.shape[1] != noise_dim:
        raise ValueError(message(where, expected=f"(n, {noise_dim})", got=z.shape, fix=fix))
    return z
