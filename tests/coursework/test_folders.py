"""The folders of the exercises."""

import json
import runpy
import sys

import pytest

from minigen.coursework import all_exercises, write
from minigen.coursework.folders import write_exercise


def test_an_exercise_has_five_folders(tmp_path):
    (made,) = write(tmp_path / "course", [2])
    found = {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()}
    wrong = {f"instructor/wrong/{i:02}.py" for i in range(1, 7)}
    assert found == wrong | {
        "student/README.md",
        "student/exercise.py",
        "student/exercise.ipynb",
        "student/test_exercise.py",
        "instructor/solution.py",
        "instructor/tests.py",
        "instructor/marks.md",
        "gradescope/setup.sh",
        "gradescope/run_autograder",
        "gradescope/autograder.zip",
        "nbgrader/02_unbroadcast.ipynb",
        "otter/02_unbroadcast.ipynb",
    }


def test_students_get_no_solution_and_no_hidden_test(tmp_path):
    for number in (1, 12):
        exercise = all_exercises()[number]
        made = write_exercise(tmp_path / str(number), exercise)
        for path in (made / "student").iterdir():
            text = path.read_text(encoding="utf-8")
            assert "SOLUTION" not in text
            assert not any(f"def {test.name}(" in text for test in exercise.tests if not test.public)
            json.loads(text) if path.suffix == ".ipynb" else None
        compile((made / "instructor" / "tests.py").read_text(encoding="utf-8"), "tests.py", "exec")


def test_local_tests_compare_shapes_as_well(tmp_path, monkeypatch):
    """One divergence for each of three standard normals is no mean over them, though all are 0."""
    exercise = all_exercises()[9]
    student = write_exercise(tmp_path, exercise) / "student"
    monkeypatch.syspath_prepend(student)
    found = {}
    for name, source in (("right", exercise.solved), ("wrong", exercise.solved.replace(".mean()", ""))):
        (student / "exercise.py").write_text(source)
        monkeypatch.delitem(sys.modules, "exercise", raising=False)
        tests = runpy.run_path(str(student / "test_exercise.py"))
        try:
            found[name] = tests["test_standard"]()
        except AssertionError as error:
            found[name] = str(error)
    monkeypatch.delitem(sys.modules, "exercise")
    assert found == {"right": None, "wrong": "KL has the shape (3,), not ()"}


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "mine.txt").touch()
    with pytest.raises(FileExistsError, match="the folder is not empty"):
        write(tmp_path, [1])
    with pytest.raises(ValueError, match="coursework: exercise"):
        write(tmp_path / "new", [1, 99])
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
