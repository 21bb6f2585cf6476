"""What a GAN refuses: data, noise, players that do not fit, and probabilities in place of logits."""

import numpy as np
import pytest
from helpers.refusals import refused
from helpers.small_gans import X, discriminator, generator, small_gan

import minigen
from minigen import Adam, BatchNormalization, Dense, Input, Model, Sequential, models, ops
from minigen.arrays import check_range

# ---- data


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


# ---- logits and probabilities


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


def test_a_discriminator_that_ends_in_a_convolution_with_relu_is_refused():
    d = Sequential([Input((4, 4, 1)), minigen.Conv2D(1, 4, activation="relu"), minigen.Reshape((1,))])
    g = Sequential([Input((4,)), Dense(16), minigen.Reshape((4, 4, 1))])
    with refused(ValueError, where="the discriminator ends in an activation", got="relu"):
        models.GAN(g, d)


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


# ---- players and games


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
