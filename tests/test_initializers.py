"""Initializers: limits and moments of many draws, the fans of every kind of kernel, and the seed."""

import math

import numpy as np
import pytest
from helpers.refusals import refused
from helpers.small_model import ONES

import minigen
from minigen import Dense, initializers, to_numpy

MANY = (400, 600)  # 240,000 draws: a mean is known to 0.002 deviations, a deviation to 0.15 %


def draw(name, shape=MANY, dtype="float32"):
    minigen.seed(0)
    return to_numpy(initializers.get(name)(shape, dtype))


@pytest.mark.parametrize(
    "name, limit",
    [("glorot_uniform", math.sqrt(6 / 1000)), ("he_uniform", math.sqrt(6 / 400))],
)
def test_uniform(xp, name, limit):
    w = draw(name)
    assert -limit <= w.min() < -0.999 * limit and 0.999 * limit < w.max() <= limit
    assert abs(w.mean()) < 0.01 * limit
    assert w.std() == pytest.approx(limit / math.sqrt(3), rel=0.01)
    counts, _ = np.histogram(w, bins=10, range=(-limit, limit))
    assert counts.min() > 0.97 * w.size / 10  # flat


@pytest.mark.parametrize(
    "name, std",
    [("glorot_normal", math.sqrt(2 / 1000)), ("he_normal", math.sqrt(2 / 400))],
)
def test_truncated_normal(xp, name, std):
    """Cut off at two standard deviations of the uncut draw, and widened so that the variance is as asked for."""
    w = draw(name)
    phi, inside = math.exp(-2) / math.sqrt(2 * math.pi), math.erf(math.sqrt(2))  # density at 2; share within 2
    second, fourth = 1 - 4 * phi / inside, 3 - 28 * phi / inside  # moments of the cut draw
    assert abs(w.mean()) < 0.01 * std
    assert w.std() == pytest.approx(std, rel=0.01)
    assert ((w / std) ** 4).mean() == pytest.approx(fourth / second**2, rel=0.02)
    assert abs(w).max() <= 2 * std / math.sqrt(second) * 1.0001


def test_random_normal(xp):
    w, std = draw("random_normal"), 0.05
    assert abs(w.mean()) < 0.01 * std
    assert w.std() == pytest.approx(std, rel=0.01)
    assert ((w / std) ** 4).mean() == pytest.approx(3, rel=0.05)  # the kurtosis of a normal distribution


def test_random_normal_with_its_own_moments(xp):
    w = draw(initializers.RandomNormal(mean=1.0, stddev=0.02))
    assert w.mean() == pytest.approx(1, abs=1e-3) and w.std() == pytest.approx(0.02, rel=0.01)


def test_constants(xp):
    assert (draw("zeros", (3, 4)) == 0).all() and (draw("ones", (5,)) == 1).all()


@pytest.mark.parametrize(
    "shape, fans",
    [
        ((784, 32), (784, 32)),
        ((3, 3, 1, 32), (9, 288)),
        ((3, 3, 32, 32), (288, 288)),
        ((5, 5, 16, 8), (400, 200)),
        ((7,), (7, 7)),
        ((), (1, 1)),
    ],
)
def test_fans(shape, fans):
    assert initializers.fans(shape) == fans


@pytest.mark.parametrize(
    "shape, limit",
    [((784, 32), 0.0857), ((3, 3, 1, 32), 0.1421), ((3, 3, 32, 32), 0.1021)],
)
def test_limits_of_the_chapters_kernels(shape, limit):
    assert round(math.sqrt(6 / sum(initializers.fans(shape))), 4) == limit
    assert np.abs(draw("glorot_uniform", shape)).max() <= limit + 5e-5


@pytest.mark.parametrize("name", initializers.INITIALIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_shape_and_dtype(xp, name, dtype):
    w = initializers.get(name)((3, 5), dtype)
    assert w.shape == (3, 5) and str(w.dtype) == dtype


@pytest.mark.parametrize("name", ["glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "random_normal"])
def test_the_seed_repeats_the_draws(xp, name):
    first = draw(name, (4, 5))
    np.testing.assert_array_equal(first, draw(name, (4, 5)))
    minigen.seed(1)
    assert (first != to_numpy(initializers.get(name)((4, 5), "float32"))).any()


def test_a_function_is_an_initializer():
    def mine(shape, dtype):
        return np.full(shape, 3, dtype)

    layer = minigen.Dense(2, kernel_initializer=mine)
    layer(np.zeros((1, 3), "float32"))
    assert (layer.kernel.numpy() == 3).all() and (layer.bias.numpy() == 0).all()


@pytest.mark.parametrize("shape", [(5, 5), (7, 4), (4, 7), (2, 3, 4)])
def test_orthogonal(shape, xp):
    q = minigen.to_numpy(initializers.orthogonal(shape)).reshape(-1, shape[-1])
    short = q.T @ q if q.shape[0] >= q.shape[1] else q @ q.T
    np.testing.assert_allclose(short, np.eye(len(short)), atol=1e-5)
    assert q.dtype == np.float32


def test_orthogonal_is_gram_schmidt_of_the_draws():
    """Its first column is that of the draws, made as long as 1: no sign is preferred."""
    minigen.seed(7)
    draws = minigen.backend.normal((6, 6), "float64")
    minigen.seed(7)
    first = initializers.orthogonal((6, 6), "float64")[:, 0]
    np.testing.assert_allclose(first, draws[:, 0] / np.linalg.norm(draws[:, 0]))


def test_uniform_is_that_of_keras_embeddings():
    draws = initializers.get("uniform")((100, 100))
    assert -0.05 <= draws.min() < -0.0499 and 0.0499 < draws.max() <= 0.05 and abs(draws.mean()) < 0.001


def test_an_initializer_with_a_spread_that_is_none():
    with refused(ValueError, "RandomNormal: stddev"):
        initializers.RandomNormal(0.0, -1.0)
    with refused(ValueError, "RandomNormal: mean"):
        initializers.RandomNormal("0")


@pytest.mark.parametrize(
    ("problem", "call", "error"),
    [
        ("initializer", lambda: Dense(3, kernel_initializer=2.5)(ONES), TypeError),
        (
            "initializer of kernel",
            lambda: Dense(3, kernel_initializer=lambda s, d: np.ones(4))(ONES),
            ValueError,
        ),
    ],
)
def test_a_number_and_an_array_of_another_shape_are_no_initial_weights(problem, call, error):
    with refused(error, problem):
        call()
