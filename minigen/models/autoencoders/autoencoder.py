"""Autoencoders: x → z = encoder(x) → x̂ = decoder(z), trained with the data itself as the targets (section 9.2)."""

from __future__ import annotations

import numpy as np

from ...arguments import checks_arguments
from ...checks.values import number, positive_integer
from ...layers import Conv2D, Dense, Input, Layer, MaxPooling2D, UpSampling2D
from ...model import Model, Sequential
from ...tensor import Tensor
from ...training.checks import checked_data_range
from ...types import ArrayLike, Logs, Shape
from ..checks import image_shape_for, image_shape_of, multiples
from ..generative import DataRange
from ..shapes import drawing, flattening
from .checks import check_parts


class Autoencoder(Model):
    """The general architecture of Fig 9.4: any encoder, and any decoder whose input has the shape of the codes.

    data_range is (lowest, highest) pixel; None allows any. Raises TypeError for parts that are not Models with an
    Input, ValueError for a data_range that is not low < high, and for data outside of it.
    """

    def __init__(self, encoder: Model, decoder: Model, name: str | None = None, data_range: DataRange = None) -> None:
        check_parts(type(self).__name__, encoder, decoder)
        data_range = checked_data_range(type(self).__name__, data_range)
        encoder.name, decoder.name = encoder.name or "encoder", decoder.name or "decoder"
        self.encoder, self.decoder, self.data_range = encoder, decoder, data_range
        super().__init__(encoder.inputs, decoder(encoder(encoder.inputs)), name)

    def encode(self, x: ArrayLike) -> np.ndarray:
        """The codes z of x, as a NumPy array."""
        return self.encoder.predict(self.checked_inputs(x, f"{self.label}.encode"))

    def decode(self, z: ArrayLike) -> np.ndarray:
        """The reconstructions x̂ of codes z, as a NumPy array."""
        return self.decoder.predict(z)


class SparseAutoencoder(Autoencoder):
    """An autoencoder with an L1 penalty on its code: loss + penalty Σ |z|, summed over the code, mean over the batch.

    The logged loss is the reconstruction alone, so that it can be compared with that of an autoencoder without penalty.
    Raises ValueError unless penalty >= 0.
    """

    own_step_uses_compile = True

    def __init__(self, encoder: Model, decoder: Model, penalty: float = 1e-4, name: str | None = None) -> None:
        super().__init__(encoder, decoder, name)
        self.penalty = number("SparseAutoencoder: penalty", penalty, "a number >= 0", "penalty=1e-4")

    def train_step(self, x: Tensor, y: Tensor) -> Logs:  # type: ignore[override]
        z = self.encoder(x, training=True)
        x_hat = self.decoder(z, training=True)
        reconstruction = self.total_loss(y, x_hat)
        loss = reconstruction + abs(z).sum() * (self.penalty / len(z))
        loss.backward()
        self.optimizer.step(self.parameters())
        return {"loss": reconstruction, **self.measure(y, x_hat)}


# ---- dense networks


@checks_arguments
def fc_autoencoder(encoding_dim: int = 32, image_shape: int | Shape = (784,)) -> Autoencoder:
    """The chapter's first listing: 784 → 32 relu → 784 sigmoid. 50,992 parameters."""
    shape = image_shape_of("fc_autoencoder", image_shape)
    encoder = Sequential([Input(shape=shape), *flattening(shape), Dense(encoding_dim, activation="relu")])
    decoder = Sequential([Input(shape=(encoding_dim,)), *drawing(shape, "sigmoid")])
    return Autoencoder(encoder, decoder)


@checks_arguments
def sparse_fc_autoencoder(
    encoding_dim: int = 32, penalty: float = 1e-4, image_shape: int | Shape = (784,)
) -> SparseAutoencoder:
    """The same network with an L1 penalty on the code."""
    plain = fc_autoencoder(encoding_dim, image_shape_of("sparse_fc_autoencoder", image_shape))
    return SparseAutoencoder(plain.encoder, plain.decoder, penalty)


@checks_arguments
def deep_fc_autoencoder(image_shape: int | Shape = (784,)) -> Autoencoder:
    """784 → 128 → 64 → 32 → 64 → 128 → 784, with relu inside and a sigmoid at the end."""
    shape = image_shape_of("deep_fc_autoencoder", image_shape)
    down = [Dense(128, "relu"), Dense(64, "relu"), Dense(32, "relu")]
    encoder = Sequential([Input(shape=shape), *flattening(shape), *down])
    up = [Dense(64, "relu"), Dense(128, "relu")]
    decoder = Sequential([Input(shape=(32,)), *up, *drawing(shape, "sigmoid")])
    return Autoencoder(encoder, decoder)


