"""GANs: who is moved by which step, the balance of the players, what is logged, and every game against closed forms."""

import math

import numpy as np
import pytest
from helpers.refusals import refused
from helpers.runs import resumes_bit_for_bit
from helpers.small_gans import KINDS, X, batch, small_gan

import minigen
from minigen import Adam, Dense, Tensor, grad, models
from minigen.datasets import mnist

RNG = np.random.default_rng(0)


# ---- what they are


def test_a_part_that_forgets_super_init_is_told():
    class Own(models.GAN):
        def __init__(self):
            self.generator = Dense(2)

    with pytest.raises(AttributeError, match=r"super\(\).__init__"):
        Own().margin  # noqa: B018


def test_weights_are_named_by_their_place():
    names = list(models.gan().named_weights())
    assert names[0] == "generator/dense/kernel" and names[-1] == "discriminator/dense_2/bias"


def test_sample_of_a_trained_gan_is_repeatable():
    (x, _), _ = mnist.load_data("sample")
    x = x[:256].reshape(-1, 784).astype("float32") / 255
    drawn = []
    for _ in range(2):
        minigen.seed(5)
        gan = models.gan(noise_dim=8)
        gan.compile()
        gan.fit(x, epochs=1, batch_size=64, verbose=0)
        drawn.append(gan.sample(4))
    assert np.array_equal(*drawn)


# ---- who is moved by what


def spied(gan):
    """What each optimizer step changed: a list of (player, names of the weights that differ from before)."""
    seen, weights = [], {k: w.numpy().copy() for k, w in gan.named_weights().items()}

    def spy(player, optimizer):
        plain = optimizer.step

        def step(parameters):
            before = {k: w.numpy().copy() for k, w in gan.named_weights().items()}
            plain(parameters)
            seen.append((player, {k for k, w in gan.named_weights().items() if (w.numpy() != before[k]).any()}))

        optimizer.step = step

    spy("d", gan.d_optimizer)
    spy("g", gan.g_optimizer)
    return seen, weights


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_of_one_player_leaves_the_other_bit_for_bit(xp, kind):
    minigen.seed(2)
    gan = small_gan(kind)
    gan.compile()
    if kind is models.WassersteinGAN:
        gan.critic_steps = 1
    seen, start = spied(gan)
    gan.train_on_batch(*batch(gan))
    assert [player for player, _ in seen] == ["d", "g"]
    (_, by_d), (_, by_g) = seen
    of_d, moved = ({w.name for w in player.parameters()} for player in (gan.discriminator, gan.generator))
    assert by_d <= of_d and {w for w in of_d if "kernel" in w} <= by_d  # the last bias of a critic has no gradient
    assert by_g <= moved and {w for w in moved if "kernel" in w} <= by_g  # nor has a bias before a BatchNorm
    trained = {k: w.numpy() for k, w in gan.named_weights().items()}
    assert any((trained[k] != start[k]).any() for k in moved)


def test_a_step_of_the_critic_alone_records_no_graph_of_the_generator():
    gan, recorded = small_gan(models.WassersteinGAN, critic_steps=3), []
    gan.compile()
    last, plain = gan.generator.layers[-1], gan.generator.layers[-1].call
    last.call = lambda x: (recorded.append((y := plain(x)).op is not None), y)[1]
    for _ in range(6):
        gan.train_on_batch(X)
    assert recorded == [False, False, True] * 2 and gan.g_optimizer.iterations == 2


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_of_each_player_stays_with_it(kind):
    """At D's step G has no gradient yet; at G's step D's is still the one that its own step has used."""
    gan = small_gan(kind)
    gan.compile()
    gan.critic_steps = 1
    seen = {}
    for name, optimizer in (("d", gan.d_optimizer), ("g", gan.g_optimizer)):

        def step(parameters, name=name, plain=optimizer.step):
            both = (gan.generator, gan.discriminator)
            seen[name] = [[p.grad for p in player.parameters()] for player in both]
            plain(parameters)

        optimizer.step = step
    gan.train_on_batch(*batch(gan))
    assert all(g is None for g in seen["d"][0])
    assert all(g is not None for g in seen["g"][0])
    assert all(now is then for now, then in zip(seen["g"][1], seen["d"][1], strict=True))


