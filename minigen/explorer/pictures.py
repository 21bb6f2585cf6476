"""Test images as a page shows them: the shape of a picture, its pixels, and the names of the classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import backend
from ..arrays import as_array
from ..types import Shape
from . import checks
from .films import in_bytes

MOST = 1_000  # images that a page uses


class Pictures:
    """The first 1,000 test images and their classes, for a model that draws images of the shape `drawn`.

    shape  (rows, columns, channels); that of x if the model draws flat images, and without x a square
    range  (low, high) of the pixels: the model's data_range, else [0, 1] or what x has
    n      how many images there are, 0 without x
    y      their classes (n,) as places in `names`, or None

    Raises ValueError for images of another shape than the model draws, for pixels outside of the range, for another
    number of labels, and for more than 256 classes; TypeError for labels that are neither integers nor text.
    """

    def __init__(self, drawn: Shape, x: Any, y: Any, data_range: tuple[float, float] | None) -> None:
        given = None if x is None else as_array(x, "explore: x")  # a Streamed stays one, and is read in part
        self.shape = checks.shape_of_picture(drawn, None if given is None else given.shape)
        self.y: np.ndarray | None = None
        self.names: list[str] = []
        if y is not None:
            labels, self.names = checks.labels_and_names(y, 0 if given is None else len(given))
            self.y = labels[:MOST]
        first = None if given is None else backend.to_numpy(given[:MOST])
        self.range = data_range or _range_of(first)
        self.n = 0
        if first is not None:
            self.n = len(first)
            self.shades = checks.shades_of(first.reshape(self.n, *self.shape), *self.range)  # 0 black, 1 white

    def pixels(self, n: int) -> np.ndarray:
        """The first n images as the model takes them, (n, rows, columns, channels) in the range."""
        low, high = self.range
        return low + (high - low) * self.shades[:n]

    def examples(self, n: int) -> np.ndarray:
        """n images in bytes, (n, rows, columns, channels): the first of each class, then other ones."""
        first = [] if self.y is None else np.unique(self.y, return_index=True)[1].tolist()
        others = [i for i in range(self.n) if i not in first]
        return in_bytes(self.shades[[*first, *others][:n]], 0, 1)

    def names_for(self, classes: int) -> list[str]:
        """The names of so many classes: those of the labels if they are text, else 0, 1, 2, ..."""
        return self.names if len(self.names) == classes else [str(i) for i in range(classes)]


def _range_of(x: np.ndarray | None) -> tuple[float, float]:
    """[0, 1] if the pixels lie in it, else from the least to the largest, which is larger."""
    if x is None or (x.min() >= 0 and x.max() <= 1):
        return 0.0, 1.0
    low, high = float(x.min()), float(x.max())
    return low, high if low != high else low + 1.0
