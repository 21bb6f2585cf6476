"""Entropy, Fréchet distance, Parzen windows and gradient energy of samples in closed form."""

import math

import numpy as np
import pytest
from helpers.refusals import refused

from minigen import Tensor, metrics
from minigen.datasets import mnist

# ---- samples


def test_entropy_of_shares():
    assert metrics.entropy(np.full(10, 0.1)) == pytest.approx(math.log(10))
    assert metrics.entropy(np.array([1.0, 0.0])) == 0 and math.copysign(1, metrics.entropy(np.array([1.0]))) == 1
    assert metrics.entropy(np.array([0.5, 0.25, 0.25])) == pytest.approx(1.5 * math.log(2))


def test_frechet_distance_of_known_moments():
    """Points placed so that their means and covariances are exact: axes with deviations a and b, and a shift."""

    def cross(deviations, centre=(0.0, 0.0, 0.0)):
        n = 2 * len(deviations)
        axes = np.diag(deviations) * np.sqrt((n - 1) / 2)
        return np.concatenate([axes, -axes]) + centre

    one, other = cross([1.0, 2.0, 0.5]), cross([2.0, 2.0, 0.25], (3.0, 0.0, 4.0))
    assert metrics.frechet_distance(one, other) == pytest.approx(25 + 1 + 0 + 0.0625)
    assert metrics.frechet_distance(other, one) == pytest.approx(26.0625)
    assert metrics.frechet_distance(one, one) == pytest.approx(0, abs=1e-12)
    turn, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))
    assert metrics.frechet_distance(one @ turn, other @ turn) == pytest.approx(26.0625)
    flat = cross([1.0, 0.0, 0.0])  # a singular covariance
    assert metrics.frechet_distance(flat, one) == pytest.approx(0 + 4 + 0.25)


def test_frechet_distance_of_covariances_that_do_not_commute():
    """tr (S₁S₂)^½ from the eigenvalues of the product itself."""
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(50, 4)) @ rng.normal(size=(4, 4)), rng.normal(size=(60, 4)) @ rng.normal(size=(4, 4)) + 1
    s1, s2 = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    roots = np.sqrt(np.linalg.eigvals(s1 @ s2)).real.sum()
    want = np.sum((a.mean(0) - b.mean(0)) ** 2) + np.trace(s1) + np.trace(s2) - 2 * roots
    assert metrics.frechet_distance(a, b) == pytest.approx(want)


def test_parzen_window_against_the_sum_written_out():
    rng = np.random.default_rng(0)
    x, samples, sigma = rng.normal(size=(7, 3)), rng.normal(size=(5, 3)), 0.6
    total = 0.0
    for a in x:
        densities = [np.exp(-np.sum((a - s) ** 2) / (2 * sigma**2)) / (2 * np.pi * sigma**2) ** 1.5 for s in samples]
        total += np.log(np.mean(densities))
    assert metrics.parzen_log_likelihood(x, samples, sigma) == pytest.approx(total / 7)
    far = metrics.parzen_log_likelihood(x + 1000, samples, 0.1)
    assert np.isfinite(far) and far < -1e7  # no log 0


def test_parzen_sigma_is_the_likeliest_of_ten():
    rng = np.random.default_rng(0)
    samples, x = rng.normal(size=(400, 2)), rng.normal(size=(100, 2))
    sigma = metrics.parzen_sigma(x, samples)
    best = metrics.parzen_log_likelihood(x, samples, sigma)
    assert sigma in np.logspace(-1, 0, 10) and 0.15 < sigma < 0.9
    assert all(metrics.parzen_log_likelihood(x, samples, s) <= best for s in np.logspace(-1, 0, 10))


def test_metrics_of_samples_refuse_bad_input():
    x = np.zeros((3, 2))
    with refused(ValueError, where="auc: targets", expected="0 and 1"):
        metrics.auc([1, 1], [0.1, 0.2])
    with refused(ValueError, where="auc: targets"):
        metrics.auc([1, 2], [0.1, 0.2])
    with refused(ValueError, where="auc: shapes differ"):
        metrics.auc([1, 0, 1], [0.1, 0.2])
    with refused(ValueError, where="auc: scores", got="1 that"):
        metrics.auc([1, 0], [np.nan, 0.2])
    with refused(ValueError, where="entropy", got="sum 2"):
        metrics.entropy(np.ones(2))
    with refused(ValueError, where="entropy"):
        metrics.entropy(np.array([1.5, -0.5]))
    with refused(ValueError, where="frechet_distance", expected="2 features of b", got="3"):
        metrics.frechet_distance(x, np.zeros((4, 3)))
    with refused(ValueError, where="frechet_distance: a"):
        metrics.frechet_distance(x[:1], x)
    with refused(ValueError, where="parzen_log_likelihood: sigma", got="0"):
        metrics.parzen_log_likelihood(x, x, 0)


# ---- gradient energy


def test_gradient_energy_in_closed_form():
    """A step of height h along a column of 28: 28 h². A ramp of slope s: s² at each of 27 x 28 pairs."""
    step, ramp = np.zeros((1, 28, 28)), np.tile(np.arange(28) / 27, (1, 28, 1))
    step[:, :, 14:] = 0.5
    assert metrics.gradient_energy(step) == pytest.approx(28 * 0.25)
    assert metrics.gradient_energy(ramp) == pytest.approx(27 * 28 / 27**2)
    assert metrics.gradient_energy(np.concatenate([step, 0 * step])[..., None]) == pytest.approx(28 * 0.25 / 2)
    assert metrics.gradient_energy(np.ones((3, 5, 5))) == 0


def test_blur_lowers_the_gradient_energy():
    sharp = mnist.load_data("sample")[0][0][:500].astype("float32") / 255
    blurred = (sharp + np.roll(sharp, 1, axis=1) + np.roll(sharp, 1, axis=2)) / 3
    assert metrics.gradient_energy(blurred) < 0.65 * metrics.gradient_energy(sharp)
    assert metrics.gradient_energy(Tensor(sharp)) == pytest.approx(56, abs=4)


def test_bad_images_have_no_gradient_energy():
    for shape in ((784,), (3, 784), (0, 28, 28), (2, 1, 1)):
        with refused(ValueError, where="gradient_energy"):
            metrics.gradient_energy(np.zeros(shape))
