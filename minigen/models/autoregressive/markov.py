"""Markov models of images, with a context window as the past: p(xᵢ | x₁, ..., xᵢ₋₁) = p(xᵢ | xᵢ₋ₖ, ..., xᵢ₋₁).

The probabilities come from counts or, where there are too many contexts to count, from a network (section 9.3).
"""

from __future__ import annotations

import numpy as np

from ...checks.values import positive_integer, positive_number
from ...layers import Conv2D, Input, MaskedConv2D
from ...model import Sequential
from ...types import ArrayLike
from ..checks import integer_up_to
from . import checks
from .base import Autoregressive
from .checks import Window

MOST_PIXELS = 22  # in the window of ContextCounts: 4 million contexts


def neighbours(k: int) -> list[tuple[int, int]]:
    """Of the pixels before a pixel in raster order, the k nearest by Euclidean distance, as offsets (rows, columns).

    The first four are left, above, above left and above right. Raises ValueError unless k is a positive integer.
    """
    k = positive_integer("neighbours: k", k, "neighbours(4)")
    reach = int(np.ceil(np.sqrt(2 * k))) + 1
    before = [(r, c) for r in range(-reach, 1) for c in range(-reach, reach + 1) if r < 0 or c < 0]
    return sorted(before, key=lambda at: (at[0] ** 2 + at[1] ** 2, -at[0], abs(at[1]), at[1]))[:k]


def past(x: ArrayLike, window: Window) -> np.ndarray:
    """The pixels in the window of each pixel: images (n, rows, columns) -> (n, rows, columns, k), 0 outside the image.

    window  k: the last k pixels in raster order, the previous pixel first on the last axis; at the start of a row they
            are in the row above. Or places such as neighbours(10): offsets (rows, columns) from the pixel

    Raises TypeError for integers other than 0 and 1, ValueError for such floats, for images of another shape, for a
    window with the pixel itself or later ones, for k as large as the number of pixels or larger, and for places that
    are rows + columns or more away.
    """
    images = checks.binary_images("past", x)
    n, rows, columns = images.shape
    window = checks.window_of_pixels(window)
    checks.check_window_fits(window, rows, columns)
    if isinstance(window, int):
        flat = np.pad(images.reshape(n, -1), ((0, 0), (window, 0)))  # (n, window + pixels)
        parts = [flat[:, window - j : flat.shape[1] - j].reshape(images.shape) for j in range(1, window + 1)]
    else:
        border = max((max(-r, abs(c)) for r, c in window), default=0)
        framed = np.pad(images, ((0, 0), (border, border), (border, border)))
        parts = [framed[:, border + r : border + r + rows, border + c : border + c + columns] for r, c in window]
    return np.stack(parts, axis=-1) if parts else np.zeros((*images.shape, 0), images.dtype)


class ContextCounts:
    """p(xᵢ = 1 | its window) = (number of ones after this context + s) / (number of its occurrences + 2 s).

    window     as for past(): k, or places
    smoothing  s > 0, for contexts that do not occur; 1/2 is the choice of Krichevsky and Trofimov 1981

    The probabilities do not depend on the position in the image. Raises ValueError for a window of more than 22 pixels
    (2ᵏ contexts, 4 million) and for images that are not black and white.
    """

    def __init__(self, window: Window, smoothing: float = 0.5) -> None:
        self.window = checks.window_of_pixels(window)
        self.k = self.window if isinstance(self.window, int) else len(self.window)
        checks.check_countable(self.k, MOST_PIXELS)
        self.smoothing = positive_number("ContextCounts: smoothing", smoothing, "ContextCounts(4, smoothing=0.5)")
        self.p: np.ndarray | None = None  # p(1 | context), (2^k,), by the number of the context: see _contexts()

    def fit(self, x: ArrayLike) -> ContextCounts:
        """Count the contexts of images (n, rows, columns) of zeros and ones."""
        images = checks.binary_images("ContextCounts.fit", x)
        contexts = self._contexts(images)
        occurrences = np.bincount(contexts, minlength=2**self.k)  # (2^k,)
        ones = np.bincount(contexts, weights=images.reshape(-1), minlength=2**self.k)  # (2^k,)
        self.p = (ones + self.smoothing) / (occurrences + 2 * self.smoothing)
        return self

    def nll(self, x: ArrayLike) -> np.ndarray:
        """-log p(x) of each image in nats, (n,). Raises RuntimeError before fit()."""
        fitted = checks.fitted(self.p)
        images = checks.binary_images("ContextCounts.nll", x)
        p = fitted[self._contexts(images)].reshape(len(images), -1)  # (n, pixels)
        return -np.log(np.where(images.reshape(p.shape) == 1, p, 1 - p)).sum(axis=1)  # (n,)

    def _contexts(self, images: np.ndarray) -> np.ndarray:
        """The pixels of each window as the binary digits of a number, for all pixels of all images, (n * pixels,)."""
        digits = past(images, self.window).reshape(images.size, self.k).astype("int64")  # (n * pixels, k)
        return digits @ (1 << np.arange(self.k, dtype="int64"))


def window_network(k: int, hidden: int = 32, pixels: int = 784) -> Autoregressive:
    """p(xᵢ = 1 | the last k pixels) by a network with relu inside: k → hidden → hidden → 1, for images as one row.

    One masked convolution with 1 x k free taps computes the first layer for all windows of an image. Images are
    (n, 1, pixels, 1). Raises ValueError for sizes that are not positive integers and unless k < pixels.
    """
    fix = "window_network(56)"
    hidden = positive_integer("window_network: hidden", hidden, fix)
    pixels = positive_integer("window_network: pixels", pixels, fix)
    k = integer_up_to("window_network: k", k, pixels - 1, f"fewer than the {pixels} pixels", fix)
    layers = [
        Input(shape=(1, pixels, 1)),
        MaskedConv2D(hidden, (1, 2 * k + 1), "A", activation="relu"),
        Conv2D(hidden, 1, activation="relu"),
        Conv2D(1, 1),
    ]
    return Autoregressive(Sequential(layers), (1, pixels, 1), np.arange(pixels))
