"""Convolution and its gradients: patches, a matrix product, and a loop over blocks of images.

    y[n, i, j, o] = Σ x[n, i s + r d - p, j s + q d - p, c] w[r, q, c, o]   over r, q, c

for stride s, dilation d and padding p, which `axes` holds for rows and columns. Kernels w are (kh, kw, in, out). y is
linear in x and in w, so that three functions are closed under differentiation: conv2d, input_gradient, kernel_gradient.
The two functions `..._gradients` compute pairs of these. y and dL/dx are gathered (patches times a matrix) or scattered
(products added to their pixels), or computed in Winograd's way; routes.py counts what costs less.
"""

from __future__ import annotations

from .. import backend
from ..types import Array
from . import routes, winograd
from .blocks import Lazy, in_blocks
from .products import matmul
from .relu import finish
from .windows import FEW_CHANNELS, Axes, as_columns, inner, padded, patches, phases


def conv2d(x: Array, w: Array, axes: Axes, b: Array | None = None, relu: bool = False) -> Array:
    """y + b, or with relu max(y + b, 0), (n, rows.count, cols.count, out)"""
    rows, cols = axes
    if routes.winograd_output(len(x), axes, *w.shape[2:]):
        return winograd.gather(x, axes, w, b, relu)[0]
    if routes.scatters_output(axes, *w.shape[2:]):
        mirrored = w[::-1, ::-1].transpose(0, 1, 3, 2)  # (kh, kw, out, in)
        return _scatter(x, mirrored, (rows.mirrored(), cols.mirrored()), b, relu)[0]
    return _gather(x, axes, w, b, relu)[0]


def kernel_gradient(x: Array, g: Array | Lazy, axes: Axes) -> Array:
    """dL/dw[r, q, c, o] = Σ x[n, i s + r d - p, j s + q d - p, c] g[n, i, j, o]   over n, i, j"""
    by_winograd = routes.winograd_kernel_gradient(len(x), axes, x.shape[3], g.shape[3])
    return (winograd.gather if by_winograd else _gather)(x, axes, g=g)[1]


def input_gradient(g: Array | Lazy, w: Array, axes: Axes, b: Array | None = None, relu: bool = False) -> Array:
    """dL/dx[n, u, v, c] = Σ g[n, i, j, o] w[r, q, c, o]   over o and the i, j, r, q that cover pixel u, v

    As the transposed convolution dL/dx + b, or with relu max(dL/dx + b, 0).
    """
    if routes.winograd_input_gradient(len(g), axes, *w.shape[2:]):
        return winograd.gather_gradients(g, axes, w, b=b, relu=relu)[0]
    if routes.scatters_input_gradient(axes, *w.shape[2:]):
        return _scatter(g, w, axes, b, relu)[0]
    return _gather_gradients(g, axes, w, b=b, relu=relu)[0]


def conv2d_gradients(x: Array, w: Array, g: Array | Lazy, axes: Axes, needs: list[bool]) -> tuple[Array, Array]:
    """(dL/dx, dL/dw) of y = conv2d(x, w); None for a gradient that `needs` does not ask for."""
    if all(needs):
        if routes.winograd_both(len(x), axes, *w.shape[2:]):
            return winograd.gather_gradients(g, axes, w, x)
        if routes.scatters_both(axes, *w.shape[2:]):
            return _scatter(g, w, axes, x=x)
        return _gather_gradients(g, axes, w, x)
    dx = input_gradient(g, w, axes) if needs[0] else None
    return dx, kernel_gradient(x, g, axes) if needs[1] else None


def input_gradient_gradients(g: Array, w: Array, h: Array | Lazy, axes: Axes, needs: list[bool]) -> tuple[Array, Array]:
    """(dL/dg, dL/dw) of y = input_gradient(g, w), where dL/dy = h."""
    by_winograd = routes.winograd_kernel_gradient(len(h), axes, *w.shape[2:])
    return (winograd.gather if by_winograd else _gather)(h, axes, w if needs[0] else None, g=g if needs[1] else None)


