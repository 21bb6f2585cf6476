"""Layers that make images smaller or larger without weights. Images are (batch, rows, columns, channels)."""

from __future__ import annotations

from .. import ops
from ..checks.values import positive_pair, switch
from ..kernels.checks import padding_name
from ..ops.checks import interpolation_name
from ..ops.conv import OneOrTwo
from ..tensor import Tensor
from .base import Layer
from .input_spec import IMAGES


class _Pooling2D(Layer):
    """What MaxPooling2D and AveragePooling2D have in common: their arguments."""

    input_spec = IMAGES

    def __init__(
        self,
        pool_size: OneOrTwo = (2, 2),
        strides: OneOrTwo | None = None,
        padding: str = "valid",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.pool_size = positive_pair(f"{self.label}: pool_size", pool_size, "pool_size=2 or pool_size=(2, 2)")
        strides = self.pool_size if strides is None else strides
        self.strides = positive_pair(f"{self.label}: strides", strides, "strides=2 or strides=(2, 2)")
        self.padding = padding_name(self.label, padding)


class MaxPooling2D(_Pooling2D):
    """y = the largest number of each window, channel by channel; windows lie side by side unless `strides` is given.

    Shapes: (batch, rows, columns, channels) -> (batch, rows', columns', channels), of n pixels ⌊(n - k) / s⌋ + 1 with
    "valid" padding and ⌈n / s⌉ with "same". Padding never wins. Of equal numbers the first one gets the gradient.
    Raises ValueError for sizes that are not positive integers, a window larger than the image and data that are no
    images, TypeError for integer data.
    """

    def call(self, x: Tensor) -> Tensor:
        return ops.max_pool2d(x, self.pool_size, self.strides, self.padding, where=self.label)


class AveragePooling2D(_Pooling2D):
    """y = the mean of each window, channel by channel, padding not counted; shapes and errors as for MaxPooling2D."""

    def call(self, x: Tensor) -> Tensor:
        return ops.average_pool2d(x, self.pool_size, self.strides, self.padding, where=self.label)


class GlobalAveragePooling2D(Layer):
    """y = the mean of each channel over all pixels: (batch, rows, columns, channels) -> (batch, channels)."""

    input_spec = IMAGES

    def __init__(self, keepdims: bool = False, name: str | None = None) -> None:
        super().__init__(name)
        self.keepdims = switch(f"{self.label}: keepdims", keepdims)

    def call(self, x: Tensor) -> Tensor:
        return ops.mean(x, axis=(1, 2), keepdims=self.keepdims)


class UpSampling2D(Layer):
    """y = x, `size` times as large: "nearest" repeats rows and columns, "bilinear" interpolates linearly.

    Shapes: (batch, rows, columns, channels) -> (batch, rows s, columns t, channels). No zeros are inserted
    (a transposed convolution inserts zeros). Raises ValueError for sizes that are not positive integers, TypeError for
    integer data.
    """

    input_spec = IMAGES

    def __init__(self, size: OneOrTwo = (2, 2), interpolation: str = "nearest", name: str | None = None) -> None:
        super().__init__(name)
        self.size = positive_pair(f"{self.label}: size", size, "size=2 or size=(2, 2)")
        self.interpolation = interpolation_name(self.label, interpolation)

    def call(self, x: Tensor) -> Tensor:
        return ops.up_sampling2d(x, self.size, self.interpolation, where=self.label)


MaxPool2D, AveragePool2D = MaxPooling2D, AveragePooling2D  # Keras has both names
