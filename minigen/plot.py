"""Figures. Each function takes arrays or Tensors (of either backend) and returns a matplotlib Figure; save() writes it.

matplotlib is imported on use, and without pyplot: no window opens, no global state, no display needed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .backend import finite_array, to_numpy
from .errors import message, positive_integer
from .files import as_path, replacing
from .history import History

# of functions(), styles and widths: where curves lie on each other, all of them show
STROKES = (("-", 2.5), ((0, (5, 5)), 2), ((0, (1, 5)), 2.5), ((0, (3, 9)), 1.5))


def tile(images: Any, columns: int, gap: int = 2, background: float = 1.0) -> np.ndarray:
    """One picture (height, width) of many: images (n, h, w), (n, h, w, 1) or (n, h²) side by side, row after row."""
    a = to_numpy(images)
    if a.ndim == 2:
        side = round(a.shape[1] ** 0.5)
        a = a.reshape(len(a), side, -1)
    n, h, w = a.shape[:3]
    a = a.reshape(n, h, w)
    rows = -(-n // columns)
    picture = np.full((rows * (h + gap) - gap, columns * (w + gap) - gap), background, dtype="float32")
    for i in range(n):
        top, left = i // columns * (h + gap), i % columns * (w + gap)
        picture[top : top + h, left : left + w] = a[i]
    return picture


def grid(images: Any, columns: int = 10, title: str = "", labels: Sequence[str] = (), background: float = 0.5) -> Any:
    """Grey images side by side, 0 black and 1 white; `labels` stand over the columns."""
    picture = tile(images, columns, background=background)
    figure = _image(picture, title)
    step = (picture.shape[1] + 2) / columns
    for i, label in enumerate(labels):
        figure.axes[0].text(step * (i + 0.5) - 1, -2, label, ha="center", va="bottom")
    return figure


def rows(*stacks: Any, labels: Sequence[str] = (), columns: int = 10, title: str = "") -> Any:
    """Stacks of images under each other, as in Figs 9.5 and 9.6: rows(x, x_hat) has the input on top."""
    shown = [to_numpy(s)[:columns] for s in stacks]
    if len({len(s) for s in shown}) > 1:
        raise ValueError(
            message(
                "plot.rows: stacks of different lengths",
                expected="as many images in each row",
                got=[len(s) for s in shown],
                write="rows(x[:10], x_hat[:10])",
            )
        )
    picture = tile(np.concatenate([s.reshape(len(s), -1) for s in shown]), len(shown[0]), background=0.5)
    figure = _image(picture, title)
    if labels:
        step = picture.shape[0] / len(shown)
        axes = figure.axes[0]
        axes.set_axis_on()
        axes.set_xticks([])
        axes.set_yticks([step * (i + 0.5) for i in range(len(shown))], labels)
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
    return figure


def curves(
    history: History | Mapping[str, Sequence[float]],
    lines: Mapping[str, float] | None = None,
    title: str = "",
    y: str = "loss",
    log: bool = False,
    x: str = "epoch",
) -> Any:
    """One curve for each entry of a history (a dict, or what fit() returns), against the epoch.

    `lines` are horizontal marks such as a known floor. With log the y axis is logarithmic: for what goes to 0. The x
    axis counts from 1, and `x` says what.
    """
    figure, axes = _axes((6, 3.6))
    for name, values in (history.history if isinstance(history, History) else history).items():
        if len(values) and isinstance(values[0], list):  # a vector each epoch, such as the KL of each latent variable
            continue
        axes.plot(range(1, len(values) + 1), values, label=name, marker="o" if len(values) < 2 else None)
    for i, (name, value) in enumerate((lines or {}).items()):
        axes.axhline(value, color="0.4", linestyle=("--", ":", "-.")[i % 3], linewidth=1, label=f"{name} ({value:.4f})")
    axes.set(xlabel=x, ylabel=y, title=title, yscale="log" if log else "linear")
    axes.xaxis.get_major_locator().set_params(integer=True)  # there is no epoch 2.5
    axes.legend(framealpha=1, edgecolor="none", fontsize=8)  # a mark may run behind it, not through it
    if len(axes.lines) > 5:  # then it would hide some of them
        axes.legend(edgecolor="none", fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def functions(
    x: Any, panels: Mapping[str, Mapping[str, Any]], axes_names: tuple[str, str] = ("x", "y"), columns: int = 3
) -> Any:
    """Curves over the places x (n,), one panel for each entry of `panels`: {"title": {"name": y (n,)}}.

    All panels share their axes. For the densities and the discriminator of a toy GAN, or one formula beside another.
    """
    from matplotlib.figure import Figure

    x = finite_array("plot.functions: x", x, 1, "np.linspace(-3, 3, 100)")
    wrong = {
        f"{title}: {name}": to_numpy(y).shape
        for title, lines in panels.items()
        for name, y in lines.items()
        if to_numpy(y).shape != x.shape
    }
    if not panels or wrong:
        expected, write = f"a panel or more of curves {x.shape}", '{"title": {"name": y}}'
        raise ValueError(message("plot.functions: panels", expected=expected, got=wrong or "none", write=write))
    columns = min(positive_integer("plot.functions: columns", columns, "columns=3"), len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(max(6.0, 3.4 * columns), 3.4 if rows == 1 else 2.6 * rows), layout="constrained")
    cells = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for axes, (title, lines) in zip(cells, panels.items(), strict=False):
        for i, (name, y) in enumerate(lines.items()):
            style, width = STROKES[i % len(STROKES)]
            axes.plot(x, to_numpy(y), label=name, linestyle=style, linewidth=width)
        axes.set_title(title, fontsize=10)
    for axes in cells[len(panels) :]:
        axes.set_axis_off()
    cells[0].legend(framealpha=1, edgecolor="none", fontsize=8)
    for i, axes in enumerate(cells):
        axes.set(xlabel=axes_names[0] if i >= len(cells) - columns else "")
        axes.set(ylabel=axes_names[1] if i % columns == 0 else "")
        if (x == x.round()).all():  # between whole numbers there is nothing
            axes.xaxis.get_major_locator().set_params(integer=True)
    return figure


def scatter(
    points: Any,
    labels: Any = None,
    title: str = "",
    axes_names: tuple[str, str] = ("z1", "z2"),
    rings: Sequence[float] = (),
) -> Any:
    """Points (n, 2), coloured by class label if given; `rings` are circles about 0, such as 1, 2 and 3 standard
    deviations of the prior."""
    import matplotlib

    p = finite_array("plot.scatter: points", points, 2, "points (n, 2)")
    if p.shape[1] != 2 or (labels is not None and to_numpy(labels).shape != (len(p),)):
        got = f"points {p.shape}" + ("" if labels is None else f", labels {to_numpy(labels).shape}")
        raise ValueError(message("plot.scatter", expected="points (n, 2), labels (n,)", got=got, write="z[:, :2]"))
    figure, axes = _axes((5.4, 4.6))
    if labels is None:
        axes.scatter(p[:, 0], p[:, 1], s=4)
    else:
        classes, numbers = np.unique(to_numpy(labels), return_inverse=True)
        colours = matplotlib.colormaps["tab10"].resampled(max(10, len(classes)))
        shown = axes.scatter(p[:, 0], p[:, 1], c=numbers, s=4, cmap=colours, vmin=-0.5, vmax=colours.N - 0.5)
        bar = figure.colorbar(shown, ticks=range(len(classes)), boundaries=np.arange(len(classes) + 1) - 0.5)
        bar.set_ticklabels([str(c) for c in classes])
    angle = np.linspace(0, 2 * np.pi, 181)
    for radius in rings:
        axes.plot(radius * np.cos(angle), radius * np.sin(angle), color="0.3", linewidth=0.8)
    axes.set(xlabel=axes_names[0], ylabel=axes_names[1], title=title, aspect="equal" if rings else "auto")
    return figure


def decoded(images: Any, z: Any, title: str = "") -> Any:
    """The images that a decoder draws for a grid of codes z (n², 2), such as models.latent.grid(-4, 4), on its axes."""
    z = finite_array("plot.decoded: z", z, 2, "z = latent.grid(-4, 4, 30); plot.decoded(vae.decode(z), z)")
    n = round(len(z) ** 0.5)
    square = n > 0 and z.shape == (n * n, 2) and (z[:n, 0] == z.reshape(n, n, 2)[:, :, 0]).all()
    if not square or (z[::n, 1, None] != z[:, 1].reshape(n, n)).any() or len(images) != len(z):
        expected, got = "an image for each of n x n codes of two numbers", f"{len(images)} images, codes {z.shape}"
        raise ValueError(message("plot.decoded", expected=expected, got=got, write="z = latent.grid(-4, 4, 30)"))
    picture = tile(images, n, gap=0)
    figure, axes = _axes((7, 7))
    axes.imshow(picture, cmap="gray", vmin=0, vmax=1, aspect="auto")
    _mark_codes(axes.xaxis, z[:n, 0], picture.shape[1] / n)
    _mark_codes(axes.yaxis, z[::n, 1], picture.shape[0] / n)
    axes.set(xlabel="z1", ylabel="z2", title=title)
    return figure


def mappings(x: Any, labels: Any, ways: Mapping[str, tuple[Any, Any, Any]]) -> Any:
    """Figs 9.7 and 9.8: points of the plane x (n, 2) on their way x → z → x̂, one panel for each entry of `ways`.

    An entry holds the codes z (n, 1), the decoded points x̂ (n, 2), and the curve (m, 2) of everything that the decoder
    can draw. Above the plane, below the line of the codes; circles have label 0, crosses 1.
    """
    from matplotlib.figure import Figure

    x, labels = finite_array("plot.mappings: x", x, 2, "points (n, 2)"), to_numpy(labels)
    if not ways or labels.shape != (len(x),) or not set(np.unique(labels)) <= {0, 1}:
        expected, got = "a label 0 or 1 for each point, and a way or more", f"labels {labels}, {len(ways)} ways"
        raise ValueError(message("plot.mappings", expected=expected, got=got, write="(y > 4).astype(int)"))
    curves = [x, *(to_numpy(a) for _, x_hat, curve in ways.values() for a in (x_hat, curve))]
    low, high = np.min([c.min(axis=0) for c in curves], axis=0), np.max([c.max(axis=0) for c in curves], axis=0)
    margin = 0.05 * (high - low)
    figure = Figure(figsize=(4.2 * len(ways), 5.2), layout="constrained")
    panels = figure.subplots(2, len(ways), squeeze=False, height_ratios=(4, 1))
    for (title, (z, x_hat, curve)), plane, line in zip(ways.items(), *panels, strict=True):
        z = finite_array(f"plot.mappings: z of {title!r}", z, 2, "codes (n, 1)")[:, 0]
        x_hat, curve = to_numpy(x_hat), to_numpy(curve)
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
        (left, bottom), (right, top) = low - margin, high + margin
        plane.set(title=title, xlabel="x1", ylabel="x2", aspect="equal", xlim=(left, right), ylim=(bottom, top))
        line.axhline(0, color="0.7", linewidth=0.8)
        line.set(xlabel="z", yticks=[], ylim=(-0.5, 1))
    return figure


def _mark_codes(axis: Any, values: np.ndarray, cell: float) -> None:
    """Round numbers at their places among the codes `values`, which are in the middle of cells of so many pixels."""
    from matplotlib.ticker import MaxNLocator

    order = np.argsort(values)
    low, high = values.min(), values.max()
    marks = (
        [m for m in MaxNLocator(6).tick_values(low, high) if low - 1e-9 <= m <= high + 1e-9] if low < high else [low]
    )
    places = np.interp(marks, values[order], order)
    axis.set_ticks((places + 0.5) * cell - 0.5, [f"{m:g}" for m in marks])


def save(figure: Any, path: str | os.PathLike[str]) -> Path:
    """Write the figure (.png, .svg, .pdf) aside and rename it; folders are made."""
    path = as_path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as aside:
        figure.savefig(aside, dpi=120, bbox_inches="tight")
    return path


def _axes(size: tuple[float, float]) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.add_subplot()


def _image(picture: np.ndarray, title: str) -> Any:
    height, width = picture.shape
    figure, axes = _axes((10 * width / 300, 10 * height / 300 + 0.3))
    axes.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_axis_off()
    axes.set_title(title, fontsize=10)
    return figure
