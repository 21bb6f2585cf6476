"""Layers that only move numbers: Flatten, Reshape."""

from __future__ import annotations

import math

from ..tensor import Tensor
from ..types import Shape
from .base import Layer
from .checks import as_target_shape, check_reshape
from .input_spec import ANY


class Flatten(Layer):
    """(batch, ...) -> (batch, product of the rest)."""

    input_spec = ANY

    def call(self, x: Tensor) -> Tensor:
        return x.reshape((x.shape[0], math.prod(x.shape[1:])))  # (batch, ...) -> (batch, features)


class Reshape(Layer):
    """(batch, ...) -> (batch, *target_shape); one entry may be -1. Raises ValueError if the sizes do not fit."""

    input_spec = ANY

    def __init__(self, target_shape: Shape, name: str | None = None) -> None:
        super().__init__(name)
        self.target_shape = as_target_shape(self.label, target_shape)

    def call(self, x: Tensor) -> Tensor:
        check_reshape(self.label, x.shape, self.target_shape)
        rest = math.prod(x.shape[1:]) // abs(math.prod(self.target_shape))  # what -1 stands for
        return x.reshape((x.shape[0], *(rest if n == -1 else n for n in self.target_shape)))
