"""The command `minigen coursework`: list the exercises, write their folders, check and grade submissions."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

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
    rows = []
    with Sandbox(args.seconds, args.megabytes, args.user) as sandbox:
        for name, marks in _marks(found, args.exercise, sandbox, public_only):
            print(f"{name}\n{marks}\n" if len(found) > 1 else marks, flush=True)
            scores = [mark.score for mark in marks.marks] if isinstance(marks, Marks) else []
            rows.append([name, getattr(marks, "score", 0), *scores])
    if args.csv:
        with replacing(args.csv) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["file", "marks", "tests"], *rows])


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
