"""Whether ops are recorded, and by which observer they are watched: for each thread separately."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from .checks import check_returns_results

P = ParamSpec("P")
R = TypeVar("R")


class _Mode(threading.local):
    """The state of one thread. Each thread begins with these values, independently of the others."""

    recording = True  # False inside no_grad()
    observer: Any = None  # set by minigen.trace(); called for every op
    refuses_nan = False  # True inside refusing_nan()

    def __init__(self) -> None:  # runs once in each thread
        self.before: list[bool] = []  # what no_grad() goes back to, block by block


mode = _Mode()


class no_grad:  # noqa: N801  (a function to its users)
    """Nothing that this thread computes inside is recorded: predictions and samples cost no memory.

    with no_grad(): ..., or @no_grad() above a function. Raises TypeError above a generator, which runs outside of it.
    """

    def __enter__(self) -> None:
        mode.before.append(mode.recording)
        mode.recording = False

    def __exit__(self, *error: object) -> None:
        mode.recording = mode.before.pop()

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        check_returns_results(function)

        @functools.wraps(function)
        def unrecorded(*args: P.args, **keywords: P.kwargs) -> R:
            with no_grad():
                return function(*args, **keywords)

        return unrecorded


def recording() -> bool:
    """False inside no_grad()."""
    return mode.recording
