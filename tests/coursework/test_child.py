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
        ("'text'", "no array of numbers, but of type str"),
        ("object()", "no array of numbers, but of type object"),
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


def test_a_file_is_a_module_compiled_as_it_stands():
    """A dataclass looks for its module, and its annotations are what they are without `from __future__`."""
    source = "from dataclasses import dataclass\n@dataclass\nclass A:\n    n: int\n"
    source += "import exercise\ndef f(): return A.__annotations__['n'](exercise.A(3).n)\n"
    assert child.run(source, TEST, "t", [])["arrays"]["y"] == 3
    postponed = child.run(f"from __future__ import annotations\n{source}", TEST, "t", [])
    assert postponed["text"].startswith("TypeError: 'str'")
    assert "exercise" not in child.sys.modules


def test_an_error_in_the_test_is_said_to_be_there():
    result = child.run("def f(): pass", "def t(student):\n    return {'y': student.f()[0]}\n", "t", [])
    assert result["line"] == 0 and result["text"].startswith("in the test, with what your code gave: TypeError")


def test_warnings_and_output_do_not_get_out(capsys):
    assert run("print('a'); return np.log(np.zeros(1))")["printed"] == "a\n"
    assert capsys.readouterr() == ("", "")
