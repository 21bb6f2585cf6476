"""The VAE-GAN: a VAE whose drawings a discriminator judges, and whose errors it measures (section 9.2.5)."""

from __future__ import annotations

from .. import losses, ops
from ..autograd import raw
from ..model import Model
from ..optimizers import Adam, get
from .gan import GAN
from .vae import VAE


class VAEGAN(VAE):
    def __init__(
        self,
        encoder,
        decoder,
        discriminator,
        features,
        name=None,
        data_range=(0.0, 1.0),
        margin=None,
        feature_weight=1.0,
    ):
        super().__init__(encoder, decoder, name, data_range)
        self.gan = GAN(decoder, discriminator, data_range=data_range, margin=margin)
        self.discriminator = discriminator
        self.judge = Model(discriminator.inputs, [features, discriminator.outputs])
        self.feature_weight = feature_weight
        self.e_optimizer = None
        for path, weight in self.named_weights().items():
            weight.name = path

    def compile(self, e_optimizer=None, g_optimizer=None, d_optimizer=None):
        self.gan.compile(d_optimizer, g_optimizer)
        self.e_optimizer = Adam(1e-3) if e_optimizer is None else get(e_optimizer)
        self.loss = losses.half_squared_error

    def train_step(self, x):
        mu, logvar = self.encoder(x, training=True)
        z = self.sample_z(mu, logvar)
        x_hat = self.decoder(z, training=True)
        x_new = self.decoder(self.gan.noise(len(x)), training=True)
        f_real, on_real = self.judge(x, training=True)
        f_hat, on_hat = self.judge(x_hat, training=True)
        _, on_new = self.judge(x_new, training=True)
        loss_z = self.loss_z(mu, logvar)
        features = losses.half_squared_error(f_real.detach(), f_hat)
        d_loss = (self.gan.discriminator_loss(on_real, on_hat) + self.gan.discriminator_loss(on_real, on_new)) / 2
        g_loss = (self.gan.generator_loss(on_hat) + self.gan.generator_loss(on_new)) / 2
        (loss_z + features).backward(wrt=self.encoder.parameters(), retain_graph=True)
        (self.feature_weight * features + g_loss).backward(wrt=self.decoder.parameters(), retain_graph=True)
        d_loss.backward(wrt=self.discriminator.parameters())
        self.e_optimizer.step(self.encoder.parameters())
        self.gan.g_optimizer.step(self.decoder.parameters())
        self.gan.d_optimizer.step(self.discriminator.parameters())
        right = ((raw(on_real) >= 0).mean() + ((raw(on_hat) < 0).mean() + (raw(on_new) < 0).mean()) / 2) / 2
        pixels = losses.half_squared_error(raw(x), raw(x_hat))
        return {
            "loss": loss_z + features,
            "features": features,
            "kl": loss_z,
            "pixels": pixels,
            "d_loss": d_loss,
            "g_loss": g_loss,
            "d_accuracy": right,
            "kl_per_dimension": ops.kl_per_dimension(raw(mu), raw(logvar)),
        }
