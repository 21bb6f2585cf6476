"""What comes back from a student's code: numbers, or why there are none."""

import numpy as np
import pytest

import minigen as mg
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


def test_stands_are_gone_afterwards():
    before = mg.tanh, mg.ops.activation.Tanh
    result = child.run("import minigen\ndef f(): return minigen.tanh(1.0)", TEST, "t", ["minigen.tanh"])
    assert result["kind"] == "refused" and result["text"] == "minigen.tanh"
    assert (mg.tanh, mg.ops.activation.Tanh) == before


def test_a_stand_is_like_its_original_for_minigen_itself():
    with child._refusing(["minigen.ops.Tanh"]):
        y = mg.Dense(2, activation="tanh")(mg.Tensor(np.ones((1, 2), "f"), requires_grad=True))
        y.sum().backward()
        stand = mg.ops.Tanh
        assert stand.__name__ == "Tanh" and isinstance(mg.ops.activation.Tanh._original(), stand)


# ---- frames


def test_a_frame_gives_back_what_was_put_in():
    arrays = {
        "y": np.arange(6.0).reshape(2, 3),
        "n": np.array(3),
        "b": np.array([True]),
        "none": "None",
        "e": np.zeros((0, 2)),
    }
    header = {"kind": "arrays", "text": "", "line": 0, "printed": "é"}
    found = child.decode(child.encode(header, arrays))
    assert found["printed"] == "é" and found["arrays"].keys() == arrays.keys()
    for name, a in arrays.items():
        assert type(found["arrays"][name]) is type(a) and np.array_equal(found["arrays"][name], a)


@pytest.mark.parametrize(
    "arrays",
    [
        '[["y", "<f8", [99999999]]]',  # more than there is
        '[["y", "<f8", [-1]]]',
        '[["y", "<f8", [4294967296, 4294967296]]]',
        '[["y", "O", [1]]]',  # objects would be pickled
        '[["y", "no such dtype", [1]]]',
        '[["y"]]',
        "3",
        "null",
    ],
)
def test_a_frame_of_another_make_is_refused(arrays):
    head = f'{{"kind": "arrays", "text": "", "line": 0, "printed": "", "arrays": {arrays}}}'.encode()
    with pytest.raises(ValueError):
        child.decode(len(head).to_bytes(8, "big") + head + b"12345678")


@pytest.mark.parametrize(
    "frame", [b"", b"123", b"\0" * 8, b"\xff" * 20, b"\0" * 7 + b"\x02{}", b"\0" * 7 + b"\x02\xff\xff"]
)
def test_bytes_that_are_no_frame_are_refused(frame):
    with pytest.raises(ValueError):
        child.decode(frame)
