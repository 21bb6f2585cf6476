"""Figures of matplotlib: how one is made, and how it is written to a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..arguments import checks_arguments
from ..storage.files import as_path, make_folder, replacing
from .checks import check_is_figure, check_suffix

if TYPE_CHECKING:
    import matplotlib.figure
    from matplotlib.axes import Axes

    from .showing import Figure

shows_saved = False  # whether save() shows the figure, too: so in a tutorial that runs as a notebook


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, sizes in inches."""
    from .showing import Figure

    return Figure(figsize=(width, height), layout="constrained")


def new_axes(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure with one pair of axes, sizes in inches."""
    figure = new_figure(width, height)
    return figure, figure.add_subplot()


def figure_html(figure: Figure, about: str = "") -> str:
    """The figure as an HTML image that holds its pixels, for a notebook."""
    import base64
    import html

    picture = base64.b64encode(figure._repr_png_()).decode()
    return f'<img alt="{html.escape(about)}" src="data:image/png;base64,{picture}">'


@checks_arguments
def save(figure: matplotlib.figure.Figure, path: str | os.PathLike[str]) -> Path:
    """Write the figure (.png, .svg, .pdf) under a temporary name and rename it; missing folders are made.

    Raises ValueError for another suffix, TypeError for anything but a figure and a path, OSError for a path that cannot
    be written.
    """
    path = as_path(path)
    check_is_figure(figure)
    check_suffix(path, figure.canvas.get_supported_filetypes())
    make_folder(path.parent)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120, bbox_inches="tight")
    if shows_saved and hasattr(figure, "_repr_png_"):  # not a figure of pyplot, which shows its own
        figure.show()
    return path
