"""Noise, data and velocity: three predictions that say the same."""

import numpy as np
import pytest
from helpers.small_diffusions import SETTINGS

from minigen import models
from minigen.models.diffusions.denoiser import PREDICTIONS, data_and_noise, target
from minigen.models.diffusions.schedule import SCHEDULES

RNG = np.random.default_rng(0)
X, NOISE = RNG.normal(size=(2, 6, 3, 2))
T = np.array([1, 2, 5, 8, 9, 10])


def rates_at(name):
    return SCHEDULES[name](12).rates(T, 3, "float64")


@pytest.mark.parametrize("name", sorted(SCHEDULES))
@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_what_the_target_says_is_the_data_and_the_noise(name, prediction):
    rates = rates_at(name)
    x_t = rates.signal * X + rates.noise * NOISE
    found = data_and_noise(prediction, target(prediction, X, NOISE, rates), x_t, rates)
    np.testing.assert_allclose(found, [X, NOISE], rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", sorted(SCHEDULES))
@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_any_output_is_consistent_with_its_input(name, prediction):
    """a x̂₀ + s ε̂ is x_t whatever the network says, and the three agree through conversion."""
    rates, x_t, output = rates_at(name), RNG.normal(size=X.shape), RNG.normal(size=X.shape)
    x_0, noise = data_and_noise(prediction, output, x_t, rates)
    np.testing.assert_allclose(rates.signal * x_0 + rates.noise * noise, x_t, rtol=1e-9, atol=1e-9)
    for other in PREDICTIONS:
        same = data_and_noise(other, target(other, x_0, noise, rates), x_t, rates)
        np.testing.assert_allclose(same, [x_0, noise], rtol=1e-9, atol=1e-9)


def test_the_velocity_of_straight_lines_is_noise_less_data():
    np.testing.assert_array_equal(target("velocity", X, NOISE, rates_at("straight")), NOISE - X)


def test_the_velocity_on_a_circle():
    rates = rates_at("cosine")
    v = target("velocity", X, NOISE, rates)
    np.testing.assert_allclose(v, rates.signal * NOISE - rates.noise * X, rtol=1e-14)


@pytest.mark.parametrize(("schedule", "prediction"), SETTINGS)
def test_the_model_uses_them(schedule, prediction):
    model = models.Diffusion(models.point_network(2, 4, 1), schedule, prediction, data_range=None).astype("float64")
    x, noise, t = X[:, 0], NOISE[:, 0], T
    x_t = model.diffuse(x, t, noise)
    np.testing.assert_allclose(model.denoise(model.target(x, t, noise), x_t, t), [x, noise], rtol=1e-9, atol=1e-9)
