"""Notebooks of an exercise: for students, for nbgrader and for otter. Each is a dict in the format nbformat 4.5.

nbgrader: https://nbgrader.readthedocs.io/en/stable/contributor_guide/metadata.html
otter:    https://otter-grader.readthedocs.io/en/latest/otter_assign/notebook_format.html
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from .child import IMPORTS
from .exercise import BEGIN, END, Exercise, emptied
from .pieces import Test
from .texts import HOW_IN_A_NOTEBOOK, asserts, table_of_tests

Cell = dict[str, Any]
Notebook = dict[str, Any]


def for_students(exercise: Exercise) -> Notebook:
    """The text, the exercise with its holes, and the public tests as asserts."""
    start = _introduction(exercise, HOW_IN_A_NOTEBOOK)
    cells = [start, *code_cells(exercise, emptied(exercise.solution, exercise.number))]
    for test in exercise.tests:
        if test.public:
            functions, statements = asserts(exercise, test, "SimpleNamespace(**globals())")
            head = f"{_tests_of(exercise, test)}\nfrom types import SimpleNamespace\n\n{IMPORTS}".rstrip()
            cells.append(_cell("code", "\n\n\n".join([head, *functions, f'{statements}\nprint("right")'])))
    return _notebook(cells)


def for_nbgrader(exercise: Exercise) -> Notebook:
    """The instructor's notebook for `nbgrader generate_assignment`: the cells of the solution, and one cell a test."""
    cells = [_introduction(exercise)]
    for i, cell in enumerate(code_cells(exercise, exercise.solution)):
        is_solution = BEGIN in cell["source"]
        cell["source"] = cell["source"].replace(BEGIN, "### BEGIN SOLUTION").replace(END, "### END SOLUTION")
        cell["metadata"] = _graded(f"{exercise.name}-{i}", solution=is_solution, locked=not is_solution)
        cells.append(cell)
    for test in exercise.tests:
        source = _call(exercise, test, "globals()")
        if not test.public:
            source = f"### BEGIN HIDDEN TESTS\n{source}\n### END HIDDEN TESTS"
        cell = _cell("code", f"{_tests_of(exercise, test)}\n{source}")
        cell["metadata"] = _graded(f"{exercise.name}-{test.name}", grade=True, locked=True, points=test.marks)
        cells.append(cell)
    return _notebook(cells)


def _graded(name: str, *, grade: bool = False, solution: bool = False, locked: bool, points: int = 0) -> dict[str, Any]:
    """The metadata by which nbgrader knows a cell."""
    made = {"grade": grade, "grade_id": name.replace("_", "-"), "locked": locked, "schema_version": 3}
    made |= {"solution": solution, "task": False} | ({"points": points} if grade else {})
    return {"nbgrader": made}


def for_otter(exercise: Exercise) -> Notebook:
    """The notebook for `otter assign`: one question, whose tests are exceptions."""
    config = "# ASSIGNMENT CONFIG\nname: {}\nexport_cell: false\nsolutions_pdf: false\ntests:\n  ok_format: false\n"
    config += "generate:\n  show_hidden: false\n"
    question = f"# BEGIN QUESTION\nname: {exercise.name}\npoints: {exercise.marks}\n"
    cells = [_cell("raw", config.format(exercise.slug)), _introduction(exercise)]
    imports, *parts = code_cells(exercise, _with_prompts(exercise))
    cells += [imports, _cell("raw", question), _cell("raw", "# BEGIN SOLUTION"), *parts, _cell("raw", "# END SOLUTION")]
    cells.append(_cell("raw", "# BEGIN TESTS"))
    for test in exercise.tests:
        settings = f"points: {test.marks}\nhidden: {str(not test.public).lower()}"
        body = "\n".join(f"    {line}" for line in _call(exercise, test, "env").splitlines())
        head = f'""" # BEGIN TEST CONFIG\n{settings}\n""" # END TEST CONFIG\n'
        cells.append(_cell("code", f"{head}def {test.name}(env):\n{body}"))
    cells += [_cell("raw", "# END TESTS"), _cell("raw", "# END QUESTION")]
    return _notebook(cells)


def _with_prompts(exercise: Exercise) -> str:
    """The solution, with what otter puts in its place: the sentences of the holes."""
    holes = iter(
        [
            line
            for line in emptied(exercise.solution, exercise.number).splitlines()
            if "exercise" in line and "raise NotImplementedError" in line
        ]
    )
    lines = []
    for line in exercise.solution.splitlines():
        lines.append(line.replace(BEGIN, f"{BEGIN} NO PROMPT"))
        if line.strip() == END:
            indent = line[: line.index("#")]
            lines += [f'{indent}""" # BEGIN PROMPT', next(holes), f'{indent}""" # END PROMPT']
    return "\n".join(lines) + "\n"


# ---- cells


def _notebook(cells: Sequence[Cell]) -> Notebook:
    numbered = [{"id": f"cell-{i}", **cell} for i, cell in enumerate(cells)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": numbered, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _cell(kind: str, source: str) -> Cell:
    of_code: Cell = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "metadata": {}, "source": source.rstrip(), **of_code}


def _introduction(exercise: Exercise, how: str = "") -> Cell:
    parts = [f"# Exercise {exercise.number}: {exercise.title}", exercise.text, how.rstrip(), table_of_tests(exercise)]
    return _cell("markdown", "\n\n".join(part for part in parts if part))


def code_cells(exercise: Exercise, source: str) -> list[Cell]:
    """The imports with the comment that names the exercise, and each function or class in a cell of its own."""
    lines = source.splitlines()
    starts = [node.lineno - 1 for node in ast.parse(source).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    parts = ["\n".join(lines[a:b]) for a, b in zip([0, *starts], [*starts, len(lines)], strict=True)]
    return [_cell("code", f"{exercise.first_line}\n{parts[0]}"), *(_cell("code", part) for part in parts[1:])]


def _tests_of(exercise: Exercise, test: Test) -> str:
    return f"# tests of exercise {exercise.number}: {test.title} ({_marks(test)})"


def _marks(test: Test) -> str:
    return f"{test.marks} mark" + "s" * (test.marks > 1)


def _call(exercise: Exercise, test: Test, names: str) -> str:
    return f'from minigen.coursework import check\n\ncheck({exercise.number}, "{test.name}", {names})'
