"""What coursework refuses: numbers of exercises, folders, and files that are no submission."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from ..errors import message
from .pieces import Test


def check_known(number: int, known: Sequence[int]) -> None:
    """ValueError unless it is the number of an exercise."""
    if number not in known:
        fix = "minigen coursework, which lists them"
        raise ValueError(message("coursework: exercise", expected=f"{known[0]} to {known[-1]}", got=number, fix=fix))


def check_empty(folder: Path) -> None:
    """FileExistsError if the folder has anything in it."""
    if any(folder.iterdir()):
        where, got = "coursework: the folder is not empty", f"{folder}"
        raise FileExistsError(message(where, expected="a new folder", got=got, fix="another name"))


def check_has_a_number(path: Path, found: re.Match[str] | None) -> None:
    """ValueError unless the comment that names the exercise was found."""
    if found is None:
        expected = "the comment '# minigen coursework, exercise N: ...', with which exercise.py begins"
        where, fix = f"coursework: the exercise that {path.name} answers", "--exercise N"
        raise ValueError(message(where, expected=expected, got="no such comment", fix=fix))


def refuse_notebook(path: Path, error: Exception) -> NoReturn:
    """ValueError for a file that is no notebook."""
    where, expected = f"coursework: {path.name} cannot be read", "a notebook in JSON, with cells"
    got, fix = f"{type(error).__name__}", "the file as it was saved, or exercise.py"
    raise ValueError(message(where, expected=expected, got=got, fix=fix)) from None


def check_one_file(found: Sequence[Path]) -> Sequence[Path]:
    """The files, or ValueError unless there is exactly one."""
    if len(found) != 1:
        got = ", ".join(path.name for path in found)[:200] or "none"
        fix = "exercise.py, or the notebook alone"
        raise ValueError(message("coursework: the submission", expected="one file, .py or .ipynb", got=got, fix=fix))
    return found


def check_some_files(path: Path, found: Sequence[Path]) -> None:
    """FileNotFoundError unless there is a submission."""
    if not found:
        where, fix = "coursework: nothing to grade", "the path of exercise.py, or of a folder of submissions"
        raise FileNotFoundError(message(where, expected=".py or .ipynb", got=f"none in {path}", fix=fix))


def check_has_test(number: int, name: str, tests: Sequence[Test]) -> Test:
    """The test of that name, or ValueError."""
    for test in tests:
        if test.name == name:
            return test
    where, expected = f"coursework: exercise {number} has no such test", ", ".join(test.name for test in tests)
    raise ValueError(message(where, expected=f"one of {expected}", got=repr(name), fix=repr(tests[0].name)))


def fail(text: str) -> NoReturn:
    """AssertionError: how the cell of a notebook fails."""
    raise AssertionError(text)
