"""The notebooks, and what nbgrader and otter make of them and give for answers.

Both packages come with `pip install -e ".[coursework]"`. Without one its tests are skipped; with MINIGEN_COURSEWORK=1
they are errors.
"""

import json
import os

import pytest
from helpers.coursework import filled, needs
from helpers.processes import PARENT

from minigen.coursework import all_exercises, get, notebooks, write

EXERCISE = get(1)
ALL = pytest.mark.parametrize("exercise", all_exercises().values(), ids=lambda e: e.slug)
ANSWERS = [(EXERCISE.solved, 10), (None, 0), (EXERCISE.answer(EXERCISE.wrong[2]), EXERCISE.wrong[2].marks)]


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


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """Kernels that are started import this minigen, and write nothing into the home."""
    monkeypatch.setenv("PYTHONPATH", str(PARENT))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@needs("nbformat")
@ALL
def test_the_notebooks_are_valid(exercise):
    import nbformat

    for make in (notebooks.for_students, notebooks.for_nbgrader, notebooks.for_otter):
        nbformat.validate(nbformat.from_dict(make(exercise)))


@pytest.mark.slow
@needs("nbgrader")
@pytest.mark.filterwarnings("ignore")
def test_nbgrader_releases_the_notebook_and_marks_answers(environment):
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    (made,) = write(environment / "course", [1])
    name = f"{EXERCISE.slug}.ipynb"
    (environment / "source" / "ps").mkdir(parents=True)
    os.replace(made / "nbgrader" / name, environment / "source" / "ps" / name)
    config = Config()
    config.CourseDirectory.root = str(environment)
    api = NbGraderAPI(config=config)
    assert api.generate_assignment("ps")["success"]
    released = environment / "release" / "ps" / name
    assert "y * y" not in released.read_text() and "chain" not in "".join(sources(json.loads(released.read_text())))
    for i, (source, marks) in enumerate(ANSWERS):
        submitted = environment / "submitted" / f"student{i}" / "ps" / name
        submitted.parent.mkdir(parents=True)
        submitted.write_text(released.read_text() if source is None else filled(released, EXERCISE, source))
        assert api.autograde("ps", f"student{i}")["success"]
        with api.gradebook as book:
            (notebook,) = book.find_submission("ps", f"student{i}").notebooks
            assert (notebook.score, notebook.max_score) == (marks, 10)


@pytest.mark.slow
@needs("otter")
@pytest.mark.filterwarnings("ignore")
def test_otter_assigns_the_notebook_and_marks_answers(environment):
    from otter.api import grade_submission
    from otter.assign import main as assign

    (made,) = write(environment / "course", [1])
    name = f"{EXERCISE.slug}.ipynb"
    assign(str(made / "otter" / name), str(environment / "out"), no_run_tests=True)
    released = environment / "out" / "student" / name
    assert "y * y" not in released.read_text() and "write Tanh.backward here" in released.read_text()
    (autograder,) = (environment / "out" / "autograder").glob("*.zip")
    submitted = environment / name
    for source, marks in ANSWERS:
        submitted.write_text(released.read_text() if source is None else filled(released, EXERCISE, source))
        found = grade_submission(str(submitted), str(autograder), quiet=True)
        assert (found.total, found.possible) == (marks, 10)
