"""Input validation of the autoencoders and of the methods that they are compared with."""

from __future__ import annotations

import math

import numpy as np

from ...arrays import as_array
from ...backend import finite_array, to_numpy
from ...checks.arrays import check_filled, check_finite, into_range, outside
from ...errors import message
from ...model import Model
from ...ops.checks import check_images
from ...types import ArrayLike, Shape
from ..checks import check_has_graph


def check_parts(kind: str, encoder: Model, decoder: Model) -> None:
    """TypeError unless both are Models with an Input."""
    for part, network in {"encoder": encoder, "decoder": decoder}.items():
        check_has_graph(f"{kind}: {part}", network, "Sequential([Input(shape=(784,)), Dense(32)])")


# ---- images


def pixels(where: str, x: ArrayLike) -> np.ndarray:
    """`x` as a NumPy array of pixels in [0, 1], one or more, or ValueError."""
    a = to_numpy(as_array(x, where))
    check_filled(a, where)
    beyond = outside(a, 0.0, 1.0, "float32")
    if beyond:
        fix, got = into_range(a, 0.0, 1.0), f"pixels in {beyond}"
        raise ValueError(message(where, expected="pixels in [0, 1]", got=got, fix=fix))
    return a


def float_images(where: str, x: ArrayLike) -> np.ndarray:
    """`x` as a NumPy array (n, h, w, channels), n >= 1; ValueError for another shape, TypeError unless it is floats."""
    a = to_numpy(as_array(x, where, "images"))
    check_images(where, a)
    check_filled(a, where)
    return a


def flattened_images(where: str, x: ArrayLike, shape: Shape) -> np.ndarray:
    """Images (n, *shape) as (n, pixels) in float64, or ValueError for images of another shape and for NaN."""
    a = to_numpy(as_array(x, where))
    if a.shape[1:] != shape:
        fix = "x[None]" if a.shape == shape else "images of the shape of the training images"
        expected = f"images of shape {shape}"
        raise ValueError(message(f"{where}: wrong shape", expected=expected, got=a.shape, fix=fix))
    flat = a.reshape(len(a), math.prod(shape)).astype("float64")
    check_finite(flat, where)
    return flat


def check_pairs(noisy: np.ndarray, clean: np.ndarray) -> None:
    """ValueError unless there are as many noisy images as clean ones, one or more."""
    if len(noisy) != len(clean) or len(clean) == 0:
        expected, got = "as many noisy images as clean ones", f"{len(noisy)} noisy and {len(clean)} clean images"
        raise ValueError(message("RidgeDenoiser", expected=expected, got=got, fix="RidgeDenoiser(add_noise(x), x)"))


# ---- points and codes


def in_unit_interval(where: str, x: ArrayLike, width: int, fix: str) -> np.ndarray:
    """`x` as an array (n, width) in float64 of numbers in [0, 1), or ValueError."""
    a = finite_array(where, x, 2, fix).astype("float64")
    if a.shape[1] != width or not ((a >= 0) & (a < 1)).all():
        got = f"shape {a.shape}" + (f", numbers in [{a.min():g}, {a.max():g}]" if a.size else "")
        raise ValueError(message(where, expected=f"(n, {width}), numbers in [0, 1)", got=got, fix=fix))
    return a
