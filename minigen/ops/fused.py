"""Two layers of convolutional networks as one op.

On the CPU it is faster not to store the large map: conv2d + max_pool2d in blocks of images, so that the map stays in
the cache, and up_sampling2d + conv2d as one transposed convolution of the small image, with fewer multiplications.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .. import backend
from ..checks.values import positive_pair, switch
from ..kernels import blocks, conv, pool
from ..kernels.windows import Axes, WindowAxis, lay
from ..types import Array, DType, TensorLike
from .checks import check_convolution
from .conv import ConvInputGradient, ConvKernelGradient, Convolution, OneOrTwo, conv_axes
from .linear import matmul
from .pool import WindowSpread, pool_axes


class ConvMaxPool(Convolution):
    """y = max over windows of (w ⋆ x + b),   dL/dx = wᵀ ⋆ u,   dL/dw = x ⋆ u,   dL/db = Σ g,   u = g at the maxima

    Derivation: the rule of MaxPool and then that of Conv. On the CPU only the current blocks of w ⋆ x and of u are in
    memory.
    """

    def __init__(self, axes: Axes, pooling: Axes) -> None:
        super().__init__(axes)
        self.pooling = pooling

    def forward(self, x: Array, w: Array, *b: Array) -> Array:
        rows, cols = self.pooling
        y = backend.xp.empty((len(x), rows.count, cols.count, w.shape[3]), backend.xp.result_type(x, w))
        self.winner = backend.xp.empty(y.shape, pool.tap_dtype(self.pooling))

        def work(slices: list[slice]) -> None:
            for block in slices:
                y[block], self.winner[block] = pool.max_pool2d(conv.conv2d(x[block], w, self.axes, *b), self.pooling)

        rows, cols = self.axes
        blocks.in_blocks(work, len(x), rows.count * cols.count * w.shape[3] * x.itemsize)
        return y

    def on_arrays(self, g: Array | blocks.Lazy, x: Array, w: Array) -> tuple[Array, Array]:
        """(dL/dx, dL/dw), with u in blocks."""

        def u(block: slice) -> Array:
            return pool.window_spread(g[block], self.pooling, self.winner[block])

        rows, cols = self.axes
        lazy = blocks.Lazy((len(x), rows.count, cols.count, w.shape[3]), g.dtype, u)
        return conv.conv2d_gradients(x, w, lazy, self.axes, self.needs[:2])

    def on_tensors(self, g: TensorLike, x: TensorLike, w: TensorLike) -> tuple[TensorLike, TensorLike]:
        """(dL/dx, dL/dw), recorded."""
        u = WindowSpread(self.pooling, self.winner)(g)
        dx = ConvInputGradient(self.axes)(u, w) if self.needs[0] else None
        return dx, ConvKernelGradient(self.axes)(x, u) if self.needs[1] else None


def conv_max_pool2d(
    x: TensorLike,
    w: TensorLike,
    b: TensorLike | None = None,
    strides: OneOrTwo = 1,
    padding: str = "valid",
    dilation_rate: OneOrTwo = 1,
    pool_size: OneOrTwo = 2,
    pool_strides: OneOrTwo | None = None,
    pool_padding: str = "valid",
    where: str = "conv_max_pool2d",
) -> TensorLike:
    """max_pool2d(conv2d(x, w, b, ...), pool_size, ...) without the map between the two.

    Shapes: x (images, rows, columns, in), w (kh, kw, in, out), b (out,) -> (images, rows', columns', out), with the
    sizes of the two functions. Raises what they raise.
    """
    axes = conv_axes(where, x, w, b, strides, padding, dilation_rate)
    pooling = pool_axes(where, (axes[0].count, axes[1].count), pool_size, pool_strides, pool_padding)
    return ConvMaxPool(axes, pooling)(x, w) if b is None else ConvMaxPool(axes, pooling)(x, w, b)


def up_sampling_conv2d(
    x: TensorLike,
    w: TensorLike,
    b: TensorLike | None = None,
    size: OneOrTwo = 2,
    padding: str = "valid",
    where: str = "up_sampling_conv2d",
    relu: bool = False,
) -> TensorLike:
    """conv2d(up_sampling2d(x, size), w, b, padding=padding, relu=relu) without the up-sampled image.

    Pixel p of the up-sampled image is x[p // s], so that a tap of the kernel at p = j s + e is multiplied by x[j] for
    each e in 0..s-1. The sum over e is a transposed convolution of x with stride s and a kernel of s + k - 1 taps: the
    reversed w, convolved with a box of s ones. It needs (s + k - 1)² / s² multiplications in place of k²: 4 in place of
    9 for s = 2 and k = 3.

    Shapes: x (images, rows, columns, in), w (kh, kw, in, out), b (out,) -> (images, rows', columns', out), with the
    sizes of conv2d on the up-sampled image. Raises what conv2d and up_sampling2d raise.
    """
    check_convolution(where, x, w, b)
    size = positive_pair(f"{where}: size", size, "size=2 or size=(2, 2)")
    axes = []
    large = (x.shape[1] * size[0], x.shape[2] * size[1])
    for n, s, on_large in zip(x.shape[1:3], size, lay(where, large, w.shape[:2], (1, 1), padding), strict=True):
        before = on_large.taps - 1 - on_large.before
        axes.append(WindowAxis(on_large.count, s + on_large.taps - 1, stride=s, dilation=1, before=before, count=n))
    (kh, kw, channels, out), (rows, cols) = w.shape, axes
    kernel = matmul(
        _blur(rows, kh, w.dtype, backend.xp), w.reshape((kh, kw * channels * out))
    )  # (s + kh - 1, kw in out)
    kernel = matmul(_blur(cols, kw, w.dtype, backend.xp), kernel.reshape((rows.taps, kw, channels * out)))
    kernel = kernel.reshape((rows.taps, cols.taps, channels, out)).transpose((0, 1, 3, 2))  # (taps, taps, out, in)
    op = ConvInputGradient((rows, cols), switch(f"{where}: relu", relu))
    return op(x, kernel) if b is None else op(x, kernel, b)


@functools.cache
def _blur(axis: WindowAxis, taps: int, dtype: DType, library: Any) -> Array:
    """The matrix (s + k - 1, k) with 1 where 0 <= m + r + 1 - k < s: tap m of the large kernel sums these taps r.

    It is made once for each array library, so that a step on a GPU does not move it again.
    """
    distance = np.arange(axis.taps)[:, None] + np.arange(taps) + 1 - taps
    return backend.asarray(((distance >= 0) & (distance < axis.stride)).astype(dtype))
