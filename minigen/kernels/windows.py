"""Windows on images: where they lie and what each of them sees.

Everything that slides (convolution, its gradients, pooling, up-sampling) stands on this file. Images are (images, rows,
columns, channels), NHWC.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from .. import backend
from ..errors import message

FEW_CHANNELS = 4  # fewer are handled tap by tap: 0.84 of the time of a step of the convolutional autoencoder


@dataclass(frozen=True)
class Axis:
    """How windows lie on one axis: tap r of window j sees pixel j stride + r dilation - before."""

    size: int  # pixels of the image
    taps: int  # pixels that one window sees
    stride: int  # from window to window
    dilation: int  # from tap to tap
    before: int  # padding in front of the first pixel; negative: so many pixels are not seen
    count: int  # windows

    @property
    def after(self) -> int:
        """Padding behind the last pixel."""
        last_seen = (self.count - 1) * self.stride + (self.taps - 1) * self.dilation - self.before
        return max(0, last_seen + 1 - self.size)

    @property
    def padded_size(self) -> int:
        """Pixels with the padding."""
        return max(0, self.before) + self.size + self.after

    @property
    def is_padded(self) -> bool:
        """Windows reach over the edge of the image."""
        return self.before > 0 or self.after > 0

    @property
    def is_tiled(self) -> bool:
        """The windows lie side by side and cover every pixel once."""
        return (
            self.stride == self.taps and self.dilation == 1 and self.before == 0 and self.size == self.taps * self.count
        )

    def seen_by(self, tap: int) -> slice:
        """The pixels, counted with the padding, that this tap of all windows sees."""
        start = tap * self.dilation + max(0, -self.before)
        return slice(start, start + (self.count - 1) * self.stride + 1, self.stride)

    def phases(self) -> tuple[Axis, list[Phase]]:
        """The pixels sorted by their number modulo stride: all pixels of one phase are seen through the same taps.

        With stride 2, three taps and no padding, the even pixels are seen by taps 0 and 2 and the odd ones by tap 1.
        First comes the frame around dL/dy, which has a number for each window: all the padding that the phases need, as
        padded() takes it. The windows of the phases lie on the framed dL/dy.
        """
        phases = [self._phase(first) for first in range(min(self.stride, self.size))]
        front = max(0, *(phase.windows.before for phase in phases))
        size = front + self.count + max(phase.windows.after for phase in phases)
        frame = Axis(self.count, taps=1, stride=1, dilation=1, before=front, count=size)
        return frame, [phase.framed(front, size) for phase in phases]

    def _phase(self, first: int) -> Phase:
        """Who sees the pixels first, first + stride, ...?

        Tap r of window j sees pixel first + i stride if j stride = first + i stride + before - r dilation. So the taps
        of this phase are those r for which stride divides first + before - r dilation; the quotient is j - i.
        """
        distances = [first + self.before - r * self.dilation for r in range(self.taps)]
        offsets = {r: d // self.stride for r, d in enumerate(distances) if d % self.stride == 0}
        common = math.gcd(self.stride, self.dilation)
        pixels = slice(first, self.size, self.stride)
        windows = Axis(
            size=self.count,
            taps=len(offsets),
            stride=1,
            dilation=self.dilation // common,
            before=-min(offsets.values(), default=0),
            count=len(range(self.size)[pixels]),
        )
        return Phase(pixels, slice(min(offsets, default=self.taps), self.taps, self.stride // common), windows)

    def mirrored(self) -> Axis:
        """The axis seen from its windows, at stride 1: y[p] = Σ x[p + r d - b] w[r] = Σ x[p - r d + b'] w[k-1-r]."""
        before = (self.taps - 1) * self.dilation - self.before
        return Axis(self.count, self.taps, 1, self.dilation, before, count=self.size)


@dataclass(frozen=True)
class Phase:
    """Every stride-th pixel of an axis. Its gradient is a sum over a window of stride 1 that slides over dL/dy."""

    pixels: slice  # of the image
    taps: slice  # of the kernel; the window on dL/dy meets them in the opposite order
    windows: Axis  # on dL/dy

    def framed(self, front: int, size: int) -> Phase:
        """With the windows counted from the first pixel of a frame around dL/dy, which has `size` pixels."""
        windows = replace(self.windows, size=size, before=self.windows.before - front)
        return Phase(self.pixels, self.taps, windows)


Axes = tuple[Axis, Axis]  # rows, columns


def check_interpolation(where: str, interpolation: str) -> str:
    """The interpolation in small letters: "nearest" or "bilinear"; ValueError for anything else."""
    name = interpolation.lower() if isinstance(interpolation, str) else ""
    if name not in ("nearest", "bilinear"):
        expected = "'nearest' or 'bilinear'"
        raise ValueError(
            message(f"{where}: interpolation", expected=expected, got=repr(interpolation), fix="'nearest'")
        )
    return name


def lay(
    where: str,
    image: tuple[int, int],
    window: tuple[int, int],
    strides: tuple[int, int],
    padding: str,
    dilation: tuple[int, int] = (1, 1),
) -> Axes:
    """Lay windows on an image of (rows, columns) pixels, as TensorFlow and Keras do.

    "valid": windows that lie inside, ⌊(n - k) / s⌋ + 1 of them, for a window of k = (taps - 1) dilation + 1 pixels.
    "same": ⌈n / s⌉ windows; the padding that they need, max(0, (⌈n/s⌉ - 1) s + k - n), is split in two halves, and an
    odd one goes behind. Raises ValueError for another word and for a window that is larger than the image.
    """
    padding = check_padding(where, padding)
    axes = []
    for n, taps, s, d in zip(image, window, strides, dilation, strict=True):
        k = (taps - 1) * d + 1
        if padding == "same":
            count = -(-n // s)
            axes.append(Axis(n, taps, s, d, before=max(0, (count - 1) * s + k - n) // 2, count=count))
        elif k > n:
            raise ValueError(_larger_than_the_image(where, image, window, dilation))
        else:
            axes.append(Axis(n, taps, s, d, before=0, count=(n - k) // s + 1))
    return axes[0], axes[1]


def _larger_than_the_image(where: str, image: Any, window: Any, dilation: Any) -> str:
    spread = "" if dilation == (1, 1) else f", spread by dilation {dilation[0]} x {dilation[1]}"
    return message(
        f"{where}: the window is larger than the image",
        expected=f"a window of at most {image[0]} x {image[1]} pixels with padding 'valid'",
        got=f"{window[0]} x {window[1]}{spread}",
        fix="padding='same', or a smaller window",
    )


def check_padding(where: str, padding: str) -> str:
    """The padding in small letters: "valid" or "same"; ValueError for anything else."""
    name = padding.lower() if isinstance(padding, str) else ""
    if name not in ("valid", "same"):
        raise ValueError(message(f"{where}: padding", expected="'valid' or 'same'", got=repr(padding), fix="'same'"))
    return name


def check_images(where: str, x: Any, channels: int | None = None) -> None:
    """Raise unless x is (images, rows, columns, channels), of floats, with that number of channels if it is given."""
    if hasattr(x, "no_numbers"):  # a symbolic tensor knows better what to write
        raise TypeError(x.no_numbers(f"minigen's {where}"))
    if not hasattr(x, "shape"):
        fix = 'np.asarray(x, "float32")'
        raise TypeError(message(f"{where}: images", expected="a Tensor or an array", got=type(x).__name__, fix=fix))
    check_shape(where, tuple(x.shape), channels)
    if x.dtype.kind != "f":
        what = "integer data" if x.dtype.kind in "iub" else "data of another kind"
        fix = 'x.astype("float32") / 255 for images, so that they lie in [0, 1]'
        raise TypeError(message(f"{where}: {what}", expected="float32", got=str(x.dtype), fix=fix))


def check_shape(where: str, shape: tuple[int, ...], channels: int | None = None) -> None:
    """Raise ValueError unless it is (images, rows, columns, channels), with that number of channels if it is given."""
    if len(shape) == 4 and channels in (None, shape[3]) and 0 not in shape[1:]:
        return
    if 0 in shape[1:]:
        fix = "images with at least one pixel and one channel"
    elif len(shape) == 4 and channels in (None, shape[1]):
        fix = "x.transpose(0, 2, 3, 1): channels come last"
    elif len(shape) == 3 and channels in (None, shape[2]) and shape[2] in (1, 3, channels):
        fix = "x[None]: a batch of one image"
    elif len(shape) == 3 and channels in (None, 1):
        fix = "x[..., None]: one channel"
    elif len(shape) == 2 and shape[1] == 784:
        fix = "x.reshape(-1, 28, 28, 1)"
    elif len(shape) == 2 and channels in (None, 1):
        fix = "x[None, :, :, None]: a batch of one image of one channel"
    else:
        fix = f"images whose last axis has {channels or 'the'} channel{'s' if channels != 1 else ''}"
    expected = f"(images, rows, columns, {channels or 'channels'})"
    raise ValueError(message(f"{where}: wrong shape", expected=expected, got=shape, fix=fix))


def padded(x: Any, axes: Axes, value: float = 0.0) -> Any:
    """x with the border that the windows reach into."""
    rows, cols = axes
    if not (rows.is_padded or cols.is_padded):
        return x
    (n, h, w, c), top, left = x.shape, max(0, rows.before), max(0, cols.before)
    y = backend.xp.full((n, rows.padded_size, cols.padded_size, c), value, x.dtype)
    y[:, top : top + h, left : left + w] = x
    return y


def inner(x: Any, axes: Axes) -> Any:
    """A padded image without its border, as a view."""
    rows, cols = axes
    top, left = max(0, rows.before), max(0, cols.before)
    return x[:, top : top + rows.size, left : left + cols.size]


def patches(x: Any, axes: Axes) -> Any:
    """What each window sees, as a view of the padded x: (images, windows down, windows across, kh, kw, channels)."""
    rows, cols = axes
    x = padded(x, axes)[:, max(0, -rows.before) :, max(0, -cols.before) :]
    image, row, col, channel = x.strides
    return backend.xp.lib.stride_tricks.as_strided(
        x,
        (len(x), rows.count, cols.count, rows.taps, cols.taps, x.shape[3]),
        (image, row * rows.stride, col * cols.stride, row * rows.dilation, col * cols.dilation, channel),
    )


def as_columns(patches: Any) -> Any:
    """The patches as a matrix with one row for each window, (images windows, kh kw channels); known as im2col."""
    n, oh, ow, kh, kw, c = patches.shape
    if c >= FEW_CHANNELS:
        return patches.reshape(n * oh * ow, kh * kw * c)
    # Runs of one or two numbers are slow to copy. Tap by tap the runs are long, and BLAS takes the transpose as it is.
    return patches.transpose(3, 4, 5, 0, 1, 2).reshape(kh * kw * c, n * oh * ow).T


def seen_by_taps(x: Any, axes: Axes) -> list[Any]:
    """The patches the other way round: for each tap, row by row, what it sees in all windows; views of a padded x."""
    rows, cols = axes
    return [x[:, rows.seen_by(r), cols.seen_by(q)] for r in range(rows.taps) for q in range(cols.taps)]
