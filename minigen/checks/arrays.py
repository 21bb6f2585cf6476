"""Checks of arrays: the library they are of, whether they hold numbers, and the values of these."""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, NoReturn

import numpy as np

from ..errors import BackendError, message
from ..types import Array, DType
from .values import raise_if_explained

# ---- the library


def refuse_cupy(reason: str) -> NoReturn:
    """BackendError, with CuPy's own reason, where CuPy cannot be used."""
    where, expected = "backend 'cupy' cannot be used", "CuPy and a CUDA device"
    fix = 'minigen.use("numpy"), or pip install cupy-cuda12x on a machine with an NVIDIA GPU'
    raise BackendError(message(where, expected=expected, got=reason, fix=fix))


def refuse_other_library(where: str, x: Any, active: str) -> NoReturn:
    """BackendError for an array of the library that is not active."""
    expected, got = f"a Tensor or a {active} array, the active backend", f"{type(x).__module__}.{type(x).__qualname__}"
    fix = "minigen.to_numpy(x)" if active == "numpy" else "minigen.Tensor(x)"
    fix += " for this argument, and minigen.use(...) before anything is built"
    raise BackendError(message(f"{where}: arrays of two libraries meet", expected=expected, got=got, fix=fix))


# ---- arrays of numbers

AN_ARRAY = 'an array such as np.zeros((10, 784), "float32")'


def refuse_masked(kind: type[Exception], where: str, x: Any, name: str = "x") -> NoReturn:
    """An error of this kind for a masked array, whose mask would be ignored."""
    expected, got = "numbers without a mask", f"a masked array that hides {int(np.ma.count_masked(x))} of them"
    raise kind(message(where, expected=expected, got=got, fix=f"{name}.filled(0)"))


def refuse_ragged(error: ValueError) -> NoReturn:
    """ValueError for rows of different length, which NumPy makes no array of."""
    where, fix = "a list of rows", "np.stack(rows) of rows of one length"
    raise ValueError(message(where, expected="one length", got=f"{error}", fix=fix)) from None


def refuse_type_of_data(x: Any, dtype: DType) -> NoReturn:
    """TypeError for an array that does not hold numbers."""
    fix = "np.array([1.0, 2.0]), or another array of numbers"
    raise TypeError(message(f"data of type {dtype}", expected="numbers", got=f"{x!r:.60}", fix=fix))


def check_finite_axes(where: str, a: np.ndarray, axes: int, fix: str) -> None:
    """ValueError unless the array holds finite numbers and has this number of axes."""
    is_wrong_kind = a.ndim != axes or a.dtype.kind not in "fiub"
    if is_wrong_kind or not np.isfinite(a).all():
        got = f"{a.dtype}, shape {a.shape}" if is_wrong_kind else "NaN or infinity"
        raise ValueError(message(where, expected=f"finite numbers, {axes} axes", got=got, fix=fix))


def refuse_no_array(where: str, name: str, x: Any, error: Exception) -> NoReturn:
    """TypeError for data that NumPy makes no array of: rows of different length, an array of a foreign library."""
    raise_if_explained(error)
    got, fix = "rows of different length", _rows_of_one_length(name)
    if not isinstance(error, ValueError):
        got, fix = f"{type(x).__name__}: {error}", "an array on the host, without a history"
    where, expected = f"{where}: no array in this data", "an array of numbers, samples first"
    raise TypeError(message(where, expected=expected, got=got, fix=fix)) from error


def check_holds_numbers(where: str, name: str, x: Any, a: np.ndarray) -> None:
    """TypeError unless the array `a`, made of x, holds numbers."""
    if a.dtype.kind in "fiub":
        return
    problem, expected, got = "no array", "an array of numbers, samples first", type(x).__name__
    if a.ndim:
        problem, expected = f"data of type {a.dtype}", "numbers"
        got = " ".join(f"an array that begins with {a.reshape(-1)[:1].tolist()}"[:70].split())
    raise TypeError(message(f"{where}: {problem}", expected=expected, got=got, fix=_into_numbers(x, a, name)))


def _into_numbers(x: Any, a: np.ndarray, name: str) -> str:
    """The expression that makes numbers of x, whose array `a` does not hold any."""
    given = name if hasattr(x, "astype") else f"np.array({name})"
    if a.ndim == 0:
        if isinstance(x, dict):
            return f"[{name}[key] for key in {list(x)!r}]  # in the order of the {'in' if name == 'x' else 'out'}puts"
        if callable(x):
            return f"{name}(), what the function returns"
        return f"np.stack(list({name}))" if isinstance(x, Iterable) and not isinstance(x, (str, bytes)) else AN_ARRAY
    by_kind = {
        "c": f"np.abs({name})",
        "M": f'({given} - {given}.min()) / np.timedelta64(1, "D")',
        "m": f'{given} / np.timedelta64(1, "D")',
        "V": f"np.stack([{name}[column] for column in {name}.dtype.names], axis=-1)",
    }
    if a.dtype.kind in by_kind:
        return by_kind[a.dtype.kind]
    values = a.reshape(-1).tolist()
    if any(v is None for v in values):
        is_known = f"{given} != None" if a.ndim == 1 else f"({given} != None).reshape(len({name}), -1).all(axis=1)"
        return f'{given}[{is_known}].astype("float32")'
    if values and all(hasattr(v, "__len__") and not isinstance(v, (str, bytes)) for v in values):
        return f"np.stack(list({name}))" if len({np.shape(v) for v in values}) == 1 else _rows_of_one_length(name)
    return _from_text(a, given, name)


