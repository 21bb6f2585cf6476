"""Latent spaces of two dimensions or one: codes, and what a decoder makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..arguments import checks_arguments
from ..backend import finite_array
from ..types import ArrayLike
from .checks import codes_on_grid, mappings_of, points_and_classes, two_names
from .figures import new_axes, new_figure
from .images import tiled

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.colors import Colormap

    from .showing import Figure

MOST_CLASSES = 64  # of whole numbers; more of them are drawn on a scale


@checks_arguments
def scatter(
    points: ArrayLike,
    labels: ArrayLike | None = None,
    title: str = "",
    axes_names: tuple[str, str] = ("z1", "z2"),
    rings: Sequence[float] = (),
) -> Figure:
    """Points (n, 2), coloured by class label if given; `rings` are radii of circles about 0, such as 1, 2 and 3
    standard deviations of the prior.

    Labels that are words or whole numbers are classes, with a colour each. Other numbers, such as the thickness of a
    digit, and more than 64 different ones get a scale of colours. Raises ValueError for other points, for another
    number of labels, and for NaN on a scale.
    """
    p, classes = points_and_classes(points, labels)
    axes_names = two_names("plot.scatter: axes_names", axes_names)
    radii = finite_array("plot.scatter: rings", rings, 1, "rings=(1, 2, 3)")
    is_scale = classes is not None and _is_scale(classes)
    names, numbers = np.unique([] if classes is None or is_scale else classes, return_inverse=True)
    n = len(names)
    height, size = (4.6, 10) if n <= 20 else (0.8 + 0.13 * n, 7)  # of the figure, and of the names of the classes
    figure, axes = new_axes(5.4, height)
    if classes is None:
        axes.scatter(p[:, 0], p[:, 1], s=4)
    elif is_scale:
        values = finite_array("plot.scatter: labels", classes, 1, "z[known], labels[known]")
        figure.colorbar(axes.scatter(p[:, 0], p[:, 1], c=values, s=4))
    else:
        colours = _colours(n)
        shown = axes.scatter(p[:, 0], p[:, 1], c=numbers, s=4, cmap=colours, vmin=-0.5, vmax=colours.N - 0.5)
        bar = figure.colorbar(shown, ticks=range(n), boundaries=np.arange(n + 1) - 0.5)
        bar.set_ticklabels([str(c) for c in names], fontsize=size)
    angle = np.linspace(0, 2 * np.pi, 181)
    for radius in radii:
        axes.plot(radius * np.cos(angle), radius * np.sin(angle), color="0.3", linewidth=0.8)
    axes.set(xlabel=axes_names[0], ylabel=axes_names[1], title=title, aspect="equal" if len(radii) else "auto")
    return figure


def _is_scale(labels: np.ndarray) -> bool:
    """True for labels that are measured numbers."""
    return labels.dtype.kind in "iuf" and bool(
        (labels != labels.round()).any() or len(np.unique(labels)) > MOST_CLASSES
    )


def _colours(n: int) -> Colormap:
    """A colour map with n colours or more: the known sets of 10 and of 20 colours, then a rainbow."""
    import matplotlib

    if n <= 20:
        return matplotlib.colormaps["tab10" if n <= 10 else "tab20"]
    return matplotlib.colormaps["turbo"].resampled(n)


@checks_arguments
def decoded(
    images: ArrayLike,
    z: ArrayLike,
    title: str = "",
    *,
    image_shape: Sequence[int] | None = None,
    data_range: Sequence[float] = (0, 1),
) -> Figure:
    """The images that a decoder draws for a grid of codes z (n², 2), such as models.latent.grid(-4, 4), on its axes.

    Images, image_shape and data_range as for tile(). Raises ValueError unless there is an image for each of n x n
    codes.
    """
    a, z, n = codes_on_grid(images, z, image_shape, data_range)
    picture = tiled(a, n, gap=0)
    height, width = picture.shape[:2]
    inch = 7 / max(height, width)  # of a pixel
    figure, axes = new_axes(max(2.5, inch * width), max(2.5, inch * height))
    axes.imshow(picture, cmap="gray", vmin=0, vmax=1)
    _mark_codes(axes.xaxis, z[:n, 0], picture.shape[1] / n)
    _mark_codes(axes.yaxis, z[::n, 1], picture.shape[0] / n)
    axes.set(xlabel="z1", ylabel="z2", title=title)
    return figure


def _mark_codes(axis: Axis, values: np.ndarray, cell: float) -> None:
    """Ticks at round numbers among the codes `values`; each code is in the middle of a cell of so many pixels."""
    from matplotlib.ticker import MaxNLocator

    order = np.argsort(values)
    low, high = values.min(), values.max()
    marks = [low]
    if low < high:
        marks = [m for m in MaxNLocator(6).tick_values(low, high) if low - 1e-9 <= m <= high + 1e-9]
    places = np.interp(marks, values[order], order)
    axis.set_ticks((places + 0.5) * cell - 0.5, [f"{m:g}" for m in marks])


def mappings(x: ArrayLike, labels: ArrayLike, ways: Mapping[str, tuple[ArrayLike, ArrayLike, ArrayLike]]) -> Figure:
    """Figs 9.7 and 9.8: points of the plane x (n, 2) and their maps x → z → x̂, one panel for each entry of `ways`.

    An entry holds the codes z (n, 1), the decoded points x̂ (n, 2), and the curve (m, 2) of everything that the decoder
    can draw. The upper plot is the plane, the lower one the line of the codes; circles have label 0, crosses 1. Raises
    ValueError or TypeError for arrays that do not fit each other.
    """
    x, labels, found = mappings_of(x, labels, ways)
    corners = [x, *(a for _, x_hat, curve in found.values() for a in (x_hat, curve))]
    low, high = np.min([c.min(axis=0) for c in corners], axis=0), np.max([c.max(axis=0) for c in corners], axis=0)
    margin = 0.05 * np.where(high > low, high - low, 1)
    (left, bottom), (right, top) = low - margin, high + margin
    figure = new_figure(4.2 * len(found), 5.2)
    panels = figure.subplots(2, len(found), squeeze=False, height_ratios=(4, 1))
    for (title, (z, x_hat, curve)), plane, line in zip(found.items(), *panels, strict=True):
        z = z[:, 0]  # (n,)
        plane.plot(curve[:, 0], curve[:, 1], color="0.7", linestyle="--", linewidth=0.8)
        for label, marker in enumerate("ox"):
            of = labels == label
            plane.plot(*np.stack([x[of], x_hat[of]]).T.swapaxes(1, 2), color="0.6", linewidth=0.8)
            plane.scatter(*x[of].T, marker=marker, color=f"C{label}", zorder=3)
            line.scatter(z[of], 0 * z[of], marker=marker, color=f"C{label}", zorder=3)
        plane.scatter(*x_hat.T, s=8, color="black", zorder=4)
        for i, (place, height) in enumerate(zip(z, np.argsort(np.argsort(z)) % 2, strict=True)):
            line.annotate(str(i + 1), (place, 0), (0, 6 + 8 * height), "data", "offset points", ha="center", fontsize=8)
            plane.annotate(str(i + 1), x[i], (5, 5), "data", "offset points", fontsize=8)
        plane.set(title=title, xlabel="x1", ylabel="x2", aspect="equal", xlim=(left, right), ylim=(bottom, top))
        line.axhline(0, color="0.7", linewidth=0.8)
        line.set(xlabel="z", yticks=[], ylim=(-0.5, 1))
    return figure
