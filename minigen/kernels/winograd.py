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
of the rows are whole stretches; d0 to d3 of the columns are rows of pixels without the first or the last one. Each sum
is one call for all tiles of a block, and so are the 16 products: with a call for each, threads would spend as much time
in waiting for Python's lock as in computing. Forward and backward, a convolution of 14 x 14 or 28 x 28 pixels with 48
to 128 channels takes 0.57 to 0.66 of the time of patches times the kernel on one thread, and 0.56 to 0.81 on two.
"""

from __future__ import annotations

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
    dtype = xp.result_type(x.dtype, g.dtype if w is None else w.dtype)
    down, across = (rows.count + 1) // 2, (cols.count + 1) // 2  # tiles; the last ones may be half empty
    kernels = None if w is None else _of_kernel(w)
    y: Array = None if w is None else xp.empty((len(x), rows.count, cols.count, out), dtype)

    def work(blocks: list[slice]) -> Array | None:
        total: Array = None if g is None else xp.zeros((16, channels, out), dtype)
        for block in blocks:
            pixels = _of_pixels(x[block], rows.before, cols.before, down, across)  # (16, tiles, in)
            if w is not None:
                _lay(pixels @ kernels, y[block])
                finish(y[block], b, relu)
            if g is not None:
                total += pixels.transpose(0, 2, 1) @ _of_gradient(g[block], down, across)
        return total

    totals = in_blocks(work, len(x), 16 * (down + 1) * (across + 1) * (channels + out) * dtype.itemsize)
    return y, None if g is None else _kernel_gradient(sum(totals))


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


# ---- tiles


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


def _lay(products: Array, y: Array) -> None:
    """Y = Aᵀ M A of all tiles, put to their places in y; what lies outside is cut off. Overwrites the products."""
    down, across = (y.shape[1] + 1) // 2, (y.shape[2] + 1) // 2
    m = products.reshape(4, 4, down, len(y), across, y.shape[3])
    for q, column in enumerate(_outputs(_outputs(m).swapaxes(0, 1))):
        for p, tiles in enumerate(column):
            places = y[:, p::2, q::2]
            places[...] = tiles.transpose(1, 0, 2, 3)[:, : places.shape[1], : places.shape[2]]


def _of_pixels(x: Array, top: int, left: int, down: int, across: int) -> Array:
    """Bᵀ d B of all tiles: (images, rows, columns, c) -> (16, tiles, c)"""
    z = _by_parity(x, top, left, down + 1, across + 1)
    columns = backend.xp.empty((4, *z.shape[1:4], across, z.shape[5]), x.dtype)
    even, odd = z
    _sums_of_pixels(even[..., :-1, :], odd[..., :-1, :], even[..., 1:, :], odd[..., 1:, :], columns)
    tiles = backend.xp.empty((4, 4, down, *columns.shape[3:]), x.dtype)
    even, odd = columns[:, 0], columns[:, 1]
    _sums_of_pixels(even[:, :-1], odd[:, :-1], even[:, 1:], odd[:, 1:], tiles)
    return tiles.reshape(16, -1, x.shape[3])


def _of_gradient(g: Array, down: int, across: int) -> Array:
    """A g Aᵀ of all tiles: (images, rows, columns, out) -> (16, tiles, out)"""
    z = _by_parity(g, 0, 0, down, across)
    columns = backend.xp.empty((4, *z.shape[1:]), g.dtype)
    _sums_of_gradient(z[0], z[1], columns)
    tiles = backend.xp.empty((4, 4, *z.shape[2:]), g.dtype)
    _sums_of_gradient(columns[:, 0], columns[:, 1], tiles)
    return tiles.reshape(16, -1, g.shape[3])


def _of_kernel(w: Array) -> Array:
    """G w Gᵀ: (3, 3, in, out) -> (16, in, out)"""
    rows = _sums_of_kernel(w).swapaxes(0, 1)  # (3, 4, in, out)
    return _sums_of_kernel(rows).swapaxes(0, 1).reshape(16, *w.shape[2:])


def _kernel_gradient(total: Array) -> Array:
    """Gᵀ p G: (16, in, out) -> (3, 3, in, out)"""
    rows = _sums_of_total(total.reshape(4, 4, *total.shape[1:]))  # (3, 4, in, out)
    return _sums_of_total(rows.swapaxes(0, 1)).swapaxes(0, 1)


# ---- the three matrices, on the first axis


def _sums_of_pixels(d0: Array, d1: Array, d2: Array, d3: Array, out: Array) -> None:
    """Bᵀ d"""
    xp = backend.xp
    xp.subtract(d0, d2, out=out[0])
    xp.add(d1, d2, out=out[1])
    xp.subtract(d2, d1, out=out[2])
    xp.subtract(d3, d1, out=out[3])


def _sums_of_kernel(w: Array) -> Array:
    """G w"""
    return backend.xp.stack([w[0], (w[0] + w[1] + w[2]) / 2, (w[0] - w[1] + w[2]) / 2, w[2]])


def _outputs(m: Array) -> Array:
    """Aᵀ m, in the place of the first two rows"""
    m[0] += m[1]
    m[0] += m[2]
    m[1] -= m[2]
    m[1] += m[3]
    return m[:2]


def _sums_of_gradient(g0: Array, g1: Array, out: Array) -> None:
    """A g"""
    out[0], out[3] = g0, g1
    backend.xp.add(g0, g1, out=out[1])
    backend.xp.subtract(g0, g1, out=out[2])


def _sums_of_total(p: Array) -> Array:
    """Gᵀ p"""
    return backend.xp.stack([p[0] + (p[1] + p[2]) / 2, (p[1] - p[2]) / 2, (p[1] + p[2]) / 2 + p[3]])
