"""Ops that only move numbers: reshape, transpose, index, join, pad."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .. import backend
from ..arguments import checks_arguments
from ..autograd import Node, Op, sum_to, unwrap
from ..errors import message


class Reshape(Op):
    """y = x in another shape,   dL/dx = g in the old one"""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Any) -> Any:
        return x.reshape(self.shape)

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return g.reshape(x.shape)


class Transpose(Op):
    """y = x with its axes in the order `axes`,   dL/dx = g with the order undone"""

    def __init__(self, axes: tuple[int, ...]) -> None:
        self.axes = axes

    def forward(self, x: Any) -> Any:
        return x.transpose(self.axes)

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        inverse = sorted(range(len(self.axes)), key=[a % len(self.axes) for a in self.axes].__getitem__)
        return g.transpose(inverse)


class BroadcastTo(Op):
    """y = x repeated to a larger shape,   dL/dx = the sum of g over the copies"""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Any) -> Any:
        return backend.xp.broadcast_to(x, self.shape)

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return sum_to(g, x.shape)


class GetItem(Op):
    """y = x[key],   dL/dx = zeros with g added at key;   key is a tuple, as indices() makes it"""

    def __init__(self, key: tuple[Any, ...]) -> None:
        self.key = key

    def forward(self, x: Any) -> Any:
        return x[self.key]

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return PutItem(self.key, x.shape)(g)


class PutItem(Op):
    """y = zeros, y[key] += x (GetItem's adjoint),   dL/dx = g[key]"""

    def __init__(self, key: tuple[Any, ...], shape: tuple[int, ...]) -> None:
        self.key, self.shape = key, shape

    def forward(self, x: Any) -> Any:
        y = backend.xp.zeros(self.shape, x.dtype)
        if not any(isinstance(k, backend.xp.ndarray) for k in self.key):
            y[self.key] = x
        elif backend.active() == "numpy" and _names_rows_often(self.key, math.prod(self.shape[:1])):
            _add_rows(y, self.key[0], x)
        else:
            backend.xp.add.at(y, self.key, x)  # an index array may name a place twice: add, do not overwrite
        return y

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return g[self.key]


def _names_rows_often(key: tuple[Any, ...], rows: int) -> bool:
    """The key is an array of row numbers, more than there are rows: the symbols of a text, of an embedding."""
    return len(key) == 1 and key[0].dtype.kind in "iu" and key[0].size > rows > 0


def _add_rows(y: Any, key: Any, x: Any) -> None:
    """np.add.at(y, key, x) in a tenth of its time: sorted, the rows of x that go to one row of y stand in a run."""
    rows = key.reshape(-1) % len(y)
    order = np.argsort(rows, kind="stable")
    rows = rows[order]
    starts = np.flatnonzero(np.append(True, rows[1:] != rows[:-1]))
    y[rows[starts]] = np.add.reduceat(x.reshape(len(rows), *y.shape[1:])[order], starts, axis=0)


class Concatenate(Op):
    """y = [a, b, ...] joined along an axis,   dL/da = its part of g"""

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, *xs: Any) -> Any:
        return backend.xp.concatenate(xs, axis=self.axis)

    def backward(self, g: Any, y: Any, *xs: Any) -> Any:
        return tuple(split(g, [x.shape[self.axis] for x in xs], self.axis))


class Pad(Op):
    """y = x with zeros around it,   dL/dx = g without the border"""

    def __init__(self, widths: tuple[tuple[int, int], ...]) -> None:
        self.widths = widths

    def forward(self, x: Any) -> Any:
        return backend.xp.pad(x, self.widths)

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        inner = tuple(slice(low, low + n) for (low, _), n in zip(self.widths, x.shape, strict=True))
        return g[inner]


@checks_arguments
def reshape(x: Any, shape: Sequence[int]) -> Any:
    """x in another shape; one entry may be -1. Raises ValueError for a shape with another number of entries."""
    check_has_shape("reshape", x)
    try:
        return Reshape(_sizes(shape))(x)
    except (TypeError, ValueError) as error:
        if isinstance(error, TypeError) and "expected:" in str(error):
            raise
        expected, fix = f"sizes with the product {x.size}, one of them may be -1", "x.reshape(len(x), -1)"
        raise ValueError(message("reshape", expected=expected, got=f"{shape!r} for {x.shape}", fix=fix)) from None


