"""Functions that take several steps for each number: the value and its derivative, piece by piece.

The intermediate results of a piece stay in the cache, and the pieces are divided among the threads. The derivative is
computed with the value, from the same exponential function: the backward pass is then one multiplication.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from .. import backend
from ..types import Array
from . import normal
from .blocks import in_pieces

Piece = Callable[[Array, bool], tuple[Array, Array | None]]

ROOT = math.sqrt(2 / math.pi)
CUBIC = 0.044715


def value_and_slope(piece: Piece, x: Array, sloped: bool) -> tuple[Array, Array | None]:
    """(f(x), f'(x)), for the function of one piece; without the slope (f(x), None). float16 is computed in float32."""
    xp, flat = backend.xp, x.reshape(-1) if x.dtype.kind == "f" else x.reshape(-1).astype("float64")
    y, slope = xp.empty_like(flat), xp.empty_like(flat) if sloped else None

    def work(part: slice) -> None:
        numbers = flat[part].astype("float32") if flat.itemsize == 2 else flat[part]
        y[part], d = piece(numbers, sloped)
        if slope is not None:
            slope[part] = d

    with backend.ignore_overflow():  # x² or e⁻ˣ = inf
        in_pieces(work, x.size, 4 * x.itemsize)
    return y.reshape(x.shape), None if slope is None else slope.reshape(x.shape)


def silu(x: Array, sloped: bool) -> tuple[Array, Array | None]:
    """(x s, s + y (1 - s)) with s = 1 / (1 + e⁻ˣ)"""
    xp = backend.xp
    s = -x
    xp.exp(s, out=s)  # inf gives s = 0
    s += 1
    xp.divide(1, s, out=s)
    if not sloped:
        s *= x
        return s, None
    y = x * s
    slope = 1 - s
    slope *= y
    slope += s
    return y, slope


def normal_cdf(x: Array, sloped: bool) -> tuple[Array, Array | None]:
    """(Φ(x), φ(x))"""
    w = normal.square(x)
    y = normal.share_below(x, w)
    return y, normal.density(w) if sloped else None


def gelu(x: Array, sloped: bool) -> tuple[Array, Array | None]:
    """(x Φ(x), Φ(x) + x φ(x))"""
    w = normal.square(x)
    s = normal.share_below(x, w)
    if not sloped:
        s *= x
        return s, None
    y = x * s
    slope = normal.density(w)
    slope *= x
    slope += s
    return y, slope


def gelu_by_tanh(x: Array, sloped: bool) -> tuple[Array, Array | None]:
    """(x s, s + y (1 - s) 2u') with s = (1 + tanh u) / 2, u = √(2/π) (x + 0.044715 x³)"""
    w = normal.square(x)
    u = normal.polynomial((ROOT * CUBIC, ROOT), w)
    u *= x
    s = normal.half_of_tanh(u)
    if not sloped:
        s *= x
        return s, None
    y = x * s
    slope = normal.polynomial((6 * ROOT * CUBIC, 2 * ROOT), w)
    slope *= 1 - s  # first: 0 where y is very large
    slope *= y
    slope += s
    return y, slope
