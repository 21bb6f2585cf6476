"""Denoising (Fig 9.6): the noise, and two answers that need no network. The network is models.conv_autoencoder()."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import backend
from ..backend import to_numpy


def add_noise(x: Any, factor: float = 0.5) -> np.ndarray:
    """x + factor ε with ε ~ N(0, 1) for each pixel, clipped to [0, 1], as a NumPy array; minigen.seed() fixes it."""
    x = to_numpy(x)
    noise = to_numpy(backend.normal(x.shape))
    return np.clip(x + factor * noise, 0, 1).astype("float32")


def median_filter(images: Any) -> np.ndarray:
    """Every pixel replaced by the median of its 3 x 3 neighbourhood, edges repeated; images (n, h, w, 1)."""
    x = to_numpy(images)
    border = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], mode="edge")
    _, h, w, _ = x.shape
    neighbours = [border[:, i : i + h, j : j + w] for i in range(3) for j in range(3)]
    return np.median(neighbours, axis=0)


class RidgeDenoiser:
    """The best linear denoiser: x̂ = x̄ + W (x̃ - mean of x̃), W minimising ‖x - x̂‖² + penalty ‖W‖², clipped to [0, 1].

    W = (X̃ᵀX̃ + penalty)⁻¹ X̃ᵀX for centred noisy images X̃ and clean images X, one flattened image a row. Every pixel of
    the answer is a weighted sum of all noisy pixels: what a network without hidden layers could learn at best.
    """

    def __init__(self, noisy: Any, clean: Any, penalty: float = 100.0) -> None:
        x, y = _flat(noisy), _flat(clean)
        self.noisy_mean, self.clean_mean = x.mean(axis=0), y.mean(axis=0)
        x, y = x - self.noisy_mean, y - self.clean_mean
        self.weights = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y)

    def predict(self, noisy: Any) -> np.ndarray:
        """Denoised images, in the shape of the noisy ones."""
        denoised = self.clean_mean + (_flat(noisy) - self.noisy_mean) @ self.weights
        return np.clip(denoised, 0, 1).astype("float32").reshape(noisy.shape)


def _flat(images: Any) -> np.ndarray:
    return to_numpy(images).reshape(len(images), -1).astype("float64")
