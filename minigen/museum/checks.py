"""How the checks of both wings are run: on a model that somebody else wrote, anything may fail."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .. import backend
from ..errors import message


def run_checks(checks: Iterable[Callable[[Any], str]], model: Any) -> dict[str, str]:
    """{name of a check: what it found} for every check that the model fails; later draws are the same as without it."""
    with backend.own_draws():
        return {check.__name__: found for check in checks if (found := _run(check, model))}


def _run(check: Callable[[Any], str], model: Any) -> str:
    try:
        return check(model)
    except Exception as error:  # out of the model's own formulas, where a learner's mistake may raise anything
        return what_failed(error)


def what_failed(error: Exception) -> str:
    """The kind of an error, and the first line of its text."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def must_be(kind: type, model: Any, where: str, fix: str) -> None:
    """TypeError unless the model is one of that class."""
    if not isinstance(model, kind):
        got = f"the class {model.__name__}" if isinstance(model, type) else type(model).__name__
        raise TypeError(message(where, expected=f"a models.{kind.__name__}", got=got, fix=fix))


def must_be_class(kind: type, exhibit: Any, where: str, fix: str) -> None:
    """TypeError unless the exhibit is a class derived from that one, or it itself."""
    if not (isinstance(exhibit, type) and issubclass(exhibit, kind)):
        expected = f"a class that is or extends models.{kind.__name__}"
        raise TypeError(message(where, expected=expected, got=repr(exhibit), fix=fix))
