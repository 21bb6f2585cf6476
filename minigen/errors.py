"""What minigen says when something is wrong: where, what was expected, what came, what to write."""

from __future__ import annotations

import difflib
import math
import numbers
import sys
import warnings
from collections.abc import Iterable, Mapping
from types import FrameType
from typing import Any


def message(where: str, *, expected: object, got: object, write: str) -> str:
    """The one layout of every error text.

    >>> print(message("Dense 'code': wrong number of features",
    ...               expected="(batch, 784)", got="(batch, 28, 28)", write="Flatten()(x) before it"))
    Dense 'code': wrong number of features
      expected: (batch, 784)
      got:      (batch, 28, 28)
      write:    Flatten()(x) before it
    """
    return f"{where}\n  expected: {expected}\n  got:      {got}\n  write:    {write}"


def unknown_name(kind: str, name: object, known: Iterable[str]) -> str:
    """The text for a name that is not in a table, with the nearest one that is.

    >>> print(unknown_name("activation", "rellu", ["relu", "tanh"]))
    unknown activation 'rellu'
      expected: one of relu, tanh
      got:      'rellu'
      write:    'relu'
    """
    known = sorted(known)
    near = difflib.get_close_matches(str(name).lower(), known, n=1, cutoff=0.0)
    return message(
        f"unknown {kind} {name!r}",
        expected=f"one of {', '.join(known)}",
        got=repr(name),
        write=repr(near[0]) if near else f"a {kind} from the list",
    )


def named(kind: str, name: Any, table: Mapping[str, Any]) -> Any:
    """table[name] for a string, anything else as it is; ValueError with the nearest name if there is none."""
    if not isinstance(name, str):
        return name
    if name.lower() not in table:
        raise ValueError(unknown_name(kind, name, table))
    return table[name.lower()]


def positive_integer(where: str, value: Any, write: str) -> int:
    """`value` as an int (NumPy's integers too), or ValueError."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(message(where, expected="a positive integer", got=repr(value), write=write))
    return int(value)


def positive_pair(where: str, value: Any, write: str) -> tuple[int, int]:
    """(rows, columns) from one positive integer for both or from two of them, or ValueError."""
    pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if (
        len(pair) != 2
        or not all(isinstance(n, numbers.Integral) and not isinstance(n, bool) for n in pair)
        or min(pair) < 1
    ):
        expected = "a positive integer, or two of them: (rows, columns)"
        raise ValueError(message(where, expected=expected, got=repr(value), write=write))
    return int(pair[0]), int(pair[1])


def number(where: str, value: Any, expected: str, write: str, low: float = 0.0, below: float = float("inf")) -> float:
    """`value` as a float if it is finite and low <= float(value) < below, or ValueError; a NaN is outside."""
    if not _is_real(value) or not (math.isfinite(value) and low <= float(value) < below):
        raise ValueError(message(where, expected=expected, got=repr(value), write=write))
    return float(value)


def positive_number(where: str, value: Any, write: str) -> float:
    """`value` as a float if it is finite and above 0, or ValueError."""
    if not _is_real(value) or not (math.isfinite(value) and value > 0):
        raise ValueError(message(where, expected="a number above 0", got=repr(value), write=write))
    return float(value)


def _is_real(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__")).partition(".")[0]  # exec() may run code without a name


def warn_caller(warning: Warning) -> None:
    """Show the warning at the line outside of minigen that led here, such as the one that called fit()."""
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and _package(frame) == __package__:
        frame, level = frame.f_back, level + 1
    warnings.warn(warning, stacklevel=level)
