"""Custom ops may neither write into the arrays that they get nor return them."""

import pytest
from helpers.own_ops import Doubled, NegatedInPlace
from helpers.parameters import parameter64
from helpers.refusals import refused

from minigen import GraphError, Op, no_grad


class Sorted(Op):
    """The numbers of x in order"""

    def forward(self, x):
        x.sort()
        return x

    def backward(self, g, y, x):
        return g


@pytest.mark.parametrize("op", [Doubled, Sorted])
def test_an_op_that_writes_into_its_input_is_refused_and_nothing_is_changed(op):
    w = parameter64([2, 1])
    with refused(GraphError, f"{op.__name__}.forward changed its input"):
        op()(w)
    assert w.numpy().tolist() == [2, 1]


def test_a_rule_that_writes_into_the_gradient_is_refused():
    a = parameter64([1, 2])
    loss = (a * 3.0 + NegatedInPlace()(a * 1.0)).sum()
    with refused(GraphError, "NegatedInPlace.backward changed its input"):
        loss.backward()


class Kept(Op):
    """y = x, the very array"""

    def forward(self, x):
        return x

    def backward(self, g, y, x):
        return g


def test_an_op_that_returns_its_input_returns_a_copy():
    w = parameter64([1, 2])
    y = Kept()(w)
    y.sum().backward()
    with no_grad():
        w -= w.grad
    assert y.numpy().tolist() == [1, 2] and w.numpy().tolist() == [0, 1]
