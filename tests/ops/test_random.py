"""Ops that draw random numbers: values, dropout, and a spread that is learned."""

import numpy as np
import pytest
from helpers.op_table import OPS, draws
from helpers.parameters import parameter, parameter64, tensors
from helpers.refusals import refused

import minigen
from minigen import grad, ops


def dropout(x):
    return x * (np.random.default_rng(5).random(x.shape, x.dtype) >= 0.4) / 0.6


def gaussian_noise(x):
    return x + 0.3 * np.random.default_rng(5).standard_normal(x.shape, x.dtype)


FORMULAS = {
    "dropout": dropout,
    "gaussian_noise": gaussian_noise,
}


# ---- the value, in plain NumPy


@pytest.mark.parametrize("name", FORMULAS)
def test_value_is_the_formula(name, xp):
    arrays = draws(name)
    minigen.seed(5)
    y = OPS[name][0](*tensors(arrays))
    expected = FORMULAS[name](*arrays)
    assert y.shape == np.shape(expected)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12, atol=1e-12)


# ---- numbers of other types


OPTIONS = {
    "dropout": ops.dropout,
    "gaussian_noise": ops.gaussian_noise,
}


@pytest.mark.parametrize("name", OPTIONS)
def test_a_numpy_scalar_as_option_keeps_float32(name):
    """Such as a noise level out of np.linspace."""
    y = OPTIONS[name](parameter([-1.0, 4.0]), np.linspace(0, 1, 3)[1])
    assert y.dtype == np.float32


# ---- dropout


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5])
def test_dropout_refuses_an_impossible_rate(rate):
    with pytest.raises(ValueError, match="0 <= rate < 1"):
        ops.dropout(parameter([1.0]), rate)


def test_dropout_keeps_the_mean_and_rate_zero_changes_nothing():
    x = parameter(np.ones(100_000))
    y = ops.dropout(x, 0.4)
    assert set(np.round(np.unique(y.numpy()), 4)) == {0.0, np.float32(1.6667)}
    assert float(y.mean()) == pytest.approx(1, abs=0.02)
    assert ops.dropout(x, 0.0) is x


# ---- numbers that are learned


def test_a_spread_that_is_learned_gets_the_sum_of_the_noise():
    minigen.seed(0)
    x, c = parameter64([-1.0, 5.0]), parameter64(2.0)
    y = minigen.gaussian_noise(x, c)
    assert np.isclose(grad(y.sum(), [c])[0].numpy(), (y.numpy() - x.numpy()).sum() / 2)


@pytest.mark.parametrize(
    "action, problem",
    [
        (lambda x, a: minigen.dropout(x, a), "dropout"),
    ],
)
def test_a_number_that_must_not_be_learned_is_refused_as_a_tensor(action, problem):
    with refused(ValueError, problem):
        action(parameter64([-1.0, 2.0]), parameter64(0.5))
