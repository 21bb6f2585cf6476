"""The notebooks, and what nbgrader and otter make of them and give for answers.

Both packages come with `pip install -e ".[coursework]"`. Without one its tests are skipped; with MINIGEN_COURSEWORK=1
they are errors.
"""

import json
import re
import runpy
import subprocess
import sys

import pytest
from helpers.coursework import needs
from helpers.processes import PARENT, environment

from minigen.coursework import all_exercises, get, notebooks

EXERCISE = get(1)
ALL = pytest.mark.parametrize("exercise", all_exercises().values(), ids=lambda e: e.slug)


def sources(notebook, kind="code"):
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


@ALL
def test_the_notebook_for_students_has_holes_and_public_tests(exercise):
    text = "\n".join(sources(notebooks.for_students(exercise)))
    compile(text, exercise.slug, "exec")
    assert "raise NotImplementedError" in text and "SOLUTION" not in text
    assert text.count("# tests of exercise") == sum(test.public for test in exercise.tests)


def test_its_tests_run_on_the_names_of_the_notebook():
    cells = sources(notebooks.for_students(EXERCISE))
    names = {}
    exec(EXERCISE.solution, names)
    exec(cells[-1], names)
    names["Tanh"].backward = lambda self, g, y, x: -g
    with pytest.raises(AssertionError, match="dL/dx"):
        exec(cells[-1], names)


@ALL
def test_the_cells_of_nbgrader_have_their_marks(exercise):
    cells = [c for c in notebooks.for_nbgrader(exercise)["cells"] if c["metadata"]]
    settings = [cell["metadata"]["nbgrader"] for cell in cells]
    assert sum(one.get("points", 0) for one in settings) == exercise.marks
    assert len({one["grade_id"] for one in settings}) == len(cells)
    for cell, one in zip(cells, settings, strict=True):
        assert one["solution"] == ("### BEGIN SOLUTION" in cell["source"]) == (not one["locked"])


@ALL
def test_the_notebook_of_otter_has_a_prompt_for_each_hole(exercise):
    text = "\n".join(sources(notebooks.for_otter(exercise)))
    assert text.count("# BEGIN SOLUTION NO PROMPT") == text.count("# BEGIN PROMPT") == text.count("NotImplementedError")
    assert text.count("# BEGIN TEST CONFIG") == len(exercise.tests)
    assert "# BEGIN QUESTION" in "\n".join(sources(notebooks.for_otter(exercise), "raw"))
    compile(text, exercise.slug, "exec")


@needs("nbformat")
@ALL
def test_the_notebooks_are_valid(exercise):
    import nbformat

    for make in (notebooks.for_students, notebooks.for_nbgrader, notebooks.for_otter):
        nbformat.validate(nbformat.from_dict(make(exercise)))


@pytest.mark.slow
@pytest.mark.parametrize("service", [pytest.param(name, marks=needs(name)) for name in ("nbgrader", "otter")])
def test_a_service_marks_the_solution_the_hole_and_a_wrong_answer(service, tmp_path):
    """Its kernels and sockets live in a process of their own."""
    command = [sys.executable, PARENT / "tools" / "grade_simulated.py", "--through", service, "--only", "1"]
    done = subprocess.run(
        [*command, "--submissions", "4"],
        env=environment(IPYTHONDIR=str(tmp_path)),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^all +4 +0 +0$", done.stdout, re.M)


def test_a_released_notebook_with_a_hidden_test_or_the_solution_is_refused():
    tool = runpy.run_path(str(PARENT / "tools" / "grade_simulated.py"))
    tool["check_released"](json.dumps(notebooks.for_students(EXERCISE)), EXERCISE)
    for made in (notebooks.for_nbgrader(EXERCISE), notebooks.for_otter(EXERCISE)):
        with pytest.raises(AssertionError):
            tool["check_released"](json.dumps(made), EXERCISE)
