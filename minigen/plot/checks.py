"""What the figures take, as NumPy arrays: images, curves, points, codes, labels; and what save() writes."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..backend import array_or_none, finite_array, to_numpy
from ..checks.values import is_integer, mapping, number
from ..errors import described, message, warn_caller
from ..types import ArrayLike, Shape
from .hints import fix_of_range, fix_of_shape

ROUNDING = 1e-6  # how far above 1 rounding may put a sigmoid or a mean


# ---- arrays, dicts and names


def array_of_numbers(where: str, x: ArrayLike, fix: str = "np.stack(images)") -> np.ndarray:
    """An array from one, or from a list of arrays or numbers of one shape; ValueError for anything else."""
    parts = x if isinstance(x, (list, tuple)) else []
    a = array_or_none([array_or_none(part) for part in parts] or x)
    if a.dtype.kind not in "fiub":
        got, shapes = described(x), list(dict.fromkeys(part.shape for part in parts if hasattr(part, "shape")))
        if len(shapes) > 1:
            got, fix = f"shapes {', '.join(map(str, shapes[:3]))}", "one call for each size, or x[:28, :28]"
        expected = "an array of numbers, or a list of such arrays of one shape"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))
    return a


def two_names(where: str, names: Any) -> tuple[str, str]:
    """The names of the two axes, or ValueError."""
    if not isinstance(names, (tuple, list)) or len(names) != 2:
        raise ValueError(message(where, expected="two words", got=repr(names), fix='axes_names=("z1", "z2")'))
    return str(names[0]), str(names[1])


def class_labels(where: str, labels: ArrayLike) -> np.ndarray:
    """Labels that can be sorted, numbers or words; ValueError for a mixture of types or lengths."""
    try:
        a = to_numpy(labels)
        np.unique(a)
    except (TypeError, ValueError) as error:
        expected, fix = "labels (n,), all numbers or all words", "y_test, or np.array(labels).astype(str)"
        raise ValueError(message(where, expected=expected, got=described(labels), fix=fix)) from error
    return a


def legend_name(name: object) -> str:
    """The name of a curve in a legend, from which matplotlib leaves out names that begin with an underscore."""
    return f" {name}" if str(name).startswith("_") else str(name)


# ---- images


def images_of(
    where: str, images: ArrayLike, image_shape: Any = None, data_range: Any = (0, 1), counted: bool = False
) -> np.ndarray:
    """Images (n, h, w, 1) or (n, h, w, 3), float32 with `data_range` mapped to [0, 1]; ValueError for anything else.

    `counted`: it is known that the first axis counts them.
    """
    a = array_of_numbers(where, images)
    shape = None if image_shape is None else _image_shape(where, image_shape)
    if fix := fix_of_shape(a.shape, shape, counted):
        expected = "grey images (n, h, w) or (n, h, w, 1), square ones also (n, h²), or colour images (n, h, w, 3)"
        if shape is not None:
            expected = f"images (n, {', '.join(map(str, shape))}), or flat ones (n, {math.prod(shape)})"
        raise ValueError(message(where, expected=expected, got=f"shape {a.shape}", fix=fix))
    if a.ndim == 2:
        side = math.isqrt(a.shape[1])
        a = a.reshape(-1, *(shape or (side, side)))
    return _pixels(where, a if a.ndim == 4 else a[..., None], _data_range(where, data_range))


def _image_shape(where: str, image_shape: Any) -> Shape:
    """(h, w), (h, w, 1) or (h, w, 3), or ValueError."""
    found = tuple(image_shape) if isinstance(image_shape, (tuple, list)) else ()
    if len(found) not in (2, 3) or not all(is_integer(n, 1) for n in found) or found[2:] not in ((), (1,), (3,)):
        expected, fix = "(height, width), (height, width, 1) or (height, width, 3)", "image_shape=(28, 28)"
        raise ValueError(message(f"{where}: image_shape", expected=expected, got=repr(image_shape), fix=fix))
    return tuple(map(int, found))


def _data_range(where: str, data_range: Any) -> tuple[float, float]:
    """The numbers of black and white as floats, or ValueError."""
    where, expected = f"{where}: data_range", "two numbers, that of black and that of white, which is larger"
    pair, fix = data_range if isinstance(data_range, (tuple, list)) else (), "data_range=(-1, 1)"
    low, high = (number(where, value, expected, fix, low=-math.inf) for value in (pair if len(pair) == 2 else (None,)))
    if not 0 < high - low < math.inf:
        raise ValueError(message(where, expected=expected, got=repr(data_range), fix=fix))
    return low, high


def _pixels(where: str, a: np.ndarray, data_range: tuple[float, float]) -> np.ndarray:
    """The images with `data_range` mapped to [0, 1]; ValueError for pixels outside of it by more than rounding."""
    low, high = data_range
    rounding = ROUNDING * (high - low)
    if not (low - rounding <= float(a.min()) and float(a.max()) <= high + rounding):
        got, fix = fix_of_range(a)
        raise ValueError(message(where, expected=f"pixels in [{low:g}, {high:g}]", got=got, fix=fix))
    if data_range != (0, 1):
        a = (a.astype("float64") - low) / (high - low)  # of large numbers float32 would round the difference away
    clipped: np.ndarray = np.clip(a.astype("float32"), 0, 1)
    return clipped


def stacks_of(
    where: str, stacks: Sequence[ArrayLike], columns: int, image_shape: Any, data_range: Any
) -> list[np.ndarray]:
    """The first images (columns, h, w, channels) of each stack; ValueError unless all have one length and one size."""
    if not stacks:
        raise ValueError(message(where, expected="a stack of images or more", got="none", fix="rows(x, x_hat)"))
    names = [f"{where}: stack {i + 1}" for i in range(len(stacks))]
    shown = [images_of(name, s, image_shape, data_range)[:columns] for name, s in zip(names, stacks, strict=True)]
    lengths, sizes = [len(s) for s in shown], [s.shape[1:3] for s in shown]
    if len(set(lengths)) > 1:
        where, fix = f"{where}: stacks of different lengths", "rows(x[:10], x_hat[:10])"
        raise ValueError(message(where, expected="as many images in each row", got=lengths, fix=fix))
    if len(set(sizes)) > 1:
        where, expected = f"{where}: images of different sizes", "one height and width; flat images are read as square"
        fix = "image_shape=(h, w) or x.reshape(-1, h, w) for flat images, or a figure for each size"
        raise ValueError(message(where, expected=expected, got=sizes, fix=fix))
    return shown


def labels_for(where: str, labels: Any, n: int, what: str) -> list[str]:
    """Labels as strings; ValueError unless there are none, or one for each of n columns or rows, `what` they are."""
    labels = () if labels is None else labels
    names = [str(label) for label in labels] if isinstance(labels, Iterable) else [str(labels)]
    if len(names) not in (0, n):
        expected, fix = f"none, or {n}: one for each {what}", f"labels=[str(i) for i in range({n})]"
        raise ValueError(message(where, expected=expected, got=f"{len(names)}: {names}", fix=fix))
    return names


# ---- curves


def curves_of(history: Any, log: bool) -> dict[str, np.ndarray]:
    """The curves (epochs,) by name, without vectors such as the KL of each latent variable.

    TypeError unless the history is a dict, ValueError if there is no curve that can be drawn.
    """
    where, fix = "plot.curves: history", '{"loss": [0.5, 0.25]}'
    found = {name: array_of_numbers(f"plot.curves: {name}", v, fix) for name, v in mapping(where, history, fix).items()}
    curves = {name: a for name, a in found.items() if a.ndim != 2}
    drawn = any(a.size and (not log or (a > 0).any()) for a in curves.values())
    if not drawn or any(a.ndim != 1 for a in curves.values()):
        expected = "a curve of numbers, some above 0 for a logarithmic axis" if log else "a curve of one number or more"
        shapes = {name: a.shape for name, a in found.items()}
        got = f"shapes {shapes}" + (", none above 0" if log and not drawn else "")
        if not any(a.size for a in found.values()):
            got, fix = "0 epochs", "fit(..., epochs=10); where a NaN ended the first epoch, a smaller learning rate"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))
    return curves


def marks_of(lines: Any) -> dict[str, float]:
    """The heights of horizontal lines by name; ValueError for anything but finite numbers."""
    where, fix = "plot.curves: lines", '{"floor": 0.25}'
    return {
        name: number(f"{where}, {name}", value, "a number", fix, low=-math.inf)
        for name, value in mapping(where, lines, fix).items()
    }


def panels_of(x: ArrayLike, panels: Any) -> tuple[np.ndarray, dict[str, dict[str, np.ndarray]]]:
    """x (n,), and {title: {name: y (n,)}}; ValueError for curves of another length and for an empty panel."""
    x = finite_array("plot.functions: x", x, 1, "np.linspace(-3, 3, 100)")
    where, fix = "plot.functions: panels", '{"title": {"name": y}}'
    found = {
        title: {
            name: array_of_numbers(f"{where}, {title!r}: {name}", y, fix)
            for name, y in mapping(where, lines, fix).items()
        }
        for title, lines in mapping(where, panels, fix).items()
    }
    shapes = {f"{title}: {name}": y.shape for title, lines in found.items() for name, y in lines.items()}
    wrong = {name: shape for name, shape in shapes.items() if shape != x.shape or 0 in shape}
    if wrong or not found or not all(found.values()):
        expected = f"a panel or more, each with a curve {x.shape} or more"
        raise ValueError(message(where, expected=expected, got=wrong or "none", fix=fix))
    return x, found


# ---- codes and points


def points_and_classes(points: ArrayLike, labels: ArrayLike | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Points (n, 2) and labels (n,) or None; ValueError for other shapes."""
    p = finite_array("plot.scatter: points", points, 2, "points (n, 2)")
    classes = None if labels is None else class_labels("plot.scatter: labels", labels)
    if p.shape[1] != 2 or not len(p) or (classes is not None and classes.shape != (len(p),)):
        got = f"points {p.shape}" + ("" if classes is None else f", labels {classes.shape}")
        raise ValueError(message("plot.scatter", expected="points (n, 2), labels (n,)", got=got, fix="z[:, :2]"))
    return p, classes


