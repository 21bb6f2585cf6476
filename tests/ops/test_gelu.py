"""GELU and Φ: values, both tails, extreme values, and the two ways to compute the derivative."""

import math

import numpy as np
import pytest
from helpers.logits import HUGE, SATURATED
from helpers.op_table import OPS, draws
from helpers.parameters import gradient, parameter, parameter64, tensors
from helpers.refusals import refused

import minigen
from minigen import Tensor, backend, no_grad, ops


def share_below(x):
    """Φ(x), by Python's erfc."""
    return np.vectorize(lambda u: math.erfc(-u / math.sqrt(2)) / 2)(x)


def by_tanh(x):
    return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


FORMULAS = {
    "gelu": lambda x: x * share_below(x),
    "gelu_by_tanh": by_tanh,
    "normal_cdf": share_below,
}


@pytest.mark.parametrize("name", FORMULAS)
def test_value_is_the_formula(name, xp):
    arrays = draws(name)
    y = OPS[name][0](*tensors(arrays))
    expected = FORMULAS[name](*arrays)
    assert y.shape == np.shape(expected)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12, atol=1e-12)


GRID = np.linspace(-40, 40, 4001)


def test_values_to_the_rounding_of_float64_and_float32():
    np.testing.assert_allclose(ops.normal_cdf(GRID), share_below(GRID), rtol=0, atol=3e-16)
    single = GRID.astype("float32")
    np.testing.assert_allclose(ops.normal_cdf(single), share_below(single.astype("float64")), rtol=0, atol=1.8e-7)


def test_known_values():
    """Φ(0), the share within one standard deviation and within two."""
    x = np.array([0.0, 1.0, 2.0])
    np.testing.assert_allclose(ops.normal_cdf(x), [0.5, 0.841344746068543, 0.977249868051821], rtol=1e-15)
    np.testing.assert_allclose(ops.normal_cdf(x) + ops.normal_cdf(-x), 1, rtol=1e-15)


def test_x_minus_its_mirror_is_x(xp):
    """x Φ(x) - (-x) Φ(-x) = x, for both forms."""
    x = parameter64([0.3, 1.0, 4.0])
    for approximate in (False, True):
        y = ops.gelu(x, approximate) - ops.gelu(-x, approximate)
        np.testing.assert_allclose(y.numpy(), x.numpy(), rtol=1e-14)


def test_the_approximation_differs_by_less_than_0_0005():
    difference = np.abs(ops.gelu(GRID) - ops.gelu(GRID, approximate=True)).max()
    assert 0.0004 < difference < 0.0005


@pytest.mark.parametrize("approximate", [False, True])
def test_gelu_is_zero_on_the_left_and_linear_on_the_right(approximate, xp):
    x = parameter(HUGE)
    y = ops.gelu(x, approximate)
    np.testing.assert_allclose(y.numpy(), [0, 0, 0, 0, 30, 100, 1e4], rtol=1e-6, atol=1e-10)
    np.testing.assert_allclose(gradient(lambda x: ops.gelu(x, approximate), x), SATURATED, atol=1e-10)


@pytest.mark.parametrize("approximate", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_whose_square_is_no_float(approximate, dtype):
    """Without a warning."""
    largest = np.finfo(dtype).max
    x = np.array([-largest, -1e30, 1e30, largest], dtype)
    np.testing.assert_array_equal(ops.gelu(x, approximate), np.maximum(x, 0))


def test_half_precision_is_computed_in_float32(xp):
    x = np.linspace(-6, 6, 101).astype("float16")
    y = ops.gelu(Tensor(x))
    assert y.dtype == np.float16
    exact = x.astype("float64") * share_below(x.astype("float64"))
    np.testing.assert_allclose(y.numpy(), exact, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("name", ["gelu", "gelu_by_tanh", "normal_cdf", "silu"])
def test_the_value_is_the_same_without_a_gradient(name, xp):
    """Where nothing is recorded the derivative is not computed."""
    (x,) = tensors(draws(name))
    recorded = OPS[name][0](x)
    with no_grad():
        np.testing.assert_array_equal(OPS[name][0](x).numpy(), recorded.numpy())


def test_approximate_is_a_switch():
    with refused(TypeError, "gelu: approximate", fix="approximate=True"):
        ops.gelu(np.ones(3), approximate="tanh")


@pytest.mark.parametrize("number", [1.0, 1])
@pytest.mark.parametrize("function", [ops.gelu, ops.normal_cdf])
def test_a_plain_number(function, number, xp):
    y = function(number)
    assert isinstance(y, backend.xp.ndarray)
    np.testing.assert_allclose(minigen.to_numpy(y), share_below(1.0), rtol=1e-6)
