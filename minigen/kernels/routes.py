"""Which way a convolution is computed: the one that costs least by a count of its operations.

All ways give the same numbers. For one image let W be the number of windows, P that of pixels, T that of taps (kh kw),
c that of channels of x and o that of y, and V the number of pairs of a pixel and a tap that dL/dx is gathered from: P T
at stride 1. A way multiplies, and it moves numbers: it copies them into patches, or it writes a product and adds it to
its pixel, which is two moves.

    y       gather    W T c (o + MOVE)      patches of x times the kernel
            scatter   P T o (c + 2 MOVE)    x times each tap, added to the pixels of y; at stride 1
    dL/dx   gather    V o (c + MOVE)        patches of g times the reversed kernel
            scatter   W T c (o + 2 MOVE)    g times each tap, added to the pixels of x
    both    gather    V o (2 c + MOVE)      dL/dw from the same patches of g
            scatter   W T c (2 o + 3 MOVE)  dL/dx as above, dL/dw from patches of x

Where no two windows overlap, scattering has nothing to add: a MOVE less.

With 3 x 3 taps at stride 1 there is a third way, Winograd's (winograd.py): 16 products for a tile of 2 x 2 outputs. Let
B be the number of tiles, which cover the windows, or for dL/dx and both the pixels. A tile is transformed by SUMS sums
and copies for each channel, those of x and those of y. For dL/dw it is g that is transformed in place of y, with fewer
sums, but each product is added to a total.

    y, dL/dw, dL/dx    B (16 c o + SUMS MOVE (c + o))
    both               B (32 c o + SUMS MOVE (o + 2 c))

Example: the second layer of LeNet, 5 x 5 taps on 12 x 12 pixels without padding, 32 to 64 channels. W is 64 and V is
144 · 25. Gathering both gradients costs 3600 · 64 · (64 + 16) = 18.4 million, scattering 64 · 25 · 32 (128 + 48) = 9.0
million; they take 27 and 12 ms for 128 images.

Example: 3 x 3 taps on 14 x 14 pixels with "same" padding, 48 to 48 channels. y gathered costs 196 · 9 · 48 (48 + 16) =
5.4 million, and with 49 tiles 49 (16 · 48 · 48 + 28 · 16 · 96) = 3.9 million.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

from .. import backend
from .windows import Axes, phases

# Multiplications and additions of a matrix product in the time in which one number is moved. With any value from 10 to
# 20 the way that is taken is, over 70 random shapes, at most 2 % slower on average than the faster one.
MOVE = 16

SUMS = 28  # for a tile and a channel: 4 pixels are copied and 8 + 16 sums taken, or 16 + 8 sums and 4 pixels copied

# Winograd's way is taken where its count is at most SAVES of the other ways' counts, and there are MANY_TILES in all
# images. The time is then 0.6 to 0.9 of theirs. For up to 40 channels it would be 0.7 to 1, for 7 x 7 pixels and up to
# 96 channels 0.8 to 1, for one image of 14 x 14 pixels and 48 channels 1.4.
SAVES = 0.75
MANY_TILES = 512


def winograd_output(images: int, axes: Axes, channels: int, out: int) -> bool:
    """Whether Winograd's is the cheapest way to y."""
    return _has_many_tiles(images, axes) and _saves(winograd_cost_of_output, costs_of_output, axes, channels, out)


def winograd_kernel_gradient(images: int, axes: Axes, channels: int, out: int) -> bool:
    """Whether Winograd's is the cheapest way to dL/dw: it costs what y costs, and otherwise dL/dw is gathered."""
    return _has_many_tiles(images, axes) and _saves(winograd_cost_of_output, _cost_of_gathering, axes, channels, out)


def winograd_input_gradient(images: int, axes: Axes, channels: int, out: int) -> bool:
    """Whether Winograd's is the cheapest way to dL/dx."""
    costs = winograd_cost_of_input_gradient, costs_of_input_gradient
    return _has_many_tiles(images, axes) and _saves(*costs, axes, channels, out)


def winograd_both(images: int, axes: Axes, channels: int, out: int) -> bool:
    """Whether Winograd's is the cheapest way to both gradients."""
    return _has_many_tiles(images, axes) and _saves(winograd_cost_of_both, costs_of_both, axes, channels, out)


@functools.cache
def scatters_output(axes: Axes, channels: int, out: int) -> bool:
    """Whether scattering is the cheaper way to y, and possible: at stride 1."""
    gather, scatter = costs_of_output(axes, channels, out)
    return axes[0].stride == axes[1].stride == 1 and scatter < gather


@functools.cache
def scatters_input_gradient(axes: Axes, channels: int, out: int) -> bool:
    """Whether scattering is the cheaper way to dL/dx."""
    gather, scatter = costs_of_input_gradient(axes, channels, out)
    return scatter < gather


@functools.cache
def scatters_both(axes: Axes, channels: int, out: int) -> bool:
    """Whether scattering dL/dx, and patches of x for dL/dw, are the cheaper way to both gradients."""
    gather, scatter = costs_of_both(axes, channels, out)
    return scatter < gather


