"""Toys: made-up data whose right answer is known."""

import numpy as np
import pytest
from helpers.refusals import refused

from minigen import models
from minigen.datasets import mnist, toys

# ---- images that are no digits


def test_not_digits():
    (x, _), _ = mnist.load_data("sample")
    kinds = toys.not_digits(x[:50])
    assert list(kinds) == ["noise", "shuffled", "upside down"]
    for kind in kinds.values():
        assert kind.shape == (50, 28, 28) and kind.dtype == x.dtype
    np.testing.assert_array_equal(np.sort(kinds["noise"], axis=None), np.sort(x[:50], axis=None))
    np.testing.assert_array_equal(np.sort(kinds["shuffled"].reshape(50, -1)), np.sort(x[:50].reshape(50, -1)))


def test_upside_down_keeps_the_centre_of_mass():
    """Turned about the middle of the image the digits would lie one pixel off, and a detector would learn only that."""
    (x, _), _ = mnist.load_data("sample")
    turned = toys.not_digits(x)["upside down"]

    def centre(images):
        mass = images.astype("float64").sum(axis=0)
        return (mass.sum(axis=1) @ np.arange(28) / mass.sum(), mass.sum(axis=0) @ np.arange(28) / mass.sum())

    np.testing.assert_allclose(centre(x), centre(turned), atol=0.1)


# ---- the eight points of Figs 9.7 and 9.8


def test_eight_points_along_a_falling_line():
    x, labels = toys.eight_points()
    assert x.shape == (8, 2) and x.dtype == "float32" and x.min() >= 0 and x.max() < 1
    assert labels.dtype.kind == "i" and list(np.bincount(labels)) == [3, 5]
    assert np.corrcoef(x.T)[0, 1] < -0.85
    assert models.PCA(x, 1).explained > 0.9


def test_circles_and_crosses_lie_apart_on_the_line():
    x, labels = toys.eight_points()
    z = models.PCA(x, 1).encode(x)[:, 0]
    assert max(z[labels == 0]) < min(z[labels == 1]) or min(z[labels == 0]) > max(z[labels == 1])


def test_nobody_can_spoil_the_eight_points_for_the_next():
    toys.eight_points()[0][:] = 0
    assert toys.eight_points()[0].min() > 0


# ---- mixtures


def test_draws_of_a_mixture_have_its_density():
    bumps = toys.Mixture([-1.5, 1.0], [0.5, 0.7])
    x = np.linspace(-8, 8, 3201)
    assert bumps.density(x).sum() * 0.005 == pytest.approx(1, rel=1e-6)
    drawn = bumps.draw(40_000, np.random.default_rng(0))
    assert drawn.shape == (40_000, 1) and drawn.dtype == np.float32
    assert drawn.mean() == pytest.approx(-0.25, abs=1e-3)
    shares = np.histogram(drawn, bins=np.linspace(-3, 3, 13))[0] / 40_000
    middle = np.linspace(-3, 3, 1201)
    mass = bumps.density(middle[:-1] + 0.0025).reshape(12, -1).sum(axis=1) * 0.005
    np.testing.assert_allclose(shares, mass, atol=1e-3)


# ---- a mixture of Gaussians in the plane

THREE = toys.THREE_CLUSTERS
PLACES = np.random.default_rng(5).normal(0, 1.2, (40, 2))


def test_the_density_is_the_sum_over_the_clusters():
    plain = 0
    for mean, c, share in zip(THREE.means, THREE.covariances, THREE.shares, strict=True):
        d = PLACES - mean
        exponent = np.einsum("ni,ij,nj->n", d, np.linalg.inv(c), d) / 2
        plain = plain + share * np.exp(-exponent) / (2 * np.pi * np.sqrt(np.linalg.det(c)))
    np.testing.assert_allclose(THREE.density(PLACES), plain, rtol=1e-10)
    np.testing.assert_allclose(THREE.log_density(PLACES), np.log(plain), rtol=1e-10, atol=1e-12)


def test_draws_have_the_mean_the_covariance_and_the_shares():
    x, labels = THREE.draw(50_000, np.random.default_rng(0))
    assert x.dtype == np.float32 and x.shape == (50_000, 2)
    np.testing.assert_allclose(x.mean(axis=0), THREE.mean, atol=0.02)
    np.testing.assert_allclose(np.cov(x.T), THREE.covariance, atol=0.02)
    np.testing.assert_allclose(np.bincount(labels) / 50_000, THREE.shares, atol=0.01)
    np.testing.assert_allclose(np.cov(x[labels == 1].T), THREE.covariances[1], atol=0.004)


