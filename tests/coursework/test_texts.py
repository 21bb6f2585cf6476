"""What stands in the folders."""

import sys
import types

import pytest

from minigen.coursework import all_exercises, get, texts

ALL = pytest.mark.parametrize("exercise", all_exercises().values(), ids=lambda e: e.slug)


def run_local_tests(exercise, source, monkeypatch):
    """{name: the error or None} of the tests in test_exercise.py, on an exercise.py with this source."""
    module = types.ModuleType("exercise")
    monkeypatch.setitem(sys.modules, "exercise", module)
    exec(source, vars(module))
    names, found = {}, {}
    exec(compile(texts.local_tests(exercise), "test_exercise.py", "exec"), names)
    for name in [name for name in names if name.startswith("test_")]:
        found[name] = None
        try:
            names[name]()
        except Exception as error:
            found[name] = error
    return found


@ALL
def test_the_local_tests_pass_with_the_solution_and_fail_without(exercise, monkeypatch):
    passed = run_local_tests(exercise, exercise.solved, monkeypatch)
    assert len(passed) == sum(test.public for test in exercise.tests) and not any(passed.values())
    failed = run_local_tests(exercise, exercise.student, monkeypatch)
    assert all(isinstance(error, NotImplementedError) for error in failed.values())


def test_the_local_tests_fail_with_a_wrong_answer(monkeypatch):
    exercise = get(1)
    found = run_local_tests(exercise, exercise.answer(exercise.wrong[0]), monkeypatch)
    assert found["test_values"] is None and isinstance(found["test_derivative"], AssertionError)


@ALL
def test_the_instructions_say_what_to_do_and_what_counts(exercise):
    page = texts.instructions(exercise)
    assert page.startswith(f"# Exercise {exercise.number}: {exercise.title}\n\n{exercise.text}\n")
    assert "minigen coursework check exercise.py" in page and "## 10 marks" in page
    for test in exercise.tests:
        assert f"| {test.title} | {'public' if test.public else 'hidden'} | {test.marks} |" in page


def test_the_marking_scheme_lists_tests_and_wrong_answers():
    exercise = get(2)
    page = texts.marking_scheme(exercise)
    assert "| both | (5, 3, 7) back to (3, 1), and (2, 3, 3) back to (1, 3, 3) | hidden | 3 |" in page
    assert page.count("\n| 0") == len(exercise.wrong)
    assert "| 03.py | the shape is wrong: an axis of length 1 has to stay | added_axis, own_memory | 3 |" in page
