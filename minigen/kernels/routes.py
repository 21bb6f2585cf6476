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

Example: the second layer of LeNet, 5 x 5 taps on 12 x 12 pixels without padding, 32 to 64 channels. W is 64 and V is
144 · 25. Gathering both gradients costs 3600 · 64 · (64 + 16) = 18.4 million, scattering 64 · 25 · 32 (128 + 48) = 9.0
million; they take 27 and 12 ms for 128 images.
"""

from __future__ import annotations

import functools
import math

from .windows import Axes, phases

# Multiplications and additions of a matrix product in the time in which one number is moved. With any value from 10 to
# 20 the way that is taken is, over 70 random shapes, at most 2 % slower on average than the faster one.
MOVE = 16

NAMES = {False: "gathered", True: "scattered"}


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


def way_to_gradients(axes: Axes, channels: int, out: int, needs: list[bool]) -> str:
    """The way of conv2d_gradients in words, for trace(); "" if neither gradient is needed."""
    if all(needs):
        return f"both gradients {NAMES[scatters_both(axes, channels, out)]}"
    if needs[0]:
        return f"dL/dx {NAMES[scatters_input_gradient(axes, channels, out)]}"
    return "dL/dw gathered" if needs[1] else ""


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