def _from_text(a: np.ndarray, given: str, name: str) -> str:
    """The expression that makes numbers of text or of objects."""
    with suppress(TypeError, ValueError, OverflowError):  # the last of an integer beyond all floats
        floats = a.astype("float64")
        with suppress(ValueError, OverflowError):  # of "5.0" and of infinity
            if np.array_equal(a.astype("int64"), floats):
                return f'{given}.astype("int64")'
        return f'{given}.astype("float32")'
    return f"np.unique({name}, return_inverse=True)[1]" if a.ndim == 1 else AN_ARRAY


def _rows_of_one_length(name: str) -> str:
    return f"np.stack([row[:min(map(len, {name}))] for row in {name}])"


# ---- the values in an array


def outside(a: Array, low: float, high: float, dtype: DType) -> str:
    """ "" if the numbers of `a`, rounded to `dtype`, lie in [low, high]; otherwise their own range, as text."""
    number = np.dtype(dtype).type
    if a.size == 0:
        return ""
    with np.errstate(over="ignore"):
        least, most = number(float(a.min())), number(float(a.max()))
    if number(low) <= least and most <= number(high):
        return ""
    return f"[{str(least).removesuffix('.0')}, {str(most).removesuffix('.0')}]"  # all digits: 1.0000001 is not 1


def into_range(a: Array, low: float, high: float) -> str:
    """The expression that brings the numbers of `a`, some of which are outside of [low, high], into this range."""
    least, most = float(a.min()), float(a.max())
    if not (np.isfinite(least) and np.isfinite(most)):
        return "np.nan_to_num(x), or leave these samples out"
    clipped, rounding = f"np.clip(x, {low:g}, {high:g})", 1e-5 * (high - low)
    if (low, high) not in ((0, 1), (-1, 1)) or (low - rounding <= least and most <= high + rounding):
        return clipped
    if most > 1.5:
        return "x / 255 for pixels up to 255" if low == 0 else "x / 127.5 - 1 for pixels up to 255"
    if low == 0:
        return f"(x + 1) / 2 for data in [-1, 1], x / 255 for pixels up to 255, {clipped} for noise"
    return f"2 * x - 1 for data in [0, 1], {clipped} for noise"


def check_range(x: Any, data_range: tuple[float, float], where: str, dtype: DType = "float32") -> None:
    """TypeError for integers, ValueError for floats outside of the range (lowest, highest) of a model.

    x is an array or a list of arrays, of which the first is checked. Its numbers are rounded to `dtype` before:
    1 + 2^-52 is 1 in float32.
    """
    a, (low, high) = x[0] if isinstance(x, list) else x, data_range
    if a.dtype.kind != "f":
        floats = 'x.astype("float32")'
        by_range = {True: floats, False: f"2 * {floats} - 1"}
        if a.dtype.kind != "b":
            by_range = {True: f"{floats} / 255", False: f"{floats} / 127.5 - 1"}
        raise TypeError(message(f"{where}: integer data", expected="floats", got=a.dtype, fix=by_range[low == 0]))
    got = outside(a, low, high, dtype)
    if got:
        problem, expected = f"{where}: data outside the range of the model", f"numbers in [{low:g}, {high:g}]"
        raise ValueError(message(problem, expected=expected, got=got, fix=into_range(a, low, high)))


def check_filled(a: Array, where: str) -> None:
    """ValueError for an array without samples, or for samples without numbers."""
    if a.ndim == 0 or a.size == 0:
        expected, fix = "at least one sample", "a non-empty array; check the slice that made it"
        raise ValueError(message(f"{where}: no data", expected=expected, got=f"shape {a.shape}", fix=fix))


def check_finite(a: Array, where: str, dtype: DType = "float32") -> None:
    """ValueError, with its position, for a NaN, an infinity, or a number that overflows in `dtype`."""
    limit = float(np.finfo(dtype).max)
    if a.size and a.dtype.kind == "f" and not (-limit <= float(a.min()) and float(a.max()) <= limit):
        bad = (~((-limit <= a) & (a <= limit))).nonzero()
        largest = float(abs(a).max())
        got, expected = f"{len(bad[0])} bad, the first at {tuple(int(i[0]) for i in bad)}", "finite numbers"
        problem, fix = "NaN or infinity in the data", "np.nan_to_num(x), or leave these samples out"
        if math.isfinite(largest):
            problem, fix = f"numbers beyond {dtype}", f"x / {largest:.1g}"
            expected = f"numbers up to {limit:.2g}, the largest of {dtype}"
        raise ValueError(message(f"{where}: {problem}", expected=expected, got=got, fix=fix))
