"""Batch, layer and group normalisation in plain NumPy, and what the last two do not depend on."""

import numpy as np
import pytest
from helpers.draws import normal as draw
from helpers.op_table import OPS, draws
from helpers.parameters import tensors
from helpers.refusals import refused

import minigen
from minigen import Tensor, ops


def normalised(x, gamma, beta, axis=0):
    return gamma * (x - x.mean(axis=axis)) / np.sqrt(x.var(axis=axis) + 1e-3) + beta


def by_row(x, gamma, beta, epsilon=1e-3):
    m, v = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
    return gamma * (x - m) / np.sqrt(v + epsilon) + beta


def by_group(x, gamma, beta, groups, epsilon=1e-3):
    """One sample and one group after the other."""
    y, size = np.empty_like(x), x.shape[-1] // groups
    for i in range(len(x)):
        for k in range(groups):
            group = (i, ..., slice(k * size, (k + 1) * size))
            y[group] = (x[group] - x[group].mean()) / np.sqrt(x[group].var() + epsilon)
    return gamma * y + beta


FORMULAS = {
    "batch_norm": normalised,
    "batch_norm_4d": lambda x, gamma, beta: normalised(x, gamma, beta, axis=(0, 1, 2)),
    "layer_norm": by_row,
    "layer_norm_3d": lambda x, gamma, beta: by_row(x, gamma, beta, 0.1),
    "group_norm": lambda x, gamma, beta: by_group(x, gamma, beta, 2),
    "group_norm_of_one_group": lambda x, gamma, beta: by_group(x, gamma, beta, 1),
    "group_norm_of_each_channel": lambda x, gamma, beta: by_group(x, gamma, beta, 3),
    "group_norm_2d": lambda x, gamma, beta: by_group(x, gamma, beta, 2),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_value_is_the_formula(name, xp):
    arrays = draws(name)
    minigen.seed(5)
    y = OPS[name][0](*tensors(arrays))
    expected = FORMULAS[name](*arrays)
    assert y.shape == np.shape(expected)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12, atol=1e-12)


# ---- layer_norm and group_norm

SHAPE, ONES, ZEROS = (5, 2, 3, 12), np.ones(12), np.zeros(12)
GROUPS = {"layer_norm": None, "three groups": 3, "one group": 1, "each channel": 12}
each = pytest.mark.parametrize("groups", GROUPS.values(), ids=GROUPS)


def norm(groups, x, epsilon=1e-3, gamma=None, beta=None):
    gamma = ONES.astype(x.dtype) if gamma is None else gamma
    beta = ZEROS.astype(x.dtype) if beta is None else beta
    return ops.group_norm(x, gamma, beta, groups, epsilon) if groups else ops.layer_norm(x, gamma, beta, epsilon)


