"""What digits have besides their class: loops, thickness and slant, measured from the pixels.

They play the mustache, the glasses and the smile of the chapter's faces (section 9.2.5): labels that cost nothing.
Images x are (n, 784), (n, 28, 28) or (n, 28, 28, 1), floats in [0, 1], or black and white of any dtype; anything else
raises ValueError or TypeError.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import as_pixels
from ..errors import message
from ..training.data import as_data

INK = 0.5  # a pixel at least as bright is part of the stroke, for has_loop


def has_loop(x: Any) -> np.ndarray:
    """Does the stroke enclose a hole? Booleans (n,).

    A hole is background that no way of steps up, down, left and right leads out of, two neighbouring pixels of it or
    more. Nearly every 8 and 0 has one, most 6 and 9, and many a 2.
    """
    background = np.pad(_images("has_loop", x) < INK, ((0, 0), (1, 1), (1, 1)), constant_values=True)
    outside = np.zeros_like(background)
    outside[:, 0, 0] = True
    before = 0
    while (now := int(outside.sum())) > before:  # water flows in from the corner, step by step
        before = now
        outside[:, 1:] |= outside[:, :-1] & background[:, 1:]
        outside[:, :-1] |= outside[:, 1:] & background[:, :-1]
        outside[:, :, 1:] |= outside[:, :, :-1] & background[:, :, 1:]
        outside[:, :, :-1] |= outside[:, :, 1:] & background[:, :, :-1]
    hole = background & ~outside
    beside, below = hole[:, :, 1:] & hole[:, :, :-1], hole[:, 1:] & hole[:, :-1]
    return np.asarray(beside.any(axis=(1, 2)) | below.any(axis=(1, 2)))


def thickness(x: Any) -> np.ndarray:
    """Width of the stroke in pixels (n,): 2 A / P, with the ink A = Σ x and the length of its outline P = Σ ‖∇x‖.

    A stroke of length L and width w has A = L w and P = 2 L, but for its two ends. 0 for an empty image.
    """
    images = np.pad(_images("thickness", x), ((0, 0), (1, 1), (1, 1)))
    a, b, c, d = images[:, :-1, :-1], images[:, :-1, 1:], images[:, 1:, :-1], images[:, 1:, 1:]
    across, down = (b - a + d - c) / 2, (c - a + d - b) / 2  # in the middle of four pixels, where both have a place
    outline = np.hypot(across, down).sum(axis=(1, 2))
    return 2 * images.sum(axis=(1, 2)) / np.maximum(outline, 1e-6)


def slant(x: Any) -> np.ndarray:
    """How far the digit leans to the right, in columns for each row upwards (n,): -m₁₁ / m₀₂ of its ink.

    m₁₁ and m₀₂ are the covariance of column and row and the variance of the row, weighted with the ink: it is the slope
    of the line that tells the column from the row best. Shifting each row by s for each row upwards adds s. 0 for a
    digit without height.
    """
    images = _images("slant", x)
    rows, columns = np.mgrid[: images.shape[1], : images.shape[2]]
    ink = np.maximum(images.sum(axis=(1, 2)), 1e-6)

    def mean(values: np.ndarray) -> np.ndarray:
        return (images * values).sum(axis=(1, 2)) / ink

    m11 = mean(rows * columns) - mean(rows) * mean(columns)
    m02 = mean(rows * rows) - mean(rows) ** 2
    return -m11 / np.maximum(m02, 1e-6)


def _images(where: str, x: Any) -> np.ndarray:
    """(n, 28, 28) in float64, checked."""
    (images,) = as_data(x, None, f"attributes.{where}")
    shape = getattr(images, "shape", "a list")
    if shape[1:] not in ((784,), (28, 28), (28, 28, 1)):
        fix, expected = "x.reshape(-1, 784), np.stack(x)", "one array (n, 784), (n, 28, 28) or (n, 28, 28, 1)"
        fix = "x[None]" if shape in ((784,), (28, 28), (28, 28, 1)) else fix
        raise ValueError(message(f"attributes.{where}: images", expected=expected, got=shape, fix=fix))
    return as_pixels(images, f"attributes.{where}").reshape(-1, 28, 28).astype("float64")
