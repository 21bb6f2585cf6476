"""Sum, mean, maximum, minimum, variance, standard deviation and log-sum-exp, over one axis, several, or all."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .. import backend
from ..arguments import checks_arguments
from ..autograd import Op, unwrap
from ..checks.values import switch
from ..kernels.sums import add_up
from ..types import Array, Axis, Shape, TensorLike
from .checks import reduced_axes, refuse_empty
from .elementwise import exp, square, where
from .shape import BroadcastTo


def _reduced_sizes(shape: Shape, axis: Axis) -> Shape:
    """The sizes of the axes that are reduced."""
    if axis is None:
        return shape
    return tuple(shape[a] for a in axis) if isinstance(axis, tuple) else (shape[axis],)


def with_kept_axes(g: TensorLike, shape: Shape, axis: Axis) -> TensorLike:
    """g with the reduced axes restored with size 1, so that it broadcasts against `shape`."""
    if axis is None:
        return g.reshape((1,) * len(shape))
    axes = axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(a % len(shape) for a in axes)
    return g.reshape(tuple(1 if i in axes else n for i, n in enumerate(shape)))


class Reduction(Op):
    """An op that removes the axes `axis`, or keeps them with size 1."""

    def __init__(self, axis: Axis, keepdims: bool) -> None:
        self.axis = axis
        self.keepdims = keepdims if type(keepdims) is bool else switch(f"{type(self).__name__}: keepdims", keepdims)

    def is_empty(self, x: Array) -> bool:
        """Whether each result is computed from no numbers."""
        return x.size == 0 and 0 in _reduced_sizes(x.shape, self.axis)


class Sum(Reduction):
    """y = Σ x,   dL/dx = g for every x in the sum"""

    def forward(self, x: Array) -> Array:
        return add_up(x, self.axis, self.keepdims)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return BroadcastTo(x.shape)(with_kept_axes(g, x.shape, self.axis))


class Mean(Reduction):
    """y = Σ x / n,   dL/dx = g / n for every x in the mean"""

    def forward(self, x: Array) -> Array:
        n = math.prod(_reduced_sizes(x.shape, self.axis))
        self.share = 1 / n if n else math.nan
        if n and (x.dtype == "float16" or x.dtype.kind != "f"):  # Σ x may overflow
            return x.mean(axis=self.axis, keepdims=self.keepdims)
        total = add_up(x, self.axis, self.keepdims)
        return total / n if n else total * math.nan

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return BroadcastTo(x.shape)(with_kept_axes(g * self.share, x.shape, self.axis))


class Max(Reduction):
    """y = max x,   dL/dx = g shared equally by the x that equal y"""

    @staticmethod
    def extreme(x: Array, axis: Axis) -> Array:
        return x.max(axis=axis, keepdims=True)

    def forward(self, x: Array) -> Array:
        if self.is_empty(x):
            refuse_empty(type(self).__name__.lower(), x.shape)
        y = self.extreme(x, self.axis)
        is_extreme = x == y
        count = is_extreme.sum(axis=self.axis, keepdims=True)
        self.share = (is_extreme / backend.xp.maximum(count, 1)).astype(x.dtype)  # count is 0 where y is NaN
        return y if self.keepdims else y.squeeze(axis=self.axis)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return with_kept_axes(g, x.shape, self.axis) * self.share


class Min(Max):
    """y = min x,   dL/dx = g shared equally by the x that equal y"""

    @staticmethod
    def extreme(x: Array, axis: Axis) -> Array:
        return x.min(axis=axis, keepdims=True)


class Std(Reduction):
    """y = √(Σ (x - m)² / n), m = Σ x / n,   dL/dx = g (x - m) / (n y),   0 where y = 0"""

    def forward(self, x: Array) -> Array:
        n = math.prod(_reduced_sizes(x.shape, self.axis))
        self.share = 1 / n if n else math.nan
        if n == 0:
            return add_up(x, self.axis, self.keepdims) * math.nan
        if x.dtype == "float16":  # its squares may overflow
            return x.std(axis=self.axis, dtype="float32", keepdims=self.keepdims).astype(x.dtype)
        return x.std(axis=self.axis, keepdims=self.keepdims)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        g, y = with_kept_axes(g, x.shape, self.axis), with_kept_axes(y, x.shape, self.axis)
        return g * self.share * (x - mean(x, self.axis, keepdims=True)) / where(unwrap(y) == 0, 1.0, y)


class LogSumExp(Reduction):
    """y = log Σ eˣ,   dL/dx = g e^(x - y)"""

    def forward(self, x: Array) -> Array:
        xp = backend.xp
        if self.is_empty(x):  # log 0
            return xp.full_like(add_up(x, self.axis, self.keepdims), -xp.inf)
        largest = x.max(axis=self.axis, keepdims=True)
        largest = xp.where(xp.isfinite(largest), largest, 0)  # all -inf: log 0 = -inf, not NaN
        with backend.ignore_log_of_zero():
            y = largest + xp.log(xp.exp(x - largest).sum(axis=self.axis, keepdims=True))
        return y if self.keepdims else y.squeeze(axis=self.axis)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        g, y = with_kept_axes(g, x.shape, self.axis), with_kept_axes(y, x.shape, self.axis)
        return g * exp(x - y)


@checks_arguments
def sum(x: TensorLike, axis: Axis | Sequence[int] = None, keepdims: bool = False) -> TensorLike:
    """Σ x over `axis`: one axis, several, or all by default. Raises ValueError for axes that x does not have."""
    return Sum(reduced_axes("sum", x, axis), keepdims)(x)


@checks_arguments
def mean(x: TensorLike, axis: Axis | Sequence[int] = None, keepdims: bool = False) -> TensorLike:
    """Σ x / n over `axis`; NaN for n = 0. Errors as for sum."""
    return Mean(reduced_axes("mean", x, axis), keepdims)(x)


@checks_arguments
def max(x: TensorLike, axis: Axis | Sequence[int] = None, keepdims: bool = False) -> TensorLike:
    """The largest number over `axis`; equal ones share the gradient. Raises ValueError for no numbers, and as sum."""
    return Max(reduced_axes("max", x, axis), keepdims)(x)


@checks_arguments
def min(x: TensorLike, axis: Axis | Sequence[int] = None, keepdims: bool = False) -> TensorLike:
    """The smallest number over `axis`; equal ones share the gradient. Raises ValueError for no numbers, and as sum."""
    return Min(reduced_axes("min", x, axis), keepdims)(x)


@checks_arguments
def var(x: TensorLike, axis: Axis | Sequence[int] = None, keepdims: bool = False) -> TensorLike:
    """Σ (x - mean)² / n over `axis`, the biased variance, as in NumPy and Keras. Errors as for sum."""
    return mean(square(x - mean(x, axis, keepdims=True)), axis, keepdims)


@checks_arguments
def std(x: TensorLike, axis: Axis | Sequence[int] = None, keepdims: bool = False) -> TensorLike:
    """√var(x) over `axis`, as in NumPy and Keras; the gradient where all x are equal is 0. Errors as for sum."""
    return Std(reduced_axes("std", x, axis), keepdims)(x)


@checks_arguments
def logsumexp(x: TensorLike, axis: Axis | Sequence[int] = None, keepdims: bool = False) -> TensorLike:
    """log Σ eˣ over `axis`, computed without overflow; -∞ for no numbers. Errors as for sum."""
    return LogSumExp(reduced_axes("logsumexp", x, axis), keepdims)(x)
