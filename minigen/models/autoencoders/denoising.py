"""Denoising (Fig 9.6): the noise, and two answers that need no network. The network is models.conv_autoencoder()."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import backend
from ...arrays import as_array, check_filled, check_finite, into_range, outside
from ...backend import to_numpy
from ...checks import number
from ...errors import message
from ...ops.checks import check_images


def add_noise(x: Any, factor: float = 0.5) -> np.ndarray:
    """x + factor ε with ε ~ N(0, 1) for each pixel, clipped to [0, 1], as a NumPy array; minigen.seed() fixes it.

    Raises ValueError for pixels outside [0, 1] (uint8 images, say), for no images and for a negative factor.
    """
    factor = number("add_noise: factor", factor, "a number, 0 or more", "factor=0.5")
    x = to_numpy(as_array(x, "add_noise"))
    check_filled(x, "add_noise")
    got = outside(x, 0.0, 1.0, "float32")
    if got:
        fix, got = into_range(x, 0.0, 1.0), f"pixels in {got}"
        raise ValueError(message("add_noise", expected="pixels in [0, 1]", got=got, fix=fix))
    noise = to_numpy(backend.normal(x.shape))
    return np.clip(x + factor * noise, 0, 1).astype("float32")


def median_filter(images: Any) -> np.ndarray:
    """Every pixel replaced by the median of its 3 x 3 neighbourhood, edges repeated; images (n, h, w, channels)."""
    x = to_numpy(as_array(images, "median_filter", "images"))
    check_images("median_filter", x)
    check_filled(x, "median_filter")
    border = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], mode="edge")
    _, h, w, _ = x.shape
    neighbours = [border[:, i : i + h, j : j + w] for i in range(3) for j in range(3)]
    return np.median(neighbours, axis=0)


class RidgeDenoiser:
    """The best linear denoiser: x̂ = x̄ + W (x̃ - mean of x̃), W minimising ‖x - x̂‖² + penalty ‖W‖², clipped to [0, 1].

    W = (X̃ᵀX̃ + penalty)⁻¹ X̃ᵀX for centred noisy images X̃ and clean images X, one flattened image a row. Every pixel of
    the answer is a weighted sum of all noisy pixels; it is the best such sum, for its penalty, on the training images.
    Raises ValueError for shapes that differ and for a penalty that is not above 0.
    """

    def __init__(self, noisy: Any, clean: Any, penalty: float = 100.0) -> None:
        penalty = number("RidgeDenoiser: penalty", penalty, "a number above 0", "penalty=100", low=1e-12)
        self.shape = as_array(clean, "RidgeDenoiser: clean").shape[1:]
        x, y = self._flat(noisy), self._flat(clean)
        if len(x) != len(y) or len(y) == 0:
            expected, got = "as many noisy images as clean ones", f"{len(x)} noisy and {len(y)} clean images"
            raise ValueError(message("RidgeDenoiser", expected=expected, got=got, fix="RidgeDenoiser(add_noise(x), x)"))
        self.noisy_mean, self.clean_mean = x.mean(axis=0), y.mean(axis=0)
        x, y = x - self.noisy_mean, y - self.clean_mean
        self.weights = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y)

    def predict(self, noisy: Any) -> np.ndarray:
        """Denoised images, in the shape of the noisy ones."""
        check_filled(as_array(noisy, "RidgeDenoiser"), "RidgeDenoiser.predict")
        denoised = self.clean_mean + (self._flat(noisy) - self.noisy_mean) @ self.weights
        return np.clip(denoised, 0, 1).astype("float32").reshape(-1, *self.shape)

    def _flat(self, images: Any) -> np.ndarray:
        """(n, pixels) in float64; ValueError for images of another shape, and for NaN among them."""
        x = to_numpy(as_array(images, "RidgeDenoiser"))
        if x.shape[1:] != self.shape:
            expected, fix = f"images of shape {self.shape}", "the images that it was made for"
            fix = "x[None]" if x.shape == self.shape else fix
            raise ValueError(message("RidgeDenoiser: wrong shape", expected=expected, got=x.shape, fix=fix))
        flat = x.reshape(len(x), math.prod(self.shape)).astype("float64")
        check_finite(flat, "RidgeDenoiser")
        return flat
