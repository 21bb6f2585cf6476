"""Denoising (Fig 9.6): the noise, and two methods without a network. The network is models.conv_autoencoder()."""

from __future__ import annotations

import numpy as np

from ... import backend
from ...arrays import as_array
from ...checks.arrays import check_filled
from ...checks.values import number
from ...types import ArrayLike
from .checks import check_pairs, flattened_images, float_images, pixels


def add_noise(x: ArrayLike, factor: float = 0.5) -> np.ndarray:
    """x + factor ε with ε ~ N(0, 1) for each pixel, clipped to [0, 1], as a NumPy array; minigen.seed() fixes it.

    Raises ValueError for pixels outside [0, 1] such as those of uint8 images, for no images and for factor < 0.
    """
    factor = number("add_noise: factor", factor, "a number, 0 or more", "factor=0.5")
    x = pixels("add_noise", x)
    noise = backend.to_numpy(backend.normal(x.shape))
    return np.clip(x + factor * noise, 0, 1).astype("float32")


def median_filter(images: ArrayLike) -> np.ndarray:
    """Every pixel replaced by the median of its 3 x 3 neighbourhood, edges repeated; images (n, h, w, channels).

    Raises ValueError for another shape and for no images, TypeError unless they are floats.
    """
    x = float_images("median_filter", images)
    border = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], mode="edge")  # (n, h + 2, w + 2, channels)
    _, h, w, _ = x.shape
    neighbours = [border[:, i : i + h, j : j + w] for i in range(3) for j in range(3)]  # 9 of (n, h, w, channels)
    return np.median(neighbours, axis=0)


class RidgeDenoiser:
    """The best linear denoiser: x̂ = x̄ + (x̃ - mean of x̃) W, W minimising ‖x - x̂‖² + penalty ‖W‖², clipped to [0, 1].

    W = (X̃ᵀX̃ + penalty)⁻¹ X̃ᵀX for centred noisy images X̃ and clean images X, (n, pixels), one flattened image a row.
    Every pixel of x̂ is a weighted sum of all noisy pixels, the best such sum on the training images for this penalty
    (ridge regression: Hoerl and Kennard 1970).

    Raises ValueError for shapes that differ, for no images, for NaN and unless penalty > 0.
    """

    def __init__(self, noisy: ArrayLike, clean: ArrayLike, penalty: float = 100.0) -> None:
        penalty = number("RidgeDenoiser: penalty", penalty, "a number above 0", "penalty=100", low=1e-12)
        self.shape = as_array(clean, "RidgeDenoiser: clean").shape[1:]
        x = flattened_images("RidgeDenoiser", noisy, self.shape)  # (n, pixels)
        y = flattened_images("RidgeDenoiser", clean, self.shape)  # (n, pixels)
        check_pairs(x, y)
        self.noisy_mean, self.clean_mean = x.mean(axis=0), y.mean(axis=0)  # (pixels,)
        x, y = x - self.noisy_mean, y - self.clean_mean
        n, dim = x.shape
        if n < dim:  # the same weights from n equations: (X̃ᵀX̃ + p)⁻¹ X̃ᵀ = X̃ᵀ (X̃X̃ᵀ + p)⁻¹
            self.weights = x.T @ np.linalg.solve(x @ x.T + penalty * np.eye(n), y)  # (pixels, pixels)
        else:
            self.weights = np.linalg.solve(x.T @ x + penalty * np.eye(dim), x.T @ y)  # (pixels, pixels)

    def predict(self, noisy: ArrayLike) -> np.ndarray:
        """Denoised images, in the shape of the noisy ones, float32."""
        check_filled(as_array(noisy, "RidgeDenoiser"), "RidgeDenoiser.predict")
        x = flattened_images("RidgeDenoiser", noisy, self.shape)  # (n, pixels)
        denoised = self.clean_mean + (x - self.noisy_mean) @ self.weights
        return np.clip(denoised, 0, 1).astype("float32").reshape(-1, *self.shape)  # (n, *image)
