"""Variational autoencoders: an encoder that predicts a distribution, and a decoder that can draw (section 9.2.4)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import backend, losses, ops
from ...arguments import checks_arguments
from ...arrays import as_array
from ...autograd import no_grad, unwrap
from ...callbacks import Callback
from ...checks.values import positive_integer
from ...layers import Concatenate, Conv2D, Conv2DTranspose, Dense, Flatten, Input, Reshape
from ...model import Model, Sequential
from ...model.replay import repeats
from ...types import Data, Shape
from ..checks import image_shape_for, image_shape_of, multiples
from ..generative import Conditional, DataRange, GenerativeModel
from ..shapes import chained, drawing, flattening
from .checks import check_loss_per_image, check_no_metrics, width_of_code
from .watch import CollapseWatch


class VAE(GenerativeModel):
    """x → (μ, log Σ) → z ~ N(μ, Σ) → x̂, trained on Loss x̂ + Loss z (Fig 9.11).

        Loss x̂ = 1/2 ‖x̂ - x‖²                           or the cross-entropy summed over the pixels
        Loss z = D_KL(N(μ, Σ), N(0, Id))                  the information that z carries about x

    Both are nats per image, so that they can be added. A mean over the pixels would weigh the first by 1/784: compile()
    raises ValueError for it, and collapse.py computes what it would lead to. The chapter's p(z | x) is the encoder's
    approximation of it, which most texts call q(z | x). The prior N(0, Id) is that of the codes of all images together.

    encoder     a model with two outputs of one width: μ and logvar = log Σ (not log σ), the diagonal
    decoder     a model from that width to images
    data_range  (lowest, highest) pixel: data outside raises ValueError; None allows any

    fit() logs loss = reconstruction + kl in nats per image, kl_per_dimension (one number for each latent variable) and
    active_units (how many have more than 0.01 nats), with validation_data the same with val_; evaluate() returns the
    first four. It draws z as training does, so that its numbers differ a little from call to call; predict() takes
    z = μ.
    """

    encoder: Model
    decoder: Model
    image_network = "encoder"
    usage = "vae.fit(x, epochs=10); models.conditional_vae() takes labels"

    def __init__(
        self, encoder: Model, decoder: Model, name: str | None = None, data_range: DataRange = (0.0, 1.0)
    ) -> None:
        self.latent_dim = width_of_code(encoder, decoder)
        super().__init__(name, data_range, encoder=encoder, decoder=decoder)

    # ---- the three formulas of the chapter

    def sample_z(self, mu: Any, logvar: Any) -> Any:
        """z = μ + Σ^½ ε"""
        return ops.reparameterise(mu, logvar)

    def loss_z(self, mu: Any, logvar: Any) -> Any:
        """D_KL(N(μ, Σ), N(0, Id))"""
        return losses.kl_standard_normal(mu, logvar)

    def loss_x(self, x: Any, x_hat: Any) -> Any:
        """1/2 ‖x̂ - x‖², or what compile() was given"""
        self.check_compiled(f"{self.label}.loss_x")
        return self.without_check(self.loss, x)(x, x_hat)

    # ---- training

    def compile(  # type: ignore[override]
        self, optimizer: Any = "adam", loss: Any = "half_squared_error", metrics: Any = ()
    ) -> None:
        """Configure the training: an optimizer and Loss x̂, summed over the image: "half_squared_error" (the chapter's),
        "binary_crossentropy_per_image", or a function (x, x̂) -> nats per image. Loss z is added to it.

        Raises ValueError for a loss that averages over the pixels, and for metrics: fit() logs what there is.
        """
        found = losses.get(loss)
        check_loss_per_image(self.label, loss, found)
        check_no_metrics(self.label, optimizer, loss, metrics)
        super().compile(optimizer, found)

    @repeats
    def train_step(self, x: Any, *given: Any) -> dict[str, Any]:
        logs = self._losses_of(x, given, training=True)
        logs["loss"].backward()
        self.optimizer.step(self.parameters())
        return logs

    def test_step(self, x: Any, *given: Any) -> dict[str, Any]:
        return self._losses_of(x, given, training=False)

    def _losses_of(self, x: Any, given: Any, training: bool) -> dict[str, Any]:
        """One pass through Fig 9.11, with one z for each image."""
        mu, logvar = self.encoder(self.with_condition(x, given), training=training)
        z = self.sample_z(mu, logvar)
        x_hat = self.decoder(self.with_condition(z, given), training=training)
        loss_x = self.loss_x(x, x_hat)
        loss_z = self.loss_z(mu, logvar)
        kl_per_dimension = ops.kl_per_dimension(unwrap(mu), unwrap(logvar))  # for the log: a subclass may change loss_z
        return {"loss": loss_x + loss_z, "reconstruction": loss_x, "kl": loss_z, "kl_per_dimension": kl_per_dimension}

    def own_callbacks(self) -> list[Callback]:
        """Counts the active latent variables, and warns of a collapse."""
        return [CollapseWatch()]

    # ---- use

    def call(self, x: Any, training: bool = False) -> Any:
        """x̂ from a drawn z while training, from z = μ otherwise."""
        x, *given = x if isinstance(x, list) else [x]
        mu, logvar = self.encoder(self.with_condition(x, given), training=training)
        return self.decoder(
            self.with_condition(self.sample_z(mu, logvar) if training else mu, given), training=training
        )

    def encode(self, x: Any, *given: Any) -> tuple[np.ndarray, np.ndarray]:
        """(μ, log Σ) of each image, two NumPy arrays (n, latent)."""
        x = self.checked_inputs(x, f"{self.label}.encode")
        mu, logvar = self.encoder.predict(self.with_condition(x, given))
        return mu, logvar

    def decode(self, z: Any, *given: Any) -> np.ndarray:
        """The images x̂ of codes z (n, latent), a NumPy array. Raises ValueError for codes of another width."""
        z = backend.to_numpy(as_array(z, f"{self.label}.decode", "z")).astype(self.dtype)
        return self.decoder.predict(self.with_condition(z, given))

    def sample(self, n: int, *given: Any) -> np.ndarray:
        """n new images: z ~ N(0, Id) from the prior, decoded."""
        n = positive_integer(f"{self.label}.sample: n", n, "vae.sample(10)")
        return self.decode(backend.to_numpy(backend.normal((n, self.latent_dim))), *given)

    def draw_codes(self, x: Any, *given: Any) -> np.ndarray:
        """One z ~ N(μ, Σ) for each image, (n, latent): all of them together should look like draws from N(0, Id)."""
        with no_grad():
            return backend.to_numpy(unwrap(self.sample_z(*[backend.asarray(a) for a in self.encode(x, *given)])))

    def targets_of(self, data: Data) -> Any:
        return data[0]


class ConditionalVAE(Conditional, VAE):
    """A VAE whose encoder and decoder both get the class y: it learns X ~ P(X | Y), and can draw a 7 on request.

    Encoder and decoder take a list [x, y] and [z, y] with y one-hot (n, classes). Methods take integer labels:
    fit(x, labels), predict([x, labels]), encode(x, labels), decode(z, labels), sample(n, labels), where one label
    serves all n. Source: Sohn, Lee and Yan 2015; Example 9.2 of the chapter.
    """

    drawing = "decoder"
    usage = "fit(x, labels), encode(x, labels), decode(z, labels), sample(10, 7)"


# ---- the chapter's networks


def vae_heads(h: Any, latent_dim: int) -> list[Any]:
    """μ and log Σ of z, two linear layers on the last features h of the encoder."""
    return [Dense(latent_dim, name="mu")(h), Dense(latent_dim, name="logvar")(h)]


@checks_arguments
def vae(latent_dim: int = 2, hidden: int = 512, image_shape: int | Shape = (784,)) -> VAE:
    """784 → 512 relu → (μ, log Σ) → z → 512 relu → 784 sigmoid. 807,700 parameters with 2 latent variables.

    Raises ValueError unless both sizes are positive integers.
    """
    latent_dim, hidden = _sizes("vae", latent_dim, hidden)
    shape = image_shape_of("vae", image_shape)
    x = Input(shape=shape)
    h = Dense(hidden, activation="relu")(chained(flattening(shape), x))
    encoder = Model(x, vae_heads(h, latent_dim))
    decoder = Sequential([Input(shape=(latent_dim,)), Dense(hidden, "relu"), *drawing(shape, "sigmoid")])
    return VAE(encoder, decoder)


@checks_arguments
def linear_vae(image_shape: int | Shape = (784,), latent_dim: int = 2) -> VAE:
    """dim → (μ, log Σ) → z → dim without activations: what it can learn is known (linear_vae_optimum)."""
    (latent_dim,) = _sizes("linear_vae", latent_dim)
    shape = image_shape_of("linear_vae", image_shape)
    x = Input(shape=shape)
    decoder = Sequential([Input(shape=(latent_dim,)), *drawing(shape)])
    return VAE(Model(x, vae_heads(chained(flattening(shape), x), latent_dim)), decoder, data_range=None)


@checks_arguments
def conditional_vae(
    latent_dim: int = 2, classes: int = 10, hidden: int = 512, image_shape: int | Shape = (784,)
) -> ConditionalVAE:
    """[784, y] → 512 relu → (μ, log Σ) → [z, y] → 512 relu → 784 sigmoid, with y one-hot."""
    latent_dim, classes, hidden = _sizes("conditional_vae", latent_dim, classes, hidden)
    shape = image_shape_of("conditional_vae", image_shape)
    x, y = Input(shape=shape), Input(shape=(classes,))
    h = Dense(hidden, activation="relu")(Concatenate()([chained(flattening(shape), x), y]))
    encoder = Model([x, y], vae_heads(h, latent_dim))
    z, y = Input(shape=(latent_dim,)), Input(shape=(classes,))
    h = Dense(hidden, activation="relu")(Concatenate()([z, y]))
    return ConditionalVAE(encoder, Model([z, y], chained(drawing(shape, "sigmoid"), h)))


@checks_arguments
def conv_vae(latent_dim: int = 2, image_shape: Shape = (28, 28, 1)) -> VAE:
    """Images (28, 28, 1): two convolutions with stride 2 and a Dense layer in, transposed convolutions out.

    69,076 + 65,089 parameters with 2 latent variables: the network of Keras' own example of a VAE. Raises ValueError
    unless rows and columns are multiples of 4.
    """
    (latent_dim,) = _sizes("conv_vae", latent_dim)
    rows, columns, channels = image_shape_for("conv_vae", image_shape, *multiples(4))
    x = Input(shape=(rows, columns, channels))
    h = Conv2D(32, 3, strides=2, padding="same", activation="relu")(x)
    h = Conv2D(64, 3, strides=2, padding="same", activation="relu")(h)
    encoder = Model(x, vae_heads(Dense(16, activation="relu")(Flatten()(h)), latent_dim))
    small = (rows // 4, columns // 4, 64)
    maps = [Dense(math.prod(small), activation="relu"), Reshape(small)]
    doubled = [Conv2DTranspose(n, 3, strides=2, padding="same", activation="relu") for n in (64, 32)]
    pixels = Conv2DTranspose(channels, 3, padding="same", activation="sigmoid")
    return VAE(encoder, Sequential([Input(shape=(latent_dim,)), *maps, *doubled, pixels]))


def _sizes(where: str, *sizes: int) -> list[int]:
    return [positive_integer(f"models.{where}: a size", n, f"models.{where}(2)") for n in sizes]
