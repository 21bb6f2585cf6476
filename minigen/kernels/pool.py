"""Pooling: what each tap sees of all windows, compared or added up tap by tap, block of images by block."""

from __future__ import annotations

from typing import Any

from .. import backend
from .blocks import in_blocks
from .windows import Axes, inner, padded, seen_by_taps


def max_pool2d(x: Any, axes: Axes) -> tuple[Any, Any]:
    """(the largest number of each window, the number of the FIRST tap that sees it). Padding is -inf: it never wins."""
    xp, (rows, cols), (n, h, w, c) = backend.xp, axes, x.shape
    y = xp.empty((n, rows.count, cols.count, c), x.dtype)
    winner = xp.empty(y.shape, tap_dtype(axes))

    def work(blocks: list[slice]) -> None:
        for block in blocks:
            seen = seen_by_taps(padded(x[block], axes, -xp.inf), axes)
            largest, first = y[block], winner[block]
            largest[...] = seen[0]
            for one in seen[1:]:
                xp.maximum(largest, one, out=largest)
            first[...] = 0
            less = xp.ones(largest.shape, bool)
            for one in seen[:-1]:
                less &= one != largest  # this tap, and all before it
                first += less

    in_blocks(work, n, h * w * c * x.itemsize)
    return y, winner


def tap_dtype(axes: Axes) -> str:
    """The smallest type that holds the number of a tap."""
    return "uint8" if axes[0].taps * axes[1].taps <= 256 else "int32"


def window_sum(x: Any, axes: Axes, winner: Any = None) -> Any:
    """The sum of each window; or, of each window, the number that its tap `winner` sees. Padding is 0."""
    xp, (rows, cols), (n, h, w, c) = backend.xp, axes, x.shape
    y = xp.zeros((n, rows.count, cols.count, c), x.dtype)

    def work(blocks: list[slice]) -> None:
        for block in blocks:
            total = y[block]
            for tap, one in enumerate(seen_by_taps(padded(x[block], axes), axes)):
                total += one if winner is None else one * (winner[block] == tap)

    in_blocks(work, n, h * w * c * x.itemsize)
    return y


def window_spread(g: Any, axes: Axes, winner: Any = None) -> Any:
    """The adjoint of window_sum: each number added to all pixels of its window, or to the one that `winner` sees."""
    xp, (rows, cols), (n, _, _, c) = backend.xp, axes, g.shape
    tiled = rows.is_tiled and cols.is_tiled
    x = xp.empty((n, rows.size, cols.size, c), g.dtype)

    def work(blocks: list[slice]) -> None:
        for block in blocks:
            total = x[block] if tiled else xp.zeros((len(g[block]), rows.padded_size, cols.padded_size, c), g.dtype)
            for tap, place in enumerate(seen_by_taps(total, axes)):
                share = g[block] if winner is None else g[block] * (winner[block] == tap)
                if tiled:  # no pixel is seen twice: nothing to add up, nothing to set to zero first
                    place[...] = share
                else:
                    place += share
            if not tiled:
                x[block] = inner(total, axes)

    in_blocks(work, n, rows.size * cols.size * c * g.itemsize)
    return x
