"""refusing(): functions and classes of minigen that an exercise asks for, and that a student's file may not use."""

from __future__ import annotations

import contextlib
import os
import sys
import types
from collections.abc import Iterator
from typing import Any

EXERCISE, TEST = "exercise.py", "<test>"  # the file names in tracebacks


class Refused(Exception):
    """The student's code calls a function of minigen that is the exercise itself."""


class _Stand:
    """Stands for a function or class of minigen: minigen's own code may use it, a student's file may not."""

    def __init__(self, name: str, original: Any) -> None:
        self._name, self._original = name, original

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        frame: types.FrameType | None = sys._getframe(1)
        while frame is not None and not _is_of_minigen(frame.f_code.co_filename):
            if frame.f_code.co_filename in (EXERCISE, TEST):
                self._refuse()
            frame = frame.f_back
        return self._original(*args, **kwargs)

    def __mro_entries__(self, bases: Any) -> Any:
        self._refuse()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)

    def __instancecheck__(self, one: Any) -> bool:
        return isinstance(one, self._original)

    def _refuse(self) -> Any:
        raise Refused(self._name)


def check_names(names: dict[str, Any], originals: dict[str, Any]) -> None:
    """Refused for a name that is one of the originals, or a class made from one, as in a notebook."""
    for name, original in originals.items():
        for value in names.values():
            is_made_from_it = isinstance(value, type) and isinstance(original, type) and issubclass(value, original)
            if value is original or is_made_from_it:
                raise Refused(name)


def _is_of_minigen(file: str) -> bool:
    return f"{os.sep}minigen{os.sep}" in file and f"{os.sep}coursework{os.sep}" not in file


@contextlib.contextmanager
def refusing(names: list[str]) -> Iterator[dict[str, Any]]:
    """In this block stands are in the place of these functions and classes, in all modules of minigen.

    Gives {name: the original}.
    """
    changed: list[tuple[Any, str, Any]] = []
    originals: dict[str, Any] = {}
    modules = [m for key, m in list(sys.modules.items()) if key.partition(".")[0] == "minigen" and m is not None]
    try:
        for name in names:
            original = sys.modules["minigen"]
            for part in name.split(".")[1:]:
                original = getattr(original, part)
            originals[name] = original
            for module in modules:
                for key in [k for k, v in vars(module).items() if v is original]:
                    changed.append((module, key, original))
                    setattr(module, key, _Stand(name, original))
        yield originals
    finally:
        for module, key, original in changed:
            setattr(module, key, original)
