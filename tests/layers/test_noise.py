"""Dropout and GaussianNoise: nothing in prediction, the right share and spread in training."""

import numpy as np
import pytest
from helpers.draws import normal as draw
from helpers.refusals import refused

import minigen
from minigen import Dropout, GaussianNoise, Tensor, to_numpy

# ---- noise


@pytest.mark.parametrize("layer", [Dropout(0.5), GaussianNoise(1.0)], ids=["Dropout", "GaussianNoise"])
def test_noise_does_nothing_in_prediction(xp, layer):
    x = Tensor(draw(4, 5))
    assert layer(x) is x


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_dropout(xp, rate):
    """The asked-for share is 0, the rest is divided by 1 - rate, so the mean stays."""
    x = draw(300, 400) + 3
    y = Dropout(rate)(x, training=True).numpy()
    kept = y != 0
    assert 1 - kept.mean() == pytest.approx(rate, abs=0.01)
    np.testing.assert_allclose(y[kept], x[kept] / (1 - rate), rtol=1e-5)
    assert y.mean() == pytest.approx(x.mean(), rel=0.03)
    assert kept.all(axis=1).sum() == kept.all(axis=0).sum() == 0  # element by element, not by row or column


def test_dropout_sends_the_gradient_where_the_value_passed(xp):
    x = Tensor(np.ones((20, 20), "float32"), requires_grad=True)
    y = Dropout(0.5)(x, training=True)
    y.sum().backward()
    np.testing.assert_array_equal(to_numpy(x.grad), y.numpy())


def test_dropout_of_nothing(xp):
    x = draw(3, 4)
    np.testing.assert_array_equal(Dropout(0)(x, training=True).numpy(), x)


def test_gaussian_noise(xp):
    x = draw(300, 400)
    noise = GaussianNoise(0.5)(x, training=True).numpy() - x
    assert noise.std() == pytest.approx(0.5, rel=0.02) and abs(noise.mean()) < 0.01


@pytest.mark.parametrize("layer", [Dropout(0.5), GaussianNoise(1.0)], ids=["Dropout", "GaussianNoise"])
def test_noise_is_fresh_each_time_and_repeated_by_the_seed(xp, layer):
    x = draw(10, 10)
    minigen.seed(3)
    first, second = layer(x, training=True).numpy(), layer(x, training=True).numpy()
    assert (first != second).any()
    minigen.seed(3)
    np.testing.assert_array_equal(layer(x, training=True).numpy(), first)


# ---- what they refuse


@pytest.mark.parametrize("rate", [1, -0.1, 2, "half", float("nan")])
@pytest.mark.parametrize("name", [None, "noise"])
def test_dropout_rate(rate, name):
    with refused((ValueError, TypeError), where="Dropout", expected="0 <= rate < 1", got=str(rate), fix="Dropout(0.5)"):
        Dropout(rate, name=name)


def test_stddev():
    with refused(ValueError, where="GaussianNoise", expected=">= 0", got="-1"):
        GaussianNoise(-1)
