"""Pooling and up-sampling. Images are (images, rows, columns, channels)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import backend
from ..arguments import checks_arguments
from ..checks import positive_pair
from ..kernels import pool
from ..kernels.windows import Axes, check_images, check_interpolation, lay
from .conv import OneOrTwo, Sliding
from .linear import matmul
from .shape import PutItem


class MaxPool(Sliding):
    """y = max over each window,   dL/dx = g at the FIRST pixel of the window that equals y

    Padding counts as -inf. Where a window holds its maximum twice (the zeros that a relu leaves, say) any share between
    the two is a subgradient; the first pixel, row by row, takes it all.
    """

    def forward(self, x: Any) -> Any:
        y, self.winner = pool.max_pool2d(x, self.axes)
        return y

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return WindowSpread(self.axes, self.winner)(g)


class AveragePool(Sliding):
    """y = mean over each window,   dL/dx = Σ g / pixels, over the windows that see x

    Padding is left out of the mean, as in TensorFlow: a window at the edge has fewer pixels.
    """

    def forward(self, x: Any) -> Any:
        self.pixels = pool.window_sum(backend.xp.ones_like(x[:1, :, :, :1]), self.axes)
        return pool.window_sum(x, self.axes) / self.pixels

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return WindowSpread(self.axes)(g / self.pixels)


class WindowSum(Sliding):
    """y = Σ x over each window,   dL/dx = WindowSpread(g)

    Or, of each window, the x that tap `winner` sees.
    """

    def __init__(self, axes: Axes, winner: Any = None) -> None:
        super().__init__(axes)
        self.winner = winner

    def forward(self, x: Any) -> Any:
        return pool.window_sum(x, self.axes, self.winner)

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return WindowSpread(self.axes, self.winner)(g)


class WindowSpread(WindowSum):
    """y = Σ x over the windows that see y,   dL/dx = WindowSum(g)

    Each x is added to all pixels of its window, or to the one that tap `winner` sees.
    """

    def forward(self, x: Any) -> Any:
        return pool.window_spread(x, self.axes, self.winner)

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return WindowSum(self.axes, self.winner)(g)


class UpSample(WindowSpread):
    """y = every x repeated s x t times,   dL/dx = Σ g over its block

    The windows of WindowSpread side by side, s pixels down and t across: repeating is the adjoint of adding up blocks.
    """


@checks_arguments
def max_pool2d(
    x: Any, pool_size: OneOrTwo = 2, strides: OneOrTwo | None = None, padding: str = "valid", where: str = "max_pool2d"
) -> Any:
    """The largest number of each window of each channel; windows lie side by side unless `strides` says otherwise.

    Shapes: (images, rows, columns, channels) -> (images, rows', columns', channels), sizes and errors as for conv2d.
    """
    check_images(where, x)
    return MaxPool(pool_axes(where, x.shape[1:3], pool_size, strides, padding))(x)


@checks_arguments
def average_pool2d(
    x: Any,
    pool_size: OneOrTwo = 2,
    strides: OneOrTwo | None = None,
    padding: str = "valid",
    where: str = "average_pool2d",
) -> Any:
    """The mean of each window of each channel, padding not counted; shapes and errors as for max_pool2d."""
    check_images(where, x)
    return AveragePool(pool_axes(where, x.shape[1:3], pool_size, strides, padding))(x)


def pool_axes(where: str, image: tuple[int, int], pool_size: OneOrTwo, strides: OneOrTwo | None, padding: str) -> Axes:
    """The windows of a pooling on an image of (rows, columns) pixels."""
    size = positive_pair(f"{where}: pool_size", pool_size, "pool_size=2 or pool_size=(2, 2)")
    strides = size if strides is None else positive_pair(f"{where}: strides", strides, "strides=2 or strides=(2, 2)")
    return lay(where, image, size, strides, padding)


@checks_arguments
def up_sampling2d(x: Any, size: OneOrTwo = 2, interpolation: str = "nearest", where: str = "up_sampling2d") -> Any:
    """Every image `size` times as large: (images, rows, columns, channels) -> (images, rows s, columns t, channels).

    "nearest" repeats each pixel s x t times, and dL/dx is the sum of g over the block: no zeros are inserted.
    "bilinear" takes pixel i of the large image at (i + 1/2) / s - 1/2 of the small one, between its two neighbours, and
    repeats the edge. Raises ValueError for sizes that are not positive integers and for another interpolation.
    """
    check_images(where, x)
    size = positive_pair(f"{where}: size", size, "size=2 or size=(2, 2)")
    (n, h, w, c), (s, t) = x.shape, size
    if check_interpolation(where, interpolation) == "nearest":
        return UpSample(lay(where, (h * s, w * t), size, size, "valid"))(x)
    x = matmul(_between_neighbours(h, s, x.dtype), x.reshape((n, h, w * c)))  # (h s, h) (n, h, w c) -> (n, h s, w c)
    x = matmul(_between_neighbours(w, t, x.dtype), x.reshape((n * h * s, w, c)))
    return x.reshape((n, h * s, w * t, c))


def _between_neighbours(n: int, factor: int, dtype: Any) -> Any:
    """The matrix (n factor, n) of linear interpolation along one axis."""
    place = np.clip((np.arange(n * factor) + 0.5) / factor - 0.5, 0, n - 1)
    return backend.asarray(np.maximum(0, 1 - np.abs(place[:, None] - np.arange(n))).astype(dtype))


@checks_arguments
def zero_insertion2d(x: Any, size: OneOrTwo = 2, where: str = "zero_insertion2d") -> Any:
    """Every pixel at the top left of an s x t block of zeros: (n, rows, columns, c) -> (n, rows s, columns t, c).

    Errors as for up_sampling2d. A convolution usually follows; together they are a transposed convolution.
    """
    check_images(where, x)
    s, t = positive_pair(f"{where}: size", size, "size=2 or size=(2, 2)")
    n, h, w, c = x.shape
    return PutItem((slice(None), slice(None, None, s), slice(None, None, t)), (n, h * s, w * t, c))(x)
