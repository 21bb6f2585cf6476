"""Layers that disturb the data while training and do nothing in prediction: Dropout, GaussianNoise."""

from __future__ import annotations

from .. import ops
from ..checks.values import number
from ..ops.checks import dropout_rate
from ..tensor import Tensor
from .base import Layer
from .input_spec import FLOAT


class Dropout(Layer):
    """In training each element is 0 with probability `rate`, else divided by 1 - rate. Srivastava et al. 2014.

    Raises ValueError unless 0 <= rate < 1.
    """

    input_spec = FLOAT

    def __init__(self, rate: float, name: str | None = None) -> None:
        super().__init__(name)
        self.rate = dropout_rate(self.label, rate)

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        return ops.dropout(x, self.rate) if training else x


class GaussianNoise(Layer):
    """In training adds N(0, stddev²) to every element. Raises ValueError for a negative stddev."""

    input_spec = FLOAT

    def __init__(self, stddev: float, name: str | None = None) -> None:
        super().__init__(name)
        self.stddev = number(f"{self.label}: stddev", stddev, ">= 0", "GaussianNoise(0.1)")

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        return ops.gaussian_noise(x, self.stddev) if training else x
