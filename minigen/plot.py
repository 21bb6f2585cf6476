"""Figures. Each function takes arrays or Tensors (of either backend) and returns a matplotlib Figure; save() writes it.

matplotlib is imported on use, and without pyplot: no window opens, no global state, no display needed.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .arguments import checks_arguments
from .backend import finite_array, to_numpy
from .checks import number, positive_integer
from .errors import message
from .storage.files import as_path, make_folder, replacing
from .training.history import History

# of functions(), styles and widths: where curves lie on each other, all of them show
STROKES = (("-", 2.5), ((0, (5, 5)), 2), ((0, (1, 5)), 2.5), ((0, (3, 9)), 1.5))

ROUNDING = 1e-6  # a sigmoid or a mean may be so far above 1


def tile(images: Any, columns: int, gap: int = 2, background: float = 1.0) -> np.ndarray:
    """One picture of many images side by side, row after row: (height, width), or (height, width, 3) in colour.

    Images are (n, h, w), (n, h, w, 1), (n, h, w, 3) or flat and square (n, h²), with pixels in [0, 1]. A flat
    image of 2,304 numbers is taken for 48 x 48: images of 36 x 64 need their shape. Raises ValueError for all others.
    """
    a = _images("plot.tile: images", images)
    columns = positive_integer("plot.tile: columns", columns, "columns=10")
    background = number("plot.tile: background", background, "a number", "background=1.0", low=-np.inf)
    if not isinstance(gap, (int, np.integer)) or isinstance(gap, bool) or gap < 0:
        raise ValueError(message("plot.tile: gap", expected="0, 1, 2, ... pixels", got=repr(gap), fix="gap=2"))
    return _tile(a, columns, int(gap), background)


def _tile(a: np.ndarray, columns: int, gap: int = 2, background: float = 0.5) -> np.ndarray:
    """tile() of images (n, h, w, channels) that are checked."""
    n, h, w, channels = a.shape
    columns = min(columns, n)
    rows = -(-n // columns)
    shape = rows * (h + gap) - gap, columns * (w + gap) - gap, channels
    picture = np.full(shape, background, dtype="float32")
    for i in range(n):
        top, left = i // columns * (h + gap), i % columns * (w + gap)
        picture[top : top + h, left : left + w] = a[i]
    return picture[:, :, 0] if channels == 1 else picture


def _images(where: str, images: Any, counted: bool = False) -> np.ndarray:
    """Images as (n, h, w, 1) or (n, h, w, 3), checked; `counted` if it is known that the first axis counts them."""
    a = _array(where, images)
    if fix := _other_shape(a.shape, counted):
        expected = "grey images (n, h, w) or (n, h, w, 1), square ones also (n, h²), or colour images (n, h, w, 3)"
        raise ValueError(message(where, expected=expected, got=f"shape {a.shape}", fix=fix))
    if a.ndim == 2:
        side = math.isqrt(a.shape[1])
        a = a.reshape(-1, side, side)
    return _pixels(where, a if a.ndim == 4 else a[..., None])


def _other_shape(shape: tuple[int, ...], counted: bool) -> str:
    """What to write for an array of this shape, or "" if it is one of images.

    A shape that can be read in two ways is none: (64, 64) may be one image or 64 of 8 x 8, flat.
    """
    last = shape[-1] if shape else 0
    side, side_in_colour = math.isqrt(last), math.isqrt(last // 3)
    if 0 in shape:
        return "one image or more; check the slice that made them"
    if len(shape) == 2 and side**2 == last:
        may_be_one = shape[0] == last > 1 and not counted
        return f"x.reshape(-1, {side}, {side}) for flat images, x[None] for a single one" if may_be_one else ""
    if len(shape) == 2 and 3 * side_in_colour**2 == last:
        return f"x.reshape(-1, {side_in_colour}, {side_in_colour}, 3) for flat colour images, x[None] for a single one"
    if len(shape) == 3:
        may_be_one = last in (1, 3) and not counted
        return "x[None] for a single image, x[..., None] for several that are so narrow" if may_be_one else ""
    if len(shape) == 4 and last in (1, 3):
        return ""
    if len(shape) == 4 and shape[1] in (1, 3):
        return "x.transpose(0, 2, 3, 1): the channels come last"
    if len(shape) == 4:
        return "x[..., :3] for the colours only, x[..., :1] for the first channel in grey"
    return "x.reshape(-1, h, w) with the height and width of the images, x[None] for a single one"


def _array(where: str, x: Any, fix: str = "np.stack(images)") -> np.ndarray:
    """An array of numbers from one, or from a list of arrays or numbers of one shape."""
    try:
        a = np.stack([to_numpy(part) for part in x]) if isinstance(x, (list, tuple)) and x else to_numpy(x)
    except ValueError:  # parts of different shapes
        a = np.array(None)
    if a.dtype.kind not in "fiub":
        expected = "an array of numbers, or a list of such arrays of one shape"
        parts = x if isinstance(x, (list, tuple)) else []
        shapes = list(dict.fromkeys(part.shape for part in parts if hasattr(part, "shape")))
        if len(shapes) > 1:
            got = f"shapes {', '.join(map(str, shapes[:3]))}"
            raise ValueError(message(where, expected=expected, got=got, fix="one call for each size, or x[:28, :28]"))
        raise ValueError(message(where, expected=expected, got=_short(x), fix=fix))
    return a


def _pixels(where: str, a: np.ndarray) -> np.ndarray:
    """The images, if their pixels are in [0, 1] up to rounding; without the rounding."""
    low, high = float(a.min()), float(a.max())
    if -ROUNDING <= low and high <= 1 + ROUNDING:
        return np.clip(a.astype("float32"), 0, 1)
    got, fix = f"pixels in [{low:g}, {high:g}]", "np.clip(x, 0, 1), or (x - x.min()) / (x.max() - x.min())"
    if not math.isfinite(low) or not math.isfinite(high):
        got = f"{np.count_nonzero(~np.isfinite(a))} pixels that are NaN or infinite"
        fix = "np.nan_to_num(x, posinf=1, neginf=0), or find what made them"
    elif a.dtype.kind != "f" and low >= 0 and high <= 255:
        fix = 'x.astype("float32") / 255'
    elif low >= 0 and 1.5 < high <= 255:
        fix = "x / 255 for pixels up to 255"
    elif -1 - ROUNDING <= low and high <= 1 + ROUNDING:
        fix = "(x + 1) / 2 for images in [-1, 1], np.clip(x, 0, 1) for others"
    raise ValueError(message(where, expected="pixels in [0, 1]", got=got, fix=fix))


def _labels(where: str, labels: Any, n: int) -> list[str]:
    """The labels as strings: none, or one for each of n columns or rows."""
    labels = () if labels is None else labels
    names = [str(label) for label in labels] if isinstance(labels, Iterable) else [str(labels)]
    if len(names) not in (0, n):
        expected, fix = f"none, or {n}: one for each", f"labels=[str(i) for i in range({n})]"
        raise ValueError(message(where, expected=expected, got=f"{len(names)}: {names}", fix=fix))
    return names


@checks_arguments
def grid(images: Any, columns: int = 10, title: str = "", labels: Sequence[str] = (), background: float = 0.5) -> Any:
    """Images side by side, grey with 0 black and 1 white or in colour; `labels` stand over the columns.

    Images as for tile(). Raises ValueError for what are none, and for another number of labels than columns.
    """
    a = _images("plot.grid: images", images)
    columns = min(positive_integer("plot.grid: columns", columns, "columns=10"), len(a))
    names = _labels("plot.grid: labels", labels, columns)
    background = number("plot.grid: background", background, "a number in [0, 1]", "background=0.5", below=1.001)
    picture = _tile(a, columns, background=background)
    figure = _image(picture, title)
    step = (picture.shape[1] + 2) / columns
    for i, label in enumerate(names):
        figure.axes[0].text(step * (i + 0.5) - 1, -2, label, ha="center", va="bottom")
    return figure


@checks_arguments
def rows(*stacks: Any, labels: Sequence[str] = (), columns: int = 10, title: str = "") -> Any:
    """Stacks of images under each other, as in Figs 9.5 and 9.6: rows(x, x_hat) has the input on top.

    Each stack as for tile(), the first `columns` images of it; grey ones may stand under some in colour. Raises
    ValueError for what are none, for stacks of different lengths or sizes, and for a number of labels other than that
    of the stacks.
    """
    columns = positive_integer("plot.rows: columns", columns, "columns=10")
    if not stacks:
        raise ValueError(message("plot.rows", expected="a stack of images or more", got="none", fix="rows(x, x_hat)"))
    shown = [_images(f"plot.rows: stack {i + 1}", s)[:columns] for i, s in enumerate(stacks)]
    if len({len(s) for s in shown}) > 1:
        raise ValueError(
            message(
                "plot.rows: stacks of different lengths",
                expected="as many images in each row",
                got=[len(s) for s in shown],
                fix="rows(x[:10], x_hat[:10])",
            )
        )
    if len({s.shape[1:3] for s in shown}) > 1:
        where, expected = "plot.rows: images of different sizes", "one height and width; flat images are read as square"
        got, fix = [s.shape[1:3] for s in shown], "x.reshape(-1, h, w) for flat images, or a figure for each size"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))
    names = _labels("plot.rows: labels", labels, len(shown))
    channels = max(s.shape[3] for s in shown)
    picture = _tile(np.concatenate([np.repeat(s, channels // s.shape[3], axis=3) for s in shown]), len(shown[0]))
    figure = _image(picture, title)
    if names:
        step = picture.shape[0] / len(shown)
        axes = figure.axes[0]
        axes.set_axis_on()
        axes.set_xticks([])
        axes.set_yticks([step * (i + 0.5) for i in range(len(shown))], names)
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
    return figure


@checks_arguments
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
    table = history.history if isinstance(history, History) else history
    table = _table("plot.curves: history", table, '{"loss": [0.5, 0.25]}')
    fix = '{"floor": 0.25}'
    marks = {
        name: number(f"plot.curves: lines, {name}", value, "a number", fix, low=-math.inf)
        for name, value in _table("plot.curves: lines", lines or {}, fix).items()
    }
    fix = '{"loss": [0.5, 0.25]}'
    shown = {name: _array(f"plot.curves: {name}", values, fix) for name, values in table.items()}
    shapes = {name: a.shape for name, a in shown.items()}
    shown = {name: a for name, a in shown.items() if a.ndim != 2}  # no vectors, such as the KL of each latent variable
    drawn = any(a.size and (not log or (a > 0).any()) for a in shown.values())
    if not drawn or any(a.ndim != 1 for a in shown.values()):
        expected = "a curve of numbers, some above 0 for a logarithmic axis" if log else "a curve of one number or more"
        got = f"shapes {shapes}" + (", none above 0" if log and not drawn else "")
        raise ValueError(message("plot.curves: history", expected=expected, got=got, fix=fix))
    figure, axes = _axes((6, 3.6))
    for name, a in shown.items():
        axes.plot(range(1, len(a) + 1), a, label=name, marker="o" if len(a) < 2 else None)
    for i, (name, value) in enumerate(marks.items()):
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
    where, fix = "plot.functions: panels", '{"title": {"name": y}}'
    panels = {
        title: {name: _array(f"{where}, {title!r}: {name}", y, fix) for name, y in _table(where, lines, fix).items()}
        for title, lines in _table(where, panels, fix).items()
    }
    shapes = {f"{title}: {name}": y.shape for title, lines in panels.items() for name, y in lines.items()}
    wrong = {name: shape for name, shape in shapes.items() if shape != x.shape or 0 in shape}
    if wrong or not panels or not all(panels.values()):
        expected = f"a panel or more, each with a curve {x.shape} or more"
        raise ValueError(message(where, expected=expected, got=wrong or "none", fix=fix))
    axes_names = _two_names("plot.functions: axes_names", axes_names)
    columns = min(positive_integer("plot.functions: columns", columns, "columns=3"), len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(max(6.0, 3.4 * columns), 3.4 if rows == 1 else 2.6 * rows), layout="constrained")
    cells = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for axes, (title, lines) in zip(cells, panels.items(), strict=False):
        for i, (name, y) in enumerate(lines.items()):
            style, width = STROKES[i % len(STROKES)]
            axes.plot(x, y, label=name, linestyle=style, linewidth=width)
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


@checks_arguments
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
    kinds = None if labels is None else _classes("plot.scatter: labels", labels)
    if p.shape[1] != 2 or not len(p) or (kinds is not None and kinds.shape != (len(p),)):
        got = f"points {p.shape}" + ("" if kinds is None else f", labels {kinds.shape}")
        raise ValueError(message("plot.scatter", expected="points (n, 2), labels (n,)", got=got, fix="z[:, :2]"))
    axes_names = _two_names("plot.scatter: axes_names", axes_names)
    radii = finite_array("plot.scatter: rings", rings, 1, "rings=(1, 2, 3)")
    figure, axes = _axes((5.4, 4.6))
    if kinds is None:
        axes.scatter(p[:, 0], p[:, 1], s=4)
    else:
        classes, numbers = np.unique(kinds, return_inverse=True)
        colours = matplotlib.colormaps["tab10"].resampled(max(10, len(classes)))
        shown = axes.scatter(p[:, 0], p[:, 1], c=numbers, s=4, cmap=colours, vmin=-0.5, vmax=colours.N - 0.5)
        bar = figure.colorbar(shown, ticks=range(len(classes)), boundaries=np.arange(len(classes) + 1) - 0.5)
        bar.set_ticklabels([str(c) for c in classes])
    angle = np.linspace(0, 2 * np.pi, 181)
    for radius in radii:
        axes.plot(radius * np.cos(angle), radius * np.sin(angle), color="0.3", linewidth=0.8)
    axes.set(xlabel=axes_names[0], ylabel=axes_names[1], title=title, aspect="equal" if len(radii) else "auto")
    return figure


def decoded(images: Any, z: Any, title: str = "") -> Any:
    """The images that a decoder draws for a grid of codes z (n², 2), such as models.latent.grid(-4, 4), on its axes."""
    z = finite_array("plot.decoded: z", z, 2, "z = latent.grid(-4, 4, 30); plot.decoded(vae.decode(z), z)")
    n, count = round(len(z) ** 0.5), len(np.atleast_1d(_array("plot.decoded: images", images)))
    square = n > 0 and z.shape == (n * n, 2) and (z[:n, 0] == z.reshape(n, n, 2)[:, :, 0]).all()
    if not square or (z[::n, 1, None] != z[:, 1].reshape(n, n)).any() or count != len(z):
        expected, got = "an image for each of n x n codes of two numbers", f"{count} images, codes {z.shape}"
        raise ValueError(message("plot.decoded", expected=expected, got=got, fix="z = latent.grid(-4, 4, 30)"))
    picture = _tile(_images("plot.decoded: images", images, counted=True), n, gap=0)
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

    x, labels = finite_array("plot.mappings: x", x, 2, "points (n, 2)"), _classes("plot.mappings: labels", labels)
    ways = _table("plot.mappings: ways", ways, '{"PCA": (z, x_hat, curve)}')
    if not ways or labels.shape != (len(x),) or not set(np.unique(labels)) <= {0, 1}:
        expected, got = "a label 0 or 1 for each point, and a way or more", f"labels {labels}, {len(ways)} ways"
        raise ValueError(message("plot.mappings", expected=expected, got=got, fix="(y > 4).astype(int)"))
    ways = {title: _way(title, way, len(x)) for title, way in ways.items()}
    if x.shape[1] != 2 or not len(x):
        raise ValueError(message("plot.mappings: x", expected="points (n, 2)", got=x.shape, fix="x[:, :2]"))
    curves = [x, *(a for _, x_hat, curve in ways.values() for a in (x_hat, curve))]
    low, high = np.min([c.min(axis=0) for c in curves], axis=0), np.max([c.max(axis=0) for c in curves], axis=0)
    margin = 0.05 * np.where(high > low, high - low, 1)
    figure = Figure(figsize=(4.2 * len(ways), 5.2), layout="constrained")
    panels = figure.subplots(2, len(ways), squeeze=False, height_ratios=(4, 1))
    for (title, (z, x_hat, curve)), plane, line in zip(ways.items(), *panels, strict=True):
        z = z[:, 0]
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


def _way(title: str, way: Any, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(z, x_hat, curve) of mappings(), checked: (n, 1), (n, 2) and (m, 2)."""
    where, fix = f"plot.mappings: the way {title!r}", "(z, x_hat, curve)"
    expected = f"codes ({n}, 1), decoded points ({n}, 2) and a curve (m, 2)"
    if not isinstance(way, (tuple, list)) or len(way) != 3:
        raise ValueError(message(where, expected=expected, got=_short(way), fix=fix))
    z = finite_array(f"plot.mappings: z of {title!r}", way[0], 2, "codes (n, 1)")
    x_hat = finite_array(f"plot.mappings: x_hat of {title!r}", way[1], 2, "points (n, 2)")
    curve = finite_array(f"plot.mappings: curve of {title!r}", way[2], 2, "points (m, 2)")
    if z.shape != (n, 1) or x_hat.shape != (n, 2) or curve.shape[1] != 2 or not len(curve):
        got = f"{z.shape}, {x_hat.shape} and {curve.shape}"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))
    return z, x_hat, curve


