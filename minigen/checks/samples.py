"""Checks of samples that are read when a batch needs them, and of what their read() returns."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NoReturn

import numpy as np

from ..errors import described, message
from ..types import Shape
from .values import is_integer, number


def sample_shape(where: str, shape: Any, fix: str) -> Shape:
    """(n, ...) as a tuple of ints, or ValueError for no axis, or for what is no natural number."""
    if not isinstance(shape, (tuple, list)) or not shape or not all(is_integer(n, 0) for n in shape):
        raise ValueError(message(f"{where}: shape", expected="(n, ...), natural numbers", got=repr(shape), fix=fix))
    return tuple(map(int, shape))


def sample_range(where: str, data_range: Any, fix: str) -> tuple[float, float]:
    """(lowest, highest) as floats, or ValueError unless lowest < highest, both within the numbers of float32."""
    if isinstance(data_range, (tuple, list)) and len(data_range) == 2:
        most, expected = float(np.finfo("float32").max), "(lowest, highest), numbers of float32"
        low, high = (number(f"{where}: data_range", v, expected, fix, low=-most, below=most) for v in data_range)
        if low < high:
            return low, high
    raise ValueError(message(f"{where}: data_range", expected="(lowest, highest)", got=repr(data_range), fix=fix))


def check_indices(where: str, index: Any, n: int) -> np.ndarray:
    """The numbers of the samples that x[index] means, of n; IndexError for what is no index along the first axis."""
    numbers = None
    if not isinstance(index, tuple):
        with suppress(IndexError, TypeError, ValueError):
            numbers = np.arange(n)[index]
    if numbers is None or numbers.ndim > 1:
        expected = f"an index along the first axis, of {n:,} samples"
        fix = "x[3], x[10:20] or x[[4, 1]]; x[10:20][..., 0] for other axes"
        raise IndexError(message(f"{where}: index", expected=expected, got=described(index), fix=fix))
    return np.asarray(numbers)


def check_samples_read(where: str, samples: Any, shape: Shape, data_range: tuple[float, float]) -> None:
    """TypeError or ValueError unless read() returned floats of this shape in the range that was promised."""
    where, low, high = f"{where}.read", *data_range
    got = getattr(samples, "dtype", type(samples).__name__)
    if not isinstance(samples, np.ndarray) or samples.dtype.kind != "f":
        raise TypeError(message(where, expected="a NumPy array of floats", got=got, fix='x.astype("float32") / 255'))
    if samples.shape != shape:
        fix = "a row for each of the indices, in their order"
        raise ValueError(message(where, expected=f"samples {shape}", got=samples.shape, fix=fix))
    if samples.size and not (low <= samples.min() and samples.max() <= high):  # NaN too
        got, fix = f"numbers in [{samples.min():g}, {samples.max():g}]", "the range of all samples as data_range"
        raise ValueError(message(where, expected=f"numbers in [{low:g}, {high:g}]", got=got, fix=fix))


def refuse_arithmetic(where: str, data_range: tuple[float, float]) -> NoReturn:
    """TypeError for x / 255 of samples that are read when a batch needs them."""
    expected, got = "an array in memory", f"{where}, whose numbers are in [{data_range[0]:g}, {data_range[1]:g}]"
    fix = "x as it is, where the model takes this range; data_range=(-1.0, 1.0) for another one; x[:1000] for an array"
    raise TypeError(message(f"{where}: arithmetic", expected=expected, got=got, fix=fix))


def refuse_whole(where: str) -> NoReturn:
    """TypeError where a function needs all samples as an array."""
    expected, got = "an array in memory", f"{where}, which is read batch by batch"
    fix = "x[:1000], or x[:] if all of it fits"
    raise TypeError(message("all samples at once", expected=expected, got=got, fix=fix))


def refuse_missing_attribute(owner: str, name: str, is_made: bool) -> NoReturn:
    """AttributeError for what samples have not; is_made: whether their base class was given its shape."""
    if is_made:
        raise AttributeError(f"{owner} has no attribute {name!r}")
    expected, fix = "super().__init__(...) in its __init__", "super().__init__(shape, data_range)"
    raise AttributeError(message(f"{owner}: no {name}", expected=expected, got="an __init__ without it", fix=fix))