def way_to_output(images: int, axes: Axes, channels: int, out: int) -> str:
    """The way of conv2d in words, for trace()."""
    return _in_words(winograd_output(images, axes, channels, out), scatters_output(axes, channels, out))


def way_to_input_gradient(images: int, axes: Axes, channels: int, out: int) -> str:
    """The way of input_gradient in words."""
    return _in_words(winograd_input_gradient(images, axes, channels, out), scatters_input_gradient(axes, channels, out))


def way_to_gradients(images: int, axes: Axes, channels: int, out: int, needs: list[bool]) -> str:
    """The way of conv2d_gradients in words; "" if neither gradient is needed."""
    if all(needs):
        way = _in_words(winograd_both(images, axes, channels, out), scatters_both(axes, channels, out))
        return f"both gradients {way}"
    if needs[0]:
        return f"dL/dx {way_to_input_gradient(images, axes, channels, out)}"
    if needs[1]:
        return f"dL/dw {_in_words(winograd_kernel_gradient(images, axes, channels, out), scatters=False)}"
    return ""


def _in_words(winograd: bool, scatters: bool) -> str:
    return "by Winograd" if winograd else "scattered" if scatters else "gathered"


def costs_of_output(axes: Axes, channels: int, out: int) -> tuple[int, int]:
    """(gather, scatter) of y for one image, in multiplications."""
    pixels = axes[0].size * axes[1].size
    gather = _windows(axes) * _taps(axes) * channels * (out + _copies(axes))
    return gather, pixels * _taps(axes) * out * (channels + 2 * MOVE)


def costs_of_input_gradient(axes: Axes, channels: int, out: int) -> tuple[int, int]:
    """(gather, scatter) of dL/dx."""
    scatter = _windows(axes) * _taps(axes) * channels * (out + _additions(axes))
    return _pairs(axes) * out * (channels + _copies(axes)), scatter


def costs_of_both(axes: Axes, channels: int, out: int) -> tuple[int, int]:
    """(gather, scatter) of dL/dx and dL/dw."""
    scatter = _windows(axes) * _taps(axes) * channels * (2 * out + _additions(axes) + _copies(axes))
    return _pairs(axes) * out * (2 * channels + _copies(axes)), scatter


def winograd_cost_of_output(axes: Axes, channels: int, out: int) -> int:
    """Winograd's way to y; also to dL/dw, for which g is transformed in place of y."""
    return _tiles(axes[0].count, axes[1].count) * (16 * channels * out + SUMS * MOVE * (channels + out))


def winograd_cost_of_input_gradient(axes: Axes, channels: int, out: int) -> int:
    """Winograd's way to dL/dx."""
    return _tiles(axes[0].size, axes[1].size) * (16 * channels * out + SUMS * MOVE * (channels + out))


def winograd_cost_of_both(axes: Axes, channels: int, out: int) -> int:
    """Winograd's way to dL/dx and dL/dw, from the same tiles of g."""
    return _tiles(axes[0].size, axes[1].size) * (32 * channels * out + SUMS * MOVE * (2 * channels + out))


def _cost_of_gathering(axes: Axes, channels: int, out: int) -> tuple[int]:
    """Of y, and of dL/dw, which is always gathered if not by Winograd."""
    return costs_of_output(axes, channels, out)[:1]


@functools.cache
def _saves(winograd: Callable[..., int], others: Callable[..., tuple[int, ...]], axes: Axes, *channels: int) -> bool:
    """Whether the windows are those of Winograd, and the count by Winograd is clearly below that of the others."""
    of_winograd = all(axis.taps == 3 and axis.stride == axis.dilation == 1 for axis in axes)
    return of_winograd and winograd(axes, *channels) <= SAVES * min(others(axes, *channels))


def _has_many_tiles(images: int, axes: Axes) -> bool:
    """Whether the transforms of the kernel, once for all images, are little work beside the rest; False on a GPU."""
    return backend.active() == "numpy" and images * _tiles(axes[0].count, axes[1].count) >= MANY_TILES


def _tiles(rows: int, cols: int) -> int:
    """B: tiles of 2 x 2"""
    return -(-rows // 2) * -(-cols // 2)


def _windows(axes: Axes) -> int:
    """W"""
    return axes[0].count * axes[1].count


def _taps(axes: Axes) -> int:
    """T"""
    return axes[0].taps * axes[1].taps


def _pairs(axes: Axes) -> int:
    """V: in each phase (windows.phases), the pixels times the taps that cover them."""
    return math.prod(sum(p.windows.count * p.windows.taps for p in phases(axis)[1]) for axis in axes)


def _copies(axes: Axes) -> int:
    """MOVE, or 0 where the patches are the image itself: one tap, stride 1."""
    return 0 if _taps(axes) == axes[0].stride == axes[1].stride == 1 else MOVE


def _additions(axes: Axes) -> int:
    """2 MOVE: a product is written, and added to its pixels; MOVE where no two windows overlap."""
    return MOVE if axes[0].is_tiled and axes[1].is_tiled else 2 * MOVE
