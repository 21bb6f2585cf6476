"""What comes back from a student's code: numbers, or why there are none."""

import numpy as np
import pytest

from minigen.coursework import child

TEST = "def t(student):\n    return {'y': student.f()}\n"


def run(body, **settings):
    return child.run(f"import numpy as np\nimport minigen as mg\ndef f():\n    {body}\n", TEST, "t", [], **settings)


@pytest.mark.parametrize(
    "value, expected",
    [
        ("2", np.array(2)),
        ("[1.5, 2]", np.array([1.5, 2])),
        ("mg.Tensor(np.ones(3))", np.ones(3)),
        ("np.array([True, False])", np.array([True, False])),
        ("None", "None"),
        ("[1, [2, 3]]", "a list whose parts have different lengths"),
        ("'text'", "a str that is no number and no array of numbers"),
        ("object()", "a object that is no number and no array of numbers"),
        ("np.zeros((1025, 2048))", "an array of shape (1025, 2048), too large"),
    ],
)
def test_values_come_back_as_numbers_or_as_a_description(value, expected):
    found = run(f"return {value}")["arrays"]["y"]
    assert type(found) is type(expected) and np.array_equal(found, expected)


@pytest.mark.parametrize(
    "body, kind, line",
    [
        ("raise NotImplementedError('write f')", "hole", 4),
        ("raise SystemExit", "exit", 4),
        ("raise MemoryError", "memory", 4),
        ("return 1 / 0", "error", 4),
        ("return g()", "error", 4),
    ],
)
def test_errors_have_a_kind_and_a_line(body, kind, line):
    result = run(body)
    assert (result["kind"], result["line"], result["arrays"]) == (kind, line, {})


def test_warnings_and_output_do_not_get_out(capsys):
    assert run("print('a'); return np.log(np.zeros(1))")["printed"] == "a\n"
    assert capsys.readouterr() == ("", "")
