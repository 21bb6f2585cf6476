"""Checks of single values: each returns the value in its proper type or raises an error that says how to fix it."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from .errors import message, named

T = TypeVar("T")


def switch(where: str, value: Any) -> bool:
    """`value` as a bool (NumPy's, 0 and 1 too), or TypeError: the string "False" is truthy."""
    is_integer = isinstance(value, numbers.Integral) or type(value).__name__ == "bool"  # numpy.bool is not an Integral
    if is_integer and value in (0, 1):
        return bool(value)
    argument = where.rpartition(" ")[2]
    raise TypeError(message(where, expected="True or False", got=repr(value), fix=f"{argument}=True"))


def positive_integer(where: str, value: Any, fix: str) -> int:
    """`value` as an int (NumPy's integers too), or ValueError."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(message(where, expected="a positive integer", got=repr(value), fix=fix))
    return int(value)


def natural_number(where: str, value: Any, fix: str) -> int:
    """`value` as an int (NumPy's integers too) if it is 0, 1, 2, ..., or ValueError."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 0:
        raise ValueError(message(where, expected="0, 1, 2, ...", got=repr(value), fix=fix))
    return int(value)


def positive_pair(where: str, value: Any, fix: str) -> tuple[int, int]:
    """(rows, columns) from two positive integers or from one for both, or ValueError."""
    pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if (
        len(pair) != 2
        or not all(isinstance(n, numbers.Integral) and not isinstance(n, bool) for n in pair)
        or min(pair) < 1
    ):
        expected = "a positive integer, or two of them: (rows, columns)"
        raise ValueError(message(where, expected=expected, got=repr(value), fix=fix))
    return int(pair[0]), int(pair[1])


def number(where: str, value: Any, expected: str, fix: str, low: float = 0.0, below: float = float("inf")) -> float:
    """`value` as a float if it is finite and low <= float(value) < below, or ValueError; NaN is refused."""
    if not _is_real(value) or not (math.isfinite(value) and low <= float(value) < below):
        raise ValueError(message(where, expected=expected, got=repr(value), fix=fix))
    return float(value)


def positive_number(where: str, value: Any, fix: str) -> float:
    """`value` as a float if it is finite and above 0, or ValueError."""
    if not _is_real(value) or not (math.isfinite(value) and value > 0):
        raise ValueError(message(where, expected="a number above 0", got=repr(value), fix=fix))
    return float(value)


def _is_real(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def check_is_shape(where: str, value: Any, fix: str) -> None:
    """TypeError unless `value` is a tuple or a list."""
    if not isinstance(value, (tuple, list)):
        raise TypeError(message(where, expected="a tuple of sizes", got=repr(value), fix=fix))


def by_name(
    kind: str, given: str | T, table: Mapping[str, T], accepts: Callable[[Any], bool], expected: str, fix: str
) -> T:
    """table[given] for a name, ValueError if there is none; another object itself, TypeError unless accepts(given)."""
    if not (isinstance(given, str) or accepts(given)):
        raise TypeError(message(kind, expected=expected, got=repr(given), fix=fix))
    found: T = named(kind, given, table)
    return found
