"""The three formulas of a VAE: against what they are composed of, against random draws, and at their limits."""

import math

import numpy as np
import pytest
from helpers.op_table import OPS, draws
from helpers.orders import assert_equal_at_orders_0_1_and_2
from helpers.parameters import parameter64, tensors
from helpers.refusals import refused

import minigen
from minigen import Tensor, exp, gradcheck, losses, ops, square
from minigen.autograd import grad


def reparameterise(mu, logvar):
    return mu + np.sqrt(np.exp(logvar)) * np.random.default_rng(5).standard_normal(mu.shape, mu.dtype)


def kl(mu, logvar):
    """By the log-densities: E[log N(z; mu, var) - log N(z; 0, 1)], exact with two points mu ± std (Gauss-Hermite)."""
    std = np.sqrt(np.exp(logvar))
    z = np.stack([mu - std, mu + std])
    log_q = -0.5 * (np.log(2 * np.pi) + logvar + ((z - mu) / std) ** 2)
    log_p = -0.5 * (np.log(2 * np.pi) + z**2)
    return (log_q - log_p).mean(axis=(0, 1))


FORMULAS = {
    "reparameterise": reparameterise,
    "kl_per_dimension": kl,
}

RNG = np.random.default_rng(0)
MU, LOGVAR, EPS = RNG.standard_normal((3, 5, 4))
X, X_HAT = RNG.random((2, 5, 12))

