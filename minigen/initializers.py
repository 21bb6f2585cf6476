"""How weights start. Keras names and formulas; every draw comes from backend's one generator.

fan_in and fan_out are the numbers of weights that feed one output unit and that one input unit feeds:
(in, out) for a Dense kernel, (kh kw in, kh kw out) for a convolution kernel (kh, kw, in, out).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import backend
from .arguments import checks_arguments
from .checks import number
from .errors import message, named
from .kernels.blocks import undisturbed

Initializer = Callable[[tuple[int, ...], Any], Any]


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """(fan_in, fan_out) of a kernel, 1 or more each. Raises TypeError for what is no shape."""
    if not isinstance(shape, (tuple, list)):
        where, fix = "an initializer: shape", f"({shape},)"
        raise TypeError(message(where, expected="a tuple of sizes", got=repr(shape), fix=fix))
    if len(shape) < 2:
        n = max(1, shape[0] if shape else 1)
        return n, n
    receptive = math.prod(shape[:-2])
    return max(1, receptive * shape[-2]), max(1, receptive * shape[-1])


def _uniform(shape: tuple[int, ...], dtype: Any, limit: float) -> Any:
    return (backend.uniform(shape, dtype) * 2 - 1) * limit


def _normal(shape: tuple[int, ...], dtype: Any, variance: float) -> Any:
    spread = 0.87962566103423978  # standard deviation of a normal draw that was cut off at 2
    return backend.truncated_normal(shape, dtype) * (math.sqrt(variance) / spread)


@checks_arguments
def glorot_uniform(shape: tuple[int, ...], dtype: Any = "float32") -> Any:
    """U(-l, l), l = √(6 / (fan_in + fan_out)). Keras' default for kernels. Glorot and Bengio 2010."""
    return _uniform(shape, dtype, math.sqrt(6 / sum(fans(shape))))


@checks_arguments
def glorot_normal(shape: tuple[int, ...], dtype: Any = "float32") -> Any:
    """Variance 2 / (fan_in + fan_out), normal, cut off at two standard deviations as in Keras."""
    return _normal(shape, dtype, 2 / sum(fans(shape)))


@checks_arguments
def he_uniform(shape: tuple[int, ...], dtype: Any = "float32") -> Any:
    """U(-l, l), l = √(6 / fan_in), for relu layers. He et al. 2015."""
    return _uniform(shape, dtype, math.sqrt(6 / fans(shape)[0]))


@checks_arguments
def he_normal(shape: tuple[int, ...], dtype: Any = "float32") -> Any:
    """Variance 2 / fan_in, normal, cut off at two standard deviations as in Keras. He et al. 2015."""
    return _normal(shape, dtype, 2 / fans(shape)[0])


def zeros(shape: tuple[int, ...], dtype: Any = "float32") -> Any:
    """All 0: Keras' default for biases."""
    return backend.xp.zeros(shape, dtype)


def ones(shape: tuple[int, ...], dtype: Any = "float32") -> Any:
    """All 1: the start of a batch normalisation's scale."""
    return backend.xp.ones(shape, dtype)


@checks_arguments
def uniform(shape: tuple[int, ...], dtype: Any = "float32") -> Any:
    """U(-0.05, 0.05): Keras' default for embeddings."""
    return _uniform(shape, dtype, 0.05)


@checks_arguments
def orthogonal(shape: tuple[int, ...], dtype: Any = "float32") -> Any:
    """Rows (or, of a tall matrix, columns) of length 1 that are orthogonal: Q of the QR of normal draws.

    What it multiplies keeps its length, however often: Keras' default for recurrent kernels. The signs of the diagonal
    of R are undone, so that every direction is as likely. Source: Saxe et al. 2014.
    """
    rows, columns = math.prod(shape[:-1]), shape[-1]
    draws = backend.to_numpy(backend.normal((max(rows, columns), min(rows, columns)), "float64"))
    q, r = undisturbed(np.linalg.qr, draws)
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)
    return backend.asarray((q if rows >= columns else q.T).reshape(shape).astype(dtype))


class RandomNormal:
    """N(mean, stddev²). The DCGAN paper starts every kernel with stddev 0.02."""

    @checks_arguments
    def __init__(self, mean: float = 0.0, stddev: float = 0.05) -> None:
        fix = "RandomNormal(mean=0.0, stddev=0.02)"
        self.mean = number("RandomNormal: mean", mean, "a finite number", fix, low=-math.inf)
        self.stddev = number("RandomNormal: stddev", stddev, "a number >= 0", fix)

    def __call__(self, shape: tuple[int, ...], dtype: Any = "float32") -> Any:
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
    """The initializer of that name (or the function itself)."""
    if not (isinstance(initializer, str) or callable(initializer)):
        expected, fix = "a name, or a function (shape, dtype)", "kernel_initializer='glorot_uniform'"
        raise TypeError(message("initializer", expected=expected, got=repr(initializer), fix=fix))
    return named("initializer", initializer, INITIALIZERS)