def codes_on_grid(
    images: ArrayLike, z: ArrayLike, image_shape: Any, data_range: Any
) -> tuple[np.ndarray, np.ndarray, int]:
    """Images (n², h, w, channels), codes z (n², 2), row after row of a grid, and n; ValueError for anything else."""
    z = finite_array("plot.decoded: z", z, 2, "z = latent.grid(-4, 4, 30); plot.decoded(vae.decode(z), z)")
    n, count = round(len(z) ** 0.5), len(np.atleast_1d(array_of_numbers("plot.decoded: images", images)))
    square = n > 0 and z.shape == (n * n, 2) and (z[:n, 0] == z.reshape(n, n, 2)[:, :, 0]).all()
    if not square or (z[::n, 1, None] != z[:, 1].reshape(n, n)).any() or count != len(z):
        expected, got = "an image for each of n x n codes of two numbers", f"{count} images, codes {z.shape}"
        raise ValueError(message("plot.decoded", expected=expected, got=got, fix="z = latent.grid(-4, 4, 30)"))
    return images_of("plot.decoded: images", images, image_shape, data_range, counted=True), z, n


Mapped = tuple[np.ndarray, np.ndarray, np.ndarray]  # z (n, 1), x_hat (n, 2), curve (m, 2)


def mappings_of(x: ArrayLike, labels: ArrayLike, ways: Any) -> tuple[np.ndarray, np.ndarray, dict[str, Mapped]]:
    """x (n, 2), labels (n,) of 0 and 1, and the arrays of each entry of `ways`; ValueError or TypeError for others."""
    x, labels = finite_array("plot.mappings: x", x, 2, "points (n, 2)"), class_labels("plot.mappings: labels", labels)
    ways = mapping("plot.mappings: ways", ways, '{"PCA": (z, x_hat, curve)}')
    if not ways or labels.shape != (len(x),) or not set(np.unique(labels)) <= {0, 1}:
        expected, got = "a label 0 or 1 for each point, and a way or more", f"labels {labels}, {len(ways)} ways"
        raise ValueError(message("plot.mappings", expected=expected, got=got, fix="(y > 4).astype(int)"))
    if x.shape[1] != 2 or not len(x):
        raise ValueError(message("plot.mappings: x", expected="points (n, 2)", got=x.shape, fix="x[:, :2]"))
    return x, labels, {title: _mapped(title, way, len(x)) for title, way in ways.items()}


