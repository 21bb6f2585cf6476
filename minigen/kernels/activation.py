"""Activations that take several steps for each number: the value and its derivative, piece by piece.

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

    in_pieces(work, x.size, 4 * x.itemsize)
    return y.reshape(x.shape), None if slope is None else slope.reshape(x.shape)


def silu(x: Array, sloped: bool) -> tuple[Array, Array | None]:
    """(x s, s + y (1 - s)) with s = 1 / (1 + e⁻ˣ)"""
    xp = backend.xp
    s = -x
    with backend.ignore_overflow():  # e⁻ˣ = inf gives s = 0
        xp.exp(s, out=s)
    s += 1
    xp.divide(1, s, out=s)
    y = x * s
    if not sloped:
        return y, None
    slope = 1 - s
    slope *= y
    slope += s
    return y, slope


def gelu(x: Array, sloped: bool) -> tuple[Array, Array | None]:
    """(x Φ(x), Φ(x) + x φ(x)): with z = |x|, y = max(x, 0) - z Φ(-z), and the slope is q or, for x > 0, 1 - q,
    q = Φ(-z) - z φ(z)."""
    xp = backend.xp
    z = normal.size_of(x)
    q, e = normal.left_tail(z)
    y = xp.maximum(x, xp.zeros_like(x))  # with an array of zeros NumPy's loop uses the vector unit
    y -= z * q
    if not sloped:
        return y, None
    e *= z
    e *= 1 / math.sqrt(2 * math.pi)
    q -= e
    return y, xp.where(x > 0, 1 - q, q)


def gelu_by_tanh(x: Array, sloped: bool) -> tuple[Array, Array | None]:
    """(x s, s + x s (1 - s) u') with s = sigmoid(u) = (1 + tanh(u/2)) / 2, u = 2 √(2/π) (x + 0.044715 x³)"""
    xp = backend.xp
    square = x * x
    s = square * (ROOT * CUBIC)
    s += ROOT
    s *= x
    xp.tanh(s, out=s)
    s += 1
    s *= 0.5
    y = x * s
    if not sloped:
        return y, None
    square *= 6 * ROOT * CUBIC
    square += 2 * ROOT
    slope = 1 - s
    slope *= square
    slope *= y
    slope += s
    return y, slope
