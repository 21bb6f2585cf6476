"""Ops that draw random numbers, from the generator of the backend: minigen.seed() repeats them."""

from __future__ import annotations

from .. import backend
from ..arguments import checks_arguments
from ..autograd import Node, Op
from ..checks.values import number
from ..types import Array, TensorLike
from .checks import check_floats, dropout_rate


class Dropout(Op):
    """y = x mask / (1 - rate),   dL/dx = g mask / (1 - rate)"""

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def forward(self, x: Array) -> Array:
        kept = backend.uniform(x.shape, x.dtype) >= self.rate
        self.scale = kept.astype(x.dtype) / (1 - self.rate)  # 0, or 1 / (1 - rate), with mean 1
        return x * self.scale

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return g * self.scale


@checks_arguments
def dropout(x: TensorLike, rate: float) -> TensorLike:
    """Each element is 0 with probability `rate`, otherwise divided by 1 - rate, so that its expectation is unchanged.

    Raises ValueError unless 0 <= rate < 1, TypeError unless x are floats. Source: Srivastava et al. 2014, in the
    "inverted" form of Keras.
    """
    rate = dropout_rate("dropout", rate)
    check_floats("dropout", x)
    return Dropout(rate)(x) if rate > 0 else x


@checks_arguments
def gaussian_noise(x: TensorLike, stddev: float | TensorLike) -> TensorLike:
    """x + stddev ε with ε ~ N(0, 1) for every element; stddev is a number, or a tensor, which then gets a gradient.

    Raises TypeError unless x are floats, ValueError for a number below 0.
    """
    check_floats("gaussian_noise", x)
    if not isinstance(stddev, Node):
        stddev = number("gaussian_noise: stddev", stddev, "a number >= 0, or a tensor", "gaussian_noise(x, 0.1)")
    return x + backend.normal(x.shape, x.dtype) * stddev
