"""Up-sampling, nearest and bilinear, and the insertion of zeros."""

from __future__ import annotations

from minigen import ops

from . import draws, reference
from .case import Case

RULES = [(ops.UpSample, "forward"), (ops.UpSample, "backward"), (ops.MatMul, "backward"), (ops.PutItem, "backward")]


def with_zeros(x, size):
    """Every pixel in the top left corner of a block of zeros."""
    n, h, w, c = x.shape
    y = x.new_zeros((n, h * size[0], w * size[1], c))
    y[:, :: size[0], :: size[1]] = x
    return y


def draw(rng: draws.Rng) -> Case:
    shape, size = draws.images(rng, 6), draws.pair(rng, 4)
    how = draws.one_of(rng, ["nearest", "bilinear", "zeros"])

    def ours(x):
        return ops.zero_insertion2d(x, size) if how == "zeros" else ops.up_sampling2d(x, size, how)

    def theirs(x):
        return with_zeros(x, size) if how == "zeros" else reference.up_sampling2d(x, size, how)

    name = f"zero_insertion2d(x {shape}, {size})" if how == "zeros" else f"up_sampling2d(x {shape}, {size}, {how!r})"
    return Case(name, [rng.normal(size=shape)], ours, theirs, draws.order(rng))
