"""An exercise is taken apart into what students get and what they do not."""

import pytest

from minigen.coursework import all_exercises, get
from minigen.coursework.exercise import emptied


def test_holes_are_named_after_their_functions():
    head = "class A:\n    def f(self):\n        x = 1\n"
    source = f"{head}        # BEGIN SOLUTION\n        return x\n        # END SOLUTION\n"
    text = 'raise NotImplementedError("exercise 9: write A.f here, in place of this line")'
    assert emptied(source, 9) == f"{head}        {text}\n"


def test_the_file_of_the_student_has_neither_solution_nor_tests():
    exercise = get(1)
    assert exercise.student.startswith(
        "# minigen coursework, exercise 1: Tanh, an op with its derivative\n\nimport numpy"
    )
    assert (
        "SOLUTION" not in exercise.student and "y * y" not in exercise.student and "def chain" not in exercise.student
    )
    assert "return g * (1 - y * y)" in exercise.solved
    compile(exercise.student, "exercise.py", "exec")


def test_the_text_of_a_test_has_the_functions_that_it_calls():
    exercise = get(12)
    text = exercise.text_of(exercise.tests[0])
    assert text.startswith("def _players():") and "def _batch(seed, n):" in text and text.count("def losses") == 1
    assert "@test" not in text
    assert "_players" not in get(1).text_of(get(1).tests[0])


def test_an_unknown_number_is_refused():
    last = max(all_exercises())
    with pytest.raises(ValueError, match=rf"(?s)expected: 1 to {last}\n.*got: +99"):
        get(99)
