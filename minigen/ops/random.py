"""Ops that draw random numbers, all from backend's one generator: minigen.seed() repeats them."""

from __future__ import annotations

from typing import Any

from .. import backend
from ..arguments import checks_arguments
from ..autograd import Node, Op
from ..checks import number
from ..errors import message


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
    _check_floats("dropout", x)
    return Dropout(rate)(x) if rate > 0 else x


def check_rate(where: str, rate: float) -> float:
    """The rate as a float, or ValueError unless 0 <= rate < 1."""
    return number(f"{where}: impossible rate", rate, "0 <= rate < 1", "Dropout(0.5)", below=1.0)


@checks_arguments
def gaussian_noise(x: Any, stddev: float) -> Any:
    """x + stddev ε, ε ~ N(0, 1) for every element; stddev a number or a tensor, which gets its gradient.

    Raises TypeError for x that are no floats, ValueError for a stddev below 0.
    """
    _check_floats("gaussian_noise", x)
    if not isinstance(stddev, Node):
        fix = "gaussian_noise(x, 0.1)"
        stddev = number("gaussian_noise: stddev", stddev, "a number >= 0, or a tensor", fix)
    return x + backend.normal(x.shape, x.dtype) * stddev


def _check_floats(where: str, x: Any) -> None:
    """Raise TypeError unless x is an array or tensor of floats: noise has the type of what it is added to."""
    if hasattr(x, "no_numbers"):  # a symbolic tensor knows better what to write
        raise TypeError(x.no_numbers(f"minigen's {where}"))
    dtype = getattr(x, "dtype", None)
    if not hasattr(x, "shape") or getattr(dtype, "kind", "") != "f":
        got, fix = f"{type(x).__name__} {dtype or ''}".strip(), 'x.astype("float32")'
        raise TypeError(message(where, expected="a tensor or an array of floats", got=got, fix=fix))
