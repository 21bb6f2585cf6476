"""What is refused of an explorer: models that a page cannot compute, weights, images and films that it cannot hold."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..arrays import as_array
from ..backend import to_numpy
from ..checks.values import as_list, check_no_problems, is_numbers, number
from ..errors import described, message
from ..model import Model
from ..types import Shape

CLASSES = 256  # whose numbers a byte can hold
LARGEST = 65_504  # of the numbers in 16 bits
ROUNDING = 1e-6  # of a share


def check_is_graph(name: str, model: Any) -> None:
    """TypeError unless it is a model whose layers and shapes are known."""
    if not (isinstance(model, Model) and model.runs_its_graph):
        where = f"explore: {name}" if name else "explore"
        got = model.label if isinstance(model, Model) else described(model)
        expected = "Model(inputs, outputs), or Sequential with an Input, which computes its layers and nothing else"
        fix = "Sequential([Input(shape=(2,)), Dense(784)]): without an Input there are no weights before the first data"
        raise TypeError(message(f"{where} is no graph of layers", expected=expected, got=got, fix=fix))


def check_can_be_explored(name: str, problems: list[str], known: Iterable[type]) -> None:
    """ValueError that lists all layers that a page cannot compute."""
    names = sorted({kind.__name__ for kind in known} | {"Dropout", "GaussianNoise"})
    expected = f"layers that the page has: {', '.join(names)}"
    fix = "a model of these layers; model.save(path) writes any other"
    check_no_problems(f"explore: {name} cannot run in a page", problems, expected, fix)


def check_is_finite(name: str, values: np.ndarray) -> None:
    """ValueError, with the name, for a weight that is not finite."""
    wrong = int((~np.isfinite(values)).sum())
    if wrong:
        got, fix = f"NaN or infinity in {wrong} of {values.size}", "the model before its training diverged"
        raise ValueError(message(f"explore: {name}", expected="finite numbers", got=got, fix=fix))


def check_fits_float16(name: str, values: np.ndarray) -> None:
    """ValueError for numbers that are not finite, and for those beyond the largest one in 16 bits."""
    check_is_finite(name, values)
    largest = float(abs(values).max(initial=0.0))
    if largest > LARGEST:
        expected = f"numbers of at most {LARGEST:,} in size, as 16 bits hold them"
        fix = "weights of a usual size; model.save(path) writes them in full precision"
        raise ValueError(message(f"explore: {name}", expected=expected, got=f"{largest:g}", fix=fix))


# ---- models and images


def check_maps_images(model: Any) -> None:
    """TypeError for a model of a kind that has no page: it is no graph from one image to one image."""
    if isinstance(model, Model) and model.runs_its_graph:
        inputs, outputs = as_list(model.inputs), as_list(model.outputs)
        if len(inputs) == len(outputs) == 1 and inputs[0].shape == outputs[0].shape:
            return
    expected = "an autoencoder, a VAE, a GAN, a diffusion model, or a graph of layers from an image to one of its shape"
    got = model.label if isinstance(model, Model) else described(model)
    fix = "explore(model.decoder) is no page either: a page needs the whole model, such as models.vae(2)"
    raise TypeError(message("explore: no page for this model", expected=expected, got=got, fix=fix))


def shape_of_picture(drawn: Shape, given: Shape | None) -> Shape:
    """(rows, columns, channels) of images of the shape `drawn`, or ValueError; `given` is the shape of the test images.

    Flat images have the shape of the test images, or are squares.
    """
    grey = (*drawn, 1) if len(drawn) == 2 else drawn
    if len(drawn) == 1:
        side = math.isqrt(drawn[0])
        grey = (*given[1:], 1)[:3] if given and len(given) > 2 else (side, side, 1)
    if len(grey) != 3 or grey[2] not in (1, 3) or math.prod(grey) != math.prod(drawn) or min(grey[:2]) < 2:
        expected = "a model that draws images: (rows, columns), 2 x 2 or more, with 1 or 3 channels, or flat ones"
        fix = "x=test images (n, rows, columns, channels), which tell the shape of flat ones"
        got = f"numbers of shape {drawn}"
        raise ValueError(message("explore: no image", expected=expected, got=got, fix=fix))
    if given is not None and (len(given) < 2 or given[0] == 0 or math.prod(given[1:]) != math.prod(drawn)):
        where, fix = "explore: x", "test images of the data that the model was trained on"
        expected = f"images (n, {', '.join(map(str, drawn))}), one at least"
        raise ValueError(message(where, expected=expected, got=f"an array {given}", fix=fix))
    return grey


def shades_of(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """The pixels in [low, high] as shares of the range, 0 black and 1 white; ValueError for others than by rounding."""
    with np.errstate(invalid="ignore"):  # of NaN and infinity, which are refused
        shares = (x.astype("float64") - low) / (high - low)
    if not (shares.min() >= -ROUNDING and shares.max() <= 1 + ROUNDING):  # NaN too
        expected, got = f"pixels in [{low:g}, {high:g}], as the model takes them", f"[{x.min():g}, {x.max():g}]"
        fix = 'x.astype("float32") / 255 for bytes, np.nan_to_num(x) for NaN'
        raise ValueError(message("explore: x", expected=expected, got=got, fix=fix))
    return shares.clip(0, 1).astype("float32")


def labels_and_names(y: Any, n: int) -> tuple[np.ndarray, list[str]]:
    """Labels 0, 1, 2, ... (n,) and the names of the classes, from integers or from names.

    Raises ValueError for another number of them and for too many classes, TypeError for other types.
    """
    where, fix = "explore: y", "y=labels (n,), such as y_test; one-hot rows: y.argmax(axis=1)"
    is_list = isinstance(y, (list, tuple)) or (isinstance(y, np.ndarray) and y.ndim == 1)
    are_names = is_list and all(isinstance(name, str) for name in y)
    a = np.asarray(y, "str") if are_names else to_numpy(as_array(y, where, "y"))
    if a.shape != (n,):
        raise ValueError(message(where, expected=f"{n} labels, one for each image of x", got=a.shape, fix=fix))
    if not are_names and (a.dtype.kind not in "iu" or a.min(initial=0) < 0):
        expected, got = "labels 0, 1, 2, ... or names", f"{a.dtype}, the least {a.min(initial=0)}"
        raise TypeError(message(where, expected=expected, got=got, fix=fix))
    found, labels = np.unique(a, return_inverse=True) if are_names else (None, a.astype("int64"))
    classes = int(labels.max(initial=-1)) + 1
    if classes > CLASSES:
        fix = "the images of some of them"
        raise ValueError(message(where, expected=f"at most {CLASSES} classes", got=classes, fix=fix))
    return labels, [str(i if found is None else found[i]) for i in range(classes)]


def check_has_labels(kind: str, n: int, y: Any) -> None:
    """ValueError for test images without classes, where the encoder takes the class too."""
    if kind == "conditional vae" and n and y is None:
        where, fix = "explore: y", "explore(model, path, x=x_test, y=y_test)"
        raise ValueError(message(where, expected="the class of each test image", got="None", fix=fix))


def noise_of_pixels(noise: Any) -> float:
    """The standard deviation of the noise at first, or ValueError."""
    expected, fix = "a number from 0 to 1, as on the slider", "noise=0.5, the factor of models.add_noise"
    return number("explore: noise", noise, expected, fix, below=math.nextafter(1, 2))


# ---- films


def check_is_film(path: Any, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> None:
    """ValueError for an archive that is no film."""
    captions = meta.get("captions")
    texts = isinstance(captions, list) and all(isinstance(text, str) for text in [meta.get("title"), *captions])
    if meta.get("kind") != "film" or not texts or "frames" not in arrays:
        got, fix = f"a file of kind {meta.get('kind')!r:.40}", "the film.npz that a run has written"
        raise ValueError(message(f"{path} cannot be loaded", expected="a film", got=got, fix=fix))


def checked_film(film: Any, shape: Shape) -> np.ndarray:
    """The frames of a film (frames, images, *shape) in bytes, or ValueError; TypeError for what is no Film."""
    where, fix = "explore: film", "Film(title, frames, captions), frames (frames, images, rows, columns, channels)"
    if not all(hasattr(film, name) for name in ("title", "frames", "captions", "curves")):
        raise TypeError(message(where, expected="a Film", got=described(film), fix=fix))
    if not (isinstance(film.captions, Sequence) and isinstance(film.curves, Mapping)):
        raise TypeError(message(where, expected="a list of captions, a dict of curves", got=described(film), fix=fix))
    frames = np.asarray(film.frames)
    if frames.dtype != np.uint8 or frames.ndim != 5 or frames.shape[2:] != tuple(shape) or 0 in frames.shape:
        expected = f"bytes of shape (frames, images, {', '.join(map(str, shape))})"
        raise ValueError(message(where, expected=expected, got=f"{frames.dtype} {frames.shape}", fix=fix))
    others = [name for name, values in film.curves.items() if not is_numbers(values) or np.ndim(values) != 1]
    if others:
        expected, fix = "curves that are lists of numbers", "float('nan') for a number that is not known"
        raise TypeError(message(where, expected=expected, got=f"others in {', '.join(map(str, others))}", fix=fix))
    lengths = {"captions": len(film.captions)} | {name: len(values) for name, values in film.curves.items()}
    wrong = {name: n for name, n in lengths.items() if n != len(frames)}
    if wrong:
        expected, got = f"{len(frames)} of each, one for each frame", ", ".join(f"{n} {k}" for k, n in wrong.items())
        raise ValueError(message(where, expected=expected, got=got, fix=fix))
    return frames


# ---- the arguments of explore()


def models_of(models: Any) -> list[Any]:
    """The models as a list of one or more, or ValueError."""
    found = as_list(models)
    if not found:
        raise ValueError(message("explore", expected="a model or more", got="none", fix="explore(model, path)"))
    return found


def one_for_each(name: str, given: Any, n: int, kind: type, fix: str) -> list[Any]:
    """n values of a kind, or None in their places: from None, from one for a single model, or from a list.

    Raises ValueError for another number, TypeError for other values.
    """
    values = [None] * n if given is None else [given] if isinstance(given, kind) else as_list(given)
    where, expected = f"explore: {name}", f"{n}, one for each model"
    if len(values) != n:
        raise ValueError(message(where, expected=expected, got=len(values), fix=fix))
    wrong = [value for value in values if value is not None and not isinstance(value, kind)]
    if wrong:
        expected = f"a {kind.__name__} for each model"
        raise TypeError(message(where, expected=expected, got=described(wrong[0]), fix=fix))
    return values
