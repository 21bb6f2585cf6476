"""The GAN on the line against what theory says about two densities."""

import math

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import Adam, losses, models
from minigen.datasets import toys


def test_what_theory_says_about_two_densities():
    x = np.linspace(-12, 12, 4001)
    dx = x[1] - x[0]
    p, q = toys.Mixture([-6.0], [0.5]).density(x), toys.Mixture([6.0], [0.5]).density(x)
    assert models.jensen_shannon(p, p, dx) == 0 and models.value_of_the_game(p, p, dx) == -2 * math.log(2)
    assert models.jensen_shannon(p, q, dx) == pytest.approx(math.log(2), rel=1e-9)  # they never meet
    assert models.value_of_the_game(p, q, dx) == pytest.approx(0, abs=1e-9)
    near = toys.Mixture([-5.5], [0.8]).density(x)
    best = models.optimal_discriminator(p, near)
    inside = (best > 0) & (best < 1)
    value = (p * np.log(np.where(inside, best, 1)) + near * np.log(np.where(inside, 1 - best, 1))).sum() * dx
    assert models.value_of_the_game(p, near, dx) == pytest.approx(value, rel=1e-6)
    for other in (best * 0.97, np.minimum(best * 1.03, 1 - 1e-9)):  # any other D does worse
        worse = (p * np.log(np.maximum(other, 1e-300)) + near * np.log1p(-other)).sum() * dx
        assert worse < value


def train_discriminator(d, p, q, steps=1500):
    rng = np.random.default_rng(0)
    optimizer = Adam(1e-2)
    for step in range(steps):
        optimizer.learning_rate = 1e-2 * (1 - step / steps)
        loss = losses.discriminator_loss(d(p.draw(512, rng)), d(q.draw(512, rng)))
        loss.backward(wrt=d.parameters())
        optimizer.step(d.parameters())
    return loss.item()


def test_a_trained_discriminator_is_p_over_p_plus_q():
    minigen.seed(0)
    p, q = toys.Mixture([-1.5, 1.0], [0.5, 0.7]), toys.Mixture([0.0], [1.2])
    gan = models.toy_gan(0.0, 1.2)
    loss = train_discriminator(gan.discriminator, p, q)
    x = np.linspace(-2.7, 2.7, 541)  # 98 % of the draws
    best = models.optimal_discriminator(p.density(x), q.density(x))
    assert np.abs(gan.discriminate(x[:, None].astype("float32")) - best).max() <= 1e-2
    wide = np.linspace(-8, 8, 3201)
    assert loss == pytest.approx(-models.value_of_the_game(p.density(wide), q.density(wide), 0.005), abs=5e-3)


def test_the_toy_starts_where_it_is_told():
    gan = models.toy_gan(-1.0, 1.5)
    assert models.toy_fakes(gan) == (-1.0, 1.5)
    np.testing.assert_allclose(gan.generate(np.array([[0.0], [2.0]])), [[-1.0], [2.0]])


def test_bad_densities_are_refused():
    x = np.ones(3)
    with refused(ValueError, where="optimal_discriminator", got="both 0"):
        models.optimal_discriminator(x * 0, x * 0)
    with refused(ValueError, where="jensen_shannon", expected="densities"):
        models.jensen_shannon(x, -x, 0.1)
    with refused(ValueError, where="jensen_shannon: dx"):
        models.jensen_shannon(x, x, 0)
    with refused(ValueError, where="toys.Mixture"):
        toys.Mixture([0.0], [0.0])
    with refused(ValueError, where="toy_gan: deviation"):
        models.toy_gan(0.0, -1.0)
