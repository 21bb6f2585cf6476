"""What a Tensor answers to names that it has not, and to functions and operators that would lose the graph."""

import numpy as np
import pytest
from helpers.numpy_functions import NUMPY_FUNCTIONS
from helpers.parameters import leaf, parameter64
from helpers.refusals import refused
from helpers.small_model import X

import minigen
from minigen import Tensor


def test_an_unknown_name_is_an_attribute_error_and_places_cannot_be_assigned():
    x = parameter64([1, 2])
    with pytest.raises(AttributeError, match="no attribute 'colour'"):
        x.colour  # noqa: B018
    with refused(TypeError, "x[...] = value"):
        x.__setitem__(0, 1)
    with refused(AttributeError, "Adam.zero_grad"):
        minigen.Adam().zero_grad()


@pytest.mark.parametrize(
    "name, there_is",
    [
        ("std", "minigen.std("),
        ("ravel", "x.reshape(-1)"),
        ("argmax", "argmax"),
        ("prod", "Op"),
        ("mean", "minigen.mean("),
    ],
)
def test_a_numpy_function_is_answered_with_what_there_is(name, there_is):
    with pytest.raises(TypeError, match=rf"np\.{name}(.|\n)*fix:.*"):
        getattr(np, name)(parameter64([1, 2]))
    with pytest.raises(TypeError) as error:
        getattr(np, name)(parameter64([1, 2]))
    assert there_is in str(error.value)


def test_other_libraries_are_pointed_to_numpy():
    x = parameter64([1, 2])
    for action, kind in ((lambda: np.from_dlpack(x), Exception), (lambda: np.sin(x), TypeError)):
        with pytest.raises(kind, match=r"x\.numpy\(\)"):
            action()
    with pytest.raises(AttributeError, match=r"x\.numpy\(\)"):
        x.__array_interface__  # noqa: B018
    for exchange in (x.__dlpack__, x.__dlpack_device__):  # torch.as_tensor() asks for the second one first
        with refused(TypeError, "another library"):
            exchange()


@pytest.mark.parametrize("name", NUMPY_FUNCTIONS)
def test_a_numpy_function_on_a_tensor(name):
    with refused(TypeError, where="NumPy function", expected="a minigen function", fix="minigen."):
        NUMPY_FUNCTIONS[name](Tensor(X))


@pytest.mark.parametrize(
    "operation",
    [
        lambda x: x // 2,
        lambda x: 2 // x,
        lambda x: x % 2,
        lambda x: 2 % x,
        lambda x: divmod(x, 2),
        lambda x: x & x,
        lambda x: x | 1,
        lambda x: x ^ x,
        lambda x: ~x,
        lambda x: x << 1,
        lambda x: x >> 1,
    ],
)
def test_operators_without_a_gradient_are_answered(operation):
    with refused(TypeError, "an operator of tensors"):
        operation(leaf())
