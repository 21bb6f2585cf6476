"""Sums, means, maxima and their kin, over one axis, several, or all."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import backend
from ..arguments import checks_arguments
from ..autograd import Node, Op
from ..checks import switch
from ..errors import message
from ..kernels.sums import add_up
from .elementwise import exp, square
from .shape import BroadcastTo

Axis = int | Sequence[int] | None


def _reduced(x: Any, axis: Any) -> Sequence[int]:
    """The sizes of the axes that are taken away."""
    if axis is None:
        return x.shape
    return [x.shape[a] for a in axis] if isinstance(axis, tuple) else (x.shape[axis],)


def with_kept_axes(g: Any, shape: tuple[int, ...], axis: Axis) -> Any:
    """g with the reduced axes put back as size 1, so that it broadcasts against `shape`."""
    if axis is None:
        return g.reshape((1,) * len(shape))
    axes = axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(a % len(shape) for a in axes)
    return g.reshape(tuple(1 if i in axes else n for i, n in enumerate(shape)))


class Reduction(Op):
    """An op that takes the axes `axis` away (or keeps them with size 1)."""

    def __init__(self, axis: Any, keepdims: bool) -> None:
        self.axis = axis
        self.keepdims = keepdims if type(keepdims) is bool else switch(f"{type(self).__name__}: keepdims", keepdims)

    def is_empty(self, x: Any) -> bool:
        """There are results, but nothing that they could be computed from: the sums are 0, the means NaN."""
        return x.size == 0 and 0 in _reduced(x, self.axis)


class Sum(Reduction):
    """y = Σ x,   dL/dx = g for every x in the sum"""

    def forward(self, x: Any) -> Any:
        return add_up(x, self.axis, self.keepdims)

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return BroadcastTo(x.shape)(with_kept_axes(g, x.shape, self.axis))


class Mean(Reduction):
    """y = Σ x / n,   dL/dx = g / n for every x in the mean"""

    def forward(self, x: Any) -> Any:
        n = math.prod(_reduced(x, self.axis))
        self.share = 1 / n if n else math.nan
        if n and (x.dtype == "float16" or x.dtype.kind != "f"):  # Σ x may be beyond the largest number of its type
            return x.mean(axis=self.axis, keepdims=self.keepdims)
        total = add_up(x, self.axis, self.keepdims)
        return total / n if n else total * math.nan

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return BroadcastTo(x.shape)(with_kept_axes(g * self.share, x.shape, self.axis))


class Max(Reduction):
    """y = max x,   dL/dx = g shared equally by the x that equal y"""

    @staticmethod
    def extreme(x: Any, axis: Any) -> Any:
        return x.max(axis=axis, keepdims=True)

    def forward(self, x: Any) -> Any:
        if self.is_empty(x):
            where, fix = f"{type(self).__name__.lower()} over no numbers", "an axis that is not empty"
            raise ValueError(message(where, expected="a number or more", got=f"shape {x.shape}", fix=fix))
        y = self.extreme(x, self.axis)
        won = x == y
        winners = won.sum(axis=self.axis, keepdims=True)
        self.share = (won / backend.xp.maximum(winners, 1)).astype(x.dtype)  # none where there is a NaN
        return y if self.keepdims else y.squeeze(axis=self.axis)

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return with_kept_axes(g, x.shape, self.axis) * self.share


class Min(Max):
    """y = min x,   dL/dx = g shared equally by the x that equal y"""

    @staticmethod
    def extreme(x: Any, axis: Any) -> Any:
        return x.min(axis=axis, keepdims=True)


class LogSumExp(Reduction):
    """y = log Σ eˣ,   dL/dx = g e^(x - y)"""

    def forward(self, x: Any) -> Any:
        xp = backend.xp
        if self.is_empty(x):  # log 0
            return xp.full_like(add_up(x, self.axis, self.keepdims), -xp.inf)
        largest = x.max(axis=self.axis, keepdims=True)
        largest = xp.where(xp.isfinite(largest), largest, 0)  # all -inf: log 0 = -inf, not NaN
        with backend.ignore_log_of_zero():
            y = largest + xp.log(xp.exp(x - largest).sum(axis=self.axis, keepdims=True))
        return y if self.keepdims else y.squeeze(axis=self.axis)

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        g, y = with_kept_axes(g, x.shape, self.axis), with_kept_axes(y, x.shape, self.axis)
        return g * exp(x - y)


@checks_arguments
def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Sum over `axis`: one, several, or all of them by default. Errors of an axis here and below: ValueError."""
    return Sum(checked_axis("sum", x, axis), keepdims)(x)


@checks_arguments
def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Σ x / n; NaN for n = 0."""
    return Mean(checked_axis("mean", x, axis), keepdims)(x)


@checks_arguments
def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Largest value; equal ones share the gradient. ValueError where there is none."""
    return Max(checked_axis("max", x, axis), keepdims)(x)


@checks_arguments
def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Smallest value; equal ones share the gradient. ValueError where there is none."""
    return Min(checked_axis("min", x, axis), keepdims)(x)


@checks_arguments
def var(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Σ (x - mean)² / n, the biased variance, as NumPy and Keras compute it."""
    return mean(square(x - mean(x, axis, keepdims=True)), axis, keepdims)


@checks_arguments
def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """log Σ eˣ without overflow; -∞ for no numbers."""
    return LogSumExp(checked_axis("logsumexp", x, axis), keepdims)(x)


def checked_axis(where: str, x: Any, axis: Any) -> Any:
    """The axis as NumPy takes it, or ValueError; TypeError for an x that has no axes, such as a list of tensors."""
    if not hasattr(x, "shape"):  # a list
        of_tensors = isinstance(x, (list, tuple)) and any(isinstance(i, Node) for i in x)
        fix = "minigen.stack(xs)" if of_tensors else "minigen.Tensor(x)"
        raise TypeError(message(where, expected="a Tensor or an array", got=f"a {type(x).__name__}", fix=fix))
    if axis is None or (type(axis) is int and -len(x.shape) <= axis < len(x.shape)):
        return axis
    try:
        several = isinstance(axis, (tuple, list, range)) or getattr(axis, "ndim", 0) == 1
        axes: Any = tuple(map(operator.index, axis)) if several else operator.index(axis)
        if any(isinstance(a, bool) for a in (axis if several else (axis,))):
            raise TypeError("a boolean")
        np.empty((1,) * len(x.shape)).sum(axis=axes)  # NumPy knows which ones there are
        if not x.shape and axes != ():
            raise ValueError("a single number has no axes")  # though NumPy counts one
    except (TypeError, ValueError, OverflowError):
        expected, fix = f"integers of {-len(x.shape)}..{len(x.shape) - 1}, each once, or None", "x.sum(axis=0)"
        raise ValueError(message(f"{where}: axis", expected=expected, got=repr(axis), fix=fix)) from None
    return axes
