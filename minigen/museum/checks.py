"""Shared by the parts of the museum: the models that they accept, and how the checks are run on any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .. import backend
from ..errors import message
from ..model import Model


def check_compiled_model(kind: type[Model], model: Any, where: str, fix: str) -> None:
    """TypeError unless the model is an instance of `kind`, RuntimeError unless it is compiled."""
    if not isinstance(model, kind):
        got = f"the class {model.__name__}" if isinstance(model, type) else type(model).__name__
        raise TypeError(message(where, expected=f"a models.{kind.__name__}", got=got, fix=fix))
    model.check_compiled(where)


def check_exhibit(kind: type[Model], exhibit: Any, where: str, fix: str) -> None:
    """TypeError unless the exhibit is `kind` or a subclass of it."""
    if not (isinstance(exhibit, type) and issubclass(exhibit, kind)):
        expected = f"a class that is or extends models.{kind.__name__}"
        raise TypeError(message(where, expected=expected, got=repr(exhibit), fix=fix))


def run_checks(checks: Iterable[Callable[[Any], str]], model: Model) -> dict[str, str]:
    """{name of a check: what it found} for every check that the model fails. Later draws do not depend on it."""
    with backend.own_draws():
        return {check.__name__: found for check in checks if (found := _run(check, model))}


def _run(check: Callable[[Any], str], model: Model) -> str:
    try:
        return check(model)
    except Exception as error:  # raised by the model's own formulas: any error is possible
        return what_failed(error)


def what_failed(error: Exception) -> str:
    """The type of an error, and the first line of its text."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def condition(model: Model, n: int) -> list[np.ndarray]:
    """What a model takes besides n images: n labels if it is conditional, else nothing."""
    return [np.zeros(n, int)] if getattr(model, "classes", 0) else []
