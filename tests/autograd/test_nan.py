"""refusing_nan(): backward() and grad() name the op that made the first NaN or infinity."""

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import Tensor
from minigen.autograd import NonFiniteError, mode, refusing_nan


def leaf(values, name="w"):
    return Tensor(np.array(values, "float32"), requires_grad=True, name=name)


def message_of(make, *, wrt=None):
    """The text for the loss that make() returns."""
    with np.errstate(all="ignore"), refusing_nan(), pytest.raises(NonFiniteError) as refusal:
        make().backward(wrt)
    return str(refusal.value)


def test_the_op_whose_output_is_the_first_that_is_not_finite(xp):
    w = leaf([1.0, 0.0, -1.0])
    text = message_of(lambda: (minigen.log(w * 1.0) * 2.0).sum())
    assert text.startswith("Log, ") and "1 of 3 are NaN" in text and w.grad is None
    assert message_of(lambda: minigen.exp(leaf([100.0])).sum()).startswith("Exp, ")


def test_the_rule_whose_gradient_is_the_first_that_is_not_finite(xp):
    w = leaf([0.0, 4.0])
    text = message_of(lambda: (minigen.sqrt(w) * 3.0).sum())
    assert text.startswith("the gradient of Sqrt, ") and "1 of 2 are infinite" in text and w.grad is None


def test_a_weight_or_data_that_were_not_finite_before(xp):
    assert "the weight w, an input of" in message_of(lambda: (leaf([np.nan]) * 2.0).sum())
    data = minigen.backend.asarray(np.array([np.inf], "float32"))
    assert "the data, an input of" in message_of(lambda: (leaf([1.0]) * data).sum())


def test_a_gradient_that_nothing_needs_is_not_to_blame(xp):
    """That of the constant 1e-18 is infinite too, but it is not computed further."""
    w = leaf([0.0, 1.0])
    text = message_of(lambda: (minigen.sqrt(w) * 1e20 / Tensor(np.array([1e-18], "float32"))).sum())
    assert text.startswith("the gradient of Sqrt, ")


def test_finite_gradients_whose_sum_is_infinite(xp):
    w = leaf([0.25])
    text = message_of(lambda: (w * 2e38).sum() + (w * 2e38).sum())
    assert text.startswith("the gradient of the weight w: ") and "infinite" in text and w.grad is None

    def through_a_product():
        y = w * 1e-3
        return (y * 2e38).sum() + (y * 2e38).sum()

    assert message_of(through_a_product).startswith("the gradient of the output of Multiply")
    many = leaf(np.zeros(1), "bias")
    assert "the weight bias" in message_of(lambda: (many + Tensor(np.zeros(4, "float32")) * 1.0).sum() * 2e38)


@pytest.mark.parametrize("create_graph", [False, True])
def test_grad_looks_too(xp, create_graph):
    w = leaf([0.0])

    def refusal(make):
        with np.errstate(all="ignore"), refusing_nan(), pytest.raises(NonFiniteError) as found:
            minigen.grad(make(), [w], create_graph=create_graph)
        return str(found.value)

    assert refusal(lambda: minigen.log(w).sum()).startswith("Log, ")
    assert refusal(lambda: (minigen.sqrt(w) * 3.0).sum()).startswith("the gradient of Sqrt, ")
    assert "the weight w" in refusal(lambda: (w * 2e38).sum() + (w * 2e38).sum())


def test_finite_numbers_pass_also_where_their_sum_overflows(xp):
    w = leaf([3e38, 3e38])
    with refusing_nan():
        (w * 1.0).max().backward()
        (w - w).sum().backward()
    assert minigen.autograd.nan.is_finite(w.data)


def test_nothing_is_checked_outside_of_the_block_and_the_mode_comes_back():
    with np.errstate(all="ignore"):
        minigen.log(leaf([0.0])).sum().backward()
        with refusing_nan(False):
            minigen.log(leaf([0.0])).sum().backward()
        with pytest.raises(NonFiniteError), refusing_nan():
            with refusing_nan(False):
                assert mode.refuses_nan
            minigen.log(leaf([0.0])).sum().backward()
    assert mode.refuses_nan is False


def test_the_error_is_one_of_the_house():
    with np.errstate(all="ignore"), refusing_nan(), refused(NonFiniteError, "Log", expected="finite numbers"):
        minigen.log(leaf([0.0])).sum().backward()
