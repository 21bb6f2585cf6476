"""Attributes of digits besides their class: loops, thickness and slant, measured from the pixels.

They stand in for the mustache, the glasses and the smile of the chapter's faces (section 9.2.5): labels without manual
annotation. Images x are (n, 784), (n, 28, 28) or (n, 28, 28, 1), floats in [0, 1], or zeros and ones of any dtype.
Anything else raises ValueError or TypeError.
"""

from __future__ import annotations

import numpy as np

from ..types import ArrayLike
from .checks import digit_images

INK = 0.5  # for has_loop, a pixel at least as bright as this is part of the stroke


def has_loop(x: ArrayLike) -> np.ndarray:
    """Whether the stroke encloses a hole: booleans (n,).

    A hole is a region of background with at least two adjacent pixels that no path of steps up, down, left and right
    connects to the border. Nearly every 8 and 0 has one, most 6 and 9, and many a 2.
    """
    background = np.pad(digit_images("attributes.has_loop", x) < INK, ((0, 0), (1, 1), (1, 1)), constant_values=True)
    outside = np.zeros_like(background)  # (n, 30, 30)
    outside[:, 0, 0] = True
    before = 0
    while (now := int(outside.sum())) > before:  # flood fill from the corner, one step at a time
        before = now
        outside[:, 1:] |= outside[:, :-1] & background[:, 1:]
        outside[:, :-1] |= outside[:, 1:] & background[:, :-1]
        outside[:, :, 1:] |= outside[:, :, :-1] & background[:, :, 1:]
        outside[:, :, :-1] |= outside[:, :, 1:] & background[:, :, :-1]
    hole = background & ~outside
    beside = hole[:, :, 1:] & hole[:, :, :-1]  # (n, 30, 29)
    below = hole[:, 1:] & hole[:, :-1]  # (n, 29, 30)
    return np.asarray(beside.any(axis=(1, 2)) | below.any(axis=(1, 2)))  # (n,)


def thickness(x: ArrayLike) -> np.ndarray:
    """Width of the stroke in pixels (n,): 2 A / P, with the ink A = Σ x and the length of its outline P = Σ ‖∇x‖.

    A stroke of length L and width w has A = L w and P = 2 L, apart from its two ends. 0 for an empty image.
    """
    images = digit_images("attributes.thickness", x).astype("float64")
    images = np.pad(images, ((0, 0), (1, 1), (1, 1)))  # (n, 30, 30)
    a, b, c, d = images[:, :-1, :-1], images[:, :-1, 1:], images[:, 1:, :-1], images[:, 1:, 1:]  # (n, 29, 29) each
    across, down = (b - a + d - c) / 2, (c - a + d - b) / 2  # ∇x at the centre of each block of 2 x 2 pixels
    outline = np.hypot(across, down).sum(axis=(1, 2))  # (n,)
    return 2 * images.sum(axis=(1, 2)) / np.maximum(outline, 1e-6)


def slant(x: ArrayLike) -> np.ndarray:
    """How far the digit leans to the right, in columns per row upwards (n,): -m₁₁ / m₀₂ of its ink.

    m₁₁ is the covariance of column and row and m₀₂ the variance of the row, weighted with the ink. The ratio is the
    slope of the least-squares line that predicts the column from the row. Shifting each row by s per row upwards adds
    s. 0 for a digit without height.
    """
    images = digit_images("attributes.slant", x).astype("float64")
    rows, columns = np.mgrid[: images.shape[1], : images.shape[2]]  # (28, 28) each
    ink = np.maximum(images.sum(axis=(1, 2)), 1e-6)  # (n,)

    def mean(values: np.ndarray) -> np.ndarray:
        return (images * values).sum(axis=(1, 2)) / ink  # (n,)

    m11 = mean(rows * columns) - mean(rows) * mean(columns)
    m02 = mean(rows * rows) - mean(rows) ** 2
    return -m11 / np.maximum(m02, 1e-6)
