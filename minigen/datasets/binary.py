"""Binary images, zeros and ones, for the models that give each pixel a probability (section 9.3)."""

from __future__ import annotations

import numpy as np

from .. import backend
from ..arrays import as_pixels
from ..types import ArrayLike
from .checks import threshold_of


def binarize(x: ArrayLike, how: str | float, seed: int = 0) -> np.ndarray:
    """x in [0, 1] as zeros and ones, float32, of the same shape.

    how "sample"   each pixel is 1 with probability x, drawn once, from `seed`: grey edges become noise
    how a number   1 where x > how, such as 0.5: strokes with sharp edges

    There is no default, because these are two different data sets: sampled digits cost a good model about 20 nats an
    image more (counted contexts of 10 neighbours 22, of one pixel 12). State the choice with every score; how_text(how)
    words it. Raises ValueError for another `how`, for x outside of [0, 1] and for a negative seed, TypeError for
    integers above 1.
    """
    images = as_pixels(x, "binarize")
    threshold = threshold_of(how)
    rng = backend.generator(seed, "binarize: seed")
    border = rng.random(images.shape, "float32") if threshold is None else threshold
    return (images > border).astype("float32")


def how_text(how: str | float) -> str:
    """The choice in words, for a score: "pixels drawn with probability x" or "pixels > 0.5"."""
    threshold = threshold_of(how)
    return "pixels drawn with probability x" if threshold is None else f"pixels > {threshold:g}"
