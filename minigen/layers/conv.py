"""The convolutional layers. Images are (batch, rows, columns, channels)."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..checks.values import positive_integer, positive_pair, switch
from ..kernels.checks import padding_name
from ..ops.conv import OneOrTwo
from ..tensor import Tensor
from . import activation as activations
from .base import Layer
from .input_spec import IMAGES


class Conv2D(Layer):
    """y = activation(w ⋆ x + b): a window of kernel_size slides over the image and takes `filters` weighted sums of it.

    Shapes: x (batch, rows, columns, in) -> (batch, rows', columns', filters); kernel w (kh, kw, in, filters), bias b
    (filters,). Of n pixels "valid" padding leaves ⌊(n - k) / s⌋ + 1 and "same" ⌈n / s⌉. Raises ValueError for sizes
    that are not positive integers, a kernel larger than the image, and another number of channels than the first images
    or an Input had; TypeError for integer data. The last axis is the channels: with an Input(shape=(28, 28, 1)) before
    it, images with channels first are refused.
    """

    input_spec = IMAGES
    computes_in_blocks = True

    def __init__(
        self,
        filters: int,
        kernel_size: OneOrTwo,
        strides: OneOrTwo = (1, 1),
        padding: str = "valid",
        activation: activations.ActivationLike = None,
        *,
        dilation_rate: OneOrTwo = (1, 1),
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        label, example = self.label, f"{type(self).__name__}(32, (3, 3), padding='same')"
        self.filters = positive_integer(f"{label}: filters", filters, example)
        self.kernel_size = positive_pair(f"{label}: kernel_size", kernel_size, example)
        self.strides = positive_pair(f"{label}: strides", strides, "strides=2 or strides=(2, 2)")
        self.dilation_rate = positive_pair(f"{label}: dilation_rate", dilation_rate, "dilation_rate=1")
        self.padding = padding_name(label, padding)
        self.activation = activations.get(activation)
        self.use_bias = switch(f"{label}: use_bias", use_bias)
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer

    def kernel_shape(self, channels: int) -> tuple[int, ...]:
        """(kh, kw, in, out)"""
        return (*self.kernel_size, channels, self.filters)

    def build(self, input_shape: tuple[int, ...]) -> None:
        self.input_spec = IMAGES.with_features(self.label, input_shape)
        self.kernel = self.add_weight("kernel", self.kernel_shape(input_shape[3]), self.kernel_initializer)
        self.bias = self.add_weight("bias", (self.filters,), self.bias_initializer) if self.use_bias else None

    def options(self) -> dict[str, Any]:
        """What the function of ops takes beside x, kernel and bias."""
        return dict(strides=self.strides, padding=self.padding, dilation_rate=self.dilation_rate, where=self.label)

    def convolve(self, x: Tensor, relu: bool = False) -> Tensor:
        """w ⋆ x + b; with relu max(w ⋆ x + b, 0), as one op."""
        return ops.conv2d(x, self.kernel, self.bias, **self.options(), relu=relu)

    def call(self, x: Tensor) -> Tensor:
        return self.activation(self.convolve(x))


class Conv2DTranspose(Conv2D):
    """y = activation(wᵀ ⋆ x + b): the adjoint of Conv2D (its gradient, read forwards), which upsamples by `strides`.

    Every pixel of x puts its multiple of the kernel onto the output, `strides` pixels apart, and what overlaps adds up.
    Shapes: x (batch, rows, columns, in) -> (batch, rows', columns', filters); kernel (kh, kw, filters, in). n pixels
    become n s with "same" padding and n s + max(k - s, 0) with "valid". Errors as for Conv2D.
    """

    input_spec = IMAGES
    computes_in_blocks = True

    def kernel_shape(self, channels: int) -> tuple[int, ...]:
        """(kh, kw, out, in)"""
        return (*self.kernel_size, self.filters, channels)

    def convolve(self, x: Tensor, relu: bool = False) -> Tensor:
        return ops.conv2d_transpose(x, self.kernel, self.bias, **self.options(), relu=relu)
