"""Layers whose outputs depend on some of their inputs only: for autoregressive models (section 9.3)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import backend, ops
from ..kernels.masked import live_taps
from ..ops.checks import check_masked_kernel
from ..ops.conv import OneOrTwo
from ..tensor import Tensor
from . import activation as activations
from .checks import as_mask, check_mask_name
from .conv import Conv2D
from .dense import Dense
from .input_spec import FEATURES, IMAGES


class MaskedDense(Dense):
    """y = activation(x (W · M) + b): input i reaches output j only where the mask M[i, j] is 1.

    Shapes: x (batch, ..., in) -> (batch, ..., units); kernel W and mask (in, units), bias b (units,). layer.mask = m
    puts another one in its place, at any time. Raises ValueError for a mask of another shape than the kernel or with
    other numbers than 0 and 1, and what Dense raises. Source: Germain et al. 2015.
    """

    input_spec = FEATURES

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
        self._mask = as_mask(self.label, mask, self.kernel.shape[0] if self.built else None, self.units)
        self._mask.flags.writeable = False
        self._on_device: Any = None  # moved to the device at the next call, once

    def build(self, input_shape: tuple[int, ...]) -> None:
        super().build(input_shape)
        as_mask(self.label, self.mask, *self.kernel.shape)  # refuses one of another number of inputs

    def call(self, x: Tensor) -> Tensor:
        if not (isinstance(self._on_device, backend.xp.ndarray) and self._on_device.dtype == self.kernel.dtype):
            self._on_device = backend.asarray(self.mask.astype(self.kernel.dtype))
        kernel = self.kernel * self._on_device
        return self.activation(x @ kernel if self.bias is None else ops.dense(x, kernel, self.bias))


class MaskedConv2D(Conv2D):
    """y = activation((w · M) ⋆ x + b): the window of a pixel ends before it in raster order, row by row.

    mask "A": the rows above and the pixels to the left; for the first layer, whose input is the image to predict.
    mask "B": the pixel itself too; for all other layers, in which a pixel depends only on those before it.

    Shapes: x (batch, rows, columns, in) -> (batch, rows, columns, filters); kernel w (kh, kw, in, filters), both sizes
    odd, bias b (filters,). The masked taps of the kernel start as zeros, are never read and never move. Raises
    ValueError for another mask, even sizes, mask "A" with a single column, and what Conv2D raises. Source: van den Oord
    et al. 2016.
    """

    input_spec = IMAGES

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
        super().__init__(filters, kernel_size, (1, 1), "same", activation, use_bias=use_bias, name=name)
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        check_mask_name(self.label, mask, filters)
        self.mask = mask
        check_masked_kernel(f"{self.label}: kernel_size", self.kernel_size, mask == "B")

    def build(self, input_shape: tuple[int, ...]) -> None:
        super().build(input_shape)
        up, beside = live_taps(self.kernel_size, self.mask == "B")
        live = np.zeros((*self.kernel_size, 1, 1), self.kernel.dtype)
        live[:up] = live[up, :beside] = 1
        self.kernel.assign(self.kernel.numpy() * live)

    def convolve(self, x: Tensor, relu: bool = False) -> Tensor:
        return ops.masked_conv2d(x, self.kernel, self.bias, self.mask == "B", relu, self.label)
