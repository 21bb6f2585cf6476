"""Max and average pooling. The first of equal maxima gets the gradient, as in PyTorch."""

from __future__ import annotations

import numpy as np

from minigen import ops

from . import draws, reference
from .case import Case

RULES = [(ops.MaxPool, "forward"), (ops.MaxPool, "backward"), (ops.AveragePool, "forward"), (ops.WindowSum, "forward")]


def draw(rng: draws.Rng) -> Case:
    shape, size = draws.images(rng), draws.pair(rng, 4)
    strides = None if draws.chance(rng) else draws.pair(rng, 4)
    fits = shape[1] >= size[0] and shape[2] >= size[1]
    padding = draws.one_of(rng, ["same", "valid"] if fits else ["same"])
    name = draws.one_of(rng, ["max_pool2d", "average_pool2d"])
    ties = draws.chance(rng, 0.3)
    x = rng.integers(-1, 2, size=shape).astype(np.float64) if ties else rng.normal(size=shape)

    def ours(x):
        return getattr(ops, name)(x, size, strides, padding)

    def theirs(x):
        return getattr(reference, name)(x, size, strides or size, padding)

    program = f"{name}(x {shape}{', with ties' if ties else ''}, {size}, {strides}, {padding!r})"
    return Case(program, [x], ours, theirs, draws.order(rng))