def _short(x: Any) -> str:
    """How x begins, on one line."""
    return f"{type(x).__name__}: {' '.join(repr(x).split()):.60}"


def _table(where: str, table: Any, fix: str) -> Mapping[str, Any]:
    if not isinstance(table, Mapping):
        raise TypeError(message(where, expected="a dict", got=_short(table), fix=fix))
    return table


def _classes(where: str, labels: Any) -> np.ndarray:
    """Labels that can be sorted, numbers or words."""
    try:
        a = to_numpy(labels)
        np.unique(a)
    except (TypeError, ValueError) as error:  # of several types, or of different lengths
        expected, fix = "labels (n,), all numbers or all words", "y_test, or np.array(labels).astype(str)"
        raise ValueError(message(where, expected=expected, got=_short(labels), fix=fix)) from error
    return a


def _two_names(where: str, names: Any) -> tuple[str, str]:
    if not isinstance(names, (tuple, list)) or len(names) != 2:
        raise ValueError(message(where, expected="two words", got=repr(names), fix='axes_names=("z1", "z2")'))
    return str(names[0]), str(names[1])


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


@checks_arguments
def save(figure: Any, path: str | os.PathLike[str]) -> Path:
    """Write the figure (.png, .svg, .pdf) aside and rename it; folders are made.

    Raises ValueError for another suffix, TypeError for what is no figure or no path, OSError for a path that cannot be
    written.
    """
    from matplotlib.figure import Figure

    path = as_path(path)
    if not isinstance(figure, Figure):
        got, fix = type(figure).__name__, "plot.save(plot.grid(x), path)"
        raise TypeError(message("plot.save: figure", expected="a matplotlib Figure", got=got, fix=fix))
    if path.suffix.lower()[1:] not in figure.canvas.get_supported_filetypes():
        expected, fix = "the name of a file that ends in .png, .svg or .pdf", repr(f"{path.stem or 'figure'}.png")
        raise ValueError(message("plot.save: path", expected=expected, got=repr(str(path)), fix=fix))
    make_folder(path.parent)
    with replacing(path) as aside:
        figure.savefig(aside, dpi=120, bbox_inches="tight")
    return path


def _axes(size: tuple[float, float]) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.add_subplot()


def _image(picture: np.ndarray, title: str) -> Any:
    height, width = picture.shape[:2]
    inch = min(1 / 30, 24 / max(height, width))  # per pixel: a sheet of photographs is not printed larger than a table
    figure, axes = _axes((inch * width, inch * height + 0.3))
    axes.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_axis_off()
    axes.set_title(title, fontsize=10)
    return figure
