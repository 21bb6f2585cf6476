"""Layers that make one tensor of several: Add, Subtract, Multiply, Average, Maximum, Minimum, Concatenate."""

from __future__ import annotations

import functools
from typing import ClassVar

from .. import ops
from ..checks.values import refuse_missing_method
from ..tensor import Tensor
from .base import Layer
from .checks import as_axis, check_concatenation, check_merge


class Merge(Layer):
    """What the layers that combine element by element share: they take a list, Add()([a, b]).

    Shapes: tensors with equally many axes and one batch size; on any other axis a size may be 1 where others have more.
    Raises ValueError for fewer than two tensors, and for shapes that do not fit.
    """

    most: ClassVar[int | None] = None  # how many tensors it takes

    def call(self, x: list[Tensor]) -> Tensor:
        check_merge(self.label, x, self.most)
        return self.merge(x)

    def merge(self, x: list[Tensor]) -> Tensor:
        """The formula, for tensors whose shapes fit."""
        refuse_missing_method(type(self).__name__, "merge(self, x)")


class Add(Merge):
    """y = a + b + ...: Add()([a, b]), or a + b. Shapes and errors as in Merge."""

    def merge(self, x: list[Tensor]) -> Tensor:
        return functools.reduce(ops.add, x)


class Subtract(Merge):
    """y = a - b: Subtract()([a, b]), or a - b. Shapes and errors as in Merge; ValueError for more than two tensors."""

    most = 2

    def merge(self, x: list[Tensor]) -> Tensor:
        return ops.subtract(*x)


class Multiply(Merge):
    """y = a b ..., element by element: Multiply()([a, b]), or a * b. Shapes and errors as in Merge."""

    def merge(self, x: list[Tensor]) -> Tensor:
        return functools.reduce(ops.multiply, x)


class Average(Merge):
    """y = (a + b + ...) / n of n tensors: Average()([a, b]). Shapes and errors as in Merge."""

    def merge(self, x: list[Tensor]) -> Tensor:
        return functools.reduce(ops.add, x) / len(x)


class Maximum(Merge):
    """y = max(a, b, ...), element by element: Maximum()([a, b]). Shapes and errors as in Merge."""

    def merge(self, x: list[Tensor]) -> Tensor:
        return functools.reduce(ops.maximum, x)


class Minimum(Merge):
    """y = min(a, b, ...), element by element: Minimum()([a, b]). Shapes and errors as in Merge."""

    def merge(self, x: list[Tensor]) -> Tensor:
        return functools.reduce(ops.minimum, x)


class Concatenate(Layer):
    """[a, b, ...] joined along `axis`: Concatenate()([a, b])."""

    def __init__(self, axis: int = -1, name: str | None = None) -> None:
        super().__init__(name)
        self.axis = as_axis(self.label, axis)

    def call(self, x: list[Tensor]) -> Tensor:
        check_concatenation(self.label, x, self.axis)
        return ops.concatenate(x, self.axis)
