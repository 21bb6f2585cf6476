"""read(): the code of a submission, from a file of Python or from a notebook, and the exercise that it answers."""

from __future__ import annotations

import ast
import json
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .checks import check_has_a_number, refuse_notebook

MOST_CHARACTERS = 1_000_000  # of code
MOST_OF_A_FILE = 100_000_000  # a notebook has its pictures in it
OF_TESTS = re.compile(r"^# tests of exercise|^import otter$|^grader\.", re.M)  # cells that this package or otter made
ONLY_IN_A_NOTEBOOK = re.compile(r"\s*[%!?]|.*\?\s*$|[\s\w,]+=\s*[%!]")  # %magic, !command, help?
STILL_PYTHON = ("%%time", "%%timeit", "%%capture", "%%prun")  # other cells with %% are in other languages
MOST_MAGICS = 50  # in a cell
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
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        text = file.read(MOST_OF_A_FILE)
    places: list[str] = []
    if path.suffix == ".ipynb":
        cells = _cells_of_notebook(path, text)
        places = [f"code cell {k}, line {i}" for k, lines in cells for i in range(1, len(lines) + 1)]
        text = "".join(f"{line}\n" for _, lines in cells for line in lines)
    text = text[:MOST_CHARACTERS]
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
    return [(k, _python_of(source)) for k, source in enumerate(sources, 1) if not OF_TESTS.search(source)]


def _python_of(source: str) -> list[str]:
    """The lines of a cell, with `pass` for those that only a notebook has.

    Those are lines at which Python stops: one that begins with % may also be the second line of an expression.
    """
    lines = source.splitlines()
    if source.lstrip().startswith("%%") and not source.lstrip().startswith(STILL_PYTHON):
        return ["" for _ in lines]
    for _ in range(MOST_MAGICS):
        i = _line_of_error("\n".join(lines))
        if i is None or i >= len(lines) or not ONLY_IN_A_NOTEBOOK.match(lines[i]):
            break
        lines[i] = lines[i][: len(lines[i]) - len(lines[i].lstrip())] + "pass"
    return lines


def _line_of_error(source: str) -> int | None:
    """The index of the line at which Python stops to understand the source, or None."""
    try:
        with warnings.catch_warnings(action="ignore"):
            ast.parse(source)
    except SyntaxError as error:
        return error.lineno - 1 if error.lineno else None
    except (ValueError, MemoryError, RecursionError):  # the child process will say what is wrong
        pass
    return None


def files_in(path: Path) -> list[Path]:
    """The file itself, or the submissions in a folder: every .py and .ipynb in it and below, in order."""
    if not path.is_dir():
        return [path]
    found = [p for p in path.rglob("*") if p.suffix in (".py", ".ipynb") and not p.name.startswith(("test_", "."))]
    return sorted(p for p in found if ".ipynb_checkpoints" not in p.parts)
