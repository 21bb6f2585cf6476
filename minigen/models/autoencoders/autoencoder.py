"""Autoencoders: x → z = encoder(x) → x̂ = decoder(z), trained with the data itself as the labels (section 9.2)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...arguments import checks_arguments
from ...checks import number, positive_integer
from ...errors import message
from ...layers import Conv2D, Dense, Input, MaxPooling2D, UpSampling2D
from ...model import Model, Sequential
from ...tensor import Tensor
from ...training.checks import checked_data_range


class Autoencoder(Model):
    """The general architecture of Fig 9.4: any encoder, any decoder that fits its output.

    data_range, (lowest, highest) pixel, refuses inputs outside; None takes any.
    """

    def __init__(
        self,
        encoder: Model,
        decoder: Model,
        name: str | None = None,
        data_range: tuple[float, float] | None = None,
    ) -> None:
        for part, given in (("encoder", encoder), ("decoder", decoder)):
            if not isinstance(given, Model) or not hasattr(given, "inputs"):
                where, fix = f"{type(self).__name__}: {part}", "Sequential([Input(shape=(784,)), Dense(32)])"
                got = f"{given!r:.60}"
                raise TypeError(message(where, expected="a Model with an Input", got=got, fix=fix))
        data_range = checked_data_range(type(self).__name__, data_range)
        encoder.name, decoder.name = encoder.name or "encoder", decoder.name or "decoder"
        self.encoder, self.decoder, self.data_range = encoder, decoder, data_range
        super().__init__(encoder.inputs, decoder(encoder(encoder.inputs)), name)

    def encode(self, x: Any) -> np.ndarray:
        """The codes z of x, as a NumPy array."""
        where = f"{self.label}.encode"
        data = self.as_data(x, None, where)
        self._check_inputs_of(data, where)
        return self.encoder.predict(data[0])

    def decode(self, z: Any) -> np.ndarray:
        """The reconstructions x̂ of codes z, as a NumPy array."""
        return self.decoder.predict(z)


class SparseAutoencoder(Autoencoder):
    """An autoencoder whose code is paid for: loss + penalty Σ |z|, summed over the code, mean over the batch.

    What it logs as loss is the reconstruction alone, to be compared with that of a free code.
    """

    def __init__(self, encoder: Model, decoder: Model, penalty: float = 1e-4, name: str | None = None) -> None:
        super().__init__(encoder, decoder, name)
        self.penalty = number("SparseAutoencoder: penalty", penalty, "a number >= 0", "penalty=1e-4")

    def train_step(self, x: Tensor, y: Tensor) -> dict[str, Any]:
        z = self.encoder(x, training=True)
        x_hat = self.decoder(z, training=True)
        reconstruction = self._loss_of(y, x_hat)
        loss = reconstruction + abs(z).sum() * (self.penalty / len(z))
        loss.backward()
        self.optimizer.step(self.parameters())  # type: ignore[union-attr]
        return {"loss": reconstruction, **self.measure(y, x_hat)}

    def check_training(self, data: Any, where: str) -> None:
        self._check_compiled(where)
        super().check_training(data, where)


@checks_arguments
def fc_autoencoder(encoding_dim: int = 32) -> Autoencoder:
    """The chapter's first listing: 784 → 32 relu → 784 sigmoid. 50,992 parameters."""
    encoder = Sequential([Input(shape=(784,)), Dense(encoding_dim, activation="relu")])
    decoder = Sequential([Input(shape=(encoding_dim,)), Dense(784, activation="sigmoid")])
    return Autoencoder(encoder, decoder)


@checks_arguments
def sparse_fc_autoencoder(encoding_dim: int = 32, penalty: float = 1e-4) -> SparseAutoencoder:
    """The same network with an L1 price on the code."""
    plain = fc_autoencoder(encoding_dim)
    return SparseAutoencoder(plain.encoder, plain.decoder, penalty)


@checks_arguments
def deep_fc_autoencoder() -> Autoencoder:
    """784 → 128 → 64 → 32 → 64 → 128 → 784, relu inside, sigmoid at the end."""
    encoder = Sequential(
        [
            Input(shape=(784,)),
            Dense(128, activation="relu"),
            Dense(64, activation="relu"),
            Dense(32, activation="relu"),
        ]
    )
    decoder = Sequential(
        [
            Input(shape=(32,)),
            Dense(64, activation="relu"),
            Dense(128, activation="relu"),
            Dense(784, activation="sigmoid"),
        ]
    )
    return Autoencoder(encoder, decoder)