def _gather(
    x: Array | Lazy, axes: Axes, w: Array = None, b: Array = None, relu: bool = False, g: Array | Lazy = None
) -> tuple[Array, Array]:
    """(patches of x times w, plus b; transposed patches of x times g); None for a product whose factor is None."""
    xp, (rows, cols), channels = backend.xp, axes, x.shape[3]
    patch = rows.taps * cols.taps * channels
    y: Array = None
    if w is not None:
        w = w.reshape(patch, -1)  # (kh · kw · in, out)
        y = xp.empty((len(x), rows.count, cols.count, w.shape[1]), xp.result_type(x.dtype, w.dtype))

    def work(blocks: list[slice]) -> Array | None:
        dw = None if g is None else xp.zeros((patch, g.shape[3]), xp.result_type(x.dtype, g.dtype))
        for block in blocks:
            columns = as_columns(patches(x[block], axes))  # (images · windows, kh · kw · in)
            if w is not None:
                matmul(columns, w, y[block].reshape(-1, w.shape[1]))
                finish(y[block], b, relu)
            if g is not None:
                dw += matmul(columns.T, g[block].reshape(-1, g.shape[3]))  # (kh · kw · in, out)
            del columns  # the next block gets this memory, which is in the cache
        return dw

    # The patches of a whole batch are k² times as large as the batch. Block by block they fit into the cache.
    width = max(patch, 0 if g is None else g.shape[3])
    dws = in_blocks(work, len(x), rows.count * cols.count * width * x.dtype.itemsize)
    if g is None:
        return y, None
    return y, sum(dws).reshape(rows.taps, cols.taps, channels, g.shape[3])


def _gather_gradients(
    g: Array | Lazy, axes: Axes, w: Array, x: Array = None, b: Array = None, relu: bool = False
) -> tuple[Array, Array]:
    """(dL/dx + b, dL/dw or None) from the patches of g: the pixels of each phase belong to their own taps of w.

    At stride 1 there is one phase, and dL/dx is g convolved with the reversed kernel. A step of the convolutional
    autoencoder takes 0.61 of the time that it takes to multiply first and add every product to its pixel. The same
    patches serve dL/dw, which takes it to 0.85 of that.
    """
    xp, channels = backend.xp, w.shape[2]
    (row_frame, row_phases), (col_frame, col_phases) = phases(axes[0]), phases(axes[1])
    pairs = [(rows, cols) for rows in row_phases for cols in col_phases]
    backwards = [w[rows.taps, cols.taps][::-1, ::-1].transpose(0, 1, 3, 2) for rows, cols in pairs]
    matrices = [taps.reshape(-1, channels) for taps in backwards]  # each (taps · out, in)
    dx = xp.empty((len(g), axes[0].size, axes[1].size, channels), xp.result_type(g.dtype, w.dtype))

    def work(blocks: list[slice]) -> list[Array]:
        dws = [] if x is None else [xp.zeros_like(matrix) for matrix in matrices]
        for block in blocks:
            framed = padded(g[block], (row_frame, col_frame))
            for i, (rows, cols) in enumerate(pairs):
                pixels = (block, rows.pixels, cols.pixels)
                columns = as_columns(patches(framed, (rows.windows, cols.windows)))  # (images · pixels, taps · out)
                part = matmul(columns, matrices[i])
                finish(part, b, relu)
                dx[pixels] = part.reshape(-1, rows.windows.count, cols.windows.count, channels)
                if x is not None:
                    dws[i] += matmul(columns.T, x[pixels].reshape(-1, channels))  # (taps · out, in)
                del columns
        return dws

    patch = axes[0].count * axes[1].count * max(len(matrix) for matrix in matrices)
    dws = in_blocks(work, len(g), patch * dx.itemsize)
    if x is None:
        return dx, None
    dw = xp.zeros_like(w)
    for (rows, cols), taps, *parts in zip(pairs, backwards, *dws, strict=True):
        dw[rows.taps, cols.taps][::-1, ::-1] = sum(parts).reshape(taps.shape).transpose(0, 1, 3, 2)
    return dx, dw


