"""Autoencoders: x → z = encoder(x) → x̂ = decoder(z), trained with the data itself as the labels (section 9.2)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..layers import Dense, Input
from ..model import Model, Sequential
from ..tensor import Tensor


class Autoencoder(Model):
    """The general architecture of Fig 9.4: any encoder, any decoder that fits its output."""

    def __init__(self, encoder: Model, decoder: Model, name: str | None = None) -> None:
        encoder.name, decoder.name = encoder.name or "encoder", decoder.name or "decoder"
        self.encoder, self.decoder = encoder, decoder
        super().__init__(encoder.inputs, decoder(encoder(encoder.inputs)), name)

    def encode(self, x: Any) -> np.ndarray:
        """The codes z of x, as a NumPy array."""
        return self.encoder.predict(x)

    def decode(self, z: Any) -> np.ndarray:
        """The reconstructions x̂ of codes z, as a NumPy array."""
        return self.decoder.predict(z)


class SparseAutoencoder(Autoencoder):
    """An autoencoder whose code is paid for: loss + penalty Σ |z|, summed over the code, mean over the batch.

    What it logs as loss is the reconstruction alone, to be compared with that of a free code.
    """

    def __init__(self, encoder: Model, decoder: Model, penalty: float = 1e-4, name: str | None = None) -> None:
        super().__init__(encoder, decoder, name)
        self.penalty = penalty

    def train_step(self, x: Tensor, y: Tensor) -> dict[str, Any]:
        z = self.encoder(x, training=True)
        x_hat = self.decoder(z, training=True)
        reconstruction = self.loss(y, x_hat)
        loss = reconstruction + abs(z).sum() * (self.penalty / len(z))
        loss.backward()
        self.optimizer.step(self.parameters())  # type: ignore[union-attr]
        return {"loss": reconstruction, **self.measure(y, x_hat)}

    def check_training(self, data: Any, where: str) -> None:
        self._check_compiled(where)
        super().check_training(data, where)


def fc_autoencoder(encoding_dim: int = 32) -> Autoencoder:
    """The chapter's first listing: 784 → 32 relu → 784 sigmoid. 50,992 parameters."""
    encoder = Sequential([Input(shape=(784,)), Dense(encoding_dim, activation="relu")])
    decoder = Sequential([Input(shape=(encoding_dim,)), Dense(784, activation="sigmoid")])
    return Autoencoder(encoder, decoder)


def sparse_fc_autoencoder(encoding_dim: int = 32, penalty: float = 1e-4) -> SparseAutoencoder:
    """The same network with an L1 price on the code."""
    plain = fc_autoencoder(encoding_dim)
    return SparseAutoencoder(plain.encoder, plain.decoder, penalty)


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


def linear_autoencoder(dim: int, encoding_dim: int) -> Autoencoder:
    """dim → encoding_dim → dim without activations: what it can learn is exactly PCA (Baldi and Hornik 1989)."""
    encoder = Sequential([Input(shape=(dim,)), Dense(encoding_dim)])
    decoder = Sequential([Input(shape=(encoding_dim,)), Dense(dim)])
    return Autoencoder(encoder, decoder)


def toy_autoencoder(activation: str | None = None) -> Autoencoder:
    """Fig 9.3: (x₁, x₂, x₃, x₄) → (z₁, z₂) → (x̂₁, x̂₂, x̂₃, x̂₄), linear or with an activation on the code."""
    encoder = Sequential([Input(shape=(4,)), Dense(2, activation=activation)])
    decoder = Sequential([Input(shape=(2,)), Dense(4)])
    return Autoencoder(encoder, decoder)
