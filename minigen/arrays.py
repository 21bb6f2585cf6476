"""Validation of user data: arrays of numbers, or an error that says what to write instead."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import backend
from .autograd import Node, unwrap
from .checks.arrays import check_filled, check_finite, check_holds_numbers, check_range, refuse_masked, refuse_no_array
from .streams import Streamed
from .types import Array, DType


def as_array(x: Any, where: str = "data", name: str = "x") -> Array:
    """`x` as an array of numbers: a NumPy array, or a CuPy array if it is on a GPU. A Streamed stays what it is.

    Tensors are unwrapped; lists of Python's numbers, NumPy's numbers and Tensors become arrays. Raises TypeError for
    anything that is no array of numbers, and ValueError for a masked array that hides some. The text of the error
    begins with `where` and calls x `name`.
    """
    if isinstance(x, Streamed):
        return x
    if isinstance(x, (list, tuple)) and any(isinstance(v, Node) or backend.is_device_array(v) for v in x):
        x = [backend.to_numpy(v) for v in x]
    a = unwrap(x)
    if backend.is_device_array(a):
        return a
    if np.ma.is_masked(a):
        refuse_masked(ValueError, f"{where}: masked numbers", a, name)
    try:
        a = np.asarray(a)
    except (TypeError, ValueError, RuntimeError) as error:
        refuse_no_array(where, name, x, error)
    check_holds_numbers(where, name, x, a)
    return a


def black_and_white(a: Array, dtype: DType = "float32") -> Array:
    """Booleans, and integers that are all 0 or 1, as floats: black and white pixels. Any other array unchanged."""
    is_binary = a.dtype.kind == "b" or (a.dtype.kind in "iu" and a.size and 0 <= int(a.min()) and int(a.max()) <= 1)
    return a.astype(dtype) if is_binary else a


def as_pixels(x: Any, where: str) -> np.ndarray:
    """`x` as a NumPy array of floats in [0, 1], one sample or more; black and white images may be of any dtype.

    Raises TypeError for other integers, and ValueError for no samples and for pixels outside of [0, 1].
    """
    a: np.ndarray = black_and_white(backend.to_numpy(as_array(x, where)))
    check_filled(a, where)
    check_finite(a, where)
    check_range(a, (0.0, 1.0), where)
    return a