PAIRS = {  # name: (the op, the same of primitives, inputs)
    "reparameterise": (
        lambda mu, logvar: ops.reparameterise(mu, logvar, EPS),
        lambda mu, logvar: mu + exp(logvar / 2) * Tensor(EPS),
        [MU, LOGVAR],
    ),
    "kl_standard_normal": (
        losses.kl_standard_normal,
        lambda mu, logvar: ((exp(logvar) + square(mu) - 1 - logvar) / 2).sum(axis=1).mean(),
        [MU, LOGVAR],
    ),
    "half_squared_error": (
        losses.half_squared_error,
        lambda x, x_hat: (square(x_hat - x).sum(axis=1) / 2).mean(),
        [X, X_HAT],
    ),
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


# ---- each op is its formula, composed of primitives: value, gradients and second derivatives


@pytest.mark.parametrize("name", PAIRS)
def test_fused_and_composed_are_equal_at_orders_0_1_and_2(name, xp):
    assert_equal_at_orders_0_1_and_2(*PAIRS[name])


def test_gradients_are_those_of_the_chapter(xp):
    """dKL/dμ = μ/n and dKL/dlogvar = (e^logvar - 1)/2n; dL/dx̂ = (x̂ - x)/n."""
    mu, logvar, x_hat = (Tensor(a, requires_grad=True) for a in (MU, LOGVAR, X_HAT))
    (losses.kl_standard_normal(mu, logvar) + losses.half_squared_error(X, x_hat)).backward()
    np.testing.assert_allclose(minigen.to_numpy(mu.grad), MU / 5, rtol=1e-12)
    np.testing.assert_allclose(minigen.to_numpy(logvar.grad), (np.exp(LOGVAR) - 1) / 10, rtol=1e-12)
    np.testing.assert_allclose(minigen.to_numpy(x_hat.grad), (X_HAT - X) / 5, rtol=1e-12)


# ---- against random draws


def test_the_spread_of_z_is_the_square_root_of_the_variance():
    """100,000 draws: the standard deviation is e^(logvar/2) to 1 %. With e^logvar in its place it would be 0.135."""
    logvar = np.full((100_000, 3), [-2.0, 0.0, 1.0], "float32")
    z = ops.reparameterise(np.full_like(logvar, 0.5), logvar)
    np.testing.assert_allclose(z.std(axis=0), np.exp(logvar[0] / 2), rtol=0.01)
    np.testing.assert_allclose(z.mean(axis=0), 0.5, atol=0.02)


def test_kl_is_what_a_million_draws_say():
    """E[log N(z; μ, Σ) - log N(z; 0, Id)] over z ~ N(μ, Σ); 1.23104 in closed form."""
    mu, logvar = np.array([[0.7, -1.2]]), np.array([[-0.5, 0.8]])
    exact = losses.kl_standard_normal(mu, logvar)
    assert exact == pytest.approx(1.23104, abs=1e-5)
    z = mu + np.exp(logvar / 2) * RNG.standard_normal((1_000_000, 2))
    log_ratio = 0.5 * (z**2 - (z - mu) ** 2 / np.exp(logvar) - logvar).sum(axis=1)
    assert log_ratio.mean() == pytest.approx(exact, abs=4 * log_ratio.std() / 1000)


def test_kl_is_zero_at_the_prior_only_and_never_negative():
    zeros = np.zeros((4, 3), "float32")
    assert losses.kl_standard_normal(zeros, zeros) == 0
    tiny = (RNG.standard_normal((1000, 3)) * 1e-3).astype("float32")
    assert (ops.kl_per_dimension(tiny, tiny) > 0).all()
    assert ops.KLStandardNormal()(0 * tiny, tiny).min() >= 0


def test_kl_per_dimension_sums_to_the_loss_and_is_a_mean_over_the_batch():
    per_dimension = ops.kl_per_dimension(MU, LOGVAR)
    assert per_dimension.shape == (4,)
    assert losses.kl_standard_normal(MU, LOGVAR) == pytest.approx(per_dimension.sum())
    twice = [np.concatenate([a, a]) for a in (MU, LOGVAR)]
    np.testing.assert_allclose(ops.kl_per_dimension(*twice), per_dimension, rtol=1e-12)


def test_without_the_trick_no_gradient_reaches_the_encoder():
    """z as a mere number: nothing tells μ and Σ what the decoder would have liked."""
    mu = Tensor(MU, requires_grad=True)
    z = ops.reparameterise(mu, Tensor(LOGVAR), EPS)
    detached = z.detach()
    assert (grad(square(z).sum(), [mu])[0].numpy() != 0).all()
    assert not square(detached).sum().requires_grad


# ---- at the limits


def test_noise_that_requires_a_gradient_is_refused():
    mu = parameter64(np.zeros((2, 3)))
    with refused(TypeError, "reparameterise: eps"):
        minigen.reparameterise(mu, mu, parameter64(np.ones((2, 3))))


def test_the_kl_of_60_000_codes_is_exact_to_1e_6_in_float32():
    mu, logvar = np.full((60_000, 2), 0.3, "float32"), np.full((60_000, 2), -0.7, "float32")
    exact = ops.kl_per_dimension(mu.astype("float64"), logvar.astype("float64"))
    assert abs(ops.kl_per_dimension(mu, logvar) / exact - 1).max() < 1e-6


@pytest.mark.parametrize("extreme", [1e4, -1e4, np.inf, -np.inf])
def test_an_extreme_log_variance_is_clipped_exactly(extreme, xp):
    """As logvar = ±20, and the gradient to it is exactly 0: never a NaN, at no order."""
    mu = Tensor(np.ones((1, 1), "float32"), requires_grad=True)
    logvar = Tensor(np.full((1, 1), extreme, "float32"), requires_grad=True)
    z, kl = ops.reparameterise(mu, logvar, np.ones((1, 1), "float32")), losses.kl_standard_normal(mu, logvar)
    limit = math.copysign(20, extreme)
    assert z.item() == pytest.approx(1 + math.exp(limit / 2), rel=1e-6)
    assert kl.item() == pytest.approx((math.exp(limit) + 1 - 1 - limit) / 2, rel=1e-6)
    first = grad((z + kl).sum(), [mu, logvar], create_graph=True)
    second = grad((first[0] * first[0] + first[1]).sum(), [mu, logvar])
    assert first[1].item() == 0 and second[1].item() == 0
    assert all(np.isfinite(g.numpy()).all() for g in (*first, *second))


def test_the_gradient_is_exact_up_to_the_limit():
    at = np.array([[-19.9, 19.9, 3.0]])
    gradcheck(lambda logvar: ops.reparameterise(0 * at, logvar, np.ones_like(at)), [at], order=2)
    for v in (-19.9, 19.9):
        gradcheck(lambda logvar: losses.kl_standard_normal(0 * logvar, logvar), [np.array([[v]])], order=2)


def test_a_given_epsilon_takes_the_precision_of_mu():
    z = ops.reparameterise(Tensor(np.zeros((2, 2), "float32")), Tensor(np.zeros((2, 2), "float32")), np.ones((2, 2)))
    assert z.dtype == np.float32 and (z.numpy() == 1).all()


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: ops.reparameterise(MU, LOGVAR[:, :1]), "mu and logvar differ in shape"),
        (lambda: ops.reparameterise(MU, LOGVAR, EPS[0]), "mu and eps differ in shape"),
        (lambda: losses.kl_standard_normal(MU, LOGVAR[:1]), "mu and logvar differ in shape"),
        (lambda: losses.kl_standard_normal(MU[:0], LOGVAR[:0]), "kl_per_dimension: wrong shape"),
        (lambda: losses.kl_standard_normal(MU[0], LOGVAR[0]), "kl_per_dimension: wrong shape"),
    ],
)
def test_bad_input(call, text):
    with pytest.raises(ValueError, match=text):
        call()
