"""What stands for the functions that are an exercise, and what minigen itself sees."""

import numpy as np

import minigen as mg
from minigen.coursework import child
from minigen.coursework.stands import refusing

TEST = "def t(student):\n    return {'y': student.f()}\n"


def test_stands_are_gone_afterwards():
    before = mg.tanh, mg.ops.activation.Tanh
    result = child.run("import minigen\ndef f(): return minigen.tanh(1.0)", TEST, "t", ["minigen.tanh"])
    assert result["kind"] == "refused" and result["text"] == "minigen.tanh"
    assert (mg.tanh, mg.ops.activation.Tanh) == before


def test_a_stand_is_like_its_original_for_minigen_itself():
    with refusing(["minigen.ops.Tanh"]):
        y = mg.Dense(2, activation="tanh")(mg.Tensor(np.ones((1, 2), "f"), requires_grad=True))
        y.sum().backward()
        stand = mg.ops.Tanh
        assert stand.__name__ == "Tanh" and isinstance(mg.ops.activation.Tanh._original(), stand)