def _scatter(
    g: Array | Lazy, w: Array, axes: Axes, b: Array | None = None, relu: bool = False, x: Array = None
) -> tuple[Array, Array]:
    """(dL/dx + b, dL/dw or None): g times every tap of w, each product added to the pixels that its tap covers.

    (Also y, on the adjoint axes.) dL/dw is computed from patches of x, block by block, so that a block of g that is
    computed when it is needed is computed once.
    """
    xp, (rows, cols), (kh, kw, channels, out) = backend.xp, axes, w.shape
    dx = xp.empty((len(g), rows.size, cols.size, channels), xp.result_type(g.dtype, w.dtype))
    is_tiled = rows.is_tiled and cols.is_tiled
    add_products = _lay_tiles if is_tiled else _add_few_channels if channels < FEW_CHANNELS else _add_tap_by_tap

    def work(blocks: list[slice]) -> Array | None:
        dw = None if x is None else xp.zeros((kh * kw * channels, out), dx.dtype)
        for block in blocks:
            part = g[block]
            total = add_products(part.reshape(-1, out), w, axes)
            dx[block] = inner(total, axes)
            finish(dx[block], b, relu)
            if x is not None:
                dw += matmul(as_columns(patches(x[block], axes)).T, part.reshape(-1, out))  # (kh · kw · in, out)
        return dw

    patch = kh * kw * channels if x is not None or is_tiled or channels < FEW_CHANNELS else channels + out
    dws = in_blocks(work, len(g), rows.count * cols.count * patch * dx.itemsize)
    return dx, None if x is None else sum(dws).reshape(w.shape)


def _add_tap_by_tap(g: Array, w: Array, axes: Axes) -> Array:
    """The padded dL/dx, (images, rows, columns, channels), of g (images · windows, out): a product for each tap."""
    xp, (rows, cols), (kh, kw, channels, _) = backend.xp, axes, w.shape
    matrices = w.transpose(0, 1, 3, 2)  # (kh, kw, out, in)
    product = xp.empty((len(g), channels), xp.result_type(g, w))
    on_windows = product.reshape(-1, rows.count, cols.count, channels)
    total = xp.zeros((len(on_windows), rows.padded_size, cols.padded_size, channels), product.dtype)
    for r in range(kh):
        for q in range(kw):
            matmul(g, matrices[r, q], product)
            total[:, rows.pixels_of(r), cols.pixels_of(q)] += on_windows
    return total


def _lay_tiles(g: Array, w: Array, axes: Axes) -> Array:
    """The same where no two windows overlap: one product, and nothing to add."""
    (rows, cols), (kh, kw, channels, out) = axes, w.shape
    tiles = matmul(g, w.reshape(-1, out).T).reshape(-1, rows.count, cols.count, kh, kw, channels)
    return tiles.transpose(0, 1, 3, 2, 4, 5).reshape(-1, rows.size, cols.size, channels)


def _add_few_channels(g: Array, w: Array, axes: Axes) -> Array:
    """The same for few channels: one product for all taps, channels first, so that the runs to add are long."""
    xp, (rows, cols), (kh, kw, channels, out) = backend.xp, axes, w.shape
    taps = w.transpose(2, 0, 1, 3).reshape(-1, out)  # (channels · kh · kw, out)
    products = matmul(taps, g.T).reshape(channels, kh, kw, -1, rows.count, cols.count)
    total = xp.zeros((channels, products.shape[3], rows.padded_size, cols.padded_size), products.dtype)
    for r in range(kh):
        for q in range(kw):
            total[:, :, rows.pixels_of(r), cols.pixels_of(q)] += products[:, r, q]
    return total.transpose(1, 2, 3, 0)  # (images, rows, columns, channels)
