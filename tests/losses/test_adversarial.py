"""The losses of two players against closed forms, their slopes, and the penalty through a convolutional critic."""

import math

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import Tensor, grad, gradcheck, layers, losses, ops, to_numpy
from minigen.model import Sequential

NOT_SURE = np.zeros((5, 1), "float32")

LOGITS = np.linspace(-4, 4, 9).reshape(-1, 1)
D = 1 / (1 + np.exp(-LOGITS))


def slope(loss, a):
    """dL/da of each of n logits, times n: what one image contributes."""
    a = Tensor(a, requires_grad=True)
    (g,) = grad(loss(a), [a])
    return g.numpy() * a.size


# ---- values


@pytest.mark.parametrize(
    "name, discriminator, generator",
    [
        ("non_saturating", 2 * math.log(2), math.log(2)),
        ("minimax", 2 * math.log(2), -math.log(2)),
        ("least_squares", 1 / 2, 1 / 2),
        ("hinge", 2, 0),
        ("wasserstein", 0, 0),
    ],
)
def test_losses_of_a_discriminator_that_cannot_tell(xp, name, discriminator, generator):
    pair = losses.ADVERSARIAL[name]
    a = Tensor(NOT_SURE)
    assert pair.discriminator(a, a).item() == pytest.approx(discriminator, rel=1e-6)
    assert pair.generator(a).item() == pytest.approx(generator, rel=1e-6)


def test_values_are_those_of_the_formulas(xp):
    real, fake = LOGITS + 1.0, LOGITS[:6] * 1.5
    p, q = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))
    assert float(losses.discriminator_loss(real, fake)) == pytest.approx(-np.log(p).mean() - np.log(1 - q).mean())
    assert float(losses.generator_loss(fake)) == pytest.approx(-np.log(q).mean())
    assert float(losses.saturating_generator_loss(fake)) == pytest.approx(np.log(1 - q).mean())
    squares = ((real - 1) ** 2).mean() / 2 + (fake**2).mean() / 2
    assert float(losses.least_squares_discriminator_loss(real, fake)) == pytest.approx(squares)
    assert float(losses.least_squares_generator_loss(fake)) == pytest.approx(((fake - 1) ** 2).mean() / 2)
    hinges = np.maximum(0, 1 - real).mean() + np.maximum(0, 1 + fake).mean()
    assert float(losses.hinge_discriminator_loss(real, fake)) == pytest.approx(hinges)
    assert float(losses.hinge_generator_loss(fake)) == pytest.approx(-fake.mean())
    assert float(losses.wasserstein_critic_loss(real, fake)) == pytest.approx(fake.mean() - real.mean())
    assert float(losses.wasserstein_generator_loss(fake)) == pytest.approx(-fake.mean())


def test_arrays_give_arrays_and_tensors_tensors():
    assert isinstance(losses.discriminator_loss(NOT_SURE, NOT_SURE), (np.ndarray, np.generic))
    assert isinstance(losses.discriminator_loss(Tensor(NOT_SURE), Tensor(NOT_SURE)), Tensor)


@pytest.mark.parametrize("a", [-1e4, 1e4])
def test_a_discriminator_that_is_very_sure_gives_finite_numbers(xp, a):
    logits = Tensor(np.full((2, 1), a, "float32"), requires_grad=True)
    for loss in losses.ADVERSARIAL.values():
        value = loss.discriminator(logits, logits) + loss.generator(logits)
        (g,) = grad(value, [logits], create_graph=True)
        (h,) = grad((g * g + logits * 0).sum(), [logits])  # + 0: the hinge has a constant slope, and no graph
        assert np.isfinite([value.item(), *g.numpy().ravel(), *h.numpy().ravel()]).all()


# ---- slopes


def test_the_two_classic_slopes(xp):
    """Saturating: -σ(a), which vanishes where D is sure of the fake; -log D: -(1 - σ(a)), which stays."""
    np.testing.assert_allclose(slope(losses.saturating_generator_loss, LOGITS), -D, atol=1e-12)
    np.testing.assert_allclose(slope(losses.generator_loss, LOGITS), -(1 - D), atol=1e-12)


def test_slopes_of_the_others(xp):
    np.testing.assert_allclose(slope(losses.least_squares_generator_loss, LOGITS), LOGITS - 1, atol=1e-12)
    np.testing.assert_allclose(slope(losses.hinge_generator_loss, LOGITS), -np.ones_like(D))
    np.testing.assert_allclose(slope(losses.wasserstein_generator_loss, LOGITS), -np.ones_like(D))
    away = LOGITS + 0.25  # from the hinges at -1 and 1
    assert (slope(lambda a: losses.hinge_discriminator_loss(a, NOT_SURE), away) == -1.0 * (away < 1)).all()
    assert (slope(lambda a: losses.hinge_discriminator_loss(NOT_SURE, a), away) == (away > -1)).all()


@pytest.mark.parametrize("name", losses.ADVERSARIAL)
def test_gradients_to_second_order(xp, name):
    pair = losses.ADVERSARIAL[name]
    away = LOGITS + 0.25
    gradcheck(pair.discriminator, [away, away[::-1] * 0.8], order=2)
    gradcheck(pair.generator, [away], order=2)


def test_the_best_discriminator_for_two_known_densities():
    """The loss, minimised number by number over a, has its minimum at σ(a) = p/(p + q)."""
    p, q = np.array([0.1, 0.4, 0.5]), np.array([0.3, 0.6, 0.1])
    a = Tensor(np.log(p / q), requires_grad=True)
    real, fake = (a[np.repeat(np.arange(3), (10 * density).round().astype(int))] for density in (p, q))  # ten draws
    np.testing.assert_allclose(grad(losses.discriminator_loss(real, fake), [a])[0].numpy(), 0, atol=1e-12)


