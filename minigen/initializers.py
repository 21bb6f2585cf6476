"""How weights start. Keras names and formulas; every draw comes from backend's one generator.

fan_in and fan_out are the numbers of weights that feed one output unit and that one input unit feeds:
(in, out) for a Dense kernel, (kh kw in, kh kw out) for a convolution kernel (kh, kw, in, out).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from . import backend, elsewhere
from .arguments import checks_arguments
from .checks.values import by_name, check_is_list, number
from .configured import Configured
from .kernels.blocks import undisturbed
from .types import Array, DType, Shape

__all__ = [
    "INITIALIZERS", "Initializer", "RandomNormal", "fans", "get", "glorot_normal", "glorot_uniform", "he_normal",
    "he_uniform", "ones", "orthogonal", "uniform", "zeros",
]  # fmt: skip

Initializer = Callable[[Shape, DType], Array]

STDDEV_WITHIN_2 = 0.87962566103423978  # of N(0, 1) cut off at two standard deviations


def fans(shape: Shape) -> tuple[int, int]:
    """(fan_in, fan_out) of a kernel, 1 or more each. Raises TypeError for a shape that is no tuple."""
    check_is_list("an initializer: shape", shape, f"({shape},)", "a tuple of sizes")
    if len(shape) < 2:
        n = max(1, shape[0] if shape else 1)
        return n, n
    receptive = math.prod(shape[:-2])
    return max(1, receptive * shape[-2]), max(1, receptive * shape[-1])


def _uniform(shape: Shape, dtype: DType, limit: float) -> Array:
    return (backend.uniform(shape, dtype) * 2 - 1) * limit


def _normal(shape: Shape, dtype: DType, variance: float) -> Array:
    """Normal, cut off at two standard deviations as in Keras, and scaled to that variance."""
    return backend.truncated_normal(shape, dtype) * (math.sqrt(variance) / STDDEV_WITHIN_2)


@checks_arguments
def glorot_uniform(shape: Shape, dtype: DType = "float32") -> Array:
    """U(-l, l), l = √(6 / (fan_in + fan_out)). Keras' default for kernels. Glorot and Bengio 2010."""
    return _uniform(shape, dtype, math.sqrt(6 / sum(fans(shape))))


@checks_arguments
def glorot_normal(shape: Shape, dtype: DType = "float32") -> Array:
    """Variance 2 / (fan_in + fan_out), normal, cut off at two standard deviations. Glorot and Bengio 2010."""
    return _normal(shape, dtype, 2 / sum(fans(shape)))


@checks_arguments
def he_uniform(shape: Shape, dtype: DType = "float32") -> Array:
    """U(-l, l), l = √(6 / fan_in), for relu layers. He et al. 2015."""
    return _uniform(shape, dtype, math.sqrt(6 / fans(shape)[0]))


@checks_arguments
def he_normal(shape: Shape, dtype: DType = "float32") -> Array:
    """Variance 2 / fan_in, normal, cut off at two standard deviations. He et al. 2015."""
    return _normal(shape, dtype, 2 / fans(shape)[0])


def zeros(shape: Shape, dtype: DType = "float32") -> Array:
    """All 0: Keras' default for biases."""
    return backend.xp.zeros(shape, dtype)


def ones(shape: Shape, dtype: DType = "float32") -> Array:
    """All 1: Keras' default for the scale of a batch normalisation."""
    return backend.xp.ones(shape, dtype)


@checks_arguments
def uniform(shape: Shape, dtype: DType = "float32") -> Array:
    """U(-0.05, 0.05): Keras' default for embeddings."""
    return _uniform(shape, dtype, 0.05)


@checks_arguments
def orthogonal(shape: Shape, dtype: DType = "float32") -> Array:
    """Rows (or, of a tall matrix, columns) of length 1 that are orthogonal: Q of the QR decomposition of normal draws.

    A product with it keeps the length of a vector, however often: Keras' default for recurrent kernels. The signs of
    the diagonal of R are undone, so that every direction is equally likely. Source: Saxe et al. 2014.
    """
    rows, columns = math.prod(shape[:-1]), shape[-1]
    draws = backend.to_numpy(backend.normal((max(rows, columns), min(rows, columns)), "float64"))
    q, r = undisturbed(np.linalg.qr, draws)
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)  # (longer, shorter)
    return backend.asarray((q if rows >= columns else q.T).reshape(shape).astype(dtype))


class RandomNormal(Configured):
    """N(mean, stddev²). The DCGAN paper (Radford et al. 2016) starts every kernel with stddev 0.02.

    Raises ValueError for a mean that is not finite and for a negative stddev.
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05) -> None:
        fix = "RandomNormal(mean=0.0, stddev=0.02)"
        self.mean = number("RandomNormal: mean", mean, "a finite number", fix, low=-math.inf)
        self.stddev = number("RandomNormal: stddev", stddev, "a number >= 0", fix)

    def __call__(self, shape: Shape, dtype: DType = "float32") -> Array:
        return backend.normal(shape, dtype) * self.stddev + self.mean


INITIALIZERS: dict[str, Initializer] = {
    "glorot_uniform": glorot_uniform,
    "glorot_normal": glorot_normal,
    "he_uniform": he_uniform,
    "he_normal": he_normal,
    "random_normal": RandomNormal(),
    "uniform": uniform,
    "orthogonal": orthogonal,
    "zeros": zeros,
    "ones": ones,
}


def get(initializer: str | Initializer) -> Initializer:
    """The initializer of that name, or the function itself. ValueError or TypeError for anything else."""
    expected, fix = "a name, or a function (shape, dtype)", "kernel_initializer='glorot_uniform'"
    return by_name("initializer", initializer, INITIALIZERS, callable, expected, fix, elsewhere.INITIALIZERS)


if not TYPE_CHECKING:  # mypy would take every name for an attribute

    def __getattr__(name: str) -> NoReturn:
        elsewhere.refuse_name(__name__, name, list(INITIALIZERS))
