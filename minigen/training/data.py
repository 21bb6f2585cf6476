"""Data at the entrance of fit, evaluate and predict: checked, cut into batches, moved to the active library."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from .. import backend
from ..arrays import as_array, check_filled, check_finite
from ..checks import number, positive_integer
from ..errors import message
from ..tensor import Tensor

Data = tuple[Any, ...]  # (x,) or (x, y); each an array, or a list of arrays for several inputs or outputs


def as_data(x: Any, y: Any = None, where: str = "data") -> Data:
    """(x,) or (x, y) as arrays of numbers. A list of arrays stands for several inputs or outputs."""
    first = _array(x, where, "x")
    if y is None:
        return (first,)
    return (first, first if y is x else _array(y, where, "y"))


def _array(a: Any, where: str, name: str) -> Any:
    if isinstance(a, (list, tuple)) and any(getattr(part, "ndim", 0) for part in a):
        return [as_array(part, where, f"{name}[{i}]") for i, part in enumerate(a)]
    return as_array(a, where, name)


def _flat(data: Data) -> list[Any]:
    return [a for part in data for a in (part if isinstance(part, list) else [part])]


def length(data: Data) -> int:
    """Number of samples."""
    return len(_flat(data)[0])


def check_data(data: Data, where: str, dtype: str = "float32") -> None:
    """Raise ValueError for no samples, unequal counts, or a number that is not finite in `dtype`, with its place."""
    arrays = _flat(data)
    for a in arrays:
        check_filled(a, where)
    if len({len(a) for a in arrays}) > 1:
        raise ValueError(
            message(
                f"{where}: x and y differ in length",
                expected="as many targets as samples",
                got=f"shapes {[a.shape for a in arrays]}",
                fix="x[:n], y[:n]",
            )
        )
    for a in {id(a): a for a in arrays}.values():
        check_finite(a, where, dtype)


def checked_data_range(where: str, data_range: Any) -> tuple[float, float] | None:
    """None, or (low, high) with low < high, both finite; ValueError for anything else."""
    if data_range is None:
        return None
    fix = "data_range=(0.0, 1.0)"
    if isinstance(data_range, (tuple, list)) and len(data_range) == 2:
        low, high = (number(f"{where}: data_range", v, "(lowest, highest)", fix, low=-math.inf) for v in data_range)
        if low < high:
            return low, high
    expected = "(lowest, highest) pixel, or None"
    raise ValueError(message(f"{where}: data_range", expected=expected, got=repr(data_range), fix=fix))


def checked_count(where: str, name: str, value: Any, example: int) -> int:
    """batch_size or epochs as an int, or ValueError; a whole array in its place is a slip, as in predict(x, y)."""
    if isinstance(value, (list, tuple)) or (hasattr(value, "ndim") and value.ndim > 0):
        got = f"an array of shape {value.shape}" if hasattr(value, "shape") else f"a {type(value).__name__}"
        fix = f"{name}={example}; predict(x) takes no targets, fit(x, y) and evaluate(x, y) take them"
        raise ValueError(message(f"{where}: {name}", expected="a positive integer", got=got, fix=fix))
    return positive_integer(f"{where}: {name}", value, f"{name}={example}")


def check_no_list_of_samples(a: Any, shapes: list[tuple[Any, ...]], where: str, name: str) -> None:
    """Raise ValueError for a list of samples, or of batches, in place of one array; shapes: of a sample of each input.

    A list stands for several inputs (or outputs), one array for each.
    """
    if not isinstance(a, list) or not shapes:
        return
    parts = [part.shape for part in a]
    too_many = len(parts) > len(shapes)
    if all(shape == shapes[0] for shape in parts) or (too_many and len(set(parts)) == 1 and parts[0][1:] != shapes[0]):
        fix = f"np.stack({name}), minigen.stack({name}) for tensors"
        if len(parts) == len(shapes) > 1:
            fix = f"[part[None] for part in {name}], batches of one sample"
    elif too_many and all(shape[1:] == shapes[0] for shape in parts):
        fix = f"np.concatenate({name})"
    else:
        return
    expected = "one array of images, or of other samples" if len(shapes) == 1 else f"a list of {len(shapes)} arrays"
    got = f"a list of {len(parts)}, the first of shape {parts[0]}"
    raise ValueError(message(f"{where}: a list of arrays", expected=expected, got=got, fix=fix))


def check_whole_range(x: Any, data_range: tuple[float, float], where: str) -> None:
    """Raise for a whole data set that never goes below 0 where the model's range does.

    Pixels in [0, 1] lie inside [-1, 1], and are grey there where they should be black.
    """
    a, (low, high) = _flat((x,))[0], data_range
    if low < 0 <= float(a.min()):
        expected, got = f"numbers all over [{low:g}, {high:g}]", f"[{float(a.min()):.9g}, {float(a.max()):.9g}]"
        fix = "2 * x - 1 for pixels in [0, 1]; data_range=None to do without this check"
        raise ValueError(message(f"{where}: data in half the range of the model", expected=expected, got=got, fix=fix))


def batches(data: Data, size: int) -> Iterator[Data]:
    """Consecutive batches; the last one may be short."""
    for i in range(0, length(data), size):
        yield take_all(data, slice(i, i + size))


def take_all(data: Data, index: Any) -> Data:
    """Every part at `index`; targets that are the input stay one array with it."""
    x = take(data[0], index)
    return (x, *(x if a is data[0] else take(a, index) for a in data[1:]))


def take(a: Any, index: Any) -> Any:
    """a[index] of an array, or of each array of a list."""
    if isinstance(a, list):
        return [take(part, index) for part in a]
    if isinstance(index, np.ndarray) and backend.is_device_array(a):
        index = backend.asarray(index)
    return a[index]


_targets: WeakValueDictionary[int, Tensor] = WeakValueDictionary()  # by id: what to_device() has made of targets


def is_checked(y: Any) -> bool:
    """True for targets as to_device() has made them, for fit() and others that have looked at all of them before."""
    known = _targets.get(id(y))
    return known is not None and known is y and known.version == 0


def to_device(batch: Data, dtype: str = "float32") -> Data:
    """Floats as Tensors of `dtype` on the active library, each array moved once; integers (labels) stay on the host."""
    moved: dict[int, Any] = {}

    def move(a: Any) -> Any:
        if isinstance(a, list):
            return [move(part) for part in a]
        if a.dtype.kind != "f":
            return a
        if id(a) not in moved:
            moved[id(a)] = Tensor.around(backend.asarray(a, dtype))
        return moved[id(a)]

    parts = tuple(move(a) for a in batch)
    _targets.update({id(y): y for y in _flat(parts[-1:]) if isinstance(y, Tensor)})
    return parts
