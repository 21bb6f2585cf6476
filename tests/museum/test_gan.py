"""Every wrong GAN of the museum is caught by the check that is meant for it, and no right one is."""

import warnings

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import losses, models, museum
from minigen.datasets import mnist

GAN_CAUGHT_BY = {
    museum.gan.Momentum: "check_momentum",
    museum.gan.SaturatingLoss: "check_slope",
    museum.gan.ForgottenDetach: "check_steps",
    museum.gan.WrongRange: "check_real_images",
    museum.gan.NoNoise: "check_noise",
}


def test_every_gan_exhibit_has_its_check():
    assert set(GAN_CAUGHT_BY) == set(museum.gan.EXHIBITS)
    checks = {check.__name__ for check in museum.gan.CHECKS}
    assert set(GAN_CAUGHT_BY.values()) == checks - {"check_signs"}  # whose mistakes are too plain for an exhibit


@pytest.mark.parametrize("exhibit", museum.gan.EXHIBITS, ids=lambda e: e.__name__)
def test_a_gan_exhibit_is_caught_by_its_check_and_by_no_other(exhibit):
    found = museum.gan.caught(museum.gan.build(exhibit))
    assert list(found) == [GAN_CAUGHT_BY[exhibit]], found


@pytest.mark.parametrize("make", [models.gan, models.dcgan, models.conditional_gan, models.wgan_gp])
@pytest.mark.parametrize("loss", ["non_saturating", "least_squares", "hinge"])
def test_no_right_gan_is_caught_and_looking_changes_nothing(make, loss):
    gan = make(noise_dim=5)
    gan.compile(**({} if make is models.wgan_gp else {"loss": loss}))
    before, draws = gan.get_weights(), minigen.backend.random_state()
    assert museum.gan.caught(gan) == {}
    assert all(np.array_equal(a, b) for a, b in zip(before, gan.get_weights(), strict=True))
    assert gan.d_optimizer.iterations == 0 and minigen.backend.random_state() == draws


def test_a_step_over_all_weights_is_caught_with_and_without_detach():
    class Everything(models.GAN):
        def train_step(self, x):
            fake = self.generator(self.noise(len(x)), training=True)
            d_loss = self.discriminator_loss(self.logits(x), self.logits(fake.detach()))
            d_loss.backward(wrt=self.discriminator.parameters())
            self.d_optimizer.step(self.discriminator.parameters())
            g_loss = self.generator_loss(self.logits(fake))
            g_loss.backward()  # D learns to be fooled
            self.g_optimizer.step(self.parameters())
            return {"d_loss": d_loss, "g_loss": g_loss}

    assert list(museum.gan.caught(museum.gan.build(Everything))) == ["check_steps"]


def test_the_gan_of_the_readme_can_be_checked():
    """It calls the discriminator itself, and may look at the fakes first."""

    class MyGAN(models.GAN):
        def train_step(self, x):
            fake = self.generator(self.noise(len(x)), training=True)
            on_fake, on_real = self.discriminator(fake.detach()), self.discriminator(x)
            d_loss = losses.discriminator_loss(on_real, on_fake)
            d_loss.backward(wrt=self.discriminator.parameters())
            self.d_optimizer.step(self.discriminator.parameters())
            g_loss = losses.generator_loss(self.discriminator(fake))
            g_loss.backward(wrt=self.generator.parameters())
            self.g_optimizer.step(self.generator.parameters())
            return {"d_loss": d_loss, "g_loss": g_loss}

    assert museum.gan.caught(museum.gan.build(MyGAN)) == {}


def test_a_critic_that_learns_in_the_generators_step_is_caught():
    class Wrong(models.WassersteinGAN):
        def train_step(self, x):
            logs = super().train_step(x)
            if self.d_optimizer.iterations % self.critic_steps == 0:
                g_loss = self.generator_loss(self.logits(self.generator(self.noise(len(x)), training=True)))
                g_loss.backward(wrt=self.parameters())
                self.g_optimizer.step(self.parameters())
            return logs

    right = models.wgan_gp(noise_dim=4)
    wrong = Wrong(right.generator, right.discriminator)
    wrong.compile()
    assert list(museum.gan.caught(wrong)) == ["check_steps"]


def test_a_generator_that_ignores_its_noise_is_caught():
    gan = museum.gan.build(models.GAN)
    kernel = gan.generator.parameters()[0]
    kernel.assign(0 * kernel.numpy())
    assert list(museum.gan.caught(gan)) == ["check_noise"]


