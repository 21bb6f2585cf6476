"""Moving numbers into another range."""

from __future__ import annotations

import math

from ..checks.values import number
from ..tensor import Tensor
from .base import Layer
from .input_spec import FLOAT


class Rescaling(Layer):
    """y = scale x + offset. Rescaling(2, -1) turns pixels in [0, 1] into centred numbers in [-1, 1].

    Raises ValueError for a scale or offset that is no number, TypeError for integer data.
    """

    input_spec = FLOAT

    def __init__(self, scale: float, offset: float = 0.0, name: str | None = None) -> None:
        super().__init__(name)
        fix = "Rescaling(2, offset=-1)"
        self.scale = number(f"{self.label}: scale", scale, "a finite number", fix, low=-math.inf)
        self.offset = number(f"{self.label}: offset", offset, "a finite number", fix, low=-math.inf)

    def call(self, x: Tensor) -> Tensor:
        return x * self.scale + self.offset
