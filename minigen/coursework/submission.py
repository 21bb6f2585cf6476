"""read(): the code of a submission, from a file of Python or from a notebook, and the exercise that it answers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .checks import check_has_a_number, refuse_notebook

MOST_CHARACTERS = 1_000_000
OF_TESTS = re.compile(r"^# tests of exercise|^import otter$|^grader\.", re.M)  # cells that this package or otter made
MARKER = re.compile(r"# minigen coursework, exercise (\d{1,3})\b")


@dataclass(frozen=True)
class Submission:
    """The code of a submission and the number of its exercise."""

    path: Path
    source: str
    number: int


def read(path: Path, number: int | None = None) -> Submission:
    """The submission in a file. The number of the exercise is that in its first comment, unless it is given.

    Raises ValueError for a notebook that cannot be read, and for a file without a number; OSError for none.
    """
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read(MOST_CHARACTERS)
    source = _code_of_notebook(path, text) if path.suffix == ".ipynb" else text
    found = MARKER.search(source)
    if number is None:
        check_has_a_number(path, found)
        number = int(found[1]) if found else 0
    return Submission(path, source, number)


def _code_of_notebook(path: Path, text: str) -> str:
    """The code cells one after the other, without those that test and without lines that only a notebook has."""
    try:
        cells: Any = json.loads(text)["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        refuse_notebook(path, error)
    lines = "\n\n".join(source for source in sources if not OF_TESTS.search(source)).splitlines()
    return "\n".join("" if line.lstrip().startswith(("%", "!", "?")) else line for line in lines) + "\n"


def files_in(path: Path) -> list[Path]:
    """The file itself, or the submissions in a folder: every .py and .ipynb in it and below, in order."""
    if not path.is_dir():
        return [path]
    found = [p for p in path.rglob("*") if p.suffix in (".py", ".ipynb") and not p.name.startswith(("test_", "."))]
    return sorted(p for p in found if ".ipynb_checkpoints" not in p.parts)
