"""Images side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..arguments import checks_arguments
from ..checks.values import natural_number, number, positive_integer
from ..types import ArrayLike
from .checks import images_of, labels_for, stacks_of
from .figures import new_axes

if TYPE_CHECKING:
    from .showing import Figure


@checks_arguments
def tile(
    images: ArrayLike,
    columns: int,
    gap: int = 2,
    background: float = 1.0,
    *,
    image_shape: Sequence[int] | None = None,
    data_range: Sequence[float] = (0, 1),
) -> np.ndarray:
    """One picture of many images side by side, row after row: (height, width), or (height, width, 3) in colour.

    images       (n, h, w), (n, h, w, 1), (n, h, w, 3), or flat: (n, h²), and with image_shape any (n, h w channels).
                 Without it, flat images of 2,304 numbers are taken for 48 x 48
    image_shape  (h, w), (h, w, 1) or (h, w, 3)
    data_range   the numbers of black and white in `images`: (0, 1), (0, 255) for bytes, (-1, 1) for a tanh's

    The picture has pixels in [0, 1]. Raises ValueError for images of other shapes, and for pixels outside of
    data_range: they are neither clipped nor rescaled, so that equal greys are equal numbers.
    """
    a = images_of("plot.tile: images", images, image_shape, data_range)
    columns = positive_integer("plot.tile: columns", columns, "columns=10")
    background = number("plot.tile: background", background, "a number in [0, 1]", "background=1.0", below=1.001)
    return tiled(a, columns, natural_number("plot.tile: gap", gap, "gap=2"), background)


def tiled(a: np.ndarray, columns: int, gap: int = 2, background: float = 0.5) -> np.ndarray:
    """tile() of checked images (n, h, w, channels)."""
    n, h, w, channels = a.shape
    columns = min(columns, n)
    rows = -(-n // columns)
    shape = rows * (h + gap) - gap, columns * (w + gap) - gap, channels
    picture = np.full(shape, background, dtype="float32")
    for i in range(n):
        top, left = i // columns * (h + gap), i % columns * (w + gap)
        picture[top : top + h, left : left + w] = a[i]
    return picture[:, :, 0] if channels == 1 else picture


@checks_arguments
def grid(
    images: ArrayLike,
    columns: int = 10,
    title: str = "",
    labels: Sequence[object] = (),
    background: float = 0.5,
    *,
    image_shape: Sequence[int] | None = None,
    data_range: Sequence[float] = (0, 1),
) -> Figure:
    """Images side by side, grey with 0 black and 1 white or in colour; `labels` stand over the columns.

    Images, image_shape and data_range as for tile(). Raises ValueError for anything else, and for another number of
    labels than columns.
    """
    a = images_of("plot.grid: images", images, image_shape, data_range)
    columns = min(positive_integer("plot.grid: columns", columns, "columns=10"), len(a))
    names = labels_for("plot.grid: labels", labels, columns, "column")
    background = number("plot.grid: background", background, "a number in [0, 1]", "background=0.5", below=1.001)
    picture = tiled(a, columns, background=background)
    figure = _figure_of(picture, title)
    step = (picture.shape[1] + 2) / columns
    for i, label in enumerate(names):
        figure.axes[0].text(step * (i + 0.5) - 1, -2, label, ha="center", va="bottom")
    return figure


@checks_arguments
def rows(
    *stacks: ArrayLike,
    labels: Sequence[object] = (),
    columns: int = 10,
    title: str = "",
    image_shape: Sequence[int] | None = None,
    data_range: Sequence[float] = (0, 1),
) -> Figure:
    """Stacks of images, one in each row, as in Figs 9.5 and 9.6: rows(x, x_hat) has the input on top.

    Each stack as for tile(), the first `columns` images of it; grey ones may stand under some in colour. image_shape
    and data_range, as for tile(), are those of all stacks. Raises ValueError for anything else, for stacks of different
    lengths or sizes, and for another number of labels than stacks.
    """
    columns = positive_integer("plot.rows: columns", columns, "columns=10")
    shown = stacks_of("plot.rows", stacks, columns, image_shape, data_range)
    names = labels_for("plot.rows: labels", labels, len(shown), "row")
    channels = max(s.shape[3] for s in shown)
    in_colour = [np.repeat(s, channels // s.shape[3], axis=3) for s in shown]  # (n, h, w, channels)
    picture = tiled(np.concatenate(in_colour), len(shown[0]))
    figure = _figure_of(picture, title)
    if names:
        step, axes = picture.shape[0] / len(shown), figure.axes[0]
        axes.set_axis_on()
        axes.set_xticks([])
        axes.set_yticks([step * (i + 0.5) for i in range(len(shown))], names)
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
    return figure


def _figure_of(picture: np.ndarray, title: str) -> Figure:
    height, width = picture.shape[:2]
    inch = min(1 / 30, 24 / max(height, width))  # of a pixel: no side of a picture is longer than 24 inches
    figure, axes = new_axes(max(1, inch * width), max(1, inch * height + 0.3))
    axes.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_axis_off()
    axes.set_title(title, fontsize=10)
    return figure
