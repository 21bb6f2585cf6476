"""Films: the same pictures at several times, such as those of one noise after each epoch of a training."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import backend
from ..models import Diffusion
from ..storage import npz
from ..types import ArrayLike, Logs
from . import checks

SHOWN = 10  # drawings in the film of a diffusion model
STEPS = 49  # of DDIM
FRAMES = 8  # of such a film at most: noise does not become shorter, and a frame of ten digits has 9 kB as text


class Film(NamedTuple):
    """frames (frames, images, rows, columns, channels) in bytes, a caption for each frame, and curves beside them.

    curves: {name: numbers}, a number for each frame, NaN where it is not known.
    """

    title: str
    frames: np.ndarray
    captions: Sequence[str]
    curves: Mapping[str, Sequence[float]] = {}


def in_bytes(x: ArrayLike, low: float, high: float) -> np.ndarray:
    """Pixels from `low` to `high` as bytes from 0 to 255; what lies outside is clipped."""
    a = (backend.to_numpy(x).astype("float64") - low) / (high - low)
    return np.rint(255 * a.clip(0, 1)).astype("uint8")


def film_of_drawing(model: Diffusion) -> Film:
    """Ten drawings of a diffusion model, from the noise to the image; with labels one of each of the first ten classes.

    The random numbers of the model stay as they are.
    """
    labels = np.arange(SHOWN) % model.classes if model.is_conditional else None
    with backend.own_draws(0):
        path = list(model.film(SHOWN, labels, steps=min(STEPS, model.steps)))
    return film_of_path(path, model)


def film_of_path(path: Sequence[tuple[int, np.ndarray]], model: Diffusion) -> Film:
    """What model.film() gives as a Film: (t, x_t) with x_t (n, ...), eight of them from the first to the last."""
    places = np.linspace(0, len(path) - 1, min(FRAMES, len(path))).round().astype("int64")
    kept = [path[i] for i in places]
    data = kept[-1][1]
    low, high = (float(data.min()), float(data.max()) + 1e-6) if model.data_range is None else model.data_range
    frames = np.stack([in_bytes(x, low, high) for _, x in kept])  # (frames, n, ...)
    frames = frames if frames.ndim == 5 else frames[..., None]
    return Film("From noise to image", frames, [f"t = {t} of {model.steps}" for t, _ in kept])


def write_film(path: str | os.PathLike[str], film: Film) -> None:
    """Write a film to an .npz file, aside and then renamed. Raises OSError if it cannot be written."""
    curves = {f"curve/{name}": np.asarray(values, "float64") for name, values in film.curves.items()}
    meta = {"kind": "film", "title": film.title, "captions": list(film.captions)}
    npz.write(path, {"frames": film.frames, **curves}, meta)


def read_film(path: str | os.PathLike[str]) -> Film:
    """The film that write_film() has written.

    Raises OSError if the file cannot be opened, ValueError if it is damaged or no film.
    """
    arrays, meta = npz.read(path)
    checks.check_is_film(path, arrays, meta)
    curves: Logs = {name.removeprefix("curve/"): a.tolist() for name, a in arrays.items() if name != "frames"}
    captions: Any = meta["captions"]
    return Film(meta["title"], arrays["frames"], captions, curves)
