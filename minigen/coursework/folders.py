"""write(): the folders of an exercise, for students, for the lecturer, and for the services that mark submissions."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..storage.files import make_folder, replacing
from . import gradescope, notebooks, texts
from .checks import check_empty
from .child import IMPORTS
from .exercise import Exercise, all_exercises, get


def write(folder: str | os.PathLike[str], only: Sequence[int] = ()) -> list[Path]:
    """Write a folder for each exercise (those of the numbers `only`, if there are any) and return their paths.

    student/     README.md, exercise.py and exercise.ipynb with holes, and test_exercise.py to run locally
    instructor/  solution.py, tests.py with all tests, marks.md, and the typical wrong answers
    gradescope/  autograder.zip, and the files in it
    nbgrader/    the notebook that nbgrader releases and marks
    otter/       the notebook that otter assign takes

    Raises ValueError for a number that there is no exercise of, FileExistsError for a folder with files in it.
    """
    chosen = [get(number) for number in only] or list(all_exercises().values())
    top = make_folder(folder)
    check_empty(top)
    return [write_exercise(top / exercise.slug, exercise) for exercise in chosen]


def write_exercise(folder: Path, exercise: Exercise) -> Path:
    """Write the five folders of one exercise."""
    student = {
        "README.md": texts.instructions(exercise),
        "exercise.py": exercise.student,
        "exercise.ipynb": _as_json(notebooks.for_students(exercise)),
        "test_exercise.py": texts.local_tests(exercise),
    }
    instructor = {
        "solution.py": exercise.solved,
        "tests.py": "\n\n".join([IMPORTS, *exercise.functions.values()]),
        "marks.md": texts.marking_scheme(exercise),
        **{f"wrong/{i:02}.py": exercise.answer(wrong) for i, wrong in enumerate(exercise.wrong, 1)},
    }
    _write_files(folder / "student", student)
    _write_files(folder / "instructor", instructor)
    _write_files(folder / "nbgrader", {f"{exercise.slug}.ipynb": _as_json(notebooks.for_nbgrader(exercise))})
    _write_files(folder / "otter", {f"{exercise.slug}.ipynb": _as_json(notebooks.for_otter(exercise))})
    gradescope.write(folder / "gradescope", exercise)
    return folder


def _as_json(notebook: Mapping[str, Any]) -> str:
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _write_files(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        make_folder(path.parent)
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
