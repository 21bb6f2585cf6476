"""Φ and φ by their series and integral, and the polynomials behind them."""

import math

import numpy as np
import pytest

from minigen.kernels import normal


def series(x):
    """Φ(x) = 1/2 + φ(x) (x + x³/3 + x⁵/(3·5) + ...), which converges for every x."""
    term = total = x
    for k in range(1, 200):
        term = term * x * x / (2 * k + 1)
        total = total + term
    return 0.5 + np.exp(-x * x / 2) / math.sqrt(2 * math.pi) * total


def test_the_share_below_is_the_series():
    x = np.linspace(-3, 3, 1001)
    np.testing.assert_allclose(normal.share_below(x, normal.square(x)), series(x), rtol=0, atol=1e-15)
    single = x.astype("float32")
    found = normal.share_below(single, normal.square(single))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, series(single.astype("float64")), rtol=0, atol=1.8e-7)


def test_the_density_is_the_derivative_and_its_integral_is_one():
    x = np.linspace(-10, 10, 20001)
    density = normal.density(normal.square(x))
    np.testing.assert_allclose(density.sum() * (x[1] - x[0]), 1, rtol=1e-12)
    slope = (normal.share_below(x + 1e-3, normal.square(x + 1e-3)) - normal.share_below(x, normal.square(x))) / 1e-3
    middle = normal.density(normal.square(x + 5e-4))
    np.testing.assert_allclose(slope, middle, atol=1e-7)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_far_out_it_is_0_or_1(dtype):
    x = np.array([-1e3, -40, 40, 1e3, 1e18], dtype)
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(normal.share_below(x, normal.square(x)), [0, 0, 1, 1, 1])
    np.testing.assert_array_equal(normal.density(normal.square(x)), 0)


def test_nothing_cancels_in_the_polynomials():
    """All coefficients are positive, and w is."""
    for table in (normal.NUMERATOR, normal.DENOMINATOR):
        assert all(c > 0 for coefficients in table.values() for c in coefficients)


def test_a_polynomial_by_hand():
    np.testing.assert_allclose(normal.polynomial((2.0, 0.5, 3.0), np.array([0.0, 1.0, 10.0])), [3, 5.5, 208])


def test_near_0_it_is_the_approximation_of_hendrycks_and_gimpel():
    """√(2/π) (1 + c x²) with c = (4 - π) / 6π = 0.0455, where they have 0.044715, fitted over all x."""
    for size, tolerance in ((4, 1e-6), (8, 1e-14)):
        (*_, p1, p0), (*_, q1, q0) = normal.NUMERATOR[size], normal.DENOMINATOR[size]
        np.testing.assert_allclose(p0 / q0, math.sqrt(2 / math.pi), rtol=tolerance)
        np.testing.assert_allclose(p1 / p0 - q1 / q0, (4 - math.pi) / (6 * math.pi), rtol=1e-3 if size == 4 else 1e-9)
