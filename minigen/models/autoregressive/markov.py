"""A context window in place of the whole past: p(xᵢ | x₁, ..., xᵢ₋₁) = p(xᵢ | xᵢ₋ₖ, ..., xᵢ₋₁) (section 9.3).

Counted, for images and for text; and the same window with a network, where there are more contexts than could be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from ... import backend
from ...arrays import as_array, black_and_white
from ...checks import positive_integer, positive_number
from ...errors import message
from ...layers import Conv2D, Input, MaskedConv2D
from ...model import Sequential
from .base import Autoregressive, check_binary

Window = int | Sequence[tuple[int, int]]  # k pixels in raster order, or (rows, columns) from the pixel to each of them
MOST_PIXELS = 22  # of a window that is counted: 4 million contexts


def neighbours(k: int) -> list[tuple[int, int]]:
    """The k nearest pixels among those that come before a pixel in raster order, as (rows, columns) from it.

    The first four are left, above, above left and above right.
    """
    k = positive_integer("neighbours: k", k, "neighbours(4)")
    reach = int(np.ceil(np.sqrt(2 * k))) + 1
    before = [(r, c) for r in range(-reach, 1) for c in range(-reach, reach + 1) if r < 0 or c < 0]
    return sorted(before, key=lambda at: (at[0] ** 2 + at[1] ** 2, -at[0], abs(at[1]), at[1]))[:k]


def past(x: Any, window: Window) -> np.ndarray:
    """What the window of each pixel holds: images (n, rows, columns) -> (n, rows, columns, k); 0 outside of the image.

    window  k: the last k pixels, row after row; or places such as neighbours(10), (rows, columns) from the pixel, all
            before it in raster order

    Raises ValueError for other images, a window that looks at what comes later, and one longer than the image.
    """
    images = _images(x, "past")
    n, rows, columns = images.shape
    if isinstance(window, (int, np.integer)):
        if _length(window) >= rows * columns:
            where, expected = "past: window", f"0 to {rows * columns - 1} pixels, for images of {rows} x {columns}"
            raise ValueError(message(where, expected=expected, got=window, fix="past(x, 16)"))
        flat = np.pad(images.reshape(n, -1), ((0, 0), (window, 0)))
        parts = [flat[:, window - j : flat.shape[1] - j].reshape(images.shape) for j in range(1, window + 1)]
    else:
        places = _places(window)
        border = max((max(-r, abs(c)) for r, c in places), default=0)
        if border >= rows + columns:
            expected = f"places within the {rows} x {columns} pixels"
            raise ValueError(message("past: window", expected=expected, got=places, fix="neighbours(4)"))
        framed = np.pad(images, ((0, 0), (border, border), (border, border)))
        parts = [framed[:, border + r : border + r + rows, border + c : border + c + columns] for r, c in places]
    return np.stack(parts, axis=-1) if parts else np.zeros((*images.shape, 0), images.dtype)


def _length(window: Any) -> int:
    """How many pixels a window has."""
    if not isinstance(window, (int, np.integer)):
        return len(_places(window))
    if isinstance(window, bool) or window < 0:
        fix = "past(x, 16), past(x, neighbours(4))"
        raise ValueError(message("past: window", expected="0 or more pixels", got=window, fix=fix))
    return int(window)


def _places(window: Any) -> list[tuple[int, int]]:
    fix = "neighbours(4), or [(0, -1), (-1, 0)]: (rows, columns) from the pixel"
    try:
        places = [(index(r), index(c)) for r, c in window]
    except (TypeError, ValueError):
        raise ValueError(message("past: window", expected="k or places", got=repr(window), fix=fix)) from None
    later = [at for at in places if not (at[0] < 0 or (at[0] == 0 and at[1] < 0))]
    if later:
        expected = "places before the pixel in raster order"
        raise ValueError(message("past: window", expected=expected, got=later, fix=fix))
    return places


def _images(x: Any, where: str) -> np.ndarray:
    a = black_and_white(backend.to_numpy(as_array(x, where)))
    if a.ndim != 3 or 0 in a.shape:
        fix = {2: "x[None] for a single image", 4: "x[..., 0]"}.get(a.ndim, "x.reshape(-1, 28, 28)")
        fix = fix if a.size else "a non-empty array; check the slice that made it"
        raise ValueError(message(f"{where}: images", expected="(n, rows, columns)", got=a.shape, fix=fix))
    check_binary(a, where)
    return a


class ContextCounts:
    """p(xᵢ = 1 | its window) by counting: (ones seen after this context + s) / (times seen + 2 s), the same everywhere.

    window     as for past(): k, or places
    smoothing  s > 0, which a context that was never seen needs; 1/2 is the choice of Krichevsky and Trofimov 1981

    Raises ValueError for a window whose 2ᵏ contexts nobody can count (more than 4 million), and for data that is not
    black and white.
    """

    def __init__(self, window: Window, smoothing: float = 0.5) -> None:
        self.window: Any = window if isinstance(window, (int, np.integer)) else _places(window)
        self.k = _length(self.window)
        if self.k > MOST_PIXELS:
            where, expected = "ContextCounts: window", "22 pixels or fewer: every context has to be seen to be counted"
            fix = "window_network(k): a network shares what it learns among contexts"
            raise ValueError(message(where, expected=expected, got=f"{self.k}, 2^{self.k} contexts", fix=fix))
        self.smoothing = positive_number("ContextCounts: smoothing", smoothing, "ContextCounts(4, smoothing=0.5)")
        self.p: np.ndarray | None = None  # p(1 | context), by the number that the context spells

    def fit(self, x: Any) -> ContextCounts:
        """Count the contexts of images (n, rows, columns) of zeros and ones."""
        images = _images(x, "ContextCounts.fit")
        contexts = self._contexts(images)
        seen = np.bincount(contexts, minlength=2**self.k)
        ones = np.bincount(contexts, weights=images.reshape(-1), minlength=2**self.k)
        self.p = (ones + self.smoothing) / (seen + 2 * self.smoothing)
        return self

    def nll(self, x: Any) -> np.ndarray:
        """-log p(x) of each image in nats, (n,). Raises RuntimeError before fit()."""
        if self.p is None:
            fix = "ContextCounts(4).fit(x)"
            raise RuntimeError(message("ContextCounts.nll", expected="counts", got="none: no fit() yet", fix=fix))
        images = _images(x, "ContextCounts.nll")
        p = self.p[self._contexts(images)].reshape(len(images), -1)
        return -np.log(np.where(images.reshape(p.shape) == 1, p, 1 - p)).sum(axis=1)

    def _contexts(self, images: np.ndarray) -> np.ndarray:
        """The number that the window of each pixel spells in base 2, of all images one after the other."""
        digits = past(images, self.window).reshape(images.size, self.k).astype("int64")
        return digits @ (1 << np.arange(self.k, dtype="int64"))


def window_network(k: int, hidden: int = 32, pixels: int = 784) -> Autoregressive:
    """p(xᵢ = 1 | the last k pixels) by a network, relu inside: k → hidden → hidden → 1, for images as one row.

    All windows of an image at once are a masked convolution of 1 x k live taps. Images are (n, 1, pixels, 1). Raises
    ValueError for sizes that are not positive integers and for a window that is longer than the image.
    """
    fix = "window_network(56)"
    k, hidden = (positive_integer(f"window_network: {name}", n, fix) for name, n in (("k", k), ("hidden", hidden)))
    pixels = positive_integer("window_network: pixels", pixels, fix)
    if k >= pixels:
        where, expected = "window_network: k", f"fewer than the {pixels} pixels"
        raise ValueError(message(where, expected=expected, got=k, fix=fix))
    layers = [
        Input(shape=(1, pixels, 1)),
        MaskedConv2D(hidden, (1, 2 * k + 1), "A", activation="relu"),
        Conv2D(hidden, 1, activation="relu"),
        Conv2D(1, 1),
    ]
    return Autoregressive(Sequential(layers), (1, pixels, 1), np.arange(pixels))
