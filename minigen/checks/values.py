"""Checks of single values among the arguments: numbers, switches, names, lists and functions.

Each gives the value in its proper type, or an error that says how to fix it.
"""

from __future__ import annotations

import math
import numbers
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, NoReturn, TypeVar

import numpy as np

from ..errors import NEXT_LINE, described, message, unknown_name

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
    if not is_integer(value, 1):
        raise ValueError(message(where, expected="a positive integer", got=repr(value), fix=fix))
    return int(value)


def natural_number(where: str, value: Any, fix: str) -> int:
    """`value` as an int (NumPy's integers too) if it is 0, 1, 2, ..., or ValueError."""
    if not is_integer(value, 0):
        raise ValueError(message(where, expected="0, 1, 2, ...", got=repr(value), fix=fix))
    return int(value)


def positive_pair(where: str, value: Any, fix: str) -> tuple[int, int]:
    """(rows, columns) from two positive integers or from one for both, or ValueError."""
    pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(pair) != 2 or not all(is_integer(n, 1) for n in pair):
        expected = "a positive integer, or two of them: (rows, columns)"
        raise ValueError(message(where, expected=expected, got=repr(value), fix=fix))
    return int(pair[0]), int(pair[1])


def check_verbose(where: str, verbose: Any) -> None:
    """ValueError unless `verbose` is 0 or 1, or 2 or "auto", which Keras has."""
    if not isinstance(verbose, (numbers.Integral, str)) or verbose not in (0, 1, 2, "auto"):
        fix = "verbose=0 for silence"
        raise ValueError(message(f"{where}: verbose", expected="0 or 1", got=repr(verbose), fix=fix))


def one_of(where: str, value: Any, names: tuple[str, ...], fix: str) -> str:
    """`value` in lower case if it is one of these names, or ValueError."""
    name = value.lower() if isinstance(value, str) else ""
    if name not in names:
        raise ValueError(message(where, expected=" or ".join(map(repr, names)), got=repr(value), fix=fix))
    return name


def number(where: str, value: Any, expected: str, fix: str, low: float = 0.0, below: float = float("inf")) -> float:
    """`value` as a float if it is finite and low <= float(value) < below, or ValueError; NaN is refused."""
    found = math.nan
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        with suppress(OverflowError):  # of an integer beyond all floats
            found = float(value)
    if not (math.isfinite(found) and low <= found < below):
        raise ValueError(message(where, expected=expected, got=f"{value!r:.60}", fix=fix))
    return found


def positive_number(where: str, value: Any, fix: str) -> float:
    """`value` as a float if it is finite and above 0, or ValueError."""
    return number(where, value, "a number above 0", fix, low=math.ulp(0.0))  # the smallest of them


def check_is_list(where: str, value: Any, fix: str, expected: str = "a list") -> None:
    """TypeError unless `value` is a list or a tuple."""
    if not isinstance(value, (list, tuple)):
        raise TypeError(message(where, expected=expected, got=described(value), fix=fix))


def as_list(x: Any) -> list[Any]:
    """x itself if it is a list or tuple, else [x]."""
    return list(x) if isinstance(x, (list, tuple)) else [x]


def is_integer(value: Any, least: float = -math.inf) -> bool:
    """Whether it is an integer of any kind, no truth value, and at least `least`."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool) and int(value) >= least


def is_numbers(value: Any) -> bool:
    """Whether it is a number, or an array, a Tensor or a list of numbers."""
    try:
        dtype = value.dtype if hasattr(value, "dtype") else np.asarray(value).dtype
    except (ValueError, TypeError):  # rows of different length, Tensors in a list
        return False
    return getattr(dtype, "kind", "O") in "fiub"


def refuse_missing_method(owner: object, method: str) -> NoReturn:
    """NotImplementedError for a class without a method that its base needs, such as "forward(self, x)"."""
    where, fix = f"{owner} has no {method.partition('(')[0]}()", f"def {method}: return ..."
    raise NotImplementedError(message(where, expected=method, got="none in this class", fix=fix))


def mapping(where: str, value: Any, fix: str, expected: str = "a dict") -> Mapping[str, Any]:
    """`value` if it is a dict, or TypeError."""
    if not isinstance(value, Mapping):
        raise TypeError(message(where, expected=expected, got=described(value), fix=fix))
    return value


def check_is_callable(where: str, value: Any, fix: str) -> None:
    """TypeError unless `value` can be called."""
    if not callable(value):
        raise TypeError(message(where, expected="a function", got=described(value), fix=fix))


def check_each_once(where: str, names: Iterable[str], fix: str) -> None:
    """ValueError for a name that stands twice; {} in `fix` stands for it."""
    twice = sorted(name for name, n in Counter(names).items() if n > 1)
    if twice:
        raise ValueError(message(where, expected="every name once", got=", ".join(twice), fix=fix.format(twice[0])))


def check_name(kind: str, name: Any, known: Iterable[str]) -> None:
    """ValueError, with the nearest name that is known, unless `name` is one of them."""
    if not isinstance(name, str) or name not in known:
        raise ValueError(unknown_name(kind, name, known))


def snake_case(name: str) -> str:
    """The name of a class as Keras writes it for a function or a layer.

    MeanSquaredError -> mean_squared_error, Conv2DTranspose -> conv2d_transpose, LeakyReLU -> leaky_re_lu.
    """
    name = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def named(kind: str, name: Any, table: Mapping[str, T], instead: Mapping[str, str] = MappingProxyType({})) -> T:
    """table[name] for a name in any case, or that of Keras' class.

    ValueError, with what stands instead or the nearest name, for others.
    """
    names = [name.lower(), snake_case(name)] if isinstance(name, str) else []
    for one in names:
        if one in table:
            return table[one]
    raise ValueError(unknown_name(kind, name, table, next((instead[one] for one in names if one in instead), None)))


def by_name(
    kind: str,
    given: str | T,
    table: Mapping[str, T],
    accepts: Callable[[Any], bool],
    expected: str,
    fix: str,
    instead: Mapping[str, str] = MappingProxyType({}),
) -> T:
    """named() for a string; another object itself, or TypeError unless accepts(given)."""
    if isinstance(given, str):
        return named(kind, given, table, instead)
    if not accepts(given):
        raise TypeError(message(kind, expected=expected, got=f"{given!r:.60}", fix=fix))
    return given


def check_no_problems(where: str, problems: Collection[str], expected: str, fix: str) -> None:
    """ValueError that lists the problems, one in each line, unless there are none."""
    if problems:
        raise ValueError(message(where, expected=expected, got=NEXT_LINE.join(problems), fix=fix))


def raise_if_explained(error: Exception) -> None:
    """The error itself, if its text is one of message()."""
    if "expected:" in str(error):
        raise error
