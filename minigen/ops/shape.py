"""Ops that only move numbers: reshape, transpose, index, join, pad."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import backend
from ..arguments import checks_arguments
from ..autograd import Node, Op, sum_to, unwrap
from ..types import Array, Shape, TensorLike
from . import checks


class Reshape(Op):
    """y = x in another shape,   dL/dx = g in the shape of x"""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    def forward(self, x: Array) -> Array:
        return x.reshape(self.shape)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return g.reshape(x.shape)


class Transpose(Op):
    """y = x with its axes in the order `axes`,   dL/dx = g with its axes in the inverse order"""

    def __init__(self, axes: Shape) -> None:
        self.axes = axes

    def forward(self, x: Array) -> Array:
        return x.transpose(self.axes)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        inverse = sorted(range(len(self.axes)), key=[a % len(self.axes) for a in self.axes].__getitem__)
        return g.transpose(inverse)


class BroadcastTo(Op):
    """y = x repeated to a larger shape,   dL/dx = the sum of g over the copies"""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    def forward(self, x: Array) -> Array:
        return backend.xp.broadcast_to(x, self.shape)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return sum_to(g, x.shape)


class GetItem(Op):
    """y = x[key],   dL/dx = zeros with g added at key;   key is a tuple of integers, slices, None, ... and arrays"""

    def __init__(self, key: tuple[Any, ...]) -> None:
        self.key = key

    def forward(self, x: Array) -> Array:
        return x[self.key]

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return PutItem(self.key, x.shape)(g)


class PutItem(Op):
    """y = zeros, y[key] += x,   dL/dx = g[key]:   the adjoint of GetItem"""

    def __init__(self, key: tuple[Any, ...], shape: Shape) -> None:
        self.key, self.shape = key, shape

    def forward(self, x: Array) -> Array:
        y = backend.xp.zeros(self.shape, x.dtype)
        if not any(isinstance(k, backend.xp.ndarray) for k in self.key):
            y[self.key] = x
        elif backend.active() == "numpy" and _repeats_rows(self.key, math.prod(self.shape[:1])):
            _add_rows(y, self.key[0], x)
        else:
            backend.xp.add.at(y, self.key, x)  # an index may be in the array twice: y[key] += x would add one
        return y

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return g[self.key]


def _repeats_rows(key: tuple[Any, ...], rows: int) -> bool:
    """Whether the key is an array of more row numbers than there are rows: the symbols of a text, in an embedding."""
    return len(key) == 1 and key[0].dtype.kind in "iu" and key[0].size > rows > 0


def _add_rows(y: Array, key: Array, x: Array) -> None:
    """np.add.at(y, key, x) in a tenth of its time: after sorting, the rows of x for one row of y are consecutive."""
    rows = key.reshape(-1) % len(y)
    order = np.argsort(rows, kind="stable")
    rows = rows[order]
    starts = np.flatnonzero(np.append(True, rows[1:] != rows[:-1]))
    y[rows[starts]] = np.add.reduceat(x.reshape(len(rows), *y.shape[1:])[order], starts, axis=0)


class Concatenate(Op):
    """y = [a, b, ...] joined along an axis,   dL/da = its part of g"""

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, *xs: Array) -> Array:
        return backend.xp.concatenate(xs, axis=self.axis)

    def backward(self, g: TensorLike, y: TensorLike, *xs: TensorLike) -> TensorLike:
        return tuple(split(g, [x.shape[self.axis] for x in xs], self.axis))


class Pad(Op):
    """y = x with zeros around it,   dL/dx = g without the border"""

    def __init__(self, widths: tuple[Shape, ...]) -> None:
        self.widths = widths

    def forward(self, x: Array) -> Array:
        return backend.xp.pad(x, self.widths)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        inner = tuple(slice(low, low + n) for (low, _), n in zip(self.widths, x.shape, strict=True))
        return g[inner]


@checks_arguments
def reshape(x: TensorLike, shape: int | Sequence[int]) -> TensorLike:
    """x in another shape; one entry may be -1. Raises ValueError for a shape with another number of entries."""
    checks.check_has_axes("reshape", x)
    try:
        return Reshape(checks.integers(shape))(x)
    except (TypeError, ValueError) as error:
        checks.refuse_reshape(x, shape, error)


@checks_arguments
def squeeze(x: TensorLike, axis: int | Sequence[int] | None = None) -> TensorLike:
    """x without its axes of size 1: all of them, or those of `axis`. Raises ValueError for an axis of another size."""
    axes = checks.axes_of_one("squeeze", x, axis)
    return reshape(x, tuple(n for i, n in enumerate(x.shape) if i not in axes))


@checks_arguments
def transpose(x: TensorLike, axes: Sequence[int] | None = None) -> TensorLike:
    """x with its axes in the order `axes` (reversed by default). Raises ValueError unless each axis is there once."""
    checks.check_has_axes("transpose", x)
    n = len(x.shape)
    return Transpose(tuple(reversed(range(n))) if axes is None else checks.axis_order(axes, n))(x)


@checks_arguments
def broadcast_to(x: TensorLike, shape: int | Sequence[int]) -> TensorLike:
    """x repeated to `shape`, by NumPy's broadcasting rule. Raises ValueError for a shape to which x does not fit."""
    return BroadcastTo(checks.broadcast_shape(x, shape))(x)


