"""The museum answers, or says what it cannot judge, whatever it is shown."""

import pytest
from helpers.refusals import refused

from minigen import Dense, Input, Model, models, museum


class KerasVAE(Model):
    """A VAE as Keras' example writes it: three outputs of the encoder, and a train_step of its own."""

    def __init__(self):
        super().__init__()
        x, z = Input(shape=(6,)), Input(shape=(2,))
        self.encoder, self.decoder = Model(x, [Dense(2)(x), Dense(2)(x), Dense(2)(x)]), Model(z, Dense(6)(z))

    def train_step(self, x):
        return {"loss": (self.decoder(self.encoder(x)[2]) - x).sum()}


class OnTheMean(models.VAE):
    """Its train_step goes past all formulas."""

    def train_step(self, x):
        loss = ((self.decoder(self.encoder(x)[0]) - x) ** 2).sum()
        return {"loss": loss}


class KLForgotten(models.VAE):
    def train_step(self, x):
        z = self.sample_z(*self.encoder(x))
        return {"loss": self.loss_x(x, self.decoder(z))}


class Misspelt(models.VAE):
    def loss_z(self, mu, logvar):
        return self.encodr(mu)


class NoScalar(models.VAE):
    def loss_x(self, x, x_hat):
        return {"x": x}["x_hat"]


@pytest.mark.parametrize("kind", ["vae", "gan"])
@pytest.mark.parametrize("what", [KerasVAE(), KerasVAE, None, "vae", 3, models.VAE, Dense(3)])
def test_what_is_no_model_of_the_kind_is_refused(kind, what):
    with refused(TypeError, f"museum.{kind}.caught"):
        getattr(museum, kind).caught(what)
    if what is not models.VAE:
        with refused(TypeError, f"museum.{kind}.build"):
            getattr(museum, kind).build(what)


@pytest.mark.parametrize(
    ("wrong", "check", "text"),
    [
        (OnTheMean, "check_step", "does not call sample_z, loss_z, loss_x"),
        (KLForgotten, "check_step", "does not call loss_z,"),
        (Misspelt, "check_kl", "AttributeError"),
        (NoScalar, "check_reconstruction", "KeyError"),
    ],
)
def test_a_step_or_a_formula_of_a_learner_is_judged_whatever_it_raises(wrong, check, text):
    found = museum.vae.caught(museum.vae.build(wrong, hidden=8))
    assert text in found[check]


def test_a_gan_whose_step_or_loss_raises_anything_is_judged(monkeypatch):
    monkeypatch.setattr(museum.gan, "STEPS", 2)

    class Misspelt(models.GAN):
        def train_step(self, x):
            return self.discriminater(x)

    class NoSuchKey(models.GAN):
        def generator_loss(self, fake):
            return {}["loss"]

    assert "AttributeError" in museum.gan.caught(museum.gan.build(Misspelt))["check_steps"]
    assert "KeyError" in museum.gan.caught(museum.gan.build(NoSuchKey))["check_slope"]
