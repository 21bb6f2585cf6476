"""One array at the entrance: numbers out of what a user has, or an error that says what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from . import backend
from .autograd import Node, unwrap
from .errors import message

NUMBERS = 'an array such as np.zeros((10, 784), "float32")'


def as_array(x: Any, where: str = "data", name: str = "x") -> Any:
    """`x` as an array of numbers: NumPy's, or CuPy's if it lies on a GPU.

    Tensors are unwrapped; lists become arrays, of Python's numbers, of NumPy's and of Tensors. Raises TypeError for
    anything that is no array of numbers, and ValueError for a masked array that hides some. `where` and `name`, the
    user's word for x, are for the text.
    """
    if isinstance(x, (list, tuple)) and any(isinstance(v, Node) or backend.is_device_array(v) for v in x):
        x = [backend.to_numpy(v) for v in x]
    a = unwrap(x)
    if backend.is_device_array(a):
        return a
    if np.ma.is_masked(a):
        got, fix = f"a masked array that hides {int(np.ma.count_masked(a))}", f"{name}.filled(0)"
        raise ValueError(message(f"{where}: masked numbers", expected="an array of numbers", got=got, fix=fix))
    try:
        a = np.asarray(a)
    except (TypeError, ValueError, RuntimeError) as error:  # rows of different length, an array of a foreign library
        if "expected:" in str(error):
            raise
        got, fix = "rows of different length", _same_length(name)
        if not isinstance(error, ValueError):
            got, fix = f"{type(x).__name__}: {error}", "an array on the host, without a history"
        expected = "an array of numbers, samples first"
        raise TypeError(message(f"{where}: no array in this data", expected=expected, got=got, fix=fix)) from error
    if a.dtype.kind not in "fiub":
        if a.ndim == 0:
            problem, expected, got = "no array", "an array of numbers, samples first", type(x).__name__
        else:
            problem, expected = f"data of type {a.dtype}", "numbers"
            got = " ".join(f"an array that begins with {a.reshape(-1)[:1].tolist()}"[:70].split())
        raise TypeError(message(f"{where}: {problem}", expected=expected, got=got, fix=_instead(x, a, name)))
    return a


def _instead(x: Any, a: np.ndarray, name: str) -> str:
    """What to write in place of x, whose array a holds no numbers."""
    given = name if hasattr(x, "astype") else f"np.array({name})"
    if a.ndim == 0:
        if isinstance(x, dict):
            return f"[{name}[key] for key in {list(x)!r}]  # in the order of the inputs"
        if isinstance(x, Iterable) and not isinstance(x, (str, bytes)):
            return f"np.stack(list({name}))"
        return NUMBERS
    if a.dtype.kind == "c":
        return f"np.abs({name})"
    if a.dtype.kind == "M":
        return f'({given} - {given}.min()) / np.timedelta64(1, "D")'
    if a.dtype.kind == "m":
        return f'{given} / np.timedelta64(1, "D")'
    if a.dtype.kind == "V":
        return f"np.stack([{name}[column] for column in {name}.dtype.names], axis=-1)"
    values = a.reshape(-1).tolist()
    if any(v is None for v in values):
        rest = f"{given} != None" if a.ndim == 1 else f"({given} != None).reshape(len({name}), -1).all(axis=1)"
        return f'{given}[{rest}].astype("float32")'
    if values and all(hasattr(v, "__len__") and not isinstance(v, (str, bytes)) for v in values):
        return f"np.stack(list({name}))" if len({np.shape(v) for v in values}) == 1 else _same_length(name)
    return _numbers_of(a, given, name)


def _numbers_of(a: np.ndarray, given: str, name: str) -> str:
    """What makes numbers of text or of objects."""
    try:
        floats = a.astype("float64")
    except (TypeError, ValueError):
        return f"np.unique({name}, return_inverse=True)[1]" if a.ndim == 1 else NUMBERS
    try:
        whole = np.array_equal(a.astype("int64"), floats)
    except (TypeError, ValueError):  # "5.0" is no text of an integer
        whole = False
    return f'{given}.astype("int64")' if whole else f'{given}.astype("float32")'


def _same_length(name: str) -> str:
    return f"np.stack([row[:min(map(len, {name}))] for row in {name}])"


# ---- what the numbers may be


def black_and_white(a: Any, dtype: Any = "float32") -> Any:
    """Booleans, and integers that are all 0 or 1, as floats: black and white. Any other array as it is."""
    is_binary = a.dtype.kind == "b" or (a.dtype.kind in "iu" and a.size and 0 <= int(a.min()) and int(a.max()) <= 1)
    return a.astype(dtype) if is_binary else a


def outside(a: Any, low: float, high: float, dtype: Any) -> str:
    """ "" if the numbers of a, rounded to `dtype`, lie in [low, high]; else the text of their own range."""
    number = np.dtype(dtype).type
    if a.size == 0:
        return ""
    with np.errstate(over="ignore"):
        least, most = number(float(a.min())), number(float(a.max()))
    if number(low) <= least and most <= number(high):
        return ""
    return f"[{str(least).removesuffix('.0')}, {str(most).removesuffix('.0')}]"  # as many digits as tell them apart


def into_range(a: Any, low: float, high: float) -> str:
    """What brings numbers that are outside of [low, high] into it."""
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


def check_range(x: Any, data_range: tuple[float, float], where: str, dtype: Any = "float32") -> None:
    """Raise for integers, and for floats outside (lowest, highest): a model of pixels in [0, 1] cannot draw a 255.

    Of several inputs the first counts, and of a number what a computation in `dtype` sees: 1 + 2^-52 is 1 in float32.
    """
    a, (low, high) = x[0] if isinstance(x, list) else x, data_range
    if a.dtype.kind != "f":
        fix = 'x.astype("float32") / 255' if low == 0 else 'x.astype("float32") / 127.5 - 1'
        if a.dtype.kind == "b":
            fix = 'x.astype("float32")' if low == 0 else '2 * x.astype("float32") - 1'
        raise TypeError(message(f"{where}: integer data", expected="floats", got=a.dtype, fix=fix))
    got = outside(a, low, high, dtype)
    if got:
        problem, expected = f"{where}: data outside the range of the model", f"numbers in [{low:g}, {high:g}]"
        raise ValueError(message(problem, expected=expected, got=got, fix=into_range(a, low, high)))


def as_pixels(x: Any, where: str) -> np.ndarray:
    """`x` as a NumPy array of floats in [0, 1], one sample or more; black and white images may be of any dtype."""
    a = black_and_white(backend.to_numpy(as_array(x, where)))
    check_filled(a, where)
    check_finite(a, where)
    check_range(a, (0.0, 1.0), where)
    return a


def check_filled(a: Any, where: str) -> None:
    """Raise ValueError for an array without a sample, or for samples without a number."""
    if a.ndim == 0 or a.size == 0:
        expected, fix = "at least one sample", "a non-empty array; check the slice that made it"
        raise ValueError(message(f"{where}: no data", expected=expected, got=f"shape {a.shape}", fix=fix))


def check_finite(a: Any, where: str, dtype: Any = "float32") -> None:
    """Raise ValueError for a NaN, an infinity or a number that is one in `dtype`, with its place."""
    limit = float(np.finfo(dtype).max)
    if a.size and a.dtype.kind == "f" and not (-limit <= float(a.min()) and float(a.max()) <= limit):
        host = backend.to_numpy(a)
        bad = np.argwhere(~((-limit <= host) & (host <= limit)))
        got, expected = f"{len(bad)} bad, the first at {tuple(int(i) for i in bad[0])}", "finite numbers"
        problem, fix = "NaN or infinity in the data", "np.nan_to_num(x), or leave these samples out"
        if np.isfinite(host).all():
            problem, fix = f"numbers beyond {dtype}", f"x / {float(np.abs(host).max()):.1g}"
            expected = f"numbers up to {limit:.2g}, the largest of {dtype}"
        raise ValueError(message(f"{where}: {problem}", expected=expected, got=got, fix=fix))