def test_the_gradient_of_g_is_that_of_d_with_respect_to_the_pixels_sent_through_g(xp):
    """ "The loss of the generator is the discriminator": dL_G/dθ = (dL_G/dx) · dG/dθ, and nothing else."""
    gan = small_gan().astype("float64")
    gan.compile()
    z = Tensor(minigen.backend.asarray(RNG.standard_normal((5, 4))))
    parameters = gan.generator.parameters()
    direct = grad(gan.generator_loss(gan.logits(gan.generator(z, training=False), training=False)), parameters)
    fake = gan.generator(z)
    pixels = gan.pixel_gradient(fake.numpy()) / len(fake)
    through = grad((fake * minigen.backend.asarray(pixels)).sum(), parameters)
    for one, other in zip(direct, through, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-9, atol=1e-12)


def test_pixel_gradients_equal_finite_differences():
    gan = small_gan().astype("float64")
    gan.compile()
    x = RNG.random((3, 6))
    found = gan.pixel_gradient(x)
    for i in range(3):
        for j in range(6):
            ends = []
            for step in (1e-6, -1e-6):
                moved = x.copy()
                moved[i, j] += step
                ends.append(float(gan.generator_loss(gan.logits(moved[i : i + 1], training=False))))
            assert found[i, j] == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-8)


def test_optimizers_start_as_the_literature_has_them():
    gan = small_gan()
    gan.compile()
    assert (gan.d_optimizer.beta_1, gan.g_optimizer.beta_1, gan.g_optimizer.learning_rate) == (0.5, 0.5, 2e-4)
    assert gan.d_optimizer is not gan.g_optimizer
    wgan = small_gan(models.WassersteinGAN)
    wgan.compile()
    assert (wgan.d_optimizer.beta_1, wgan.d_optimizer.beta_2, wgan.d_optimizer.learning_rate) == (0.0, 0.9, 1e-4)


def test_a_critic_takes_five_steps_for_one_of_g():
    gan = small_gan(models.WassersteinGAN)
    gan.compile()
    seen, _ = spied(gan)
    logs = gan.fit(X, epochs=3, batch_size=10, verbose=0).history
    assert "".join(player for player, _ in seen) == "dddddgdddddgdd"
    assert len(logs["d_loss"]) == len(logs["g_loss"]) == 3  # though the first epoch has four steps, none of G
    for i in range(3):
        assert logs["d_loss"][i] == pytest.approx(10 * logs["penalty"][i] - logs["distance"][i], abs=1e-5)


# ---- balance


@pytest.mark.parametrize(
    ("costs", "who"),
    [
        ((0.69, 0.69), (True, True)),
        ((0.27, 0.69), (False, True)),  # D too good at the real ones
        ((0.69, 0.27), (False, True)),
        ((1.09, 0.69), (True, False)),  # D too bad
        ((0.27, 1.09), (True, True)),  # both: nobody would learn
        ((0.28, 1.08), (True, True)),
    ],
)
def test_the_margin_rule(costs, who):
    assert small_gan(margin=0.4001).players_to_update(*costs) == who
    assert small_gan().players_to_update(*costs) == (True, True)


def test_a_margin_skips_steps(xp):
    gan = small_gan(margin=0.0)  # nobody is exactly at 0.68
    gan.compile()
    seen, _ = spied(gan)
    gan.fit(X, epochs=5, batch_size=10, verbose=0)
    players = "".join(player for player, _ in seen)
    assert 20 <= len(players) < 40
    assert gan.d_optimizer.iterations == players.count("d") and gan.g_optimizer.iterations == players.count("g")


# ---- what is logged


