"""The exact network of a mixture: what it predicts, and that no other predicts better."""

import numpy as np
import pytest
from helpers.refusals import refused
from helpers.small_diffusions import SETTINGS, exact_diffusion, small_diffusion

import minigen
from minigen.datasets import toys

MIXTURE = toys.THREE_CLUSTERS
RNG = np.random.default_rng(0)


@pytest.mark.parametrize(("schedule", "prediction"), SETTINGS)
def test_it_says_the_expected_data(schedule, prediction, xp):
    model = exact_diffusion(MIXTURE, schedule, prediction)
    x = RNG.normal(size=(20, 2))
    t = 300
    x_0, noise = model.estimates(minigen.backend.asarray(x), t)
    a, s = model.schedule.signal[t], model.schedule.noise[t]
    np.testing.assert_allclose(minigen.to_numpy(x_0), MIXTURE.denoise(x, a, s), rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(minigen.to_numpy(noise), -s * MIXTURE.score(x, a, s), rtol=1e-8, atol=1e-8)


def test_rows_of_zeros_are_no_label():
    with_rows, without = exact_diffusion(MIXTURE, conditional=True), exact_diffusion(MIXTURE)
    x = RNG.normal(size=(20, 2))
    np.testing.assert_allclose(with_rows.estimates(x, 500, np.zeros((20, 3))), without.estimates(x, 500), rtol=1e-12)


def test_its_loss_is_the_lowest():
    x, _ = MIXTURE.draw(4000, np.random.default_rng(1))
    losses = []
    for scale in (0.95, 1.0, 1.05):
        model = exact_diffusion(MIXTURE)
        model.compile()
        plain = model.predict_with
        model.predict_with = lambda *args, plain=plain, scale=scale: plain(*args) * scale
        minigen.seed(0)
        losses.append(model.evaluate(x, batch_size=4000))
    assert losses[1] < min(losses[0], losses[2])


def test_it_has_nothing_to_train():
    model = exact_diffusion(MIXTURE)
    assert model.count_params() == 0 and small_diffusion().count_params() > 0
    with refused(ValueError, where="toys.GaussianMixture: points", expected="(n, 2)"):
        MIXTURE.denoise(np.zeros((3, 3)), 0.5, 0.5)
