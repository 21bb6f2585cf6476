"""The two layers of which the U-Net is made: a residual block that knows the time, and attention over the pixels."""

from __future__ import annotations

import math

from ... import ops
from ...checks.values import positive_integer
from ...layers import Conv2D, Dense, GroupNormalization, Layer, MultiHeadAttention
from ...tensor import Tensor
from ...types import Shape


def group_normalization(channels: int) -> GroupNormalization:
    """Channels in 8 groups if 16 divides their number, else in 4, 2 or 1.

    A group of a single channel would subtract what the block has added to it for the time.
    """
    return GroupNormalization(max(1, math.gcd(16, channels) // 2))


class TimeResidualBlock(Layer):
    """y = s(x) + conv(silu(norm(u))),   u = conv(silu(norm(x))) + W silu(e)

    Both convolutions are 3 x 3. W silu(e) is one number for each sample and filter, added to all pixels: so the block
    knows the time, and the class. s(x) is x or, where the number of channels changes, a 1 x 1 convolution of x. The
    kernel of the second convolution is zero at the start, so that the block begins as s(x) and a deep network as a
    shallow one.

    Shapes: x (batch, rows, columns, channels), e (batch, units) -> (batch, rows, columns, filters). Raises ValueError
    unless filters is a positive integer. Source: Ho, Jain and Abbeel 2020, appendix B.
    """

    def __init__(self, filters: int, name: str | None = None) -> None:
        super().__init__(name)
        self.filters = positive_integer(f"{self.label}: filters", filters, "TimeResidualBlock(64)")

    def build(self, input_shape: Shape) -> None:
        channels = input_shape[-1]
        self.norm_in = group_normalization(channels)
        self.conv_in = Conv2D(self.filters, 3, padding="same")
        self.shift = Dense(self.filters)
        self.norm_out = group_normalization(self.filters)
        self.conv_out = Conv2D(self.filters, 3, padding="same", kernel_initializer="zeros")
        self.shortcut = None if channels == self.filters else Conv2D(self.filters, 1)
        self.astype(self.dtype)  # the layers that have just been made

    def call(self, x: Tensor, e: Tensor) -> Tensor:  # type: ignore[override]
        shift = self.shift(ops.silu(e)).reshape((-1, 1, 1, self.filters))
        u = self.conv_in(ops.silu(self.norm_in(x))) + shift
        s = x if self.shortcut is None else self.shortcut(x)
        return s + self.conv_out(ops.silu(self.norm_out(u)))


class SpatialAttention(Layer):
    """y = x + attention(norm(x)): every pixel looks at all pixels, with one head as wide as the channels.

    Shapes: x (batch, rows, columns, channels) -> the same. For n pixels there are n² weights: made for few pixels.
    Source: Ho, Jain and Abbeel 2020.
    """

    def build(self, input_shape: Shape) -> None:
        channels = input_shape[-1]
        self.norm = group_normalization(channels)
        self.attention = MultiHeadAttention(1, channels)
        self.astype(self.dtype)  # the layers that have just been made

    def call(self, x: Tensor) -> Tensor:
        batch, rows, columns, channels = x.shape
        pixels = self.norm(x).reshape((batch, rows * columns, channels))
        return x + self.attention(pixels, pixels).reshape(x.shape)
