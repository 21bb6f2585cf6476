"""Data at the door of fit, evaluate and predict: checked, cut into batches, moved to the active library."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from . import backend
from .autograd import raw
from .errors import message, number
from .tensor import Tensor

Data = tuple[Any, ...]  # (x,) or (x, y); each an array, or a list of arrays for several inputs or outputs


def as_data(x: Any, y: Any = None) -> Data:
    """(x,) or (x, y), Tensors unwrapped and lists of numbers made arrays."""
    data = [_array(a) for a in ([x] if y is None else [x, y])]
    return (data[0], data[0]) if y is x else tuple(data)


def _array(a: Any) -> Any:
    if isinstance(a, (list, tuple)) and len(a) and hasattr(a[0], "shape"):
        return [_array(part) for part in a]  # several inputs or outputs
    a = raw(a)
    try:
        a = a if backend.is_device_array(a) else np.asarray(a)
    except ValueError as error:  # rows of different length
        raise TypeError(_no_array(str(error))) from error
    if a.dtype.kind == "O" and a.ndim == 0:
        raise TypeError(_no_array(type(a.item()).__name__))
    return a


def _no_array(got: str) -> str:
    return message("data", expected="an array, samples first, or a list of them", got=got, write="np.asarray(x)")


def _flat(data: Data) -> list[Any]:
    return [a for part in data for a in (part if isinstance(part, list) else [part])]


def length(data: Data) -> int:
    """Number of samples."""
    return len(_flat(data)[0])


def check_data(data: Data, where: str) -> None:
    """Raise ValueError for no samples, unequal counts, or a NaN or infinity, with its place."""
    arrays = _flat(data)
    if any(a.ndim == 0 or len(a) == 0 for a in arrays):
        raise ValueError(
            message(
                f"{where}: no data",
                expected="at least one sample",
                got=f"shapes {[a.shape for a in arrays]}",
                write="a non-empty array; check the slice that made it",
            )
        )
    if len({len(a) for a in arrays}) > 1:
        raise ValueError(
            message(
                f"{where}: x and y differ in length",
                expected="as many targets as samples",
                got=f"shapes {[a.shape for a in arrays]}",
                write="x[:n], y[:n]",
            )
        )
    for a in {id(a): a for a in arrays}.values():
        if a.dtype.kind == "f" and not (math.isfinite(float(a.min())) and math.isfinite(float(a.max()))):
            bad = np.argwhere(~np.isfinite(backend.to_numpy(a)))
            place = tuple(int(i) for i in bad[0])
            raise ValueError(
                message(
                    f"{where}: NaN or infinity in the data",
                    expected="finite numbers",
                    got=f"{len(bad)} bad, the first at {place}",
                    write="np.nan_to_num(x), or leave these samples out",
                )
            )
        if a.dtype.kind not in "fiub":
            raise TypeError(
                message(
                    f"{where}: data of type {a.dtype}",
                    expected="numbers",
                    got=str(a.dtype),
                    write='np.asarray(x, "float32")',
                )
            )


def checked_data_range(where: str, data_range: Any) -> tuple[float, float] | None:
    """None, or (low, high) with low < high, both finite; ValueError for anything else."""
    if data_range is None:
        return None
    write = "data_range=(0.0, 1.0)"
    if isinstance(data_range, (tuple, list)) and len(data_range) == 2:
        low, high = (number(f"{where}: data_range", v, "(lowest, highest)", write, low=-math.inf) for v in data_range)
        if low < high:
            return low, high
    expected = "(lowest, highest) pixel, or None"
    raise ValueError(message(f"{where}: data_range", expected=expected, got=repr(data_range), write=write))


def check_range(x: Any, data_range: tuple[float, float], where: str) -> None:
    """Raise for integers, and for floats outside (lowest, highest): a model of pixels in [0, 1] cannot draw a 255.

    Of several inputs the first counts.
    """
    a, (low, high) = _flat((x,))[0], data_range
    if a.dtype.kind != "f":
        write = 'x.astype("float32") / 255' if low == 0 else 'x.astype("float32") / 127.5 - 1'
        raise TypeError(message(f"{where}: integer data", expected="floats", got=a.dtype, write=write))
    least, most = float(a.min()), float(a.max())
    if not (a.dtype.type(low) <= least and most <= a.dtype.type(high)):
        from_bytes, from_other = ("x / 255", "(x + 1) / 2") if low == 0 else ("x / 127.5 - 1", "2 * x - 1")
        raise ValueError(
            message(
                f"{where}: data outside the range of the model",
                expected=f"numbers in [{low:g}, {high:g}]",
                got=f"[{least:.9g}, {most:.9g}]",
                write=f"{from_bytes} for pixels up to 255" if most > 1.5 else f"{from_other} for data in another range",
            )
        )


def check_whole_range(x: Any, data_range: tuple[float, float], where: str) -> None:
    """Raise for a whole data set that never goes below 0 where the model's range does.

    Pixels in [0, 1] lie inside [-1, 1], and are grey there where they should be black.
    """
    a, (low, high) = _flat((x,))[0], data_range
    if low < 0 <= float(a.min()):
        expected, got = f"numbers all over [{low:g}, {high:g}]", f"[{float(a.min()):.9g}, {float(a.max()):.9g}]"
        write = "2 * x - 1 for pixels in [0, 1]; data_range=None to do without this check"
        raise ValueError(
            message(f"{where}: data in half the range of the model", expected=expected, got=got, write=write)
        )


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


def to_device(batch: Data, dtype: str = "float32") -> Data:
    """Floats as Tensors of `dtype` on the active library, each array moved once; integers (labels) stay on the host."""
    moved: dict[int, Any] = {}

    def move(a: Any) -> Any:
        if isinstance(a, list):
            return [move(part) for part in a]
        if a.dtype.kind != "f":
            return a
        if id(a) not in moved:
            moved[id(a)] = Tensor(backend.asarray(a, dtype))
        return moved[id(a)]

    return tuple(move(a) for a in batch)
