"""conv2d: kernels, strides, dilation, both paddings, with and without bias."""

from __future__ import annotations

from minigen import ops

from . import draws, reference
from .case import Case

RULES = [(ops.Conv, "forward"), (ops.Conv, "backward"), (ops.ConvInputGradient, "forward")]


def draw(rng: draws.Rng) -> Case:
    return convolution(rng, "conv2d", draws.images(rng))


def convolution(rng: draws.Rng, name: str, shape: tuple[int, ...]) -> Case:
    """conv2d or conv2d_transpose of images of that shape; the latter has kernels (kh, kw, out, in) of any size."""
    taps, out, transposed = draws.pair(rng, 4), int(rng.integers(1, 5)), name == "conv2d_transpose"
    strides, dilation = draws.pair(rng, 3), draws.pair(rng, 3) if draws.chance(rng, 0.4) else (1, 1)
    fits = all(n >= (k - 1) * d + 1 for n, k, d in zip(shape[1:3], taps, dilation, strict=True))
    padding = draws.one_of(rng, ["same", "valid"] if fits or transposed else ["same"])
    channels = (out, shape[3]) if transposed else (shape[3], out)
    arrays = [rng.normal(size=shape), rng.normal(size=taps + channels)]
    if draws.chance(rng):
        arrays.append(rng.normal(size=out))

    relu = draws.chance(rng, 0.3)

    def ours(x, w, b=None):
        return getattr(ops, name)(x, w, b, strides, padding, dilation, relu=relu)

    def theirs(x, w, b=None):
        y = getattr(reference, name)(x, w, b, strides, padding, dilation)
        return y.relu() if relu else y

    bias = "b" if len(arrays) == 3 else "None"
    program = f"{name}(x {shape}, w {arrays[1].shape}, {bias}, {strides}, {padding!r}, {dilation}, relu={relu})"
    return Case(program, arrays, ours, theirs, draws.order(rng))