@checks_arguments
def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """x with its axes in the order `axes` (reversed by default). Raises ValueError unless each axis is there once."""
    check_has_shape("transpose", x)
    n = len(x.shape)
    if axes is None:
        return Transpose(tuple(reversed(range(n))))(x)
    try:
        order = _sizes(axes)
    except TypeError:
        order = ()
    if sorted(a % n if -n <= a < n else n for a in order) != list(range(n)):
        expected, fix = f"the numbers 0..{n - 1} in another order", "x.T, which reverses them"
        raise ValueError(message("transpose: axes", expected=expected, got=repr(axes), fix=fix))
    return Transpose(order)(x)


@checks_arguments
def broadcast_to(x: Any, shape: Sequence[int]) -> Any:
    """x repeated to `shape`, by NumPy's broadcasting rule. Raises ValueError for a shape that it does not fit."""
    check_has_shape("broadcast_to", x)
    try:
        if np.broadcast_shapes(x.shape, _sizes(shape)) == _sizes(shape):
            return BroadcastTo(_sizes(shape))(x)
    except (TypeError, ValueError):
        pass
    expected, fix = f"a shape that ends in {x.shape}, with any size in place of a 1", "broadcast_to(x, (n, *x.shape))"
    raise ValueError(message("broadcast_to: shape", expected=expected, got=repr(shape), fix=fix))


def getitem(x: Any, key: Any) -> Any:
    """x[key]: integers, slices, None, ..., boolean masks, integer arrays and lists, in every spelling that NumPy takes.

    Where a place is named twice its gradient is the sum. No gradient flows to the key. Raises IndexError for an index
    that x does not have and for what is no index, such as floats.
    """
    key = key if isinstance(key, tuple) else (key,)
    try:
        return GetItem(tuple(map(_index, key)))(x)
    except (IndexError, TypeError, ValueError) as error:
        if "expected:" in str(error):  # x is no array
            raise
        expected, fix = f"indices of shape {tuple(x.shape)}", "integers, slices, a boolean mask or integer arrays"
        raise IndexError(message("x[key]", expected=expected, got=f"{error}", fix=fix)) from None


def _index(k: Any) -> Any:
    """One entry of a key: integers, slices, None and ... as they are, everything else as an array of indices."""
    if k is None or k is Ellipsis or isinstance(k, (int, slice)):
        return slice(*map(_bound, (k.start, k.stop, k.step))) if isinstance(k, slice) else k
    a = unwrap(k)
    a = a if hasattr(a, "dtype") else np.asarray(a)
    if a.size == 0 and isinstance(k, (list, tuple)):
        a = a.astype(np.intp)  # an empty list
    if a.dtype.kind not in "iub":
        raise IndexError(f"{type(k).__name__} of type {a.dtype}")
    return backend.asarray(a if a.dtype.kind == "b" else a.astype(np.intp))  # uint8 could not hold a number of a row


def _bound(n: Any) -> Any:
    """A bound of a slice: an integer of any kind, a Tensor of one, or None."""
    return n if n is None or type(n) is int else operator.index(unwrap(n).item() if hasattr(n, "dtype") else n)


@checks_arguments
def concatenate(xs: Sequence[Any], axis: int = 0) -> Any:
    """The arrays joined along an axis they already have. Raises ValueError for shapes that differ beside it."""
    try:
        if type(axis) is int:
            return Concatenate(axis)(*xs)
        xs = _arrays("concatenate", xs)
        return Concatenate(axis_of("concatenate", axis, len(xs[0].shape)))(*xs)
    except (ValueError, TypeError, IndexError):  # which of them, and why?
        xs = _arrays("concatenate", xs)
        axis = axis_of("concatenate", axis, len(xs[0].shape))
        if len({tuple(1 if i == axis else n for i, n in enumerate(x.shape)) for x in xs}) == 1:
            raise
        expected, got = f"equal sizes on all axes but {axis}", ", ".join(str(tuple(x.shape)) for x in xs)
        fix = "x.reshape(...) first"
        raise ValueError(message("concatenate: shapes", expected=expected, got=got, fix=fix)) from None


