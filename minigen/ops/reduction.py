"""Sums, means, maxima and their kin, over one axis, several, or all."""

from __future__ import annotations

import math
from typing import Any

from .. import backend
from ..autograd import Op
from .elementwise import exp, square
from .shape import broadcast_to

Axis = int | tuple[int, ...] | None


def with_kept_axes(g: Any, shape: tuple[int, ...], axis: Axis) -> Any:
    """g with the reduced axes put back as size 1, so that it broadcasts against `shape`."""
    if axis is None:
        return g.reshape((1,) * len(shape))
    axes = axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(a % len(shape) for a in axes)
    return g.reshape(tuple(1 if i in axes else n for i, n in enumerate(shape)))


class Reduction(Op):
    """An op that takes the axes `axis` away (or keeps them with size 1)."""

    def __init__(self, axis: Axis, keepdims: bool) -> None:
        self.axis, self.keepdims = axis, keepdims


class Sum(Reduction):
    """y = Σ x,   dL/dx = g for every x in the sum"""

    def forward(self, x: Any) -> Any:
        return x.sum(axis=self.axis, keepdims=self.keepdims)

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return broadcast_to(with_kept_axes(g, x.shape, self.axis), x.shape)


class Max(Reduction):
    """y = max x,   dL/dx = g shared equally by the x that equal y"""

    def forward(self, x: Any) -> Any:
        largest = x.max(axis=self.axis, keepdims=True)
        won = x == largest
        self.share = (won / won.sum(axis=self.axis, keepdims=True)).astype(x.dtype)
        return largest if self.keepdims else largest.squeeze(axis=self.axis)

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return with_kept_axes(g, x.shape, self.axis) * self.share


class LogSumExp(Reduction):
    """y = log Σ eˣ,   dL/dx = g e^(x - y)"""

    def forward(self, x: Any) -> Any:
        xp = backend.xp
        largest = x.max(axis=self.axis, keepdims=True)
        largest = xp.where(xp.isfinite(largest), largest, 0)  # all -inf: log 0 = -inf, not NaN
        with backend.ignore_log_of_zero():
            y = largest + xp.log(xp.exp(x - largest).sum(axis=self.axis, keepdims=True))
        return y if self.keepdims else y.squeeze(axis=self.axis)

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        g, y = with_kept_axes(g, x.shape, self.axis), with_kept_axes(y, x.shape, self.axis)
        return g * exp(x - y)


def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Sum over `axis` (all of them by default)."""
    return Sum(axis, keepdims)(x)


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Σ x / n."""
    total = sum(x, axis, keepdims)
    return total / (math.prod(x.shape) // math.prod(total.shape))


def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Largest value; equal ones share the gradient."""
    return Max(axis, keepdims)(x)


def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Smallest value: -max(-x)."""
    return -max(-x, axis, keepdims)


def var(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Σ (x - mean)² / n, the biased variance, as NumPy and Keras compute it."""
    return mean(square(x - mean(x, axis, keepdims=True)), axis, keepdims)


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """log Σ eˣ without overflow."""
    return LogSumExp(axis, keepdims)(x)
