"""Toys: made-up data whose right answer is known."""

import numpy as np
import pytest

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