@checks_arguments
def conv_autoencoder() -> Autoencoder:
    """The chapter's second listing. 28,353 parameters; its code, 7 x 7 x 32 = 1,568 numbers, is twice its input."""
    encoder = Sequential(
        [
            Input(shape=(28, 28, 1)),
            Conv2D(32, (3, 3), activation="relu", padding="same"),
            MaxPooling2D((2, 2), padding="same"),
            Conv2D(32, (3, 3), activation="relu", padding="same"),
            MaxPooling2D((2, 2), padding="same"),
        ]
    )
    decoder = Sequential(
        [
            Input(shape=(7, 7, 32)),
            Conv2D(32, (3, 3), activation="relu", padding="same"),
            UpSampling2D((2, 2)),
            Conv2D(32, (3, 3), activation="relu", padding="same"),
            UpSampling2D((2, 2)),
            Conv2D(1, (3, 3), activation="sigmoid", padding="same"),
        ]
    )
    return Autoencoder(encoder, decoder)


@checks_arguments
def conv_autoencoder_128() -> Autoencoder:
    """16, 8 and 8 filters and a code of 4 x 4 x 8 = 128 numbers: the network behind Fig 9.5. 4,385 parameters.

    28 pixels become 14, 7 and 4; on the way back 4, 8, 16, and the one convolution without padding makes 14 of 16.
    Source: Chollet, "Building autoencoders in Keras", 2016.
    """
    encoder = Sequential(
        [
            Input(shape=(28, 28, 1)),
            Conv2D(16, (3, 3), activation="relu", padding="same"),
            MaxPooling2D((2, 2), padding="same"),
            Conv2D(8, (3, 3), activation="relu", padding="same"),
            MaxPooling2D((2, 2), padding="same"),
            Conv2D(8, (3, 3), activation="relu", padding="same"),
            MaxPooling2D((2, 2), padding="same"),
        ]
    )
    decoder = Sequential(
        [
            Input(shape=(4, 4, 8)),
            Conv2D(8, (3, 3), activation="relu", padding="same"),
            UpSampling2D((2, 2)),
            Conv2D(8, (3, 3), activation="relu", padding="same"),
            UpSampling2D((2, 2)),
            Conv2D(16, (3, 3), activation="relu"),
            UpSampling2D((2, 2)),
            Conv2D(1, (3, 3), activation="sigmoid", padding="same"),
        ]
    )
    return Autoencoder(encoder, decoder)


@checks_arguments
def latent_autoencoder(latent_dim: int = 2, hidden: int = 512) -> Autoencoder:
    """The listing of section 9.2.3: 784 → 512 relu → 2 → 512 relu → 784 sigmoid. 806,674 parameters.

    Raises ValueError unless both sizes are positive integers.
    """
    latent_dim = positive_integer("models.latent_autoencoder: latent_dim", latent_dim, "latent_autoencoder(2)")
    hidden = positive_integer("models.latent_autoencoder: hidden", hidden, "latent_autoencoder(2, hidden=512)")
    encoder = Sequential(
        [Input(shape=(784,)), Dense(hidden, activation="relu"), Dense(latent_dim, name="latent_variables")]
    )
    decoder = Sequential(
        [Input(shape=(latent_dim,)), Dense(hidden, activation="relu"), Dense(784, activation="sigmoid")]
    )
    return Autoencoder(encoder, decoder, data_range=(0.0, 1.0))


@checks_arguments
def linear_autoencoder(dim: int, encoding_dim: int) -> Autoencoder:
    """dim → encoding_dim → dim without activations: what it can learn is exactly PCA (Baldi and Hornik 1989)."""
    encoder = Sequential([Input(shape=(dim,)), Dense(encoding_dim)])
    decoder = Sequential([Input(shape=(encoding_dim,)), Dense(dim)])
    return Autoencoder(encoder, decoder)


@checks_arguments
def toy_autoencoder(activation: str | None = None) -> Autoencoder:
    """Fig 9.3: (x₁, x₂, x₃, x₄) → (z₁, z₂) → (x̂₁, x̂₂, x̂₃, x̂₄), linear or with an activation on the code."""
    encoder = Sequential([Input(shape=(4,)), Dense(2, activation=activation)])
    decoder = Sequential([Input(shape=(2,)), Dense(4)])
    return Autoencoder(encoder, decoder)
