"""The masked convolution and its gradients: patches of the live taps only, and one matrix product.

    y[n, i, j, o] = Σ x[n, i + r - up, j + q - left, c] w[r, q, c, o] + b[o]   over c and the live taps r, q

Live are the rows of taps above the middle one, in full, and of the middle row what is left of the middle, which itself
lives where `sees_itself`. Turned by 180 degrees, the gradient to x is the same convolution of g with w read the other
way: what a pixel sees comes before it, and what sees a pixel comes after it.
"""

from __future__ import annotations

from typing import Any

from .. import backend
from .blocks import in_blocks
from .windows import FEW_CHANNELS


def masked_conv2d(x: Any, w: Any, sees_itself: bool, b: Any = None, relu: bool = False) -> Any:
    """y, (n, rows, columns, out); max(y, 0) with relu, while the block is in the cache."""
    xp, kernel = backend.xp, live(w, sees_itself)
    y = xp.empty((*x.shape[:3], w.shape[3]), xp.result_type(x, w))

    def work(blocks: list[slice]) -> None:
        for block in blocks:
            xp.matmul(columns(x[block], w.shape, sees_itself), kernel, out=y[block].reshape(-1, w.shape[3]))
            if b is not None:
                y[block] += b
            if relu:
                xp.maximum(y[block], 0, out=y[block])

    in_blocks(work, len(x), x.shape[1] * x.shape[2] * len(kernel) * x.itemsize)
    return y


def masked_conv2d_gradients(
    x: Any, w: Any, g: Any, sees_itself: bool, y: Any = None, needs_dx: bool = True
) -> tuple[Any, Any, Any]:
    """(dL/dx or None, dL/dw, dL/db); given y = max(..., 0), those behind its relu.

    dL/dx and dL/dw share the patches of g. Where no dL/dx is wanted, as for the pixels of an image, those of x serve:
    it has few channels.
    """
    xp = backend.xp
    kernel = w.transpose(0, 1, 3, 2) if needs_dx else w
    matrix = live(kernel, sees_itself)
    dx: Any = xp.empty(x.shape, xp.result_type(g, w)) if needs_dx else None

    def work(blocks: list[slice]) -> tuple[Any, Any]:
        dw, db = xp.zeros((len(matrix), kernel.shape[3]), w.dtype), xp.zeros(w.shape[3], w.dtype)
        for block in blocks:
            u = g[block] if y is None else g[block] * (y[block] > 0)
            rows = u.reshape(-1, u.shape[3])
            db += xp.ones(len(rows), u.dtype) @ rows  # of 50,000 rows of 32 a quarter of the time of rows.sum(axis=0)
            if needs_dx:
                patches = columns(u[:, ::-1, ::-1], kernel.shape, sees_itself)
                dx[block][:, ::-1, ::-1] = (patches @ matrix).reshape(-1, *x.shape[1:])
                dw += patches.T @ x[block][:, ::-1, ::-1].reshape(-1, x.shape[3])
            else:
                dw += columns(x[block], kernel.shape, sees_itself).T @ rows
        return dw, db

    size = max(len(matrix), w.shape[3])
    dws, dbs = zip(*in_blocks(work, len(x), x.shape[1] * x.shape[2] * size * x.itemsize), strict=True)
    dw = with_dead_taps(sum(dws), kernel.shape, sees_itself)
    return dx, dw.transpose(0, 1, 3, 2) if needs_dx else dw, sum(dbs)


def live_taps(size: tuple[int, ...], sees_itself: bool) -> tuple[int, int]:
    """(rows of taps above the middle one, live taps of the middle row) of a window of this size."""
    return size[0] // 2, size[1] // 2 + sees_itself


def live(w: Any, sees_itself: bool) -> Any:
    """The live taps of w as a matrix, (taps · in, out)."""
    up, beside = live_taps(w.shape[:2], sees_itself)
    out = w.shape[3]
    return backend.xp.concatenate([w[:up].reshape(-1, out), w[up, :beside].reshape(-1, out)])


def with_dead_taps(matrix: Any, kernel: tuple[int, ...], sees_itself: bool) -> Any:
    """The other way round: a kernel of this shape, zeros where it does not live."""
    up, beside = live_taps(kernel[:2], sees_itself)
    w = backend.xp.zeros(kernel, matrix.dtype)
    above, middle = w[:up], w[up, :beside]
    above[...] = matrix[: above.size // kernel[3]].reshape(above.shape)
    middle[...] = matrix[above.size // kernel[3] :].reshape(middle.shape)
    return w


def columns(x: Any, kernel: tuple[int, ...], sees_itself: bool) -> Any:
    """What the live taps see, a row for each pixel: (images pixels, taps · channels)."""
    xp, (n, rows, cols, channels), kw = backend.xp, x.shape, kernel[1]
    (up, beside), left = live_taps(kernel[:2], sees_itself), kw // 2
    taps = up * kw + beside
    framed = xp.zeros((n, rows + up, cols + 2 * left, channels), x.dtype)
    framed[:, up:, left : left + cols] = x
    if channels < FEW_CHANNELS:  # tap by tap the runs are long: kernels/windows.as_columns says why
        seen = xp.empty((taps, channels, n, rows, cols), x.dtype)
        for t in range(taps):
            r, q = divmod(t, kw)
            seen[t] = framed[:, r : r + rows, q : q + cols].transpose(3, 0, 1, 2)
        return seen.reshape(taps * channels, -1).T
    seen = xp.empty((n, rows, cols, taps * channels), x.dtype)
    for r in range(up + 1):  # the taps of a row lie side by side in memory, and so they do in `seen`
        width = (kw if r < up else beside) * channels
        image, row, col, channel = framed[:, r:].strides
        run = xp.lib.stride_tricks.as_strided(framed[:, r:], (n, rows, cols, width), (image, row, col, channel))
        seen[..., r * kw * channels : r * kw * channels + width] = run
    return seen.reshape(-1, taps * channels)
