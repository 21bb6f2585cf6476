"""Generative adversarial networks: who is moved by which step, against closed forms, and against bad input."""

import math
import warnings

import numpy as np
import pytest
from helpers.refusals import refused
from helpers.runs import resumes_bit_for_bit

import minigen
from minigen import (
    Adam,
    BatchNormalization,
    Dense,
    Input,
    LeakyReLU,
    Model,
    Rescaling,
    Sequential,
    Tensor,
    grad,
    losses,
    models,
    ops,
)
from minigen.arrays import check_range
from minigen.datasets import mnist, toys

RNG = np.random.default_rng(0)
X = RNG.random((40, 6)).astype("float32")
LABELS = RNG.integers(0, 3, 40)


def generator(out="sigmoid"):
    return Sequential([Input((4,)), Dense(8), BatchNormalization(), LeakyReLU(0.2), Dense(6, out)])


def discriminator(last="linear"):
    return Sequential([Input((6,)), Dense(5, "tanh"), Dense(1, last)])


def small_gan(kind=models.GAN, **options):
    """4 → 8 → 6, and 6 → 5 → 1; the conditional one with 3 classes."""
    if kind is not models.ConditionalGAN:
        return kind(generator(), discriminator(), **options)
    z, x, y, t = Input((4,)), Input((6,)), Input((3,)), Input((3,))
    g = Model([z, y], Dense(6, "sigmoid")(Dense(8, "tanh")(minigen.Concatenate()([z, y]))))
    d = Model([x, t], Dense(1)(Dense(5, "tanh")(minigen.Concatenate()([x, t]))))
    return kind(g, d, **options)


KINDS = (models.GAN, models.ConditionalGAN, models.WassersteinGAN)


def dense(*widths):
    """The weights of dense layers of these widths."""
    return sum(n * m + m for n, m in zip(widths[:-1], widths[1:], strict=True))


def batch(gan):
    return (X, LABELS) if isinstance(gan, models.ConditionalGAN) else (X,)


# ---- what they are


@pytest.mark.parametrize(
    ("model", "count"),
    [
        (models.gan, dense(32, 256, 512, 1024, 784) + 4 * (256 + 512 + 1024) + dense(784, 512, 256, 1)),
        (models.gan, 1_476_112 + 533_505),
        (models.conditional_gan, 1_476_112 + 10 * 256 + 533_505 + 10 * 512),
        (lambda: models.gan(100, "gpu").generator, dense(100, 512, 1024, 2048, 784) + 4 * (512 + 1024 + 2048)),
        (lambda: models.dcgan().discriminator, 25 * 32 + 32 + 25 * 32 * 64 + 64 + 7 * 7 * 64 + 1),
    ],
)
def test_number_of_parameters(model, count):
    assert model().count_params() == count


@pytest.mark.parametrize("make", [models.gan, models.conditional_gan, models.dcgan, models.wgan_gp])
def test_the_presets_draw_images_in_0_1(make):
    for preset in ("cpu", "gpu"):
        gan = make(noise_dim=7, preset=preset)
        fakes = gan.sample(3, *([2] if make is models.conditional_gan else []))
        assert fakes.shape in ((3, 784), (3, 28, 28, 1)) and fakes.min() >= 0 and fakes.max() <= 1
        assert gan.noise_dim == 7
    assert make(preset="gpu").count_params() > make().count_params()


def test_weights_are_named_by_their_place():
    names = list(models.gan().named_weights())
    assert names[0] == "generator/dense/kernel" and names[-1] == "discriminator/dense_2/bias"


def test_a_sigmoid_with_a_centred_input_is_a_tanh_in_minus_1_to_1():
    """(tanh u + 1)/2 = σ(2u): the two conventions draw the same images, and the same D sees the same numbers."""
    u = Tensor(np.linspace(-3, 3, 7))
    np.testing.assert_allclose(Rescaling(2, -1)(ops.sigmoid(2 * u)).numpy(), np.tanh(u.numpy()), atol=1e-12)


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


# ---- the toy


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


# ---- the monitor


def watched(numbers_of_epochs, iterations=1000):
    """The names of the failures that are told, epoch by epoch, for what a GAN logs and its monitor sees."""
    gan, told, history = small_gan(), [], {"d_loss": []}
    gan.compile()
    gan.g_optimizer.iterations = iterations
    for numbers in numbers_of_epochs:
        gan.monitor.measure = lambda gan, numbers=numbers: {k: v for k, v in numbers.items() if k != "d_accuracy"}
        history["d_loss"].append(1.0)
        if "d_accuracy" in numbers:
            history.setdefault("d_accuracy", []).append(numbers["d_accuracy"])
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for k, v in gan.on_epoch_end(history).items():
                history.setdefault(k, []).append(v)
        told.append([w.message.failure for w in caught])
        gan.g_optimizer.iterations += 300
    return told


