"""Convolutions of 3 x 3 taps with 16 multiplications for 2 x 2 outputs in place of 36: Winograd's minimal filtering.

Two outputs of three taps, y0 = d0 w0 + d1 w1 + d2 w2 and y1 = d1 w0 + d2 w1 + d3 w2, need four products:

    m0 = (d0 - d2) w0                       y0 = m0 + m1 + m2
    m1 = (d1 + d2) (w0 + w1 + w2) / 2       y1 = m1 - m2 + m3
    m2 = (d2 - d1) (w0 - w1 + w2) / 2
    m3 = (d3 - d1) w2

In terms of matrices y = Aᵀ[(G w) ⊙ (Bᵀ d)], with

         1  0 -1  0              1   0   0
    Bᵀ = 0  1  1  0         G = 1/2 1/2 1/2        Aᵀ = 1  1  1  0
         0 -1  1  0             1/2-1/2 1/2             0  1 -1  1
         0 -1  0  1              0   0   1

For images the same is done on the columns and on the rows of a tile of 4 x 4 pixels: Y = Aᵀ[(G w Gᵀ) ⊙ (Bᵀ d B)]A. With
channels, each of the 16 products is one of matrices: (tiles, in) times (in, out). Tiles overlap by two pixels. Y is
linear in w, so that the gradient consists of the transposed matrices in reverse order:

    dL/dw = Gᵀ[Σ (Bᵀ d B) ⊙ (A g Aᵀ)]G   over the tiles, g the 2 x 2 gradients of a tile

dL/dx is a convolution of g with the reversed kernel. Source: Lavin and Gray 2016, F(2x2, 3x3).

The sums have to run on long stretches of memory. So the pixels of a block of images are put in order of their column
and row modulo 2 and then of (row, image, column). Among the even or the odd rows the next row is a shift, and d0 to d3
of the rows are whole stretches; d0 to d3 of the columns are rows of pixels without the first or the last one. One of
the 16 products is computed at a time, in the cache. Forward and backward, a convolution of 14 x 14 or 28 x 28 pixels
takes 0.65 to 0.8 of the time of patches times the kernel for 48 and 64 channels, and 0.55 to 0.75 for 128.
"""

from __future__ import annotations

from collections.abc import Iterator

from .. import backend
from ..types import Array
from .blocks import Lazy, in_blocks
from .relu import finish
from .windows import Axes


def gather(
    x: Array | Lazy, axes: Axes, w: Array = None, b: Array = None, relu: bool = False, g: Array | Lazy = None
) -> tuple[Array, Array]:
    """(y + b, dL/dw), or with relu max(y + b, 0); None for a result whose factor, w or g, is None."""
    xp, (rows, cols), channels = backend.xp, axes, x.shape[3]
    out = g.shape[3] if w is None else w.shape[3]
    down, across = (rows.count + 1) // 2, (cols.count + 1) // 2  # tiles; the last one may be half empty
    dtype = xp.result_type(x.dtype, g.dtype if w is None else w.dtype)
    y: Array = None
    if w is not None:
        kernels = [_of_kernel(*column) for column in _of_kernel(w[:, 0], w[:, 1], w[:, 2])]  # 4 x 4 (in, out)
        y = xp.empty((len(x), rows.count, cols.count, out), dtype)

    def work(blocks: list[slice]) -> Array | None:
        total: Array = None if g is None else xp.zeros((4, 4, channels, out), dtype)
        for block in blocks:
            even, odd = _by_parity(x[block], rows.before, cols.before, down + 1, across + 1)
            if g is not None:
                of_columns = _of_gradient(*_by_parity(g[block], 0, 0, down, across))
                of_g = [_of_gradient(*column) for column in of_columns]  # 4 x 4 (down, images, across, out)
            columns_of_x = _of_pixels(even[..., :-1, :], odd[..., :-1, :], even[..., 1:, :], odd[..., 1:, :])
            columns = []
            for q, column in enumerate(columns_of_x):  # (2, down + 1, images, across, in)
                products = []
                for r, d in enumerate(_of_pixels(column[0, :-1], column[1, :-1], column[0, 1:], column[1, 1:])):
                    d = d.reshape(-1, channels)  # (tiles, in)
                    if w is not None:
                        products.append(d @ kernels[q][r])
                    if g is not None:
                        total[q, r] += d.T @ of_g[q][r].reshape(-1, out)
                if w is not None:
                    columns.append(_outputs(*products))
            if w is not None:
                _write(columns, y[block], down, across)
                finish(y[block], b, relu)
        return total

    pixels = 4 * (down + 1) * (across + 1)
    totals = in_blocks(work, len(x), pixels * 4 * (channels + out) * dtype.itemsize)  # all arrays of a block
    if g is None:
        return y, None
    columns = [xp.stack(_kernel_gradient(*column)) for column in sum(totals)]  # 4 (3, in, out)
    return y, xp.stack(_kernel_gradient(*columns), axis=1)


