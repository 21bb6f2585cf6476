"""Softmax, log_softmax and the losses, at ordinary and at extreme logits, probabilities and labels."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F

from minigen import losses, ops

from . import draws
from .case import Case

RULES = [
    (ops.Softmax, "forward"),
    (ops.Softmax, "backward"),
    (ops.LogSoftmax, "forward"),
    (ops.LogSoftmax, "backward"),
    (ops.BinaryCrossentropy, "forward"),
    (ops.BinaryCrossentropy, "backward"),
    (ops.SoftmaxCrossentropy, "forward"),
    (ops.SoftmaxCrossentropy, "backward"),
    (ops.SparseSoftmaxCrossentropy, "forward"),
    (ops.SparseSoftmaxCrossentropy, "backward"),
    (ops.MeanSquaredError, "forward"),
    (ops.MeanSquaredError, "backward"),
    (ops.HalfSquaredError, "forward"),
    (ops.HalfSquaredError, "backward"),
]
LABELS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def logits(rng: draws.Rng, shape: tuple[int, ...]) -> tuple[np.ndarray, float]:
    """(random numbers, their scale): a scale up to 10⁴."""
    size = draws.one_of(rng, [1.0, 1.0, 30.0, 700.0, 1e4])
    return rng.normal(size=shape) * size, size


def some_infinite(rng: draws.Rng, x: np.ndarray) -> np.ndarray:
    """x with -inf at random elements, but not in a whole row."""
    mask = rng.random(x.shape) < 0.3
    mask[..., :1] = False
    return np.where(mask, -np.inf, x)


def draw(rng: draws.Rng) -> Case:
    return draws.one_of(rng, [softmax, binary, binary_of_probabilities, classes, classes, of_probabilities, errors])(
        rng
    )


def softmax(rng: draws.Rng) -> Case:
    name, shape = draws.one_of(rng, ["softmax", "log_softmax"]), draws.shape(rng, 4, (0, 1, 2, 3, 5), 1)
    axis, (x, size), order = int(rng.integers(-len(shape), len(shape))), logits(rng, shape), draws.order(rng)
    if draws.chance(rng, 0.2):
        x, order = np.moveaxis(some_infinite(rng, np.moveaxis(x, axis, -1)), -1, axis).copy(), 1
    program = f"{name}(x {shape} of size {size}{' with -inf' if np.isinf(x).any() else ''}, axis={axis})"
    return Case(program, [x], lambda x: getattr(ops, name)(x, axis), lambda x: getattr(torch, name)(x, axis), order)


def binary(rng: draws.Rng) -> Case:
    """From logits, or after a sigmoid, whose logits are then used; the targets are data, or require a gradient too."""
    shape, order = draws.shape(rng, 3, (1, 2, 3, 40), 1), draws.order(rng)
    x, size = logits(rng, shape)
    t = rng.random(shape)
    t = np.round(t) if draws.chance(rng) else t
    behind_sigmoid, learned = draws.chance(rng), draws.chance(rng)
    per_image = draws.chance(rng, 0.3)
    name = "binary_crossentropy_per_image" if per_image else "binary_crossentropy"
    pixels = int(np.prod(shape[1:])) if per_image else 1

    def ours(x, t=t):
        loss = getattr(losses, name)
        return loss(t, ops.sigmoid(x)) if behind_sigmoid else loss(t, x, from_logits=True)

    known = torch.tensor(t)

    def theirs(x, t=known):
        return F.binary_cross_entropy_with_logits(x, t) * pixels

    program = f"{name}(t, {'sigmoid(x)' if behind_sigmoid else 'x, from_logits=True'}), x {shape} of size {size}"
    program += ", t a Tensor too" if learned else ""
    return Case(program, [x, t] if learned else [x], ours, theirs, order, max(1.0, size / 10) * pixels)


def binary_of_probabilities(rng: draws.Rng) -> Case:
    """Probabilities are clipped to [10⁻⁷, 1 - 10⁻⁷], as Keras does it."""
    shape, order = draws.shape(rng, 3, (1, 2, 3, 7), 1), draws.order(rng)
    p = rng.random(shape)
    p = np.where(rng.random(shape) < 0.3, rng.choice([0.0, 1.0, 1e-9, 1e-6, 1 - 1e-6], size=shape), p)
    t = np.round(rng.random(shape), int(rng.integers(0, 3)))

    def theirs(p):
        p, target = torch.clamp(p, 1e-7, 1 - 1e-7), torch.tensor(t)
        return -(target * torch.log(p) + (1 - target) * torch.log(1 - p)).mean()

    ours = draws.one_of(rng, [losses.bce, losses.binary_crossentropy])
    return Case(f"binary_crossentropy(t, p {shape})", [p], lambda p: ours(t, p), theirs, order)


def cross_entropy(log_p: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """Mean over the rows of -Σ t log p, where 0 · log 0 is 0."""
    return -torch.where(t == 0, 0.0, t * log_p).sum() / (t.numel() // t.shape[-1])


def targets(rng: draws.Rng, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """(labels of a random integer type, the same labels one-hot)"""
    labels = rng.integers(0, shape[-1], size=shape[:-1]).astype(draws.one_of(rng, LABELS))
    return labels, np.eye(shape[-1])[labels]


def classes(rng: draws.Rng) -> Case:
    """From logits, or after a softmax; labels, one-hot rows or soft targets, which may require a gradient too."""
    shape, order = (*draws.shape(rng, 2, (1, 2, 3), 1), int(rng.integers(1, 6))), draws.order(rng)
    (x, size), (labels, t) = logits(rng, shape), targets(rng, shape)
    kind = draws.one_of(rng, ["labels", "one-hot", "soft", "learned"])
    if kind in ("soft", "learned"):
        t = rng.dirichlet(np.ones(shape[-1]), size=shape[:-1])
        t = np.where(rng.random(shape) < 0.2, 0.0, t)
    behind_softmax, infinite = draws.chance(rng), kind != "learned" and draws.chance(rng, 0.2)
    if infinite:
        x, order = some_infinite(rng, x), 1

    def ours(x, t=t):
        given = (ops.softmax(x),) if behind_softmax else (x, True)
        if kind == "labels":
            return losses.sparse_categorical_crossentropy(labels, *given)
        return losses.categorical_crossentropy(t, *given)

    known = torch.tensor(t)

    def theirs(x, t=known):
        log_p = torch.log_softmax(x, -1)
        return -(t * log_p).sum() / (t.numel() // t.shape[-1]) if kind == "learned" else cross_entropy(log_p, t)

    program = f"crossentropy({kind}, {'softmax(x)' if behind_softmax else 'x, from_logits=True'}), "
    program += f"x {shape} of size {size}{' with -inf' if infinite else ''}"
    program += f", labels {labels.dtype}" if kind == "labels" else ""
    return Case(program, [x, t] if kind == "learned" else [x], ours, theirs, order, max(1.0, size / 10))


def of_probabilities(rng: draws.Rng) -> Case:
    """Probabilities are divided by their sum and clipped, as Keras does it."""
    shape, order = (int(rng.integers(1, 4)), int(rng.integers(1, 6))), draws.order(rng)
    p, (labels, t) = rng.random(shape) + 0.01, targets(rng, shape)
    if draws.chance(rng, 0.3):
        p = np.where(rng.random(shape) < 0.3, 0.0, p)
        p[:, 0] = 1.0
    sparse = draws.chance(rng)

    def ours(p):
        loss = losses.sparse_categorical_crossentropy if sparse else losses.categorical_crossentropy
        return loss(labels if sparse else t, p)

    def theirs(p):
        p = torch.clamp(p / p.sum(-1, keepdim=True), 1e-7, 1 - 1e-7)
        return cross_entropy(torch.log(p), torch.tensor(t))

    return Case(f"categorical_crossentropy({'labels' if sparse else 't'}, p {shape})", [p], ours, theirs, order)


def half_squared_error(x, t):
    return ((x - t) ** 2).sum() / (2 * len(x))


def errors(rng: draws.Rng) -> Case:
    """The mean squared and absolute errors (|x|' is 0 at 0), and half the squared error per sample."""
    name, shape = draws.one_of(rng, ["mse", "mae", "half_squared_error"]), draws.shape(rng, 3, (1, 2, 3, 7), 1)
    x, t = rng.normal(size=shape), rng.normal(size=shape)
    if draws.chance(rng, 0.3):
        x, t = np.round(x), np.round(t)
    theirs = {"mse": F.mse_loss, "mae": F.l1_loss, "half_squared_error": half_squared_error}[name]
    ours = getattr(losses, name)
    return Case(f"{name}(t, x {shape})", [x, t], lambda x, t: ours(t, x), theirs, draws.order(rng))