def getitem(x: TensorLike, key: Any) -> TensorLike:
    """x[key] for every key of NumPy: integers, slices, None, ..., boolean masks, integer arrays and lists.

    The gradient of an entry that the key names several times is the sum. No gradient flows to the key. Raises
    IndexError for an index that x does not have, and for other types such as floats.
    """
    key = key if isinstance(key, tuple) else (key,)
    try:
        return GetItem(tuple(map(_index, key)))(x)
    except (IndexError, TypeError, ValueError) as error:
        checks.refuse_index(x, error)


def _index(k: Any) -> Any:
    """One entry of a key: integers, slices, None and ... unchanged, everything else as an array of indices."""
    if k is None or k is Ellipsis or isinstance(k, (int, slice)):
        return slice(*map(_bound, (k.start, k.stop, k.step))) if isinstance(k, slice) else k
    a = unwrap(k)
    a = a if hasattr(a, "dtype") else np.asarray(a)
    if a.size == 0 and isinstance(k, (list, tuple)):
        a = a.astype(np.intp)  # an empty list
    checks.check_index_type(k, a)
    return backend.asarray(a if a.dtype.kind == "b" else a.astype(np.intp))  # uint8 could overflow


def _bound(n: Any) -> int | None:
    """A bound of a slice: an integer of any kind, a Tensor of one, or None."""
    return n if n is None or type(n) is int else operator.index(unwrap(n).item() if hasattr(n, "dtype") else n)


@checks_arguments
def concatenate(xs: Sequence[TensorLike], axis: int = 0) -> TensorLike:
    """The arrays joined along an existing axis. Raises ValueError for shapes that differ on another axis."""
    try:
        if type(axis) is int:
            return Concatenate(axis)(*xs)
        xs = checks.list_of_arrays("concatenate", xs)
        return Concatenate(checks.axis_from_front("concatenate", axis, len(xs[0].shape)))(*xs)
    except (ValueError, TypeError, IndexError) as error:
        checks.refuse_concatenation(xs, axis, error)


@checks_arguments
def stack(xs: Sequence[TensorLike], axis: int = 0) -> TensorLike:
    """The arrays joined along a new axis. Raises ValueError for shapes that differ."""
    xs = checks.list_of_arrays("stack", xs)
    axis = checks.axis_from_front("stack", axis, len(xs[0].shape) + 1)
    checks.check_one_shape(xs)
    return concatenate([x.reshape((*x.shape[:axis], 1, *x.shape[axis:])) for x in xs], axis)


@checks_arguments
def split(x: TensorLike, sizes: Sequence[int], axis: int = 0) -> list[TensorLike]:
    """Consecutive parts of the given sizes along `axis`: the inverse of concatenate().

    Raises ValueError unless the sizes add up to the length of the axis.
    """
    checks.check_has_axes("split", x)
    axis = checks.axis_from_front("split", axis, len(x.shape))
    checks.check_sizes(sizes, x.shape[axis], axis)
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    before = (slice(None),) * axis
    return [x[(*before, slice(i, i + n))] for i, n in zip(starts, sizes, strict=True)]


@checks_arguments
def pad(x: TensorLike, widths: Sequence[tuple[int, int]]) -> TensorLike:
    """x with zeros around it: (before, after) for each axis. Raises ValueError for another number of pairs."""
    return Pad(checks.pad_widths(x, widths))(x)


def made_by(x: TensorLike) -> Op | None:
    """The op whose output x is, reshaped or not; None for an array, and for a leaf of the graph."""
    while isinstance(x, Node) and isinstance(x.op, Reshape):
        x = x.op.inputs[0]
    return x.op if isinstance(x, Node) else None


def shape(x: TensorLike) -> Shape:
    """x.shape, as Keras' ops.shape(x): the sizes of the axes, None for the batch of a symbol."""
    return tuple(x.shape)
