"""Two layers at once: the same numbers in another order, where the map between the two layers is large.

Nothing here is a new function. On the CPU it pays not to make the big map: conv2d + max_pool2d one block of images
after the other, so that the map stays in the cache, and up_sampling2d + conv2d as one transposed convolution of the
small image, with fewer multiplications.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import backend
from ..autograd import unwrap
from ..checks import positive_pair
from ..kernels import conv, pool
from ..kernels.blocks import Lazy, in_blocks
from ..kernels.windows import Axes, Axis, check_images, lay
from .conv import ConvInputGradient, ConvKernelGradient, OneOrTwo, Sliding, check_kernel, conv_axes
from .linear import matmul
from .pool import WindowSpread, pool_axes


class ConvMaxPool(Sliding):
    """y = max over windows of (w ⋆ x + b),   dL/dx = wᵀ ⋆ u,   dL/dw = x ⋆ u,   dL/db = Σ g,   u = g at the maxima

    Derivation: the rule of MaxPool and then that of Conv. On the CPU there are only those blocks of the map w ⋆ x, and
    of u, that are being worked on.
    """

    def __init__(self, axes: Axes, pooling: Axes) -> None:
        super().__init__(axes)
        self.pooling = pooling

    def forward(self, x: Any, w: Any, *b: Any) -> Any:
        rows, cols = self.pooling
        y = backend.xp.empty((len(x), rows.count, cols.count, w.shape[3]), backend.xp.result_type(x, w))
        self.winner = backend.xp.empty(y.shape, pool.tap_dtype(self.pooling))

        def work(blocks: list[slice]) -> None:
            for block in blocks:
                y[block], self.winner[block] = pool.max_pool2d(conv.conv2d(x[block], w, self.axes, *b), self.pooling)

        rows, cols = self.axes
        in_blocks(work, len(x), rows.count * cols.count * w.shape[3] * x.itemsize)
        return y

    def backward(self, g: Any, y: Any, x: Any, w: Any, *b: Any) -> Any:
        dx, dw = self.on_arrays(g, x, w) if unwrap(g) is g else self.on_tensors(g, x, w)
        return self.with_bias(dx, dw, g)

    def on_arrays(self, g: Any, x: Any, w: Any) -> tuple[Any, Any]:
        """(dL/dx, dL/dw), u block by block."""

        def u(block: slice) -> Any:
            return pool.window_spread(g[block], self.pooling, self.winner[block])

        rows, cols = self.axes
        lazy = Lazy((len(x), rows.count, cols.count, w.shape[3]), g.dtype, u)
        return conv.conv2d_gradients(x, w, lazy, self.axes, self.needs[:2])

    def on_tensors(self, g: Any, x: Any, w: Any) -> tuple[Any, Any]:
        """The same, recorded."""
        u = WindowSpread(self.pooling, self.winner)(g)
        dx = ConvInputGradient(self.axes)(u, w) if self.needs[0] else None
        return dx, ConvKernelGradient(self.axes)(x, u) if self.needs[1] else None


def conv_max_pool2d(
    x: Any,
    w: Any,
    b: Any = None,
    strides: OneOrTwo = 1,
    padding: str = "valid",
    dilation_rate: OneOrTwo = 1,
    pool_size: OneOrTwo = 2,
    pool_strides: OneOrTwo | None = None,
    pool_padding: str = "valid",
    where: str = "conv_max_pool2d",
) -> Any:
    """max_pool2d(conv2d(x, w, b, ...), pool_size, ...) without the map between the two.

    Shapes: x (images, rows, columns, in), w (kh, kw, in, out), b (out,) -> (images, rows', columns', out), the sizes
    those of max_pool2d on those of conv2d, the errors theirs.
    """
    axes = conv_axes(where, x, w, b, strides, padding, dilation_rate)
    pooling = pool_axes(where, (axes[0].count, axes[1].count), pool_size, pool_strides, pool_padding)
    return ConvMaxPool(axes, pooling)(x, w) if b is None else ConvMaxPool(axes, pooling)(x, w, b)


def up_sampling_conv2d(
    x: Any,
    w: Any,
    b: Any = None,
    size: OneOrTwo = 2,
    padding: str = "valid",
    where: str = "up_sampling_conv2d",
) -> Any:
    """conv2d(up_sampling2d(x, size), w, b, padding=padding) without the up-sampled image.

    Pixel p of the up-sampled image is x[p // s], so that a tap of the kernel at p = j s + e meets x[j] for each e of
    0..s-1. Summed over e, that is a transposed convolution of x with stride s and a kernel of s + k - 1 taps: w read
    backwards, blurred by a box of s pixels. It needs (s + k - 1)² / s² multiplications where the other needs k²: for
    s = 2 and k = 3, 4 in place of 9.

    Shapes: x (images, rows, columns, in), w (kh, kw, in, out), b (out,) -> (images, rows', columns', out), the sizes
    and the errors those of conv2d on the up-sampled image.
    """
    check_kernel(where, w, b, outputs=3)
    check_images(where, x, w.shape[2])
    size = positive_pair(f"{where}: size", size, "size=2 or size=(2, 2)")
    axes = []
    large = (x.shape[1] * size[0], x.shape[2] * size[1])
    for n, s, on_large in zip(x.shape[1:3], size, lay(where, large, w.shape[:2], (1, 1), padding), strict=True):
        before = on_large.taps - 1 - on_large.before
        axes.append(Axis(on_large.count, taps=s + on_large.taps - 1, stride=s, dilation=1, before=before, count=n))
    (kh, kw, channels, out), (rows, cols) = w.shape, axes
    kernel = matmul(_blur(rows, kh, w.dtype), w.reshape((kh, kw * channels * out)))  # (s + kh - 1, kw in out)
    kernel = matmul(_blur(cols, kw, w.dtype), kernel.reshape((rows.taps, kw, channels * out)))
    kernel = kernel.reshape((rows.taps, cols.taps, channels, out)).transpose((0, 1, 3, 2))
    op = ConvInputGradient((rows, cols))
    return op(x, kernel) if b is None else op(x, kernel, b)


def _blur(axis: Axis, taps: int, dtype: Any) -> Any:
    """(s + k - 1, k): tap m of the large kernel adds up the taps r of the small one with 0 <= m + r + 1 - k < s."""
    distance = np.arange(axis.taps)[:, None] + np.arange(taps) + 1 - taps
    return backend.asarray(((distance >= 0) & (distance < axis.stride)).astype(dtype))
