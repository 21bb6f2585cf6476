"""Layers that do not see everything: what an autoregressive model is made of (section 9.3)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import backend, ops
from ..errors import message
from ..kernels.masked import live_taps
from ..ops.conv import OneOrTwo
from ..ops.masked import check_masked_kernel
from ..tensor import Tensor
from . import activation as activations
from .conv import Conv2D
from .dense import Dense


class MaskedDense(Dense):
    """y = activation(x (W · M) + b): input i reaches output j only where the mask M[i, j] is 1.

    Shapes: x (batch, ..., in) -> (batch, ..., units); kernel W and mask (in, units), bias b (units,). layer.mask = m
    puts another one in its place, at any time. Raises ValueError for a mask of another shape than the kernel or with
    other numbers than 0 and 1, and what Dense raises. Source: Germain et al. 2015.
    """

    def __init__(
        self,
        units: int,
        mask: Any,
        activation: activations.ActivationLike = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        name: str | None = None,
    ) -> None:
        super().__init__(units, activation, use_bias, kernel_initializer, bias_initializer, name)
        self.mask = mask

    @property
    def mask(self) -> np.ndarray:
        """(in, units), zeros and ones."""
        return self._mask

    @mask.setter
    def mask(self, mask: Any) -> None:
        where, fix = f"{self.label}: mask", "np.tril(np.ones((inputs, units)), -1)"
        found = backend.finite_array(where, mask, 2, fix)
        if found.shape[1] != self.units or (self.built and found.shape != self.kernel.shape):
            expected = f"({self.kernel.shape[0] if self.built else 'inputs'}, {self.units})"
            raise ValueError(message(where, expected=expected, got=found.shape, fix=fix))
        if not np.isin(found, (0, 1)).all():
            raise ValueError(message(where, expected="zeros and ones", got="other numbers", fix=fix))
        self._mask: np.ndarray = found.copy()
        self._mask.flags.writeable = False
        self._on_device: Any = None  # moved to the device at the next call, once

    def build(self, input_shape: tuple[int, ...]) -> None:
        super().build(input_shape)
        if self.mask.shape != self.kernel.shape:
            where, fix = f"{self.label}: mask", "a row for each input, a column for each unit"
            raise ValueError(message(where, expected=self.kernel.shape, got=self.mask.shape, fix=fix))

    def call(self, x: Tensor) -> Tensor:
        self.expect_float(x)
        self.expect_features(x, self.kernel.shape[0])
        if not (isinstance(self._on_device, backend.xp.ndarray) and self._on_device.dtype == self.kernel.dtype):
            self._on_device = backend.asarray(self.mask.astype(self.kernel.dtype))
        kernel = self.kernel * self._on_device
        return self.activation(ops.dense(x, kernel, self.bias) if self.use_bias else x @ kernel)


class MaskedConv2D(Conv2D):
    """y = activation((w · M) ⋆ x + b): the window of a pixel ends before it in raster order, row by row.

    mask "A": it sees the rows above and the pixels to its left; for the first layer, whose input is what is predicted.
    mask "B": it sees itself too; for the layers behind, where a pixel stands for what came before it.

    Shapes: x (batch, rows, columns, in) -> (batch, rows, columns, filters); kernel w (kh, kw, in, filters), both sizes
    odd, bias b (filters,). The masked taps of the kernel start as zeros, are never read and never move. Raises
    ValueError for another mask, even sizes, mask "A" with a single column, and what Conv2D raises. Source: van den Oord
    et al. 2016.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: OneOrTwo,
        mask: str,
        activation: activations.ActivationLike = None,
        *,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        name: str | None = None,
    ) -> None:
        super().__init__(
            filters,
            kernel_size,
            padding="same",
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            name=name,
        )
        if mask not in ("A", "B"):
            expected, fix = "'A' for the first layer, 'B' for all others", f"MaskedConv2D({filters}, 7, 'A')"
            raise ValueError(message(f"{self.label}: mask", expected=expected, got=repr(mask), fix=fix))
        self.mask = mask
        check_masked_kernel(f"{self.label}: kernel_size", self.kernel_size, mask == "B")

    def build(self, input_shape: tuple[int, ...]) -> None:
        super().build(input_shape)
        up, beside = live_taps(self.kernel_size, self.mask == "B")
        live = np.zeros((*self.kernel_size, 1, 1), self.kernel.dtype)
        live[:up] = live[up, :beside] = 1
        self.kernel.assign(self.kernel.numpy() * live)

    def call(self, x: Tensor) -> Tensor:
        relu = self.activation is ops.relu  # then it is part of the op
        y = ops.masked_conv2d(x, self.kernel, self.bias, self.mask == "B", relu, self.label)
        return y if relu else self.activation(y)
