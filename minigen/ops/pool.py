"""Pooling and up-sampling. Images are (images, rows, columns, channels)."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .. import backend
from ..arguments import checks_arguments
from ..checks.values import positive_pair
from ..kernels import pool
from ..kernels.windows import Axes, lay
from ..types import Array, DType, Shape, TensorLike
from .checks import check_images, interpolation_name
from .conv import OneOrTwo, Sliding
from .linear import matmul
from .shape import PutItem


class MaxPool(Sliding):
    """y = max over each window,   dL/dx = g at the FIRST pixel of the window that equals y

    Padding is -inf. Where a window has its maximum at several pixels (such as the zeros of a relu), each way to share g
    among them is a subgradient; here the first pixel, row by row, gets all of it.
    """

    def forward(self, x: Array) -> Array:
        y, self.winner = pool.max_pool2d(x, self.axes)
        return y

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return WindowSpread(self.axes, self.winner)(g)


class AveragePool(Sliding):
    """y = mean over each window,   dL/dx = Σ g / pixels, over the windows that cover x

    The mean is over the pixels of the image, without padding, as in TensorFlow: windows at the edge have fewer pixels.
    """

    def forward(self, x: Array) -> Array:
        self.pixels = pool.window_sum(backend.xp.ones_like(x[:1, :, :, :1]), self.axes)  # (1, rows', columns', 1)
        return pool.window_sum(x, self.axes) / self.pixels

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return WindowSpread(self.axes)(g / self.pixels)


class WindowSum(Sliding):
    """y = Σ x over each window,   dL/dx = WindowSpread(g)

    With `winner`, y is the x at tap `winner` of each window.
    """

    def __init__(self, axes: Axes, winner: Array | None = None) -> None:
        super().__init__(axes)
        self.winner = winner

    def forward(self, x: Array) -> Array:
        return pool.window_sum(x, self.axes, self.winner)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return WindowSpread(self.axes, self.winner)(g)


class WindowSpread(WindowSum):
    """y = Σ x over the windows that cover y,   dL/dx = WindowSum(g)

    Each x is added to all pixels of its window, or with `winner` to the pixel at this tap.
    """

    def forward(self, x: Array) -> Array:
        return pool.window_spread(x, self.axes, self.winner)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return WindowSum(self.axes, self.winner)(g)


class UpSample(WindowSpread):
    """y = every x repeated s x t times,   dL/dx = Σ g over its block

    WindowSpread with adjacent windows of s x t pixels: to repeat is the adjoint of summing over blocks.
    """


@checks_arguments
def max_pool2d(
    x: TensorLike,
    pool_size: OneOrTwo = 2,
    strides: OneOrTwo | None = None,
    padding: str = "valid",
    where: str = "max_pool2d",
) -> TensorLike:
    """The maximum of each window of each channel; of equal numbers the first, row by row, gets the gradient.

    The default of `strides` is pool_size: adjacent windows. Padding is -∞. Shapes: (images, rows, columns, channels) ->
    (images, rows', columns', channels), where n pixels become ⌈n / s⌉ with "same" padding and ⌊(n - k) / s⌋ + 1 with
    "valid", for windows of k pixels. Errors begin with `where`. Raises ValueError for data that are no images, sizes
    that are not positive integers, another padding and, with "valid", windows larger than the image; TypeError for
    integer data.
    """
    check_images(where, x)
    return MaxPool(pool_axes(where, x.shape[1:3], pool_size, strides, padding))(x)


@checks_arguments
def average_pool2d(
    x: TensorLike,
    pool_size: OneOrTwo = 2,
    strides: OneOrTwo | None = None,
    padding: str = "valid",
    where: str = "average_pool2d",
) -> TensorLike:
    """The mean of each window of each channel, without the padding; shapes and errors as for max_pool2d."""
    check_images(where, x)
    return AveragePool(pool_axes(where, x.shape[1:3], pool_size, strides, padding))(x)


def pool_axes(where: str, image: Shape, pool_size: OneOrTwo, strides: OneOrTwo | None, padding: str) -> Axes:
    """The windows of a pooling on an image of (rows, columns) pixels. Raises what max_pool2d raises."""
    size = positive_pair(f"{where}: pool_size", pool_size, "pool_size=2 or pool_size=(2, 2)")
    strides = size if strides is None else positive_pair(f"{where}: strides", strides, "strides=2 or strides=(2, 2)")
    return lay(where, image, size, strides, padding)


@checks_arguments
def up_sampling2d(
    x: TensorLike, size: OneOrTwo = 2, interpolation: str = "nearest", where: str = "up_sampling2d"
) -> TensorLike:
    """Images (s, t) = `size` times as large: (n, rows, columns, channels) -> (n, rows s, columns t, channels).

    "nearest" repeats each pixel s x t times. "bilinear" interpolates linearly: pixel i of the large image is at
    (i + 1/2) / s - 1/2 of the small one, and beyond the edge its pixels are repeated. Raises ValueError for sizes that
    are not positive integers, another interpolation and wrong shapes, TypeError for integer data.
    """
    check_images(where, x)
    size = positive_pair(f"{where}: size", size, "size=2 or size=(2, 2)")
    (n, h, w, c), (s, t) = x.shape, size
    if interpolation_name(where, interpolation) == "nearest":
        return UpSample(lay(where, (h * s, w * t), size, size, "valid"))(x)
    x = matmul(
        _interpolation(h, s, x.dtype, backend.xp), x.reshape((n, h, w * c))
    )  # (h s, h) (n, h, w c) -> (n, h s, w c)
    x = matmul(_interpolation(w, t, x.dtype, backend.xp), x.reshape((n * h * s, w, c)))  # (w t, w) (n h s, w, c)
    return x.reshape((n, h * s, w * t, c))


@functools.cache
def _interpolation(n: int, factor: int, dtype: DType, library: Any) -> Array:
    """The matrix (n factor, n) of linear interpolation along one axis, made once for each array library."""
    place = np.clip((np.arange(n * factor) + 0.5) / factor - 0.5, 0, n - 1)
    return backend.asarray(np.maximum(0, 1 - np.abs(place[:, None] - np.arange(n))).astype(dtype))


@checks_arguments
def zero_insertion2d(x: TensorLike, size: OneOrTwo = 2, where: str = "zero_insertion2d") -> TensorLike:
    """Every pixel at the top left of an s x t block of zeros: (n, rows, columns, c) -> (n, rows s, columns t, c).

    With a convolution behind it this is a transposed convolution. Errors as for up_sampling2d.
    """
    check_images(where, x)
    s, t = positive_pair(f"{where}: size", size, "size=2 or size=(2, 2)")
    n, h, w, c = x.shape
    return PutItem((slice(None), slice(None, None, s), slice(None, None, t)), (n, h * s, w * t, c))(x)
