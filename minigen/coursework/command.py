"""The command `minigen coursework`: list the exercises, write their folders, check and grade submissions."""

from __future__ import annotations

import argparse
import contextlib
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..console import printable
from ..storage.files import replacing
from . import gradescope
from .checks import check_some_files
from .exercise import all_exercises, get
from .folders import write
from .grading import Marks, grade
from .sandbox import Sandbox
from .submission import files_in, read


def run(args: argparse.Namespace) -> None:
    """What the words of the command ask for."""
    match args.words:
        case [] if args.only:
            args.refuse("write the folder before it: minigen coursework DIR --only N")
        case []:
            for exercise in all_exercises().values():
                print(f"{exercise.number:3}  {exercise.title}, {exercise.marks} marks")
        case ["grade" | "check" as what, path]:
            _mark(Path(path), args, public_only=what == "check")
        case ["gradescope", folder, target]:
            gradescope.run(Path(folder), Path(target), args.exercise, args.user)
        case ["grade" | "check" as what]:
            args.refuse(f"write the file after it: minigen coursework {what} exercise.py")
        case [folder]:
            for made in write(folder, args.only):
                print(made)
        case _:
            args.refuse("write: minigen coursework DIR, or minigen coursework grade SUBMISSION")


def _mark(path: Path, args: argparse.Namespace, public_only: bool) -> None:
    """Print the marks of a submission, or of all that are in a folder, and write them to --csv."""
    found = files_in(path)
    check_some_files(path, found)
    with Sandbox(args.seconds, args.megabytes, args.user) as sandbox, _table(args.csv) as rows:
        for name, marks in _marks(found, args.exercise, sandbox, public_only):
            print(printable(f"{name}\n{marks}\n" if len(found) > 1 else f"{marks}"), flush=True)
            rows.append([name, *_row(marks)])


def _row(marks: Marks | str) -> list[Any]:
    """The number of the exercise, the marks, and those of each test; for a file that cannot be read 0 marks."""
    if isinstance(marks, str):
        return ["", 0]
    return [marks.exercise.number, marks.score, *(mark.score for mark in marks.marks)]


@contextlib.contextmanager
def _table(path: str | None) -> Iterator[list[list[Any]]]:
    """A list of rows, which are written to the file, if there is one, when the block ends.

    Raises OSError before the block, so before the grading, if the file cannot be written.
    """
    rows: list[list[Any]] = []
    if path is None:
        yield rows
        return
    with replacing(path) as temporary:
        yield rows
        tests = max(map(len, rows)) - 3
        head = ["file", "exercise", "marks", *(f"test {i}" for i in range(1, tests + 1))]
        with open(temporary, "w", newline="", encoding="utf-8", errors="backslashreplace") as file:
            csv.writer(file).writerows([head, *(row + [""] * (len(head) - len(row)) for row in rows)])


def _marks(
    paths: list[Path], number: int | None, sandbox: Sandbox, public_only: bool
) -> Iterator[tuple[str, Marks | str]]:
    """(file, its marks) of each submission; of several a file that cannot be read gets the text of the error."""
    for path in paths:
        try:
            submission = read(path, number)
            yield str(path), grade(get(submission.number), submission, sandbox, public_only)
        except (ValueError, OSError) as error:
            if len(paths) == 1:
                raise
            yield str(path), f"0 marks: {error}"