def test_the_score_is_the_slope_of_the_log_density():
    for signal, noise in ((1.0, 0.0), (0.6, 0.8)):
        eps = 1e-5
        slopes = [
            (THREE.log_density(PLACES + d, signal, noise) - THREE.log_density(PLACES - d, signal, noise)) / (2 * eps)
            for d in eps * np.eye(2)
        ]
        np.testing.assert_allclose(THREE.score(PLACES, signal, noise), np.transpose(slopes), rtol=1e-6, atol=1e-6)


def test_a_diffused_mixture_is_a_mixture():
    diffused = THREE.diffused(0.8, 0.6)
    np.testing.assert_allclose(diffused.density(PLACES), THREE.density(PLACES, 0.8, 0.6), rtol=1e-10)
    np.testing.assert_allclose(diffused.score(PLACES), THREE.score(PLACES, 0.8, 0.6), rtol=1e-9)
    rng = np.random.default_rng(0)
    x_t = 0.8 * THREE.draw(50_000, rng)[0] + 0.6 * rng.normal(size=(50_000, 2))
    np.testing.assert_allclose(np.cov(x_t.T), diffused.covariance, atol=0.02)


def test_the_denoiser_is_tweedies_formula_and_the_mean_of_the_posterior():
    a, s = 0.7, 0.5
    x_0 = THREE.denoise(PLACES, a, s)
    np.testing.assert_allclose(x_0, (PLACES + s**2 * THREE.score(PLACES, a, s)) / a, rtol=1e-9, atol=1e-9)
    x = THREE.draw(400_000, np.random.default_rng(0))[0].astype("float64")
    for place, expected in zip(PLACES[:5], x_0[:5], strict=True):
        weights = np.exp(-((place - a * x) ** 2).sum(axis=1) / (2 * s**2))
        np.testing.assert_allclose(weights @ x / weights.sum(), expected, atol=0.02)


def test_the_denoiser_without_a_signal_says_the_mean_and_without_noise_the_point():
    np.testing.assert_allclose(THREE.denoise(PLACES, 0.0, 1.0), np.tile(THREE.mean, (40, 1)), rtol=1e-12)
    np.testing.assert_allclose(THREE.denoise(PLACES, 1.0, 0.0), PLACES, rtol=1e-9)


def test_each_point_has_its_own_signal_noise_and_shares():
    a, s = np.array([[0.9], [0.2]]), np.array([[0.1], [0.8]])
    rows = np.array([[0, 1, 0], [0.2, 0.5, 0.3]])
    both = THREE.denoise(PLACES[:2], a, s, rows)
    np.testing.assert_allclose(both[:1], THREE.cluster(1).denoise(PLACES[:1], 0.9, 0.1), rtol=1e-12)
    other = toys.GaussianMixture(THREE.means, THREE.covariances, rows[1])
    np.testing.assert_allclose(both[1:], other.denoise(PLACES[1:2], 0.2, 0.8), rtol=1e-12)


def test_round_clusters_are_given_by_their_variances():
    mixture = toys.GaussianMixture([[0, 1, 2], [3, 4, 5]], [0.5, 2.0], [1, 3])
    np.testing.assert_array_equal(mixture.covariances, [0.5 * np.eye(3), 2 * np.eye(3)])
    np.testing.assert_allclose(mixture.shares, [0.25, 0.75])


def test_what_is_no_mixture():
    means = [[0.0, 1.0], [1.0, 0.0]]
    for covariances in ([1.0], [1.0, 2.0, 3.0], np.ones((2, 3, 3)), [[1.0, 2.0]], "x"):
        with refused((ValueError, TypeError), where="toys.GaussianMixture", fix="GaussianMixture([[0, 1], [1, 0]]"):
            toys.GaussianMixture(means, covariances)
    for covariances in ([1.0, 0.0], [1.0, -1.0]):
        with refused(ValueError, expected="eigenvalues above 0", got="an eigenvalue of"):
            toys.GaussianMixture(means, covariances)
    with refused(ValueError, got="not symmetric"):
        toys.GaussianMixture(means, [[[1, 0.5], [0, 1]], [[1, 0], [0, 1]]])
    for shares in ([1.0], [1.0, 0.0], [1.0, float("nan")], [[1, 1]]):
        with refused(ValueError, where="toys.GaussianMixture: shares"):
            toys.GaussianMixture(means, [1.0, 1.0], shares)
    with refused(ValueError, where="points", expected="(n, 2)"):
        THREE.density(np.zeros((3, 3)))
    with refused(ValueError, where="toys.GaussianMixture.draw: n"):
        THREE.draw(0, np.random.default_rng(0))
