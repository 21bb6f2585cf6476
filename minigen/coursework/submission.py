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
    """The code of a submission and the number of its exercise; of a notebook the place of each of its lines, too."""

    source: str
    number: int
    places: tuple[str, ...] = ()

    def place(self, line: int) -> str:
        """Where line 1, 2, ... is, as the student sees it."""
        return self.places[min(line, len(self.places)) - 1] if self.places else f"line {line}"


def read(path: Path, number: int | None = None) -> Submission:
    """The submission in a file. The number of the exercise is that in its first comment, unless it is given.

    Raises ValueError for a notebook that cannot be read, and for a file without a number; OSError for none.
    """
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read(MOST_CHARACTERS)
    places: list[str] = []
    if path.suffix == ".ipynb":
        cells = _cells_of_notebook(path, text)
        places = [f"code cell {k}, line {i}" for k, lines in cells for i in range(1, len(lines) + 1)]
        text = "".join(f"{line}\n" for _, lines in cells for line in lines)
    found = MARKER.search(text)
    if number is None:
        check_has_a_number(path, found)
        number = int(found[1]) if found else 0
    return Submission(text, number, tuple(places))


def _cells_of_notebook(path: Path, text: str) -> list[tuple[int, list[str]]]:
    """(number, lines) of the code cells, without those that test and without lines that only a notebook has."""
    try:
        cells: Any = json.loads(text)["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        refuse_notebook(path, error)
    kept = [(k, source.splitlines()) for k, source in enumerate(sources, 1) if not OF_TESTS.search(source)]
    return [(k, ["" if line.lstrip().startswith(("%", "!", "?")) else line for line in lines]) for k, lines in kept]


def files_in(path: Path) -> list[Path]:
    """The file itself, or the submissions in a folder: every .py and .ipynb in it and below, in order."""
    if not path.is_dir():
        return [path]
    found = [p for p in path.rglob("*") if p.suffix in (".py", ".ipynb") and not p.name.startswith(("test_", "."))]
    return sorted(p for p in found if ".ipynb_checkpoints" not in p.parts)