def _mapped(title: str, way: Any, n: int) -> Mapped:
    """One entry of `ways`; ValueError for other shapes."""
    where, fix = f"plot.mappings: the way {title!r}", "(z, x_hat, curve)"
    expected = f"codes ({n}, 1), decoded points ({n}, 2) and a curve (m, 2)"
    if not isinstance(way, (tuple, list)) or len(way) != 3:
        raise ValueError(message(where, expected=expected, got=described(way), fix=fix))
    z = finite_array(f"plot.mappings: z of {title!r}", way[0], 2, "codes (n, 1)")
    x_hat = finite_array(f"plot.mappings: x_hat of {title!r}", way[1], 2, "points (n, 2)")
    curve = finite_array(f"plot.mappings: curve of {title!r}", way[2], 2, "points (m, 2)")
    if z.shape != (n, 1) or x_hat.shape != (n, 2) or curve.shape[1] != 2 or not len(curve):
        got = f"{z.shape}, {x_hat.shape} and {curve.shape}"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))
    return z, x_hat, curve


def points_behind(where: str, points: ArrayLike | None) -> np.ndarray:
    """Points (m, 2), none for None; ValueError for other shapes."""
    p = np.zeros((0, 2)) if points is None else finite_array(where, points, 2, "x[:, :2]")
    if p.shape[1] != 2:
        raise ValueError(message(where, expected="points (m, 2)", got=p.shape, fix="x[:, :2]"))
    return p


