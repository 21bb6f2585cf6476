"""Marks, messages and reports."""

import io
import sys

import numpy as np
import pytest

from minigen.coursework import check, get, grade
from minigen.coursework.grading import Mark, Marks, judge, known_results

EXERCISE = get(2)


def names(source):
    found = {}
    exec(source, found)
    return found


def test_the_report_has_marks_messages_and_what_was_printed():
    wrong = EXERCISE.answer(EXERCISE.wrong[1])
    text = str(grade(EXERCISE, f"print('hello')\n{wrong}"))
    assert text.startswith("exercise 2, Undoing a broadcast: 3 of 10 marks\n  2/2  (3, 4) back to (4,)")
    assert (
        "\n  0/2  (3, 4) back to (3, 1)" in text
        and f"       a mean stands where a sum is needed: {EXERCISE.wrong[1].hint}" in text
    )
    assert text.endswith("printed: hello")


def test_only_the_public_tests_can_be_asked_for():
    marks = grade(EXERCISE, EXERCISE.solved, public_only=True)
    assert [mark.test.name for mark in marks.marks] == [
        "added_axis",
        "stretched_axis",
    ] and marks.score == marks.most == 4


def test_another_way_to_the_same_mistake_gets_the_same_message():
    own = "import numpy as np\ndef unbroadcast(g, shape):\n    while g.ndim > len(shape): g = g.mean(0)\n"
    own += "    for i, n in enumerate(shape):\n        if n == 1: g = g.mean(i, keepdims=True)\n    return g.copy()\n"
    messages = [mark.message for mark in grade(EXERCISE, own).marks]
    assert "a mean stands where a sum is needed (the number of rows is 3)" in messages[0]
    assert EXERCISE.wrong[1].hint in messages[1]


def test_errors_say_where_they_arose():
    marks = grade(EXERCISE, "def unbroadcast(g, shape):\n    return g.no_such_method()\n")
    assert marks.marks[0].message == "line 2: AttributeError: 'numpy.ndarray' object has no attribute 'no_such_method'"
    (message,) = {mark.message for mark in grade(EXERCISE, "x = 1\ndef f(:\n").marks}
    assert message == "line 2: SyntaxError: invalid syntax"


def test_what_is_not_written_yet_is_listed():
    report = str(grade(get(12), get(12).student))
    assert report.endswith("  not written yet: discriminator_loss, generator_loss, gan_step")
    assert "not written yet" not in str(grade(get(12), get(12).solved))


@pytest.mark.parametrize("kind", ["hole", "missing", "refused", "exit", "time", "memory", "error", "unheard of"])
def test_every_kind_of_result_has_a_sentence(kind):
    result = {"kind": kind, "text": "", "line": 0, "printed": "", "arrays": {}}
    assert len(judge(EXERCISE, EXERCISE.tests[0], result)) > 0 or kind == "error"


def test_check_runs_one_test_on_the_names_of_a_notebook():
    check(2, "both", names(EXERCISE.solution))
    with pytest.raises(AssertionError, match="an axis of length 1 has to stay"):
        check(2, "both", names(EXERCISE.answer(EXERCISE.wrong[2])))
    with pytest.raises(AssertionError, match="there is no unbroadcast in the file"):
        check(2, "both", {})
    with pytest.raises(ValueError, match=r"(?s)no such test.*one of added_axis, .*got: +'bth'"):
        check(2, "bth", {})


def test_check_refuses_names_that_were_imported_before():
    for source in ("from minigen.ops import Tanh", "import minigen\nclass Tanh(minigen.ops.Tanh): pass"):
        with pytest.raises(AssertionError, match="does what this exercise asks you to write"):
            check(1, "values", names(source))


def test_the_results_of_the_solution_are_computed_once():
    right, wrong = known_results(2, "both")
    assert known_results(2, "both")[0] is right
    np.testing.assert_allclose(right["arrays"]["gradient (3, 1)"].shape, (3, 1))
    assert [w.kind for w, _ in wrong] == ["mean for sum", "shape", "forgotten term", "axis", "forgotten term"]


def test_the_report_can_be_printed_in_code_page_1252(monkeypatch):
    marks = Marks(EXERCISE, (Mark(EXERCISE.tests[0], 0, "is σ in the formula, or σ²?"),))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "cp1252"))
    assert "is ? in the formula, or ?²?" in str(marks)
