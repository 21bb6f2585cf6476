"""Ops that only move numbers: reshape, transpose, index, join, pad."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import backend
from ..autograd import Node, Op, raw, sum_to
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
    """y = x[key],   dL/dx = zeros with g added at key"""

    def __init__(self, key: Any) -> None:
        self.key = key

    def forward(self, x: Any) -> Any:
        return x[self.key]

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return PutItem(self.key, x.shape)(g)


class PutItem(Op):
    """y = zeros, y[key] += x (GetItem's adjoint),   dL/dx = g[key]"""

    def __init__(self, key: Any, shape: tuple[int, ...]) -> None:
        self.key, self.shape = key, shape

    def forward(self, x: Any) -> Any:
        y = backend.xp.zeros(self.shape, x.dtype)
        if not any(hasattr(k, "dtype") for k in (self.key if isinstance(self.key, tuple) else (self.key,))):
            y[self.key] = x
        elif backend.active() == "numpy" and _names_rows_often(self.key, len(y)):
            _add_rows(y, self.key, x)
        else:
            backend.xp.add.at(y, self.key, x)  # an index array may name a place twice: add, do not overwrite
        return y

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return g[self.key]


def _names_rows_often(key: Any, rows: int) -> bool:
    """The key is an array of row numbers, more than there are rows: the symbols of a text, of an embedding."""
    return hasattr(key, "dtype") and key.dtype.kind in "iu" and key.size > rows > 0


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


def reshape(x: Any, shape: Sequence[int]) -> Any:
    """x in another shape; one entry may be -1."""
    return Reshape(tuple(shape))(x)


def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """x with its axes in the order `axes` (reversed by default)."""
    return Transpose(tuple(axes) if axes is not None else tuple(reversed(range(len(x.shape)))))(x)


def broadcast_to(x: Any, shape: Sequence[int]) -> Any:
    """x repeated to `shape`, by NumPy's broadcasting rule."""
    return BroadcastTo(tuple(shape))(x)


def getitem(x: Any, key: Any) -> Any:
    """x[key]: integers, slices, None, ..., boolean masks, integer arrays. No gradient flows to the key."""
    keys = key if isinstance(key, tuple) else (key,)
    keys = tuple(backend.asarray(raw(k)) if isinstance(k, list) or hasattr(k, "dtype") else k for k in keys)
    return GetItem(keys if isinstance(key, tuple) else keys[0])(x)


def concatenate(xs: Sequence[Any], axis: int = 0) -> Any:
    """The arrays joined along an axis they already have."""
    return Concatenate(axis)(*xs)


def stack(xs: Sequence[Any], axis: int = 0) -> Any:
    """The arrays joined along a new axis."""
    axis = axis % (len(xs[0].shape) + 1)
    return concatenate([x.reshape((*x.shape[:axis], 1, *x.shape[axis:])) for x in xs], axis)


def split(x: Any, sizes: Sequence[int], axis: int = 0) -> list[Any]:
    """Consecutive pieces of the given sizes along `axis`; concatenate() undoes it."""
    if sum(sizes) != x.shape[axis]:
        raise ValueError(
            message(
                "split: sizes do not fit",
                expected=f"sizes that add up to {x.shape[axis]}, the length of axis {axis}",
                got=list(sizes),
                write=f"split(x, [1, {x.shape[axis] - 1}], axis={axis})",
            )
        )
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    before = (slice(None),) * (axis % len(x.shape))
    return [x[(*before, slice(i, i + n))] for i, n in zip(starts, sizes, strict=True)]


def pad(x: Any, widths: Sequence[tuple[int, int]]) -> Any:
    """x with zeros around it: (before, after) for each axis."""
    return Pad(tuple((int(low), int(high)) for low, high in widths))(x)


def made_by(x: Any) -> Op | None:
    """The op whose output x is, reshaped or not; None for an array and for a tensor that no op has made."""
    while isinstance(x, Node) and isinstance(x.op, Reshape):
        x = x.op.inputs[0]
    return x.op if isinstance(x, Node) else None
