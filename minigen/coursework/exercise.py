"""Exercise: one file of exercises/, taken apart into the text, the solution, the tests and the wrong answers."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .checks import check_known
from .pieces import Test, Wrong

FOLDER = Path(__file__).parent / "exercises"
TESTS = "# ---- tests\n"
BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"


@dataclass(frozen=True)
class Exercise:
    """An exercise of the chapter.

    number, name  as in the name of its file
    title, text   its docstring: the first line, and the rest, in Markdown
    solution      what the student's file has, with the solution between the lines BEGIN and END
    tests         in the order in which they are run
    wrong         typical wrong answers
    refused       functions of minigen that are the exercise itself, by dotted names
    """

    number: int
    name: str
    title: str
    text: str
    solution: str
    tests: tuple[Test, ...]
    wrong: tuple[Wrong, ...]
    refused: tuple[str, ...]
    functions: Mapping[str, str]  # {name of a function of the tests: its source}

    @property
    def marks(self) -> int:
        return sum(test.marks for test in self.tests)

    @property
    def slug(self) -> str:
        """The name of its folder."""
        return f"{self.number:02}_{self.name}"

    @property
    def first_line(self) -> str:
        """The comment by which a submission is recognised."""
        return f"# minigen coursework, exercise {self.number}: {self.title}"

    @property
    def student(self) -> str:
        """The student's file: each part of the solution is a NotImplementedError that says what to write."""
        return f"{self.first_line}\n\n{emptied(self.solution, self.number)}"

    def answer(self, wrong: Wrong) -> str:
        """The wrong answer, whole."""
        return f"{self.first_line}\n\n{self.solution.replace(wrong.old, wrong.new)}"

    def functions_of(self, test: Test) -> list[str]:
        """The sources of the functions that a test calls, and of its own."""
        names = [name for name in self.functions if name.startswith("_") and f"{name}(" in self.functions[test.name]]
        return [self.functions[name] for name in [*names, test.name]]

    def text_of(self, test: Test) -> str:
        """The source of a test, with the functions that it calls."""
        return "\n\n".join(self.functions_of(test))

    @property
    def solved(self) -> str:
        return f"{self.first_line}\n\n{self.solution}"


def emptied(solution: str, number: int) -> str:
    """The text without what stands between BEGIN and END."""
    lines: list[str] = []
    is_inside = False
    names = _enclosing_names(solution)
    for i, line in enumerate(solution.splitlines(), 1):
        if line.strip() == BEGIN:
            is_inside = True
            text = f"exercise {number}: write {names[i]} here, in place of this line"
            lines.append(f'{line[: line.index("#")]}raise NotImplementedError("{text}")')
        elif line.strip() == END:
            is_inside = False
        elif not is_inside:
            lines.append(line)
    return "\n".join(lines) + "\n"


def _enclosing_names(source: str) -> dict[int, str]:
    """{line: the function that it stands in, such as "Tanh.backward"}."""
    found: dict[int, str] = {}

    def visit(node: ast.AST, names: tuple[str, ...]) -> None:
        for child in ast.iter_child_nodes(node):
            inner = names
            if isinstance(child, (ast.FunctionDef, ast.ClassDef)):
                inner = (*names, child.name)
                found.update(dict.fromkeys(range(child.lineno, (child.end_lineno or 0) + 2), ".".join(inner)))
            visit(child, inner)

    visit(ast.parse(source), ())
    return found


@functools.cache
def all_exercises() -> dict[int, Exercise]:
    """{number: exercise}, in the order of the chapter."""
    paths = sorted(FOLDER.glob("e[0-9][0-9]_*.py"))
    return {exercise.number: exercise for exercise in map(_read, paths)}


def get(number: int) -> Exercise:
    """The exercise of that number. Raises ValueError for a number that there is none of."""
    check_known(number, list(all_exercises()))
    return all_exercises()[number]


def _read(path: Path) -> Exercise:
    text = path.read_text(encoding="utf-8")
    solution = re.search(r"^# ---- exercise\n(.*?)^# ---- tests\n", text, re.S | re.M)
    assert solution is not None, path
    module: Any = importlib.import_module(f"{__package__}.exercises.{path.stem}")
    title, _, body = inspect.cleandoc(module.__doc__).partition("\n")
    tests = tuple(value for value in vars(module).values() if isinstance(value, Test))
    return Exercise(
        number=int(path.stem[1:3]),
        name=path.stem[4:],
        title=title.rstrip("."),
        text=body.strip(),
        solution=solution[1].strip() + "\n",
        tests=tests,
        wrong=tuple(module.WRONG),
        refused=tuple(getattr(module, "REFUSED", ())),
        functions=_functions(text[text.index(TESTS) :]),
    )


def _functions(text: str) -> dict[str, str]:
    """{name: the source without decorators} of all functions."""
    lines = text.splitlines(keepends=True)
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = "".join(lines[node.lineno - 1 : node.end_lineno])
    return found
