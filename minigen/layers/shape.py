"""Layers that only move numbers: Flatten, Reshape, Concatenate."""

from __future__ import annotations

import math
import numbers

import numpy as np

from .. import ops
from ..errors import message
from ..tensor import Tensor
from .base import Layer


class Flatten(Layer):
    """(batch, ...) -> (batch, product of the rest)."""

    def call(self, x: Tensor) -> Tensor:
        self.expect_tensor(x)
        return x.reshape((x.shape[0], math.prod(x.shape[1:])))


class Reshape(Layer):
    """(batch, ...) -> (batch, *target_shape); one entry may be -1. Raises ValueError if the sizes do not fit."""

    def __init__(self, target_shape: tuple[int, ...], name: str | None = None) -> None:
        super().__init__(name)
        sizes = tuple(target_shape) if isinstance(target_shape, (tuple, list, np.ndarray)) else ()
        integers = all(
            isinstance(n, numbers.Integral) and not isinstance(n, bool) and n >= -1 and n != 0 for n in sizes
        )
        if not (sizes and integers) or sizes.count(-1) > 1:
            one = isinstance(target_shape, numbers.Integral)
            expected, fix = "positive sizes, at most one of them -1", "Reshape((28, 28, 1))"
            fix = f"Reshape(({target_shape},))" if one else fix
            raise ValueError(message(f"{self.label}: target_shape", expected=expected, got=repr(target_shape), fix=fix))
        self.target_shape = tuple(map(int, sizes))

    def call(self, x: Tensor) -> Tensor:
        self.expect_tensor(x)
        have, want = math.prod(x.shape[1:]), math.prod(n for n in self.target_shape if n != -1)
        if have % want if -1 in self.target_shape else have != want:
            raise ValueError(
                message(
                    f"{self.label}: sizes do not fit",
                    expected=f"{want} numbers a sample for {self.target_shape}",
                    got=f"{have} from {x.shape[1:]}",
                    fix="x[None]: a batch of one sample" if x.ndim == 1 else f"a target_shape whose product is {have}",
                )
            )
        known = tuple(have // want if n == -1 else n for n in self.target_shape)
        return x.reshape((x.shape[0], *known))


class Concatenate(Layer):
    """[a, b, ...] joined along `axis`: Concatenate()([a, b])."""

    def __init__(self, axis: int = -1, name: str | None = None) -> None:
        super().__init__(name)
        if not isinstance(axis, (int, np.integer)) or isinstance(axis, bool):
            fix = "Concatenate(axis=-1)"
            raise ValueError(message(f"{self.label}: axis", expected="an integer", got=f"{axis!r:.60}", fix=fix))
        self.axis: int = int(axis)

    def call(self, x: list[Tensor]) -> Tensor:
        if not isinstance(x, list) or len(x) < 2:
            raise ValueError(
                message(
                    f"{self.label}: needs several inputs",
                    expected="a list of tensors",
                    got=type(x).__name__ if not isinstance(x, list) else f"a list of {len(x)}",
                    fix="Concatenate()([a, b])",
                )
            )
        axes = {t.ndim for t in x}
        if not all(-n <= self.axis < n for n in axes):
            fix = "Concatenate(axis=-1)"
            raise ValueError(
                message(f"{self.label}: axis", expected=f"one of {min(axes)} axes", got=self.axis, fix=fix)
            )
        others = [tuple(n for i, n in enumerate(t.shape) if i != self.axis % t.ndim) for t in x]
        if len(set(others)) > 1:
            raise ValueError(
                message(
                    f"{self.label}: shapes differ beside axis {self.axis}",
                    expected="equal sizes on every other axis",
                    got=", ".join(str(t.shape) for t in x),
                    fix="Reshape or Flatten before it",
                )
            )
        return ops.concatenate(x, self.axis)
