"""What a function has recorded: the tensors and ops behind its results, and what an op keeps."""

import numpy as np
import pytest
from helpers.own_ops import Cube, X
from helpers.parameters import parameter64

from minigen import (
    GradcheckError,
    Op,
    Tensor,
    gradcheck,
    ops,
)
from minigen.gradcheck import recorded


class KeptInput(Op):
    def forward(self, x):
        self.x = x
        return x**2

    def backward(self, g, y, x):
        return g * 2 * self.x


def test_an_array_kept_in_the_op_is_named_at_order_2():
    gradcheck(lambda x: KeptInput()(x), [X])
    with pytest.raises(GradcheckError, match="not from self.x") as caught:
        gradcheck(lambda x: KeptInput()(x), [X], order=2)
    assert caught.value.op == "KeptInput"


def test_tensors_and_ops_behind_a_result_are_those_that_require_a_gradient():
    x, constant = parameter64([1.0, 2.0]), Tensor(np.ones(2))
    y = x * constant
    z = ops.exp(y) + y
    assert set(recorded.tensors_behind([z])) >= {x, y, z} and constant not in recorded.tensors_behind([z])
    assert list(map(repr, recorded.ops_behind([z]))) == ["Multiply", "Exp", "Add"]
    assert recorded.ops_behind([x]) == [] and list(recorded.tensors_behind([x, x])) == [x]
    assert [recorded.requires_gradient(op) for op in recorded.ops_behind([z])] == [[True, False], [True], [True, True]]


def test_later_ops_have_a_higher_order():
    before = recorded.current_order()
    op = (parameter64([1.0]) * 2.0).op
    assert before < recorded.order_of(op) < recorded.current_order() and recorded.order_of(Cube()) == 0


def test_a_rule_is_custom_if_its_class_or_its_backward_comes_from_outside():
    theirs, changed = (ops.exp(parameter64([1.0])).op for _ in range(2))
    changed.backward = lambda g, y, x: g
    assert recorded.is_custom(Cube()) and recorded.is_custom(changed) and not recorded.is_custom(theirs)


def test_an_uncalled_copy_can_be_called_and_leaves_the_op_alone():
    x = parameter64([2.0])
    y = Cube()(x)
    assert recorded.uncalled(y.op)(x).numpy() == 8 and y.op.inputs == (x,)


def test_arrays_that_depend_on_the_input_are_found_in_an_op():
    class Keeps(Op):
        def forward(self, x):
            self.square, self.ones, self.shape = x * x, np.ones(3), x.shape
            return x

    assert recorded.kept_arrays(Keeps()(parameter64([1.0, 2.0])).op) == ["self.square"]
    assert recorded.kept_arrays(Cube()(parameter64([1.0, 2.0])).op) == []


def test_rounding_is_no_difference():
    a = np.array([1.0, 1e-14, -3.0])
    assert recorded.nearly_equal(a, a * (1 + 1e-12)) and recorded.nearly_equal(np.zeros(0), np.zeros(0))
    assert not recorded.nearly_equal(a, a * (1 + 1e-6)) and not recorded.nearly_equal(a, a[:2])


def test_nan_and_infinity_are_equal_to_themselves_and_the_rest_is_compared():
    a = np.array([np.nan, np.inf, 1.0])
    assert recorded.nearly_equal(a, np.array([np.nan, np.inf, 1 + 1e-12]))
    assert not recorded.nearly_equal(a, np.array([np.nan, np.inf, 1.001]))