def sets(y, groups):
    """(samples, rows, columns, channels) -> (sets, numbers that are normalised together)"""
    if groups is None:
        return y.reshape(-1, y.shape[-1])
    n, rows, columns, channels = y.shape
    y = y.reshape(n, rows * columns, groups, channels // groups)
    return y.transpose(0, 2, 1, 3).reshape(n * groups, -1)


@each
def test_mean_beta_and_variance_gamma_squared(groups, xp):
    y = norm(groups, *tensors([draw(*SHAPE, dtype="float64") * 5 + 3]), 1e-9, *tensors([ONES * 2, ZEROS + 0.5])).numpy()
    np.testing.assert_allclose(sets(y, groups).mean(axis=1), 0.5, atol=1e-12)
    np.testing.assert_allclose(sets(y, groups).var(axis=1), 4, rtol=1e-8)


@each
def test_epsilon_stands_inside_the_root(groups):
    """A variance v becomes v / (v + ε)."""
    x = draw(*SHAPE, dtype="float64")
    v = sets(x, groups).var(axis=1)
    np.testing.assert_allclose(sets(norm(groups, x, 0.5), groups).var(axis=1), v / (v + 0.5), rtol=1e-10)


@each
def test_a_shift_and_a_stretch_change_nothing(groups):
    """Of each sample by numbers of its own."""
    x = draw(*SHAPE, dtype="float64")
    stretch, shift = draw(5, 1, 1, 1, seed=1) ** 2 + 1, draw(5, 1, 1, 1, seed=2)
    np.testing.assert_allclose(norm(groups, stretch * x + shift, 0.0), norm(groups, x, 0.0), atol=1e-7)


@each
def test_samples_do_not_meet(groups):
    x = draw(*SHAPE, dtype="float64")
    np.testing.assert_allclose(norm(groups, x)[1:3], norm(groups, x[1:3]), rtol=1e-12, atol=1e-12)


@each
def test_the_gradient_is_orthogonal_to_the_ones_and_to_x_hat(groups):
    """Since a shift and a stretch change nothing."""
    x = Tensor(draw(*SHAPE, dtype="float64"), requires_grad=True)
    y = norm(groups, x, 0.0)
    (y * draw(*SHAPE, seed=1)).sum().backward()
    dx, x_hat = sets(x.grad, groups), sets(y.numpy(), groups)
    np.testing.assert_allclose(dx.sum(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose((dx * x_hat).sum(axis=1), 0, atol=1e-12)


@each
def test_a_constant_sample_is_beta_and_has_a_gradient(groups):
    x = Tensor(np.full(SHAPE, 7.0), requires_grad=True)
    y = norm(groups, x, 1e-4, beta=ZEROS + 3)
    (y * draw(*SHAPE)).sum().backward()
    np.testing.assert_array_equal(y.numpy(), 3)
    g = sets(draw(*SHAPE), groups)
    np.testing.assert_allclose(sets(x.grad, groups), (g - g.mean(axis=1, keepdims=True)) * 100, rtol=1e-4, atol=1e-4)


@each
def test_a_large_mean_costs_no_digits(groups):
    """A mean of 1000 σ, in float32: of a variance as Σ x² - m² nothing would be left."""
    x = draw(*SHAPE) + np.float32(1000)
    np.testing.assert_allclose(norm(groups, x), norm(groups, x.astype("float64")), atol=2e-4)


@each
def test_no_samples(groups):
    x = Tensor(np.zeros((0, *SHAPE[1:]), "float32"), requires_grad=True)
    gamma = Tensor(ONES.astype("float32"), requires_grad=True)
    y = norm(groups, x, gamma=gamma)
    y.sum().backward()
    assert y.shape == x.grad.shape == x.shape
    np.testing.assert_array_equal(gamma.grad, 0)


# ---- what they refuse


@pytest.mark.parametrize(
    "call, error, where, fix",
    [
        (lambda x, a: ops.layer_norm(x[0, 0], a, a), ValueError, "layer_norm: x", "x[None]"),
        (lambda x, a: ops.layer_norm(x, a[:3], a), ValueError, "layer_norm: gamma", "gamma.reshape(-1)"),
        (lambda x, a: ops.layer_norm(x, a, a[None]), ValueError, "layer_norm: beta", "beta.reshape(-1)"),
        (lambda x, a: ops.layer_norm(x, a, 0.0), TypeError, "layer_norm: beta", ""),
        (lambda x, a: ops.layer_norm(x, a, a, -1e-3), ValueError, "layer_norm: epsilon", "epsilon=1e-3"),
        (lambda x, a: ops.layer_norm(x.astype("int64"), a, a), TypeError, "layer_norm: x", 'x.astype("float32")'),
        (lambda x, a: ops.group_norm(x, a, a), ValueError, "group_norm: groups", "groups=6"),
        (lambda x, a: ops.group_norm(x, a, a, 4), ValueError, "group_norm: groups", "groups=3"),
        (lambda x, a: ops.group_norm(x, a, a, 0), ValueError, "group_norm: groups", "groups=1"),
        (lambda x, a: ops.group_norm(x, a, a, 2.0), ValueError, "group_norm: groups", "groups=6"),
        (lambda x, a: ops.group_norm(x, a, a, 2, float("nan")), ValueError, "group_norm: epsilon", "epsilon=1e-3"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, where, fix):
    with refused(error, where, fix=fix):
        call(draw(2, 3, 6), np.ones(6, "float32"))


def test_the_groups_that_would_fit_are_named():
    with refused(ValueError, "group_norm: groups", expected="divides the 6 channels: 1, 2, 3, 6", got="4"):
        ops.group_norm(np.zeros((2, 6)), np.ones(6), np.ones(6), 4)
