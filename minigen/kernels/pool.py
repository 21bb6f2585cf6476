"""Pooling: the pixels of each tap in all windows, compared or added up tap by tap, in blocks of images."""

from __future__ import annotations

from .. import backend
from ..types import Array
from .blocks import in_blocks
from .windows import Axes, inner, padded, pixels_of_taps


def max_pool2d(x: Array, axes: Axes) -> tuple[Array, Array]:
    """(the maximum of each window, the index of the FIRST tap that covers it). Padding is -inf: it is never larger."""
    xp, (rows, cols), (n, h, w, c) = backend.xp, axes, x.shape
    y = xp.empty((n, rows.count, cols.count, c), x.dtype)
    winner = xp.empty(y.shape, tap_dtype(axes))

    def work(blocks: list[slice]) -> None:
        for block in blocks:
            taps = pixels_of_taps(padded(x[block], axes, -xp.inf), axes)
            largest, first = y[block], winner[block]
            largest[...] = taps[0]
            for pixels in taps[1:]:
                xp.maximum(largest, pixels, out=largest)
            first[...] = 0
            is_less = xp.ones(largest.shape, bool)
            for pixels in taps[:-1]:
                is_less &= pixels != largest  # at this tap and all before it
                first += is_less.view("uint8")  # as a rule the dtype of `first`: without a cast, half the time

    in_blocks(work, n, h * w * c * x.itemsize)
    return y, winner


def tap_dtype(axes: Axes) -> str:
    """The smaller of two dtypes that holds the index of a tap."""
    return "uint8" if axes[0].taps * axes[1].taps <= 256 else "int32"


def window_sum(x: Array, axes: Axes, winner: Array | None = None) -> Array:
    """The sum of each window; or the number at tap `winner` of each window. Padding is 0."""
    xp, (rows, cols), (n, h, w, c) = backend.xp, axes, x.shape
    y = xp.zeros((n, rows.count, cols.count, c), x.dtype)

    def work(blocks: list[slice]) -> None:
        for block in blocks:
            total = y[block]
            for tap, pixels in enumerate(pixels_of_taps(padded(x[block], axes), axes)):
                total += pixels if winner is None else pixels * (winner[block] == tap)

    in_blocks(work, n, h * w * c * x.itemsize)
    return y


def window_spread(g: Array, axes: Axes, winner: Array | None = None) -> Array:
    """The adjoint of window_sum: each number added to all pixels of its window, or to the pixel at tap `winner`."""
    xp, (rows, cols), (n, _, _, c) = backend.xp, axes, g.shape
    tiled = rows.is_tiled and cols.is_tiled
    x = xp.empty((n, rows.size, cols.size, c), g.dtype)

    def work(blocks: list[slice]) -> None:
        for block in blocks:
            total = x[block] if tiled else xp.zeros((len(g[block]), rows.padded_size, cols.padded_size, c), g.dtype)
            for tap, pixels in enumerate(pixels_of_taps(total, axes)):
                here = 1 if winner is None else winner[block] == tap
                if tiled:  # each pixel is in one window: no sum, and no zeros to start from
                    xp.multiply(g[block], here, out=pixels)
                else:
                    pixels += g[block] if winner is None else g[block] * here
            if not tiled:
                x[block] = inner(total, axes)

    in_blocks(work, n, rows.size * cols.size * c * g.itemsize)
    return x