WELL = {"d_accuracy": 0.6, "spread": 0.2, "gradient_norm": 1.0, "digits": 9.5}


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"spread": 0.0}, "all fakes are the same image"),
        ({"digits": 1.2}, "mode collapse"),
        ({"d_accuracy": 1.0}, "the discriminator is too strong"),
        ({"gradient_norm": 1e-6}, "the generator's loss is saturated"),
    ],
)
def test_a_failure_is_named_once_when_it_lasts_two_epochs(wrong, name):
    bad = WELL | wrong
    assert watched([WELL, bad, WELL, bad, bad, bad, WELL, bad, bad]) == [
        [], [], [], [], [name], [], [], [], [name],
    ]  # fmt: skip
    assert watched([bad, bad]) == [[], [name]]


def test_few_digits_count_after_a_thousand_steps():
    """Most GANs begin with one; one that never leaves it is told in the second epoch from then on, once."""
    bad = WELL | {"digits": 1.0}
    assert watched([bad] * 8, iterations=0) == [[], [], [], [], [], ["mode collapse"], [], []]
    assert watched([bad] * 4 + [WELL] * 3, iterations=0) == [[]] * 7


def test_points_on_a_line_may_be_close_together():
    gan = models.toy_gan(0.0, 0.001)
    gan.compile(Adam(0.0), Adam(0.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error", models.GANWarning)
        gan.fit(np.zeros((20, 1), "float32"), epochs=3, verbose=0)


@pytest.mark.parametrize("archive", [False, True])
def test_a_warning_points_at_the_line_that_called_fit(archive, tmp_path):
    gan = small_gan()
    gan.monitor = models.Archive(tmp_path) if archive else gan.monitor
    gan.compile(Adam(0.0), Adam(0.0))
    gan.generator.set_weights([0 * w for w in gan.generator.get_weights()])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        gan.fit(X, epochs=2, verbose=0)
    assert [w.message.failure for w in caught] == ["all fakes are the same image"]
    assert caught[0].filename == __file__


def test_bad_monitors_are_refused():
    for samples in (1, 0, 2.5, "a", True):
        with refused(ValueError, where="GANMonitor: samples"):
            models.GANMonitor(samples=samples)
    with refused(TypeError, where="GANMonitor: scorer", got="int"):
        models.GANMonitor(3)


def test_a_gan_that_does_well_is_not_warned():
    assert watched([WELL] * 4) == [[]] * 4


def test_what_the_monitor_measures():
    gan = small_gan()
    gan.compile()
    gan.generator.set_weights([0 * w for w in gan.generator.get_weights()])
    seen = models.GANMonitor(samples=20).measure(gan)
    assert seen["spread"] == 0 and set(seen) == {"spread", "gradient_norm"}
    fakes = gan.sample(20)
    norms = np.linalg.norm(gan.pixel_gradient(fakes), axis=1)
    assert seen["gradient_norm"] == pytest.approx(norms.mean(), rel=1e-5)


def test_a_scorer_counts_the_digits_of_the_fakes():
    class Scorer:
        def count(self, images):
            return float(len(images))

    gan = small_gan(models.ConditionalGAN)
    gan.compile()
    gan.monitor = models.GANMonitor(Scorer(), samples=12)
    logs = gan.fit(X, LABELS, epochs=1, verbose=0).history
    assert logs["digits"] == [12.0]


# ---- bad input


def test_data_outside_the_range_is_refused():
    gan = small_gan()
    gan.compile()
    with refused(ValueError, where="GAN.fit: data outside the range", expected="[0, 1]", fix="(x + 1) / 2"):
        gan.fit(X * 2 - 1, verbose=0)
    with refused(TypeError, where="GAN.fit: integer data", fix="/ 255"):
        gan.fit((X * 255).astype("uint8"), verbose=0)
    with refused(ValueError, where="GAN.discriminate: data outside"):
        gan.discriminate(X * 255)
    with refused(ValueError, where="NaN"):
        gan.fit(np.full_like(X, np.nan), verbose=0)


def test_data_in_0_1_for_a_model_of_minus_1_to_1_is_refused():
    gan = models.GAN(generator("tanh"), discriminator(), data_range=(-1.0, 1.0))
    gan.compile()
    with refused(ValueError, where="GAN.fit: data in half the range", expected="[-1, 1]", fix="2 * x - 1"):
        gan.fit(X, verbose=0)
    gan.fit(2 * X - 1, verbose=0)
    gan.discriminate(X[:1])  # one bright image is none of its concern
    check_range(X, (-1.0, 1.0), "here")


@pytest.mark.parametrize(("out", "data_range", "fix"), [("tanh", (0, 1), "sigmoid"), ("sigmoid", (-1, 1), "tanh")])
def test_a_generator_of_another_range_is_refused(out, data_range, fix):
    with refused(ValueError, where="GAN: the generator draws in another range", fix=fix):
        models.GAN(generator(out), discriminator(), data_range=data_range)
    models.GAN(generator(out), discriminator(), data_range=None)


def test_images_of_another_shape_are_refused_before_anything_moves():
    gan = small_gan()
    gan.compile()
    before, draws = gan.get_weights(), minigen.backend.random_state()
    for call in (gan.train_on_batch, lambda x: gan.fit(x, verbose=0), gan.evaluate):
        with refused(ValueError, where=": images", expected="(n, 6", got="(40, 3)"):
            call(X[:, :3])
    assert all(np.array_equal(a, b) for a, b in zip(before, gan.get_weights(), strict=True))
    assert minigen.backend.random_state() == draws


def test_questions_to_d_are_checked():
    gan = small_gan()
    gan.compile()
    with refused(ValueError, where="data outside the range"):
        gan.discriminate(X * 3)
    for ask in (gan.discriminate, gan.pixel_gradient):
        with refused(ValueError, where="NaN"):
            ask(X * np.nan)
        with refused(ValueError, where="no data"):
            ask(X[:0])


def test_noise_of_another_width_is_refused():
    gan = small_gan()
    for z in (np.zeros((2, 5)), np.zeros((2, 3), "float32"), np.zeros(4)):
        with refused(ValueError, where="GAN.generate: noise", got=str(z.shape)):
            gan.generate(z)
    with refused(ValueError, where="GAN.generate: noise"):
        gan.generate(np.full((2, 4), np.nan))
    with refused(ValueError, where="wrong input shape"):
        gan.predict(np.zeros((2, 5), "float32"))
    with refused(ValueError, where="sample: n"):
        gan.sample(0)


def test_labels_out_of_range_are_refused():
    gan = small_gan(models.ConditionalGAN)
    gan.compile()
    wrong = ((LABELS + 1, ValueError), (LABELS - 1, ValueError), (LABELS[:-1], ValueError), (LABELS * 1.0, TypeError))
    for labels, kind in wrong:
        with refused(kind, where="ConditionalGAN"):
            gan.fit(X, labels, verbose=0)
    with refused(ValueError, where="label out of range", expected="0..2", got="3"):
        gan.sample(2, 3)
    with refused(TypeError, where="arguments", got="no labels"):
        gan.sample(2)
    with refused(TypeError, where="arguments", got="no labels"):
        gan.fit(X, verbose=0)
    with refused(TypeError, where="GAN: 2 arguments", expected="real images alone"):
        plain = small_gan()
        plain.compile()
        plain.fit(X, LABELS, verbose=0)


def squash(x):
    return 1 / (1 + ops.exp(-ops.clip(x, -30, 30)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: discriminator("sigmoid"),
        lambda: Sequential([Input((6,)), Dense(5, "tanh"), Dense(1, squash)]),
        lambda: Sequential([Input((6,)), discriminator(), minigen.Activation("sigmoid"), minigen.Reshape((1,))]),
        lambda: Sequential([Input((6,)), Dense(5, "relu"), Dense(1, lambda x: (ops.tanh(x) + 1) / 2)]),
    ],
    ids=["sigmoid", "by hand", "reshaped", "tanh"],
)
def test_a_discriminator_that_returns_probabilities_is_found_out(make):
    d = make()
    with refused(ValueError, where="probabilities where logits are expected", fix="Dense(1)"):
        models.GAN(generator(), d)
    with refused(ValueError, where="probabilities where logits are expected"):
        models.WassersteinGAN(generator(), d)


@pytest.mark.parametrize("last", ["relu", "tanh", "softplus"])
def test_a_discriminator_that_ends_in_another_activation_is_refused(last):
    with refused(ValueError, where="the discriminator ends in an activation", got=last):
        models.GAN(generator(), discriminator(last))


def test_a_generator_without_an_activation_can_be_watched():
    gan = models.GAN(generator("linear"), discriminator())
    gan.compile()
    assert set(gan.fit(X * 3 / 3, epochs=1, verbose=0).history) >= {"spread", "gradient_norm"}


def test_a_monitor_of_ones_own():
    class Mine:
        def watch(self, gan, history):
            return {"epochs": len(history["d_loss"])}

    gan = small_gan()
    gan.compile()
    gan.monitor = Mine()
    assert gan.fit(X, epochs=2, verbose=0).history["epochs"] == [1, 2]
    gan.monitor = None
    gan.fit(X, epochs=1, verbose=0)


def test_logits_are_not_taken_for_probabilities():
    for seed in range(20):
        minigen.seed(seed)
        models.GAN(generator(), discriminator())
        for hidden in ("sigmoid", "softmax", "relu"):
            models.GAN(generator(), Sequential([Input((6,)), Dense(1, hidden), Dense(1)]))
    for bias in (0, 0.5):
        d = discriminator()
        d.set_weights([0 * w for w in d.get_weights()[:-1]] + [np.array([bias], "float32")])
        before = d.get_weights()
        models.GAN(generator(), d)
        assert all(np.array_equal(a, b) for a, b in zip(before, d.get_weights(), strict=True))


def test_players_that_do_not_fit_are_refused():
    with refused(ValueError, where="what the generator draws", expected="(6,)", got="(7,)"):
        models.GAN(Sequential([Input((4,)), Dense(7)]), discriminator())
    with refused(ValueError, where="output of the discriminator", fix="Dense(1)"):
        models.GAN(generator(), Sequential([Input((6,)), Dense(2)]))
    with refused(ValueError, where="input of the generator", got="(2, 2)"):
        models.GAN(Sequential([Input((2, 2)), minigen.Flatten(), Dense(6)]), discriminator())
    with refused(TypeError, where="a player has no graph"):
        models.GAN(generator(), Dense(1))
    z, two = Input((4,)), discriminator()
    with refused(ValueError, where="GAN: what the generator draws"):
        models.GAN(Model(z, [Dense(6)(z), Dense(6)(z)]), two)
    with refused(ValueError, where="inputs of generator and discriminator", fix="ConditionalGAN"):
        models.ConditionalGAN(generator(), discriminator())
    conditional = small_gan(models.ConditionalGAN)
    with refused(ValueError, where="inputs of generator and discriminator"):
        models.GAN(conditional.generator, conditional.discriminator)
    with refused(ValueError, where="inputs of generator and discriminator"):
        models.ConditionalGAN(conditional.generator, discriminator())
    same = Sequential([Input((1,)), Dense(1)])
    with refused(ValueError, where="GAN: shared weights", got="dense/kernel"):
        models.GAN(same, same, data_range=None)
    with refused(ValueError, where="GAN: precisions", got="float64 and float32"):
        models.GAN(generator().astype("float64"), discriminator())
    models.GAN(generator().astype("float64"), discriminator().astype("float64"))
    normalised = Sequential([Input((6,)), Dense(5), BatchNormalization(), Dense(1)])
    with refused(ValueError, where="WassersteinGAN: the critic has batch normalisation"):
        models.WassersteinGAN(generator(), normalised)
    models.GAN(generator(), normalised)
    for data_range in ((0, None), ("a", "b"), (0, np.inf), (0.0, 1.0, 2.0), 3):
        with refused(ValueError, where="GAN: data_range"):
            small_gan(data_range=data_range)
    assert small_gan(data_range=[0, 1]).data_range == (0.0, 1.0)
    with refused(ValueError, where="GAN: margin"):
        small_gan(margin=-1)
    with refused(ValueError, where="GAN: margin"):
        small_gan(margin=True)
    with refused(ValueError, where="GAN: data_range"):
        small_gan(data_range=(1.0, 0.0))
    with refused(ValueError, where="penalty"):
        small_gan(models.WassersteinGAN, penalty=-1)
    with refused(ValueError, where="critic_steps"):
        small_gan(models.WassersteinGAN, critic_steps=0)


def test_compile_refuses_what_it_cannot_use():
    gan = small_gan()
    with refused(RuntimeError, where="GAN.fit: not compiled", fix="gan.compile()"):
        gan.fit(X, verbose=0)
    for call in (lambda: gan.discriminator_loss(X, X), lambda: gan.generator_loss(X), lambda: gan.pixel_gradient(X)):
        with refused(RuntimeError, where="not compiled", fix="gan.compile()"):
            call()
    with refused(ValueError, where="adversarial loss", expected="wasserstein"):
        gan.compile(loss="mse")
    with refused(ValueError, where="GAN.compile: loss", fix="wgan_gp"):
        gan.compile(loss="wasserstein")
    with refused(ValueError, where="GAN.compile: loss", expected="minimax", got="hinge"):
        small_gan(margin=0.4).compile(loss="hinge")
    adam = Adam(1e-3)
    with refused(ValueError, where="optimizers", expected="one for each"):
        gan.compile(adam, adam)
    for preset in ("tpu", 3, None):
        with refused(ValueError, where="preset"):
            models.gan(preset=preset)
        with refused(ValueError, where="preset"):
            models.wgan_gp(preset=preset)
    with refused(ValueError, where="noise_dim"):
        models.dcgan(noise_dim=0)


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
