"""The texts of errors: where, what was expected, what was given, and how to fix it."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from types import FrameType
from typing import Any

NEXT_LINE = "\n            "  # in a list of problems


class BackendError(RuntimeError):
    """The requested array library cannot be used, or arrays of two libraries were mixed."""


def message(where: str, *, expected: object, got: object, fix: str) -> str:
    """The text of an error, in the layout that all errors share.

    >>> print(message("Dense 'code': wrong number of features",
    ...               expected="(batch, 784)", got="(batch, 28, 28)", fix="Flatten()(x) before it"))
    Dense 'code': wrong number of features
      expected: (batch, 784)
      got:      (batch, 28, 28)
      fix:      Flatten()(x) before it
    """
    return f"{where}\n  expected: {expected}\n  got:      {got}\n  fix:      {fix}"


def described(value: Any) -> str:
    """What was given, on one line of an error: its type, and its shape or how it begins.

    >>> described("accuracy")
    "a str, 'accuracy'"
    """
    if hasattr(value, "shape"):
        return f"a {type(value).__name__} of shape {value.shape}"
    return "None" if value is None else f"a {type(value).__name__}, {' '.join(repr(value).split()):.60}"


def unknown_name(kind: str, name: object, known: Iterable[str], instead: str | None = None) -> str:
    """The text of the error for a name that is not in a table: what to write instead, or a name that is like it.

    >>> print(unknown_name("activation", "rellu", ["relu", "tanh"]))
    unknown activation 'rellu'
      expected: one of relu, tanh
      got:      'rellu'
      fix:      'relu'
    """
    import difflib

    known = sorted(known)
    near = difflib.get_close_matches(str(name).lower(), known, n=1)
    fix = instead or (repr(near[0]) if near else f"a {kind} from the list")
    return message(f"unknown {kind} {name!r}", expected=f"one of {', '.join(known)}", got=repr(name), fix=fix)


def warn_caller(warning: Warning) -> None:
    """Issue the warning at the line outside of minigen that led here, such as a call of fit()."""
    frame: FrameType | None = sys._getframe()
    level = 1
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] == __package__:
        frame, level = frame.f_back, level + 1  # code in exec() may have no __name__
    warnings.warn(warning, stacklevel=level)
