"""Activation, ReLU and LeakyReLU: by name or as a function, and what they refuse."""

import numpy as np
import pytest
from helpers.draws import normal as draw
from helpers.refusals import refused

import minigen
from minigen import Activation, Dense, Input, LeakyReLU, Tensor

# ---- activations


def test_the_slope_of_the_layer_is_keras_default(xp):
    np.testing.assert_allclose(LeakyReLU()(np.array([[-1.0, 2.0]])).numpy(), [[-0.3, 2.0]], rtol=1e-6)
    np.testing.assert_allclose(LeakyReLU(0.2)(np.array([[-1.0, 2.0]])).numpy(), [[-0.2, 2.0]], rtol=1e-6)


def test_an_activation_by_name_in_any_case_or_as_a_function(xp):
    x = draw(2, 3)
    for activation in ("tanh", "Tanh", minigen.tanh):
        np.testing.assert_allclose(Activation(activation)(x).numpy(), np.tanh(x), rtol=1e-6)
        np.testing.assert_allclose(
            Dense(3, activation, kernel_initializer=lambda shape, dtype: Tensor(np.eye(3, dtype=dtype)).data)(
                x
            ).numpy(),
            np.tanh(x),
            rtol=1e-6,
        )


def test_a_function_that_is_not_defined_at_0_builds_without_a_warning(xp):
    """The shapes are found with a sample of zeros; what it computes is nobody's concern."""
    for function in (minigen.log, lambda x: 1 / x):
        assert Activation(function)(Input((3,))).shape == (None, 3)


# ---- what they refuse


@pytest.mark.parametrize(
    "code",
    [
        "Activation(0.3)",
    ],
)
def test_an_argument_of_a_wrong_kind(code):
    with refused(TypeError, ""):
        eval(code, vars(minigen) | globals())


@pytest.mark.parametrize(
    "code",
    [
        "LeakyReLU(Tensor(0.1))",
        "LeakyReLU(float('nan'))",
        "LeakyReLU(1.5)",
        "LeakyReLU('a')",
    ],
)
def test_a_number_that_cannot_be(code):
    with refused(ValueError, ""):
        eval(code, vars(minigen) | globals())