def swapped(self, real, fake):
    return losses.discriminator_loss(fake, real)


def minus(self, fake):
    return -losses.generator_loss(fake)


def everything_detached(self, x):
    fake = self.generator(self.noise(len(x)), training=True).detach()
    d_loss = self.discriminator_loss(self.logits(x), self.logits(fake))
    d_loss.backward(wrt=self.discriminator.parameters())
    self.d_optimizer.step(self.discriminator.parameters())
    g_loss = self.generator_loss(self.logits(fake))
    g_loss.backward(wrt=self.generator.parameters())
    self.g_optimizer.step(self.generator.parameters())
    return {}


def no_step_of_d(self, x):
    fake = self.generator(self.noise(len(x)), training=True)
    self.logits(x)
    g_loss = self.generator_loss(self.logits(fake))
    g_loss.backward(wrt=self.generator.parameters())
    self.g_optimizer.step(self.generator.parameters())
    return {}


@pytest.mark.parametrize(
    ("method", "wrong", "check", "text"),
    [
        ("discriminator_loss", swapped, "check_signs", "the loss of D rises with a(x)"),
        ("generator_loss", minus, "check_signs", "the loss of G rises"),
        ("train_step", everything_detached, "check_steps", "train_step fails"),
        ("train_step", no_step_of_d, "check_steps", "no step of d_optimizer"),
    ],
)
def test_other_mistakes_of_beginners_are_caught(method, wrong, check, text, monkeypatch):
    monkeypatch.setattr(museum.gan, "STEPS", 3)
    gan = museum.gan.build(type("Wrong", (models.GAN,), {method: wrong}))
    found = museum.gan.caught(gan)
    assert list(found) == [check] and text in found[check]


def test_what_is_no_gan_and_what_is_not_compiled_is_refused():
    with refused(RuntimeError, where="museum.gan.caught: not compiled"):
        museum.gan.caught(models.gan())
    with refused(TypeError, where="museum.gan.caught", got="VAE"):
        museum.gan.caught(models.vae())


EPOCHS = {museum.gan.Momentum: 3, museum.gan.ForgottenDetach: 3, museum.gan.NoNoise: 1}  # these fail early


@pytest.fixture(scope="module")
def trained():
    """What each exhibit and the right GAN log in five epochs of 1,000 digits, or fewer."""
    x = mnist.load_data("sample")[0][0][:1000].reshape(-1, 784).astype("float32") / 255
    seen, still_caught = {}, {}
    for case in (models.GAN, *museum.gan.EXHIBITS):
        minigen.seed(0)
        gan = museum.gan.build(case)
        gan.head_start = 60
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", models.GANWarning)
            seen[case] = gan.fit(x, epochs=EPOCHS.get(case, 5), batch_size=32, verbose=0).history
        still_caught[case] = list(museum.gan.caught(gan))
    return seen, still_caught


SIGNATURES = {  # how the last epoch differs from that of the right one
    museum.gan.Momentum: lambda h, right: h["g_loss"] > 5 * right["g_loss"] and h["d_accuracy"] > 0.9,
    museum.gan.SaturatingLoss: lambda h, right: (
        h["gradient_norm"] < right["gradient_norm"] / 10 and h["d_accuracy"] > 0.99
    ),
    museum.gan.ForgottenDetach: lambda h, right: h["g_loss"] > 3 * right["g_loss"] and h["d_accuracy"] > 0.85,
    museum.gan.WrongRange: lambda h, right: h["spread"] < 0.7 * right["spread"] and h["d_loss"] < right["d_loss"],
    museum.gan.NoNoise: lambda h, right: h["spread"] < 1e-3,
}


@pytest.mark.slow
@pytest.mark.parametrize("exhibit", museum.gan.EXHIBITS, ids=lambda e: e.__name__)
def test_each_failure_has_its_signature(trained, exhibit):
    last = {case: {k: v[-1] for k, v in history.items()} for case, history in trained[0].items()}
    right = last[models.GAN]
    assert SIGNATURES[exhibit](last[exhibit], right), last[exhibit]
    assert not SIGNATURES[exhibit](right, right)


@pytest.mark.slow
def test_the_checks_do_not_care_for_training(trained):
    assert trained[1] == {models.GAN: []} | {exhibit: [check] for exhibit, check in GAN_CAUGHT_BY.items()}
