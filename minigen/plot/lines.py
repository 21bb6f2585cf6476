"""Curves: the history of a training, and functions of one variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import checks_arguments
from ..checks.values import natural_number, positive_integer
from ..types import ArrayLike
from .checks import curves_of, legend_name, marks_of, panels_of, two_names
from .figures import new_axes, new_figure

if TYPE_CHECKING:
    from .showing import Figure

STYLES = ("-", "--", ":", "-.")  # of the curves of curves()
# Dashes and widths of the curves of functions(): where they coincide, all of them can be seen.
STROKES = (("-", 2.5), ((0, (5, 5)), 2), ((0, (1, 5)), 2.5), ((0, (3, 9)), 1.5))


@checks_arguments
def curves(
    history: Any,
    lines: Mapping[str, float] | None = None,
    title: str = "",
    y: str = "loss",
    log: bool = False,
    x: str = "epoch",
    first: int | None = None,
) -> Figure:
    """One curve for each entry of a history (a dict, or what fit() returns), against the epoch.

    `lines` are horizontal lines, such as a known lower bound. With log the y axis is logarithmic. The x axis counts
    from `first`, by default 1 or where fit() began, and `x` is its label. Entries that are lists of vectors are left
    out. Raises TypeError or ValueError for a history without a curve of numbers.
    """
    begin = getattr(history, "first_epoch", 0) + 1 if first is None else first
    begin = natural_number("plot.curves: first", begin, "first=1")
    shown = curves_of(getattr(history, "history", history), log)
    figure, axes = new_axes(6, 3.6)
    for i, (name, a) in enumerate(shown.items()):
        alone = _places_of_single_values(a)
        style = STYLES[i // 10 % len(STYLES)]  # there are 10 colours
        epochs = range(begin, begin + len(a))
        axes.plot(epochs, a, style, label=legend_name(name), marker="o" if alone else None, markevery=alone)
    for i, (name, value) in enumerate(marks_of(lines or {}).items()):
        axes.axhline(
            value,
            color="0.4",
            linestyle=("--", ":", "-.")[i % 3],
            linewidth=1,
            label=legend_name(f"{name} ({value:.4f})"),
        )
    axes.set(xlabel=x, ylabel=y, title=title, yscale="log" if log else "linear")
    _mark_whole_numbers(axes)  # there is no epoch 2.5
    axes.legend(framealpha=1, edgecolor="none", fontsize=8)  # opaque: a line behind it does not cross the text
    if len(axes.lines) > 5:  # a legend so large would hide some of them
        axes.legend(edgecolor="none", fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def functions(
    x: ArrayLike,
    panels: Mapping[str, Mapping[str, ArrayLike]],
    axes_names: tuple[str, str] = ("x", "y"),
    columns: int = 3,
) -> Figure:
    """Curves over the places x (n,), one panel for each entry of `panels`: {"title": {"name": y (n,)}}.

    All panels share their axes. For the densities and the discriminator of a toy GAN, or to compare formulas. Raises
    TypeError or ValueError for anything but curves of the length of x.
    """
    x, found = panels_of(x, panels)
    axes_names = two_names("plot.functions: axes_names", axes_names)
    columns = min(positive_integer("plot.functions: columns", columns, "columns=3"), len(found))
    rows = -(-len(found) // columns)
    figure = new_figure(max(6.0, 3.4 * columns), 3.4 if rows == 1 else 2.6 * rows)
    cells = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for axes, (title, lines) in zip(cells, found.items(), strict=False):
        for i, (name, y) in enumerate(lines.items()):
            style, width = STROKES[i % len(STROKES)]
            axes.plot(x, y, label=legend_name(name), linestyle=style, linewidth=width)
        axes.set_title(title, fontsize=10)
    for axes in cells[len(found) :]:
        axes.set_axis_off()
    cells[0].legend(framealpha=1, edgecolor="none", fontsize=8)
    for i, axes in enumerate(cells):
        axes.set(xlabel=axes_names[0] if i >= len(cells) - columns else "")
        axes.set(ylabel=axes_names[1] if i % columns == 0 else "")
        if (x == x.round()).all():
            _mark_whole_numbers(axes)
    return figure


def y_label(names: Sequence[str]) -> str:
    """How the y axis is called that these curves share: by their names, or by nothing if they are many."""
    if all("loss" in name for name in names):
        return "loss"
    return ", ".join(names) if len(names) <= 2 else ""


def _places_of_single_values(a: np.ndarray) -> list[int]:
    """Where there is a value between missing ones (NaN): a line needs two, so it draws nothing there."""
    known = np.concatenate(([False], np.isfinite(a), [False]))
    return np.flatnonzero(known[1:-1] & ~known[:-2] & ~known[2:]).tolist()


def _mark_whole_numbers(axes: Any) -> None:
    """No ticks between whole numbers on the x axis."""
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
