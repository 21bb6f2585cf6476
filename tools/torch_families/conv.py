"""conv2d: kernels, strides, dilation, both paddings, with and without bias."""

from __future__ import annotations

from minigen import ops

from . import draws, reference
from .case import Case

RULES = [(ops.Conv, "forward"), (ops.Conv, "backward"), (ops.ConvInputGradient, "forward")]


def draw(rng: draws.Rng) -> Case:
    shape, taps, out = draws.images(rng), draws.pair(rng, 4), int(rng.integers(1, 5))
    strides, dilation = draws.pair(rng, 3), draws.pair(rng, 3) if draws.chance(rng, 0.4) else (1, 1)
    fits = all(n >= (k - 1) * d + 1 for n, k, d in zip(shape[1:3], taps, dilation, strict=True))
    padding = draws.one_of(rng, ["same", "valid"] if fits else ["same"])
    arrays = [rng.normal(size=shape), rng.normal(size=(*taps, shape[3], out))]
    if draws.chance(rng):
        arrays.append(rng.normal(size=out))

    def ours(x, w, b=None):
        return ops.conv2d(x, w, b, strides, padding, dilation)

    def theirs(x, w, b=None):
        return reference.conv2d(x, w, b, strides, padding, dilation)

    bias = "b" if len(arrays) == 3 else "None"
    program = f"conv2d(x {shape}, w {arrays[1].shape}, {bias}, {strides}, {padding!r}, {dilation})"
    return Case(program, arrays, ours, theirs, draws.order(rng))
