"""Points that move in the plane: where to, and on which way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import checks_arguments
from ..types import ArrayLike
from .checks import arrows_of, paths_of, points_behind, two_names
from .figures import new_figure
from .lines import legend_name

if TYPE_CHECKING:
    from .showing import Figure

LONGEST = 1 / 10  # of the width of what is shown: the longest arrow
COLUMNS = 3


@checks_arguments
def arrows(
    places: ArrayLike,
    fields: Mapping[str, ArrayLike],
    behind: ArrayLike | None = None,
    axes_names: tuple[str, str] = ("x1", "x2"),
) -> Figure:
    """Arrows (n, 2) that begin at the places (n, 2), one panel for each entry of `fields`: {"title": arrows}.

    All panels have the same axes and the same scale, so that arrows can be compared; `behind` are points (m, 2), in
    grey. For the score of a density beside the one that a network has learnt. Raises TypeError or ValueError for
    anything but arrows of the shape of places.
    """
    places, found = arrows_of(places, fields)
    points, axes_names = points_behind("plot.arrows: behind", behind), two_names("plot.arrows: axes_names", axes_names)
    lengths = [np.hypot(*a.T).max() for a in found.values()]
    width = max(float(np.ptp(places, axis=0).max()), 1e-12)
    scale = (max(lengths) or 1.0) / (LONGEST * width)  # data of an arrow by unit of the axes
    figure, cells = _panels(list(found), points, axes_names)
    for axes, a in zip(cells, found.values(), strict=True):
        axes.quiver(*places.T, *a.T, angles="xy", scale_units="xy", scale=scale, width=0.004, color="C0")
        axes.update_datalim(places)
        axes.autoscale_view()
    return figure


@checks_arguments
def paths(
    ways: Mapping[str, ArrayLike],
    behind: ArrayLike | None = None,
    axes_names: tuple[str, str] = ("x1", "x2"),
) -> Figure:
    """The ways (steps, n, 2) of n points, one panel for each entry of `ways`: {"title": places at each step}.

    A way begins at a ring and ends at a disk, which is all that is drawn of a way of one step; `behind` are points
    (m, 2), in grey. For the way of a sample from the noise to the data. Raises TypeError or ValueError for other
    shapes.
    """
    found = paths_of(ways)
    points, axes_names = points_behind("plot.paths: behind", behind), two_names("plot.paths: axes_names", axes_names)
    figure, cells = _panels(list(found), points, axes_names)
    for axes, way in zip(cells, found.values(), strict=True):
        if len(way) > 1:
            axes.plot(way[:, :, 0], way[:, :, 1], color="C0", linewidth=0.7, alpha=0.8)
            axes.scatter(*way[0].T, s=14, facecolors="none", edgecolors="0.3", linewidths=0.8, zorder=3)
        axes.scatter(*way[-1].T, s=10 if len(way) > 1 else 4, color="C3", zorder=4)
    return figure


def _panels(titles: list[str], points: np.ndarray, axes_names: tuple[str, str]) -> tuple[Figure, list[Any]]:
    """A figure with a panel for each title, with shared axes of one scale and the points in grey."""
    columns = min(COLUMNS, len(titles))
    rows = -(-len(titles) // columns)
    figure = new_figure(max(4.2, 3.6 * columns), 3.4 * rows + 0.4)
    cells = list(figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel())
    for i, axes in enumerate(cells):
        axes.set_aspect("equal", adjustable="box")
        axes.set(xlabel=axes_names[0] if i >= len(cells) - columns else "")
        axes.set(ylabel=axes_names[1] if i % columns == 0 else "")
    for axes, title in zip(cells, titles, strict=False):
        axes.scatter(*points.T, s=2, color="0.8", zorder=0)
        axes.set_title(legend_name(title), fontsize=10)
    for axes in cells[len(titles) :]:
        axes.set_axis_off()
    return figure, cells[: len(titles)]