def test_logs_of_a_gan_that_cannot_tell():
    gan = small_gan()
    gan.compile(Adam(0.0), Adam(0.0))
    gan.discriminator.set_weights([0 * w for w in gan.discriminator.get_weights()])
    d_loss, g_loss, d_real, d_fake, d_accuracy = gan.evaluate(X)
    assert d_loss == pytest.approx(2 * math.log(2), rel=1e-6) and g_loss == pytest.approx(math.log(2), rel=1e-6)
    assert d_real == pytest.approx(math.log(2), rel=1e-6) and d_fake == pytest.approx(math.log(2), rel=1e-6)
    assert d_accuracy == 0.5


def test_d_loss_is_the_sum_of_the_two_costs():
    gan = small_gan()
    gan.compile()
    logs = gan.fit(X, epochs=2, batch_size=7, verbose=0).history
    for d_loss, d_real, d_fake in zip(logs["d_loss"], logs["d_real"], logs["d_fake"], strict=True):
        assert d_loss == pytest.approx(d_real + d_fake, rel=1e-5)


def test_accuracy_counts_real_and_fake_alike():
    gan = small_gan()
    gan.compile()
    kernel = np.zeros((5, 1), "float32")
    gan.discriminator.set_weights([*gan.discriminator.get_weights()[:2], kernel, np.array([3.0], "float32")])
    assert gan.evaluate(X)[4] == pytest.approx(0.5)  # all called real
    assert gan.discriminate(X) == pytest.approx(1 / (1 + math.exp(-3)), rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_resume_is_bit_identical(tmp_path, kind):
    def make():
        gan = small_gan(kind)
        return gan, *batch(gan)

    assert resumes_bit_for_bit(tmp_path, make, batch_size=16)


def test_resuming_with_another_game_is_refused(tmp_path):
    gan = small_gan()
    gan.compile()
    gan.fit(X, epochs=1, verbose=0, checkpoint=tmp_path / "run.npz")
    gan.compile(loss="hinge")
    with refused(ValueError, where="another run", expected="non_saturating", got="hinge"):
        gan.fit(X, epochs=2, verbose=0, checkpoint=tmp_path / "run.npz", resume=True)


def test_watching_does_not_change_the_training():
    def weights(samples):
        minigen.seed(3)
        gan = small_gan()
        gan.compile()
        gan.monitor = models.GANMonitor(samples=samples)
        gan.fit(X, epochs=3, batch_size=8, verbose=0)
        return gan.get_weights()

    assert all(np.array_equal(a, b) for a, b in zip(weights(3), weights(50), strict=True))


@pytest.mark.parametrize("kind", (models.GAN, models.ConditionalGAN))
@pytest.mark.parametrize("loss", ["non_saturating", "minimax", "least_squares", "hinge"])
def test_every_game_can_be_played(xp, kind, loss):
    gan = small_gan(kind)
    gan.compile(loss=loss)
    logs = gan.fit(*batch(gan), epochs=2, batch_size=8, verbose=0).history
    assert all(np.isfinite(v).all() for v in logs.values())
    assert len(gan.evaluate(*batch(gan))) == 5


def test_the_border_of_least_squares_is_a_half():
    """A D that answers 1 and 0, just what it is asked for, is right about all; one that answers 1/2 about half."""
    gan = small_gan()
    gan.compile(loss="least_squares")
    for real, fake, accuracy in ((0.9, 0.2, 1.0), (0.5, 0.5, 0.5), (0.4, 0.6, 0.0)):
        answers = [np.full((4, 1), a, "float32") for a in (real, fake)]
        assert gan.verdicts(*answers)["d_accuracy"] == accuracy


# ---- bad input


@pytest.mark.parametrize(
    ("problem", "call", "error"),
    [
        ("noise: n", lambda: models.gan(4).noise("3"), ValueError),
        ("noise: n", lambda: models.gan(4).noise(-1), ValueError),
    ],
)
def test_the_number_of_noise_vectors_is_a_positive_integer(problem, call, error):
    with refused(error, problem):
        call()
