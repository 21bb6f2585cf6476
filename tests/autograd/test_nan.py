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


def test_grad_looks_too(xp):
    w = leaf([0.0])
    with np.errstate(all="ignore"), refusing_nan(), pytest.raises(NonFiniteError, match="Log"):
        minigen.grad(minigen.log(w).sum(), [w])


def test_finite_numbers_pass_also_where_their_sum_overflows(xp):
    w = leaf([3e38, 3e38])
    with refusing_nan():
        (w * 1.0).max().backward()
        (w * Tensor(np.array([3e38, 3e38], "float32")) * 0.0).sum() if False else None
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