def arrows_of(places: ArrayLike, fields: Any) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Places (n, 2), and {title: arrows (n, 2)}; ValueError for other shapes."""
    where, fix = "plot.arrows: fields", '{"score": mixture.score(places)}'
    p = finite_array("plot.arrows: places", places, 2, "points (n, 2)")
    found = {title: finite_array(f"{where}, {title!r}", a, 2, fix) for title, a in mapping(where, fields, fix).items()}
    if 0 in p.shape or p.shape[1] != 2 or {a.shape for a in found.values()} != {p.shape}:
        expected, got = "an arrow (n, 2) for each place (n, 2)", [p.shape, *(a.shape for a in found.values())]
        raise ValueError(message("plot.arrows", expected=expected, got=got, fix=fix))
    return p, found


def paths_of(ways: Any) -> dict[str, np.ndarray]:
    """{title: the places (steps, n, 2) of n points}; ValueError for other shapes."""
    where, fix = "plot.paths: ways", '{"DDIM": np.stack([x for t, x in model.film(30, steps=50)])}'
    found = {title: finite_array(f"{where}, {title!r}", a, 3, fix) for title, a in mapping(where, ways, fix).items()}
    shapes = [a.shape for a in found.values()]
    if not shapes or any(shape[2] != 2 or 0 in shape for shape in shapes):
        expected = "places (steps, n, 2), one way or more"
        raise ValueError(message(where, expected=expected, got=shapes or "none", fix=fix))
    return found


# ---- attention


def maps_of(maps: ArrayLike, text: Any) -> np.ndarray:
    """Weights (blocks, heads, n, n) of a text of n characters; ValueError for others, TypeError unless it is a text."""
    where, fix = "plot.attention: maps", "plot.attention(model.attention_maps(text), text)"
    if not isinstance(text, str):
        where = "plot.attention: text"
        raise TypeError(message(where, expected="a string", got=type(text).__name__, fix=fix))
    a, n = finite_array(where, maps, 4, fix), len(text)
    if a.shape[2:] != (n, n) or 0 in a.shape:
        expected = f"(blocks, heads, {n}, {n}): a row and a column for each character of the text"
        raise ValueError(message(where, expected=expected, got=f"shape {a.shape}", fix=fix))
    if a.min() < 0 or a.max() > 1 + ROUNDING:
        got = f"{a.min():.3g} to {a.max():.3g}"
        raise ValueError(message(where, expected="weights in [0, 1]", got=got, fix=fix))
    return a


# ---- files and windows


def warn_of_no_window(reason: str) -> None:
    """Warn that a figure cannot be shown, and say how to write it into a file."""
    where, expected = "figure.show: no window can be opened", "a display, and a backend of matplotlib that uses it"
    fix = 'figure.savefig("figure.png")'
    warn_caller(UserWarning(message(where, expected=expected, got=reason, fix=fix)))


def check_is_figure(figure: Any) -> None:
    """TypeError for anything but a Figure of matplotlib."""
    from matplotlib.figure import Figure

    if not isinstance(figure, Figure):
        got, fix = type(figure).__name__, "plot.save(plot.grid(x), path)"
        raise TypeError(message("plot.save: figure", expected="a matplotlib Figure", got=got, fix=fix))


def check_suffix(path: Path, known: Collection[str]) -> None:
    """ValueError for a file name with a suffix that matplotlib does not write, or only with LaTeX (.pgf)."""
    if path.suffix.lower()[1:] not in known or path.suffix.lower() == ".pgf":
        expected, fix = "the name of a file that ends in .png, .svg or .pdf", repr(f"{path.stem or 'figure'}.png")
        raise ValueError(message("plot.save: path", expected=expected, got=repr(str(path)), fix=fix))
