"""SGD, Adam, AdamW, RMSprop and Adadelta against their closed forms, and what they refuse."""

import math

import numpy as np
import pytest
from helpers.optimizers import constant
from helpers.parameters import parameter64
from helpers.refusals import refused

import minigen
from minigen import SGD, Adadelta, Adam, AdamW, RMSprop, Tensor, optimizers

# ---- closed forms


def test_sgd(xp):
    assert constant(SGD(0.1), 0.5, 7) == pytest.approx(-7 * 0.1 * 0.5)


def test_sgd_on_a_parabola_shrinks_by_the_same_factor_each_step(xp):
    w = Tensor(np.array([3.0]), requires_grad=True)
    sgd = SGD(0.1)
    for _ in range(20):
        (w * w * 0.5).sum().backward()
        sgd.step([w])
    assert w.item() == pytest.approx(3 * 0.9**20)


def test_momentum(xp):
    """m after k steps is -η g (1 - μᵏ)/(1 - μ), a geometric series; w is the sum of all m."""
    eta, mu, g = 0.1, 0.9, 0.5
    m = [-eta * g * (1 - mu**k) / (1 - mu) for k in range(1, 8)]
    assert constant(SGD(eta, momentum=mu), g, 7) == pytest.approx(sum(m))
    assert constant(SGD(eta, momentum=mu, nesterov=True), g, 7) == pytest.approx(sum(mu * k - eta * g for k in m))


def test_adam(xp):
    """Under a constant g the corrected averages are g and g², so each step is η g / (|g| + ε/√(1-β₂ᵗ))."""
    eta, g, epsilon = 0.01, 2e-6, 1e-7
    way = sum(eta * g / (g + epsilon / math.sqrt(1 - 0.999**t)) for t in range(1, 31))
    assert constant(Adam(eta), g, 30) == pytest.approx(-way)
    assert constant(Adam(eta), 5.0, 30) == pytest.approx(-30 * eta, rel=1e-6)  # the size of g does not matter


def test_adamw_decays_by_the_rate_whatever_the_gradient(xp):
    """Without a gradient w is (1 - η λ)ᵗ of what it was; a constant gradient adds Adam's step to that each time."""
    eta, decay = 0.01, 0.5
    for g, step in ((0.0, 0.0), (3.0, eta), (300.0, eta)):
        w, expected = Tensor(np.array([2.0]), requires_grad=True), 2.0
        adamw = AdamW(eta, weight_decay=decay)
        for _ in range(10):
            (w * g).sum().backward()
            adamw.step([w])
            expected = expected * (1 - eta * decay) - step
        assert w.item() == pytest.approx(expected, rel=1e-7)


def test_adamw_is_adam_with_a_decay(xp):
    settings = dict(beta_1=0.8, beta_2=0.9, epsilon=1e-3, global_clipnorm=1.0)
    ways = []
    for optimizer in (AdamW(0.1, 0.02, **settings), Adam(0.1, weight_decay=0.02, **settings)):
        w = Tensor(np.array([1.0, -2.0]), requires_grad=True)
        for _ in range(5):
            (w * w * w).sum().backward()
            optimizer.step([w])
        ways.append(w.numpy())
    np.testing.assert_array_equal(*ways)
    without = AdamW(0.1, weight_decay=None)
    assert without.weight_decay is None and constant(without, 0.5, 3) == constant(Adam(0.1), 0.5, 3)


def test_rmsprop(xp):
    """v after t steps is (1 - ρᵗ) g²."""
    way = sum(0.01 * 0.5 / math.sqrt((1 - 0.9**t) * 0.25 + 1e-7) for t in range(1, 11))
    assert constant(RMSprop(0.01), 0.5, 10) == pytest.approx(-way)


def test_adadelta(xp):
    """The first step is √ε g / √((1-ρ) g² + ε), whatever the size of g: about 0.0014; rate 1 as in the paper."""
    first = math.sqrt(1e-7 / (0.05 * 0.25 + 1e-7)) * 0.5
    assert constant(Adadelta(), 0.5, 1) == pytest.approx(-first)
    assert constant(Adadelta(0.001), 0.5, 1) == pytest.approx(-first / 1000)
    assert Adadelta().learning_rate == 1.0


@pytest.mark.parametrize(
    "name, defaults",
    [
        ("sgd", {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False}),
        ("adam", {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}),
        ("adamw", {"learning_rate": 0.001, "weight_decay": 0.004, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}),
        ("adadelta", {"learning_rate": 1.0, "rho": 0.95, "epsilon": 1e-7}),
        ("rmsprop", {"learning_rate": 0.001, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-7}),
    ],
)
def test_defaults_are_keras(name, defaults):
    optimizer = optimizers.get(name)
    assert {k: getattr(optimizer, k) for k in defaults} == defaults


# ---- names and numbers of arguments


@pytest.mark.parametrize(
    "action, problem",
    [
        (lambda x, a: minigen.SGD(a), "SGD: learning_rate"),
        (lambda x, a: minigen.SGD(momentum=a), "SGD: momentum"),
        (lambda x, a: minigen.Adam(epsilon=a), "Adam: epsilon"),
        (lambda x, a: minigen.RMSprop(rho=a), "RMSprop: rho"),
    ],
)
def test_a_number_that_must_not_be_learned_is_refused_as_a_tensor(action, problem):
    with refused(ValueError, problem):
        action(parameter64([-1.0, 2.0]), parameter64(0.5))


@pytest.mark.parametrize(
    ("where", "call", "error"),
    [
        ("SGD: nesterov", lambda x: minigen.SGD(0.1, nesterov=True), ValueError),
    ],
)
def test_nesterov_without_momentum_is_refused(where, call, error):
    with refused(error, where):
        call(parameter64(np.ones((2, 3))))


@pytest.mark.parametrize(
    "betas", [{"beta_1": 1.0}, {"beta_2": 1}, {"beta_2": -0.1}, {"beta_1": np.nan}, {"beta_1": "0.9"}]
)
def test_the_betas_of_adam_are_in_0_to_1(betas):
    with refused(ValueError, where=f"Adam: {next(iter(betas))}", expected="< 1", fix="Adam(0.001"):
        Adam(0.001, **betas)
