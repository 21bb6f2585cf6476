"""Functions that take several steps for each number: the value and the gradient, piece by piece.

The intermediate results of a piece stay in the cache, and the pieces are divided among the threads. The derivative is
computed when it is needed, from x, which the op keeps anyway. To keep it from the forward pass is hardly faster and
needs one more array (benchmarks/README.md, "Tried and left out").
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

from .. import backend
from ..types import Array
from . import normal
from .blocks import in_pieces
from .fused import fused

Piece = Callable[[Array, bool], tuple[Array, Array | None]]

ROOT = math.sqrt(2 / math.pi)
CUBIC = 0.044715


def value(piece: Piece, x: Array) -> Array:
    """f(x), for the function of one piece. float16 is computed in float32. A GPU computes all steps in one kernel."""
    if backend.active() == "cupy" and x.dtype.kind == "f":
        return _value_of(piece)(_exact(x)).astype(x.dtype, copy=False)
    flat = x.reshape(-1) if x.dtype.kind == "f" else x.reshape(-1).astype("float64")
    y = backend.xp.empty_like(flat)

    def work(part: slice) -> None:
        y[part] = piece(_exact(flat[part]), False)[0]

    _compute(work, y)
    return y.reshape(x.shape)


def gradient(piece: Piece, g: Array, x: Array) -> Array:
    """g f'(x)"""
    if backend.active() == "cupy":
        return _gradient_of(piece)(_exact(g), _exact(x)).astype(g.dtype, copy=False)
    flat, flat_g = x.reshape(-1), g.reshape(-1)
    dx = backend.xp.empty_like(flat_g)

    def work(part: slice) -> None:
        backend.xp.multiply(flat_g[part], piece(_exact(flat[part]), True)[1], out=dx[part], casting="same_kind")

    _compute(work, dx)
    return dx.reshape(x.shape)


@functools.cache
def _value_of(piece: Piece) -> Callable[[Array], Array]:
    """f as a formula."""

    def value_of_piece(x: Array) -> Array:
        return piece(x, False)[0]

    return fused(value_of_piece)


@functools.cache
def _gradient_of(piece: Piece) -> Callable[[Array, Array], Array]:
    """g f'(x) as a formula."""

    def gradient_of_piece(g: Array, x: Array) -> Array:
        return g * piece(x, True)[1]

    return fused(gradient_of_piece)


def _compute(work: Callable[[slice], None], y: Array) -> None:
    with backend.ignore_overflow():  # x² or e⁻ˣ = inf
        in_pieces(work, y.size, 4 * y.itemsize)


def _exact(x: Array) -> Array:
    return x.astype("float32") if x.itemsize == 2 else x


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
