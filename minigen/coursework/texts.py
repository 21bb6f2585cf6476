"""What the folders of an exercise say: instructions, local tests, and the marking scheme."""

from __future__ import annotations

import numpy as np

from .child import IMPORTS
from .diagnosis import KINDS
from .exercise import Exercise
from .grading import grade, known_results
from .pieces import Test

HOW = """\
## What to do

Write your answer into `exercise.py`, or into the notebook `exercise.ipynb`: every `raise NotImplementedError(...)` is a
place for one or more lines. Leave the names and the arguments as they are. Then

    minigen coursework check exercise.py

runs the public tests and says what kind of mistake there is; it takes the notebook, too. `python -m pytest` in this
folder runs the same tests as plain asserts, on `exercise.py`; the notebook has them in its last cells. Of a notebook
all cells are run, from top to bottom. Functions of minigen that do what the exercise asks for are refused, wherever the
file calls them. Hand in `exercise.py` or the notebook.
"""
HOW_IN_A_NOTEBOOK = """\
Every `raise NotImplementedError(...)` is a place for one or more lines. Leave the names and the arguments as they are.
The last cells have the public tests. `minigen coursework check exercise.ipynb` runs them too, and says what kind of
mistake there is; the hidden tests run when you hand in. All cells are run, from top to bottom. Functions of minigen
that do what the exercise asks for are refused, wherever a cell calls them.
"""


def instructions(exercise: Exercise) -> str:
    """The page for students: the text, what to do, and the marks."""
    heading = f"# Exercise {exercise.number}: {exercise.title}"
    return f"{heading}\n\n{exercise.text}\n\n{HOW}\n## {exercise.marks} marks\n\n{table_of_tests(exercise)}\n"


def table_of_tests(exercise: Exercise) -> str:
    rows = [f"| {t.title} | {'public' if t.public else 'hidden'} | {t.marks} |" for t in exercise.tests]
    return "\n".join(["| what is tested | | marks |", "|---|---|---|", *rows])


def local_tests(exercise: Exercise) -> str:
    """test_exercise.py: the public tests, with the right numbers written out."""
    head = f'"""The public tests of exercise {exercise.number}. Run: python -m pytest test_exercise.py"""\n\n'
    parts = [f"{head}import exercise as student\n{IMPORTS}".rstrip()]
    for test in exercise.tests:
        if test.public:
            functions, statements = asserts(exercise, test, "student")
            body = "\n".join(f"    {line}" for line in statements.splitlines())
            parts += [f for f in functions if f not in parts]
            parts.append(f"def test_{test.name}():\n{body}")
    return "\n\n\n".join(parts) + "\n"


def asserts(exercise: Exercise, test: Test, names: str) -> tuple[list[str], str]:
    """The functions of a test, and statements that compare what it returns with the right numbers."""
    right, _ = known_results(exercise.number, test.name)
    lines = "".join(f"    {name!r}: {_literal(a)},\n" for name, a in right["arrays"].items())
    return [function.rstrip() for function in exercise.functions_of(test)], (
        f"right = {{\n{lines}}}\n"
        f"for name, value in {test.name}({names}).items():\n"
        f"    value, wanted = mg.to_numpy(value), np.array(right[name])\n"
        f'    assert value.shape == wanted.shape, f"{{name}} has the shape {{value.shape}}, not {{wanted.shape}}"\n'
        f"    np.testing.assert_allclose(value, wanted, 1e-6, 1e-9, err_msg=name)"
    )


def _literal(a: np.ndarray | str) -> str:
    """Numbers as Python writes them, with ten digits."""
    return repr(a) if isinstance(a, str) else repr(np.vectorize(lambda x: float(f"{x:.10g}"))(a).tolist())


def marking_scheme(exercise: Exercise) -> str:
    """The tests with their marks, and what the typical wrong answers get and are told."""
    lines = [f"# Exercise {exercise.number}: {exercise.title}, {exercise.marks} marks", ""]
    lines += ["| test | what is tested | | marks |", "|---|---|---|---|"]
    for test in exercise.tests:
        lines.append(f"| {test.name} | {test.title} | {'public' if test.public else 'hidden'} | {test.marks} |")
    lines += ["", "A test gives all of its marks or none. Typical wrong answers, in `wrong/`:", ""]
    lines += ["| file | message | tests passed | marks |", "|---|---|---|---|"]
    for i, wrong in enumerate(exercise.wrong, 1):
        passed = [mark.test.name for mark in grade(exercise, exercise.answer(wrong)).marks if mark.score]
        told = f"{KINDS[wrong.kind]}: {wrong.hint}"
        lines.append(f"| {i:02}.py | {told} | {', '.join(passed) or 'none'} | {wrong.marks} |")
    return "\n".join(lines) + "\n"
