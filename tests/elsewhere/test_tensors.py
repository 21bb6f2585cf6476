"""Names of arrays and tensors of other libraries, as x.view: the error says what to write, and that works."""

import numpy as np
import pytest
from helpers.advice import expression, typed
from helpers.parameters import leaf, parameter64
from helpers.refusals import refused

import minigen
from minigen import Tensor, elsewhere

ADVICE = sorted({expression(fix) for fix in elsewhere.TENSOR.values()} - {""})


def test_a_name_from_elsewhere_is_answered():
    for name, fix in elsewhere.TENSOR.items():
        with refused(AttributeError, fix, where=f"Tensor.{name}"):
            getattr(leaf(), name)
        assert not hasattr(leaf(), name)


@pytest.mark.parametrize("fix", ADVICE)
def test_what_is_said_of_a_name_works_when_typed(fix):
    value = typed(fix)
    assert value is not None or fix.startswith(("x.assign", "loss.backward", "x.op"))


def test_most_of_the_advice_is_typed_here():
    assert len(ADVICE) > 70 and "x.reshape(len(x), -1)" not in ADVICE  # that one begins with x.reshape(...)


IN_PLACE = {"exp_": "x = x.exp()", "relu_": "x = x.relu()", "clamp_": "x.clip(0.0, 1.0)", "cos_": "a custom minigen.Op"}
IN_PLACE |= {"unsqueeze_": "x[:, None]", "matmul_": "minigen.ops.matmul(x, ...)", "mul_": "x *= y"}


@pytest.mark.parametrize("name", IN_PLACE)
def test_a_verb_in_place_is_answered_with_the_verb(name):
    with refused(AttributeError, fix=IN_PLACE[name]):
        getattr(leaf(), name)


def test_a_function_that_is_no_method_is_named():
    """x.matmul is no method: the error names the operator or the function, which exists."""
    for name in minigen.ops.__all__:
        if name.islower() and not hasattr(Tensor, name):
            with refused(AttributeError, fix=elsewhere.TENSOR.get(name, f"minigen.ops.{name}(x, ...)")):
                getattr(leaf(), name)


@pytest.mark.parametrize("axis", [(), (0,), (-1,)])
def test_size_is_a_number_and_no_method(axis):
    x = parameter64(np.ones((2, 3)))
    with refused(TypeError, where="Tensor.size", fix=f"x.shape[{axis[0]}]" if axis else "x.shape"):
        x.size(*axis)
    assert x.size == 6 and isinstance(x.size, int) and (x / x.size).sum().item() == pytest.approx(1)


def test_any_other_name_is_an_attribute_error():
    for name in ("flibbertigibbet", "flibbertigibbet_", "_"):
        with pytest.raises(AttributeError, match=f"no attribute '{name}'"):
            getattr(leaf(), name)
