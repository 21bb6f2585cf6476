"""The VAE-GAN: the decoder of a VAE is the generator of a GAN, whose discriminator measures reconstructions (9.2.5)."""

from __future__ import annotations

from typing import Any

from ... import losses, ops
from ...arguments import checks_arguments
from ...autograd import unwrap
from ...callbacks import Callback
from ...checks.values import number
from ...layers import Dense, Input, LeakyReLU, Rescaling
from ...model import Model
from ...optimizers import Adam, get
from ...types import Shape
from ..checks import check_different_optimizers, image_shape_of, refuse_uncompiled
from ..gans.gan import GAN
from ..generative import DataRange
from ..shapes import chained, flattening
from ..vaes.vae import VAE, vae
from .checks import check_networks


class VAEGAN(VAE):
    """x → (μ, log Σ) → z → x̂ as in a VAE, new images x̃ from z ~ N(0, Id), and a discriminator D of both.

    The squared error over pixels favours blur: a stroke that is one pixel off counts twice, grey in its place once. So
    the error of a reconstruction is measured in the features f of a layer of D, and D classifies it as real or fake:

        encoder        Loss z + Loss f          Loss z = D_KL(N(μ, Σ), N(0, Id)),   Loss f = 1/2 ‖f(x̂) - f(x)‖²
        decoder        γ Loss f + Loss G        Loss G = -log D(x̂) and -log D(x̃), their mean
        discriminator  Loss D                   -log D(x) - log(1 - D(x̂)) and -log D(x) - log(1 - D(x̃)), their mean

    Each has its own loss and its own optimizer. The encoder gets no gradient of Loss G, or it would code for images
    that fool D instead of for x; and D gets none of Loss f, or it would make f constant.

    encoder, decoder  as for a VAE; the decoder is the generator
    discriminator     as for a GAN: a model from images to one logit
    features          f: the output of one of its layers, such as discriminator.layers[2].output
    feature_weight    γ
    margin            None, or the balance rule of Larsen et al., as for a GAN: 0.4
    data_range        (lowest, highest) pixel: data outside raises ValueError; None allows any

    fit(x) logs, as means over the epoch: loss = features + kl, what the encoder minimises; reconstruction, the VAE's
    1/2 ‖x̂ - x‖² in pixels, which is not minimised here; kl_per_dimension; d_loss, g_loss, d_real, d_fake and
    d_accuracy as in a GAN; and what VAE and GAN log at the end of an epoch: active_units, spread and gradient_norm.
    evaluate(x) returns the first ten, in the order of the history.

    Raises ValueError for parts that do not fit, share weights or have several inputs, for features from elsewhere, and
    for a feature_weight or margin below 0. Source: Larsen, Sønderby, Larochelle and Winther 2016, algorithm 1.
    """

    def __init__(
        self,
        encoder: Model,
        decoder: Model,
        discriminator: Model,
        features: Any,
        name: str | None = None,
        data_range: DataRange = (0.0, 1.0),
        feature_weight: float = 0.1,
        margin: float | None = None,
    ) -> None:
        super().__init__(encoder, decoder, name, data_range)
        self.discriminator = discriminator
        self.gan = GAN(decoder, discriminator, data_range=data_range, margin=margin)
        check_networks(encoder, decoder, discriminator, features)
        self.features_and_logits = Model(discriminator.inputs, [features, discriminator.outputs], name="discriminator")
        fix = "VAEGAN(encoder, decoder, discriminator, features, feature_weight=0.1)"
        self.feature_weight = number("VAEGAN: feature_weight", feature_weight, "a number >= 0", fix)
        self.e_optimizer: Any = None
        self.all_parts()  # names the weights by their paths in the whole

    def compile(  # type: ignore[override]
        self, *, e_optimizer: Any = None, g_optimizer: Any = None, d_optimizer: Any = None, loss: Any = "non_saturating"
    ) -> None:
        """Configure the training: an optimizer each for encoder, decoder and discriminator, and the adversarial loss.

        By default they are Adam(1e-3), Adam(2e-3, beta_1=0.5) and Adam(3e-4, beta_1=0.5): a high rate for the decoder
        and a low one for the discriminator keep the two in balance the longest. loss and errors as in GAN.compile():
        one optimizer object for two of them is refused.
        """
        e_optimizer = Adam(1e-3) if e_optimizer is None else get(e_optimizer)
        g_optimizer = Adam(2e-3, beta_1=0.5) if g_optimizer is None else g_optimizer
        d_optimizer = Adam(3e-4, beta_1=0.5) if d_optimizer is None else d_optimizer
        fix = "compile(e_optimizer=Adam(1e-3), g_optimizer=Adam(1e-3), d_optimizer=Adam(3e-4))"
        check_different_optimizers(self.label, (e_optimizer, g_optimizer, d_optimizer), fix)
        self.gan.compile(d_optimizer, g_optimizer, loss)
        self.e_optimizer, self.loss = e_optimizer, losses.half_squared_error

    def train_step(self, x: Any) -> dict[str, Any]:  # type: ignore[override]
        """One forward pass (Fig 9.14), and one step of each network on its own loss."""
        loss_e, loss_g, loss_d, logs = self._losses_and_logs(x, training=True)
        update_d, update_g = self.gan.players_to_update(logs["d_real"], logs["d_fake"])
        parts = self.encoder, self.decoder, self.discriminator
        encoder, decoder, discriminator = (part.parameters() for part in parts)
        loss_e.backward(wrt=encoder, retain_graph=True)
        loss_g.backward(wrt=decoder, retain_graph=True)
        loss_d.backward(wrt=discriminator)
        self.e_optimizer.step(encoder)
        if update_g:
            self.gan.g_optimizer.step(decoder)
        if update_d:
            self.gan.d_optimizer.step(discriminator)
        return logs

    def test_step(self, x: Any) -> dict[str, Any]:  # type: ignore[override]
        """The same numbers without an update."""
        return self._losses_and_logs(x, training=False)[-1]

    def _losses_and_logs(self, x: Any, training: bool) -> tuple[Any, Any, Any, dict[str, Any]]:
        """(loss of the encoder, of the decoder, of the discriminator, what to log) for a batch."""
        mu, logvar = self.encoder(x, training=training)
        z = self.sample_z(mu, logvar)
        x_hat = self.decoder(z, training=training)
        x_new = self.decoder(self.gan.noise(len(x)), training=training)

        f, on_real = self.features_and_logits(x, training=training)
        f_hat, on_hat = self.features_and_logits(x_hat, training=training)
        _, on_new = self.features_and_logits(x_new, training=training)

        loss_z = self.loss_z(mu, logvar)
        loss_f = self.loss_x(f, f_hat)
        games = [(on_real, on_hat), (on_real, on_new)]
        loss_d = sum(self.gan.discriminator_loss(real, fake) for real, fake in games) / 2
        loss_g = sum(self.gan.generator_loss(fake) for _, fake in games) / 2
        verdicts = [self.gan.verdicts(real, fake) for real, fake in games]
        logs = {
            "loss": loss_z + loss_f,
            "features": loss_f,
            "kl": loss_z,
            "reconstruction": losses.half_squared_error(unwrap(x), unwrap(x_hat)),
            "kl_per_dimension": ops.kl_per_dimension(unwrap(mu), unwrap(logvar)),
            "d_loss": loss_d,
            "g_loss": loss_g,
            **{name: (verdicts[0][name] + verdicts[1][name]) / 2 for name in verdicts[0]},
        }
        return loss_z + loss_f, self.feature_weight * loss_f + loss_g, loss_d, logs

    def check_compiled(self, where: str) -> None:
        if self.e_optimizer is None:
            refuse_uncompiled(where, "three optimizers", "vae_gan.compile()")

    def own_callbacks(self) -> list[Callback]:
        """That of a VAE, and the monitor of the GAN inside (self.gan.monitor)."""
        return super().own_callbacks() + self.gan.own_callbacks()


@checks_arguments
def vae_gan(
    latent_dim: int = 16, hidden: int = 512, margin: float | None = None, image_shape: int | Shape = (784,)
) -> VAEGAN:
    """The dense VAE and a dense discriminator: 784 → 512 → 256 → 1, LeakyReLU; f is its first hidden layer.

    Raises ValueError unless both sizes are positive integers.
    """
    shape = image_shape_of("vae_gan", image_shape)
    base = vae(latent_dim, hidden, shape)
    x = Input(shape=shape)
    f = LeakyReLU(0.2)(Dense(hidden)(Rescaling(2, offset=-1)(chained(flattening(shape), x))))
    discriminator = Model(x, Dense(1)(LeakyReLU(0.2)(Dense(256)(f))))
    return VAEGAN(base.encoder, base.decoder, discriminator, features=f, margin=margin)
