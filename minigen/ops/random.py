"""Ops that draw random numbers, all from backend's one generator: minigen.seed() repeats them."""

from __future__ import annotations

from typing import Any

from .. import backend
from ..autograd import Node, Op
from ..errors import checks_arguments, number


class Dropout(Op):
    """y = x mask / (1 - rate),   dL/dx = g mask / (1 - rate)"""

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def forward(self, x: Any) -> Any:
        kept = backend.uniform(x.shape, x.dtype) >= self.rate
        self.scale = kept.astype(x.dtype) / (1 - self.rate)  # 0, or 1 / (1 - rate) so that the mean stays
        return x * self.scale

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return g * self.scale


@checks_arguments
def dropout(x: Any, rate: float) -> Any:
    """Each element is 0 with probability `rate`, else divided by 1 - rate, so that the mean stays.

    Raises ValueError unless 0 <= rate < 1. Source: Srivastava et al. 2014, "inverted" as Keras has it.
    """
    rate = check_rate("dropout", rate)
    return Dropout(rate)(x) if rate > 0 else x


def check_rate(where: str, rate: float) -> float:
    """The rate as a float, or ValueError unless 0 <= rate < 1."""
    return number(f"{where}: impossible rate", rate, "0 <= rate < 1", "Dropout(0.5)", below=1.0)


@checks_arguments
def gaussian_noise(x: Any, stddev: float) -> Any:
    """x + stddev ε, ε ~ N(0, 1) for every element; stddev a number or a tensor, which gets its gradient."""
    noise = backend.normal(x.shape, x.dtype)
    return x + noise * (stddev if isinstance(stddev, Node) else float(stddev))