# ---- the gradient penalty


def test_penalty_of_a_linear_critic_is_exact(xp):
    """a(x) = w·x has the slope w everywhere: the penalty is (‖w‖ - 1)², its gradient 2 (‖w‖ - 1) w/‖w‖."""
    w = Tensor(np.array([[3.0], [4.0]]), requires_grad=True)
    x = np.random.default_rng(0).normal(size=(7, 2))
    penalty = losses.gradient_penalty(lambda x: x @ w, x, x + 1)
    assert penalty.item() == pytest.approx((5 - 1) ** 2)
    np.testing.assert_allclose(grad(penalty, [w])[0].numpy(), 2 * 4 * w.numpy() / 5, rtol=1e-10)


def test_penalty_of_a_critic_without_slope_is_one_and_moves_nothing(xp):
    w = Tensor(np.zeros((2, 1)), requires_grad=True)
    penalty = losses.gradient_penalty(lambda x: x @ w, np.ones((3, 2)), np.zeros((3, 2)))
    assert penalty.item() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(grad(penalty, [w])[0].numpy(), 0, atol=1e-5)


def test_penalty_is_taken_between_real_and_fake(xp):
    seen = []

    def watch(x):
        seen.append(to_numpy(x.data))
        return (x * 2.0).sum(axis=1, keepdims=True)

    real, fake = np.zeros((1000, 3)), np.ones((1000, 3)) * [1, 10, 100]
    losses.gradient_penalty(watch, real, fake)
    share = seen[0] / fake
    assert (share >= 0).all() and (share <= 1).all()
    np.testing.assert_allclose(share, share[:, :1].repeat(3, axis=1), rtol=1e-12)  # one u for each pair
    assert share[:, 0].mean() == pytest.approx(0.5, abs=0.05) and share[:, 0].std() == pytest.approx(0.289, abs=0.02)


def critic(dtype="float64"):
    """A small convolutional critic with every kind of layer that one has: two strided convolutions, slopes, a Dense."""
    minigen.seed(3)
    conv = [layers.Conv2D(4, 3, strides=2, padding="same"), layers.LeakyReLU(0.2)]
    conv += [layers.Conv2D(5, 3, strides=2, padding="same"), layers.LeakyReLU(0.2)]
    return Sequential([layers.Input(shape=(8, 8, 1)), *conv, layers.Flatten(), layers.Dense(1)]).astype(dtype)


def images(n, seed):
    return np.random.default_rng(seed).uniform(-1, 1, (n, 8, 8, 1))


def test_penalty_through_a_convolutional_critic_agrees_with_finite_differences(xp):
    """Double backward: the derivative by each kernel of a function of the derivative by the pixels."""
    c = critic()
    real, fake = images(3, 0), images(3, 1)

    def penalty():
        minigen.seed(0)  # the same places between
        return losses.gradient_penalty(c, real, fake)

    gradients = [g.numpy() for g in grad(penalty(), c.parameters())]
    rng = np.random.default_rng(5)
    for w, g in zip(c.parameters(), gradients, strict=True):
        direction = rng.normal(size=w.shape)
        start = w.numpy().copy()
        ends = []
        for step in (1e-6, -1e-6):
            w.assign(start + step * direction)
            ends.append(penalty().item())
        w.assign(start)
        assert (ends[0] - ends[1]) / 2e-6 == pytest.approx((g * direction).sum(), rel=1e-6, abs=1e-9), w.name


def test_float32_keeps_the_small_costs_of_a_sure_discriminator(xp):
    """softplus(a) - a would be 0 from a = 15 on, and σ(a) - 1 lose most of its digits."""
    a = np.array([[15.0]], "float32")
    small = math.log1p(math.exp(-15))
    assert float(losses.generator_loss(a)) == pytest.approx(small, rel=1e-5)
    assert float(losses.saturating_generator_loss(-a)) == pytest.approx(-small, rel=1e-5)
    assert slope(losses.generator_loss, a).item() == pytest.approx(-1 / (1 + math.exp(15)), rel=1e-5)


# ---- bad input


@pytest.mark.parametrize("name", losses.ADVERSARIAL)
def test_probabilities_in_place_of_logits_are_refused(name):
    a = Tensor(NOT_SURE, requires_grad=True)
    pair = losses.ADVERSARIAL[name]
    for p in (ops.sigmoid(a), ops.softmax(a), ops.sigmoid(a).reshape(-1)):
        wrong = {"where": "probabilities where logits are expected", "got": "sigmoid", "fix": "Dense(1)"}
        with refused(ValueError, **wrong):
            pair.generator(p)
        with refused(ValueError, **wrong):
            pair.discriminator(a, p)
        with refused(ValueError, **wrong):
            pair.discriminator(p, a)
    with refused(ValueError, where="gradient_penalty: probabilities"):
        losses.gradient_penalty(lambda x: ops.sigmoid(x.sum(axis=1)), np.ones((2, 3)), np.ones((2, 3)))


def test_bad_logits_are_refused():
    with refused(ValueError, where="generator_loss: empty batch"):
        losses.generator_loss(np.zeros((0, 1), "float32"))
    with refused(TypeError, where="generator_loss: no logits", got="int64"):
        losses.generator_loss(np.array([[1]]))
    with refused(ValueError, where="differ in shape", expected="(2, 8, 8, 1)", got="(3, 8, 8, 1)"):
        losses.gradient_penalty(critic(), images(2, 0), images(3, 0))
    with refused(ValueError, where="adversarial loss", expected="hinge", got="goodfellow"):
        losses.get_adversarial("goodfellow")
    with refused(TypeError, expected="a pair of losses"):
        losses.get_adversarial(losses.generator_loss)