def gather_gradients(
    g: Array | Lazy, axes: Axes, w: Array, x: Array = None, b: Array = None, relu: bool = False
) -> tuple[Array, Array]:
    """(dL/dx + b, dL/dw or None): g convolved with the reversed kernel; the gradient of that kernel, reversed."""
    rows, cols = axes
    dx, dw = gather(g, (rows.mirrored(), cols.mirrored()), _reversed(w), b, relu, x)
    return dx, None if dw is None else _reversed(dw)


def _reversed(w: Array) -> Array:
    """w[-r, -q, o, c]: the taps in reverse order, channels and outputs exchanged."""
    return backend.xp.ascontiguousarray(w[::-1, ::-1].transpose(0, 1, 3, 2))


def _by_parity(x: Array, top: int, left: int, down: int, across: int) -> Array:
    """z[q, p, i, n, j] = pixel (2 i + p - top, 2 j + q - left) of image n, 0 outside: (2, 2, down, n, across, c)"""
    z = backend.xp.zeros((2, 2, down, len(x), across, x.shape[3]), x.dtype)
    for q in (0, 1):
        for p in (0, 1):
            row, col = (p + top) % 2, (q + left) % 2  # the first pixel of the image with these parities
            pixels = x[:, row::2, col::2].transpose(1, 0, 2, 3)
            i, j = (row + top) // 2, (col + left) // 2
            z[q, p, i : i + pixels.shape[0], :, j : j + pixels.shape[2]] = pixels
    return z


def _write(columns: list[tuple[Array, Array]], y: Array, down: int, across: int) -> None:
    """The outputs of all tiles, put to their places in y; what lies outside is cut off."""
    for p, parts in enumerate(zip(*columns, strict=True)):
        for q, part in enumerate(_outputs(*parts)):
            places = y[:, p::2, q::2]
            tiles = part.reshape(down, len(y), across, -1).transpose(1, 0, 2, 3)
            places[...] = tiles[:, : places.shape[1], : places.shape[2]]


def _of_pixels(d0: Array, d1: Array, d2: Array, d3: Array) -> Iterator[Array]:
    """Bᵀ d, one row at a time"""
    yield d0 - d2
    yield d1 + d2
    yield d2 - d1
    yield d3 - d1


def _of_kernel(w0: Array, w1: Array, w2: Array) -> tuple[Array, Array, Array, Array]:
    """G w"""
    return w0, (w0 + w1 + w2) / 2, (w0 - w1 + w2) / 2, w2


def _outputs(m0: Array, m1: Array, m2: Array, m3: Array) -> tuple[Array, Array]:
    """Aᵀ m"""
    return m0 + m1 + m2, m1 - m2 + m3


def _of_gradient(g0: Array, g1: Array) -> tuple[Array, Array, Array, Array]:
    """A g"""
    return g0, g0 + g1, g0 - g1, g1


def _kernel_gradient(p0: Array, p1: Array, p2: Array, p3: Array) -> tuple[Array, Array, Array]:
    """Gᵀ p"""
    return p0 + (p1 + p2) / 2, (p1 - p2) / 2, (p1 + p2) / 2 + p3
