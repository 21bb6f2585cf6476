"""Black and white: images of zeros and ones, for the models that give each pixel a probability (section 9.3)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import backend
from ..arrays import as_pixels
from ..checks import number
from ..errors import message


def binarize(x: Any, how: str | float, seed: int = 0) -> np.ndarray:
    """x in [0, 1] as zeros and ones, float32, of the same shape.

    how "sample"   each pixel is 1 with probability x, drawn once, from `seed`: grey edges become noise
    how a number   1 where x > how, such as 0.5: strokes with sharp edges

    There is no default, because the two are different data: sampled digits cost a good model some 20 nats an image more
    (counted contexts of 10 neighbours 22, of one pixel 12). Tell which, with every score: how_text(how) does. Raises
    ValueError for another `how`, for x outside of [0, 1] and a negative seed, TypeError for integers above 1.
    """
    images = as_pixels(x, "binarize")
    threshold = _threshold(how)
    rng = backend.generator(seed, "binarize: seed")
    border = rng.random(images.shape, "float32") if threshold is None else threshold
    return (images > border).astype("float32")


def how_text(how: str | float) -> str:
    """The words for a score: "pixels drawn with probability x" or "pixels > 0.5"."""
    threshold = _threshold(how)
    return "pixels drawn with probability x" if threshold is None else f"pixels > {threshold:g}"


def _threshold(how: Any) -> float | None:
    """The number, or None for "sample"."""
    if isinstance(how, str) and how == "sample":
        return None
    expected, fix = '"sample", or a threshold in [0, 1)', 'binarize(x, how="sample") or binarize(x, how=0.5)'
    if isinstance(how, (bool, str)) or how is None:
        raise ValueError(message("binarize: how", expected=expected, got=repr(how), fix=fix))
    return number("binarize: how", how, expected, fix, below=1.0)