@checks_arguments
def stack(xs: Sequence[Any], axis: int = 0) -> Any:
    """The arrays joined along a new axis. Raises ValueError for shapes that differ."""
    xs = _arrays("stack", xs)
    axis = axis_of("stack", axis, len(xs[0].shape) + 1)
    if len({tuple(x.shape) for x in xs}) > 1:
        got, fix = ", ".join(str(tuple(x.shape)) for x in xs), "concatenate(xs) for an axis they already have"
        raise ValueError(message("stack: shapes", expected="arrays of one shape", got=got, fix=fix))
    return concatenate([x.reshape((*x.shape[:axis], 1, *x.shape[axis:])) for x in xs], axis)


@checks_arguments
def split(x: Any, sizes: Sequence[int], axis: int = 0) -> list[Any]:
    """Consecutive pieces of the given sizes along `axis`; concatenate() undoes it. Raises ValueError for others."""
    check_has_shape("split", x)
    axis = axis_of("split", axis, len(x.shape))
    try:
        fits = min(sizes) >= 0 and sum(map(operator.index, sizes)) == x.shape[axis]
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise ValueError(
            message(
                "split: sizes do not fit",
                expected=f"sizes that add up to {x.shape[axis]}, the length of axis {axis}",
                got=repr(sizes),
                fix=f"split(x, [1, {x.shape[axis] - 1}], axis={axis})",
            )
        )
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    before = (slice(None),) * axis
    return [x[(*before, slice(i, i + n))] for i, n in zip(starts, sizes, strict=True)]


@checks_arguments
def pad(x: Any, widths: Sequence[tuple[int, int]]) -> Any:
    """x with zeros around it: (before, after) for each axis. Raises ValueError for another number of pairs."""
    check_has_shape("pad", x)
    try:
        pairs: Any = tuple(_sizes(pair) for pair in widths)
    except TypeError:
        pairs = ()
    if len(pairs) != len(x.shape) or any(len(pair) != 2 or min(pair) < 0 for pair in pairs):
        expected, fix = f"{len(x.shape)} pairs (before, after), 0 or more", "pad(x, [(0, 0), (1, 1)]) for two axes"
        raise ValueError(message("pad: widths", expected=expected, got=repr(widths), fix=fix))
    return Pad(pairs)(x)


def check_has_shape(where: str, x: Any) -> None:
    """Raise TypeError for what has no axes, such as a list or a number."""
    if not hasattr(x, "shape"):
        fix = "minigen.Tensor(x)"
        raise TypeError(message(where, expected="a Tensor or an array", got=f"a {type(x).__name__}", fix=fix))


def _sizes(values: Any) -> tuple[int, ...]:
    """A tuple of integers, of any kind of integers, or of one; TypeError for anything else."""
    several = isinstance(values, (tuple, list, range)) or getattr(values, "ndim", 0) == 1
    return tuple(map(operator.index, values)) if several else (operator.index(values),)


def axis_of(where: str, axis: Any, n: int) -> int:
    """The axis counted from the front, or ValueError unless there is such one among n."""
    if not (isinstance(axis, (int, np.integer)) and not isinstance(axis, bool) and -n <= axis < n):
        expected = f"an integer of {-n}..{n - 1}" if n else "arrays that have axes; minigen.stack() for numbers"
        raise ValueError(message(f"{where}: axis", expected=expected, got=repr(axis), fix=f"{where}(..., axis=0)"))
    return int(axis) % n


def _arrays(where: str, xs: Any) -> list[Any]:
    """The arrays or tensors of a list, one or more."""
    fix = f"{where}([a, b])"
    if not isinstance(xs, Iterable) or isinstance(xs, (dict, str)) or getattr(xs, "shape", None) == ():
        got = type(xs).__name__
        raise TypeError(message(f"{where}: xs", expected="a list of tensors", got=got, fix=fix))
    xs = list(xs)
    expected = "a list of tensors or arrays, one or more"
    if not xs:
        raise ValueError(message(f"{where}: xs", expected=expected, got="an empty list", fix=fix))
    for x in xs:
        if not hasattr(x, "shape"):
            raise TypeError(message(f"{where}: xs", expected=expected, got=f"a {type(x).__name__}", fix=fix))
    return xs


def made_by(x: Any) -> Op | None:
    """The op whose output x is, reshaped or not; None for an array and for a tensor that no op has made."""
    while isinstance(x, Node) and isinstance(x.op, Reshape):
        x = x.op.inputs[0]
    return x.op if isinstance(x, Node) else None
