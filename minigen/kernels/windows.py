"""Windows on images: their geometry, and the patches that they cover.

Convolution, its gradients, pooling and up-sampling use this file. Images are (images, rows, columns, channels), NHWC. A
tap is one position inside a window. A window covers pixels; a tap covers one pixel of each window.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace

from .. import backend
from ..types import Array, Shape
from .checks import padding_name, refuse_large_window

FEW_CHANNELS = 4  # fewer are processed tap by tap: 0.84 of the time of a step of the convolutional autoencoder


@dataclass(frozen=True)
class WindowAxis:
    """The windows on one axis of an image: tap r of window j covers pixel j stride + r dilation - before."""

    size: int  # pixels of the image
    taps: int  # pixels that one window covers
    stride: int  # from window to window
    dilation: int  # from tap to tap
    before: int  # padding in front of the first pixel; if negative, the number of pixels that no window covers
    count: int  # windows

    @property
    def after(self) -> int:
        """Padding behind the last pixel."""
        last = (self.count - 1) * self.stride + (self.taps - 1) * self.dilation - self.before
        return max(0, last + 1 - self.size)

    @property
    def padded_size(self) -> int:
        """Pixels, with the padding."""
        return max(0, self.before) + self.size + self.after

    @property
    def is_padded(self) -> bool:
        """Whether windows extend over the edge of the image."""
        return self.before > 0 or self.after > 0

    @property
    def is_tiled(self) -> bool:
        """Whether the windows are adjacent and cover every pixel once; also one window on the whole image."""
        is_adjacent = self.stride == self.taps or self.count == 1
        return is_adjacent and self.dilation == 1 and self.before == 0 and self.size == self.taps * self.count

    def pixels_of(self, tap: int) -> slice:
        """The pixels, counted with the padding, that this tap covers in all windows."""
        start = tap * self.dilation + max(0, -self.before)
        return slice(start, start + (self.count - 1) * self.stride + 1, self.stride)

    def phase(self, first: int) -> Phase:
        """The windows and taps that cover the pixels first, first + stride, ...

        Tap r of window j covers pixel first + i stride if j stride = first + i stride + before - r dilation. So the
        taps of this phase are those r for which stride divides first + before - r dilation; the quotient is j - i.
        """
        distances = [first + self.before - r * self.dilation for r in range(self.taps)]
        offsets = {r: d // self.stride for r, d in enumerate(distances) if d % self.stride == 0}
        common = math.gcd(self.stride, self.dilation)
        pixels = slice(first, self.size, self.stride)
        windows = WindowAxis(
            size=self.count,
            taps=len(offsets),
            stride=1,
            dilation=self.dilation // common,
            before=-min(offsets.values(), default=0),
            count=len(range(self.size)[pixels]),
        )
        return Phase(pixels, slice(min(offsets, default=self.taps), self.taps, self.stride // common), windows)

    def mirrored(self) -> WindowAxis:
        """The adjoint axis, at stride 1: y[p] = Σ x[p + r d - b] w[r] = Σ x[p - r d + b'] w[k-1-r]."""
        before = (self.taps - 1) * self.dilation - self.before
        return WindowAxis(self.count, self.taps, 1, self.dilation, before, count=self.size)


@dataclass(frozen=True)
class Phase:
    """Every stride-th pixel of an axis. Its gradient is a sum over a window of stride 1 that slides over dL/dy."""

    pixels: slice  # of the image
    taps: slice  # of the kernel; the window on dL/dy has them in reverse order
    windows: WindowAxis  # on dL/dy

    def framed(self, front: int, size: int) -> Phase:
        """The phase with its windows counted from the first pixel of a frame of `size` pixels around dL/dy."""
        windows = replace(self.windows, size=size, before=self.windows.before - front)
        return Phase(self.pixels, self.taps, windows)


@functools.cache
def phases(axis: WindowAxis) -> tuple[WindowAxis, tuple[Phase, ...]]:
    """(frame, phases): the pixels grouped by their index modulo stride; one group is covered by the same taps.

    With stride 2, three taps and no padding, taps 0 and 2 cover the even pixels and tap 1 the odd ones. dL/dy has a
    number for each window. The frame is the axis of dL/dy with all the padding that the phases need, for padded(); the
    windows of the phases slide over the framed dL/dy. Computed once for each axis: a step with one image takes 0.9 of
    the time.
    """
    found = [axis.phase(first) for first in range(min(axis.stride, axis.size))]
    front = max(0, *(phase.windows.before for phase in found))
    size = front + axis.count + max(phase.windows.after for phase in found)
    frame = WindowAxis(axis.count, taps=1, stride=1, dilation=1, before=front, count=size)
    return frame, tuple(phase.framed(front, size) for phase in found)


Axes = tuple[WindowAxis, WindowAxis]  # rows, columns


def lay(
    where: str,
    image: Shape,
    window: Shape,
    strides: tuple[int, int],
    padding: str,
    dilation: tuple[int, int] = (1, 1),
) -> Axes:
    """The windows on an image of (rows, columns) pixels, as in TensorFlow and Keras.

    "valid": the ⌊(n - k) / s⌋ + 1 windows that lie inside, for a window of k = (taps - 1) dilation + 1 pixels.
    "same": ⌈n / s⌉ windows; the padding that they need, max(0, (⌈n/s⌉ - 1) s + k - n), is split into two halves, and
    an odd pixel is added behind. Raises ValueError for another padding and for a window larger than the image.
    """
    padding = padding_name(where, padding)
    axes = []
    for n, taps, s, d in zip(image, window, strides, dilation, strict=True):
        k = (taps - 1) * d + 1
        if padding == "same":
            count = -(-n // s)
            axes.append(WindowAxis(n, taps, s, d, before=max(0, (count - 1) * s + k - n) // 2, count=count))
        elif k > n:
            refuse_large_window(where, image, window, dilation)
        else:
            axes.append(WindowAxis(n, taps, s, d, before=0, count=(n - k) // s + 1))
    return axes[0], axes[1]


def padded(x: Array, axes: Axes, value: float = 0.0) -> Array:
    """x with the border that the windows extend into."""
    rows, cols = axes
    if not (rows.is_padded or cols.is_padded):
        return x
    (n, h, w, c), top, left = x.shape, max(0, rows.before), max(0, cols.before)
    y = backend.xp.full((n, rows.padded_size, cols.padded_size, c), value, x.dtype)
    y[:, top : top + h, left : left + w] = x
    return y


def inner(x: Array, axes: Axes) -> Array:
    """A padded image without its border, as a view."""
    rows, cols = axes
    top, left = max(0, rows.before), max(0, cols.before)
    return x[:, top : top + rows.size, left : left + cols.size]


def patches(x: Array, axes: Axes) -> Array:
    """The patch of each window, as a view of the padded x: (images, windows down, windows across, kh, kw, channels)"""
    rows, cols = axes
    x = padded(x, axes)[:, max(0, -rows.before) :, max(0, -cols.before) :]
    image, row, col, channel = x.strides
    return backend.xp.lib.stride_tricks.as_strided(
        x,
        (len(x), rows.count, cols.count, rows.taps, cols.taps, x.shape[3]),
        (image, row * rows.stride, col * cols.stride, row * rows.dilation, col * cols.dilation, channel),
    )


def as_columns(patches: Array) -> Array:
    """im2col: the patches as a matrix with one row for each window, (images · windows, kh · kw · channels)."""
    n, oh, ow, kh, kw, c = patches.shape
    if c >= FEW_CHANNELS:
        return patches.reshape(n * oh * ow, kh * kw * c)
    # Runs of one or two numbers are slow to copy. Tap by tap the runs are long, and BLAS accepts the transpose.
    return patches.transpose(3, 4, 5, 0, 1, 2).reshape(kh * kw * c, n * oh * ow).T  # (n · oh · ow, kh · kw · c)


def pixels_of_taps(x: Array, axes: Axes) -> list[Array]:
    """For each tap, row by row, the pixels that it covers in all windows, as views of a padded x."""
    rows, cols = axes
    return [x[:, rows.pixels_of(r), cols.pixels_of(q)] for r in range(rows.taps) for q in range(cols.taps)]
