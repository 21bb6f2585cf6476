"""The masked convolution and its gradients: patches of the unmasked taps only, and a matrix product.

    y[n, i, j, o] = Σ x[n, i + r - up, j + q - left, c] w[r, q, c, o] + b[o]   over c and the unmasked taps r, q

The unmasked ("live") taps are the rows above the middle one, and in the middle row the taps to the left of the middle;
with `sees_itself` also the middle tap. The gradient to x is the same convolution of g with the transposed kernel, all
rotated by 180 degrees: a window covers pixels before its own, and the windows that cover a pixel come after it.
"""

from __future__ import annotations

from .. import backend
from ..types import Array, Shape
from .blocks import in_blocks
from .products import matmul
from .relu import ThroughRelu, finish
from .windows import FEW_CHANNELS


def masked_conv2d(x: Array, w: Array, sees_itself: bool, b: Array | None = None, relu: bool = False) -> Array:
    """y, (n, rows, columns, out); with relu max(y, 0), computed while the block is in the cache"""
    xp, kernel = backend.xp, live(w, sees_itself)
    y = xp.empty((*x.shape[:3], w.shape[3]), xp.result_type(x, w))

    def work(blocks: list[slice]) -> None:
        for block in blocks:
            matmul(columns(x[block], w.shape, sees_itself), kernel, y[block].reshape(-1, w.shape[3]))
            finish(y[block], b, relu)

    in_blocks(work, len(x), x.shape[1] * x.shape[2] * len(kernel) * x.itemsize)
    return y


def masked_conv2d_gradients(
    x: Array, w: Array, g: Array | ThroughRelu, sees_itself: bool, needs_dx: bool = True
) -> tuple[Array, Array]:
    """(dL/dx or None, dL/dw)

    dL/dx and dL/dw share the patches of g. Where dL/dx is not needed, as for the pixels of an image, dL/dw is computed
    from the patches of x, which has few channels.
    """
    xp = backend.xp
    kernel = w.transpose(0, 1, 3, 2) if needs_dx else w
    matrix = live(kernel, sees_itself)
    dx: Array = xp.empty(x.shape, xp.result_type(g.dtype, w.dtype)) if needs_dx else None

    def work(blocks: list[slice]) -> Array:
        dw = xp.zeros((len(matrix), kernel.shape[3]), w.dtype)
        for block in blocks:
            u = g[block]
            if needs_dx:
                patches = columns(u[:, ::-1, ::-1], kernel.shape, sees_itself)
                dx[block][:, ::-1, ::-1] = matmul(patches, matrix).reshape(-1, *x.shape[1:])
                dw += matmul(patches.T, x[block][:, ::-1, ::-1].reshape(-1, x.shape[3]))
            else:
                dw += matmul(columns(x[block], kernel.shape, sees_itself).T, u.reshape(-1, u.shape[3]))
        return dw

    size = max(len(matrix), w.shape[3])
    dws = in_blocks(work, len(x), x.shape[1] * x.shape[2] * size * x.itemsize)
    dw = with_masked_taps(sum(dws), kernel.shape, sees_itself)
    return dx, dw.transpose(0, 1, 3, 2) if needs_dx else dw


def live_taps(size: Shape, sees_itself: bool) -> tuple[int, int]:
    """(rows of taps above the middle one, live taps of the middle row) of a window of this size."""
    return size[0] // 2, size[1] // 2 + sees_itself


def live(w: Array, sees_itself: bool) -> Array:
    """The live taps of w as a matrix, (taps · in, out)"""
    up, beside = live_taps(w.shape[:2], sees_itself)
    out = w.shape[3]
    return backend.xp.concatenate([w[:up].reshape(-1, out), w[up, :beside].reshape(-1, out)])


def with_masked_taps(matrix: Array, kernel: Shape, sees_itself: bool) -> Array:
    """The inverse of live(): a kernel of this shape, with zeros at the masked taps."""
    up, beside = live_taps(kernel[:2], sees_itself)
    w = backend.xp.zeros(kernel, matrix.dtype)
    above, middle = w[:up], w[up, :beside]
    above[...] = matrix[: above.size // kernel[3]].reshape(above.shape)
    middle[...] = matrix[above.size // kernel[3] :].reshape(middle.shape)
    return w


def columns(x: Array, kernel: Shape, sees_itself: bool) -> Array:
    """The pixels at the live taps, a row for each window: (images · pixels, taps · channels)"""
    xp, (n, rows, cols, channels), kw = backend.xp, x.shape, kernel[1]
    (up, beside), left = live_taps(kernel[:2], sees_itself), kw // 2
    taps = up * kw + beside
    framed = xp.zeros((n, rows + up, cols + 2 * left, channels), x.dtype)
    framed[:, up:, left : left + cols] = x
    if channels < FEW_CHANNELS:  # tap by tap, for the reason in windows.as_columns
        seen = xp.empty((taps, channels, n, rows, cols), x.dtype)
        for t in range(taps):
            r, q = divmod(t, kw)
            seen[t] = framed[:, r : r + rows, q : q + cols].transpose(3, 0, 1, 2)
        return seen.reshape(taps * channels, -1).T  # (n · rows · cols, taps · channels)
    seen = xp.empty((n, rows, cols, taps * channels), x.dtype)
    for r in range(up + 1):  # the taps of a row are adjacent in memory, as in `seen`
        width = (kw if r < up else beside) * channels
        image, row, col, channel = framed[:, r:].strides
        run = xp.lib.stride_tricks.as_strided(framed[:, r:], (n, rows, cols, width), (image, row, col, channel))
        seen[..., r * kw * channels : r * kw * channels + width] = run
    return seen.reshape(-1, taps * channels)  # (n · rows · cols, taps · channels)
