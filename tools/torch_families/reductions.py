"""sum, mean, max, min, var and logsumexp over one axis, several, all or none; axes of size 0 and 1 included.

Equal maxima share the gradient, as in torch.amax. axis=() reduces nothing, as in NumPy (in PyTorch: everything).
"""

from __future__ import annotations

import numpy as np
import torch

from minigen import Tensor, ops

from . import draws
from .case import Case

RULES = [
    (ops.Sum, "forward"),
    (ops.Sum, "backward"),
    (ops.Max, "forward"),
    (ops.Max, "backward"),
    (ops.LogSumExp, "forward"),
    (ops.LogSumExp, "backward"),
]
SIZES = (0, 1, 2, 3, 3, 4, 5)


def variance(x, dim, keepdim):
    return torch.var(x, dim, correction=0, keepdim=keepdim)


THEIRS = {
    "sum": torch.sum,
    "mean": torch.mean,
    "max": torch.amax,
    "min": torch.amin,
    "var": variance,
    "logsumexp": torch.logsumexp,
}


def draw_axis(rng: draws.Rng, n: int) -> int | tuple[int, ...] | None:
    if n == 0 or draws.chance(rng, 0.2):
        return None if draws.chance(rng, 0.9) else ()
    signs = [int(a) - n * int(draws.chance(rng, 0.4)) for a in rng.permutation(n)]
    return signs[0] if draws.chance(rng) else tuple(signs[: int(rng.integers(1, n + 1))])


def draw_integers(rng: draws.Rng) -> Case:
    """Only values are compared: integers have no gradient."""
    name, shape = draws.one_of(rng, ["sum", "max", "min"]), draws.shape(rng, 3, (1, 2, 3, 4), 1)
    dtype = draws.one_of(rng, ["int8", "int16", "int64", "uint8", "uint16", "uint32", "uint64"])
    x, axis = rng.integers(0, 100, size=shape).astype(dtype), int(rng.integers(-len(shape), len(shape)))

    def ours():
        return Tensor(getattr(ops, name)(Tensor(x), axis).numpy().astype("float64"))

    def theirs():
        return THEIRS[name](torch.tensor(x.astype("int64")), axis).double()

    return Case(f"{name}(x {shape} {dtype}, axis={axis})", [], ours, theirs, order=0)


def draw(rng: draws.Rng) -> Case:
    if draws.chance(rng, 0.05):
        return draw_integers(rng)
    name, shape = draws.one_of(rng, list(THEIRS)), draws.shape(rng, 4, SIZES)
    axis, keepdims = draw_axis(rng, len(shape)), draws.chance(rng)
    what, order = draws.one_of(rng, ["normal", "normal", "normal", "ties", "large", "infinite"]), draws.order(rng)
    x = rng.normal(size=shape)
    if what == "ties" and name in ("max", "min"):
        x = np.round(x)
    elif what == "large" and name == "logsumexp":
        x = x * 1000
    elif what == "infinite" and name == "logsumexp":
        x, order = np.where(rng.random(shape) < 0.6, -np.inf, x), 1
    else:
        what = "normal"

    def ours(x):
        return getattr(ops, name)(x, axis, keepdims)

    def theirs(x):
        if axis == () or x.ndim == 0:  # a reduction of single numbers
            return THEIRS[name](x.unsqueeze(-1), -1, False)
        dims = tuple(range(x.ndim)) if axis is None else axis
        return THEIRS[name](x, dims, keepdims)

    program = f"{name}(x {shape} {what}, axis={axis}, keepdims={keepdims})"
    return Case(program, [np.asarray(x)], ours, theirs, order)