@checks_arguments
def latent_autoencoder(latent_dim: int = 2, hidden: int = 512, image_shape: int | Shape = (784,)) -> Autoencoder:
    """The listing of section 9.2.3: 784 → 512 relu → 2 → 512 relu → 784 sigmoid. 806,674 parameters.

    Raises ValueError unless both sizes are positive integers.
    """
    latent_dim = positive_integer("models.latent_autoencoder: latent_dim", latent_dim, "latent_autoencoder(2)")
    hidden = positive_integer("models.latent_autoencoder: hidden", hidden, "latent_autoencoder(2, hidden=512)")
    shape = image_shape_of("latent_autoencoder", image_shape)
    code = [Dense(hidden, "relu"), Dense(latent_dim, name="latent_variables")]
    encoder = Sequential([Input(shape=shape), *flattening(shape), *code])
    decoder = Sequential([Input(shape=(latent_dim,)), Dense(hidden, "relu"), *drawing(shape, "sigmoid")])
    return Autoencoder(encoder, decoder, data_range=(0.0, 1.0))


@checks_arguments
def linear_autoencoder(image_shape: int | Shape, encoding_dim: int) -> Autoencoder:
    """dim → encoding_dim → dim without activations: its optimum is PCA (Baldi and Hornik 1989).

    image_shape is that of images, or the number of coordinates dim of points.
    """
    shape = image_shape_of("linear_autoencoder", image_shape)
    encoder = Sequential([Input(shape=shape), *flattening(shape), Dense(encoding_dim)])
    decoder = Sequential([Input(shape=(encoding_dim,)), *drawing(shape)])
    return Autoencoder(encoder, decoder)


@checks_arguments
def toy_autoencoder(activation: str | None = None) -> Autoencoder:
    """Fig 9.3: (x₁, x₂, x₃, x₄) → (z₁, z₂) → (x̂₁, x̂₂, x̂₃, x̂₄), linear or with an activation on the code."""
    encoder = Sequential([Input(shape=(4,)), Dense(2, activation=activation)])
    decoder = Sequential([Input(shape=(2,)), Dense(4)])
    return Autoencoder(encoder, decoder)


# ---- convolutional networks


def _downsampling(filters: int) -> list[Layer]:
    """A 3 x 3 convolution, relu, and max pooling, which halves rows and columns."""
    return [Conv2D(filters, (3, 3), activation="relu", padding="same"), MaxPooling2D((2, 2), padding="same")]


def _upsampling(filters: int, padding: str = "same") -> list[Layer]:
    """A 3 x 3 convolution, relu, and upsampling, which doubles rows and columns."""
    return [Conv2D(filters, (3, 3), activation="relu", padding=padding), UpSampling2D((2, 2))]


def _to_pixels(channels: int) -> Layer:
    """A 3 x 3 convolution to one channel in [0, 1], or to three."""
    return Conv2D(channels, (3, 3), activation="sigmoid", padding="same")


@checks_arguments
def conv_autoencoder(image_shape: Shape = (28, 28, 1)) -> Autoencoder:
    """The chapter's second listing. 28,353 parameters; its code, 7 x 7 x 32 = 1,568 numbers, is twice its input.

    Raises ValueError unless rows and columns are multiples of 4.
    """
    rows, columns, channels = image_shape_for("conv_autoencoder", image_shape, *multiples(4))
    encoder = Sequential([Input(shape=(rows, columns, channels)), *_downsampling(32), *_downsampling(32)])
    up = [*_upsampling(32), *_upsampling(32), _to_pixels(channels)]
    return Autoencoder(encoder, Sequential([Input(shape=(rows // 4, columns // 4, 32)), *up]))


@checks_arguments
def conv_autoencoder_128(image_shape: Shape = (28, 28, 1)) -> Autoencoder:
    """16, 8 and 8 filters and a code of 4 x 4 x 8 = 128 numbers: the network behind Fig 9.5. 4,385 parameters.

    The encoder maps 28 pixels to 14, 7 and 4, the decoder 4 to 8, 16, 14 and 28: its one convolution without padding
    maps 16 to 14. Multiples of 8 need no such convolution: 32 to 16, 8, 4 and back. Raises ValueError unless rows and
    columns are multiples of 8, or both 4 more than one. Source: Chollet, "Building autoencoders in Keras", 2016.
    """
    expected = "rows and columns that are multiples of 8, or both 4 more than one"
    shape = image_shape_for("conv_autoencoder_128", image_shape, lambda r, c: r % 8 == c % 8 in (0, 4), expected)
    rows, columns, channels = shape
    encoder = Sequential([Input(shape=shape), *_downsampling(16), *_downsampling(8), *_downsampling(8)])
    last = _upsampling(16, padding="same" if rows % 8 == 0 else "valid")
    to_pixels = [*_upsampling(8), *_upsampling(8), *last, _to_pixels(channels)]
    return Autoencoder(encoder, Sequential([Input(shape=(-(-rows // 8), -(-columns // 8), 8)), *to_pixels]))
