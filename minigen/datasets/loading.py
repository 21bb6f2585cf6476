"""One door for images: a data set by its name, or from a file or a folder of the user's."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from .. import backend
from ..arguments import checks_arguments
from ..storage.files import as_path
from . import mnist
from .checks import check_only_pictures, check_place
from .images.checks import check_fits
from .images.downloads import cache_folder, download
from .images.files import Split, read_splits, sets_in
from .images.folder import ImageFolder
from .images.parts import read_parts
from .images.sources import SOURCES


@checks_arguments
def load(
    name_or_folder: str | os.PathLike[str],
    folder: str | os.PathLike[str] | None = None,
    *,
    size: tuple[int, int] | None = None,
    color: str = "rgb",
    seed: int = 0,
) -> tuple[Split, Split]:
    """(x_train, y_train), (x_test, y_test): NumPy arrays of images (n, h, w) or (n, h, w, 3), uint8, and labels (n,).

    A name: mnist, fashion-mnist, kmnist, qmnist, emnist-balanced, emnist-byclass, emnist-bymerge, emnist-digits,
    emnist-letters, emnist-mnist. The files are read from the cache and downloaded if they are missing, or read from
    `folder`.

    A folder with four files of images and labels, in idx (.gz or not) or npz, under the names of these sets or of
    others like them; or an .npz file with x_train, y_train, x_test and y_test. The arrays have the types in the files.

    A folder of pictures: with folders "train" and "test" in it, each with the classes as sub-folders (or "training",
    and "testing", "val", "valid" or "validation", in any case of letters; of several, the first of these: "val" beside
    "test" is not read, but is ImageFolder("letters/val") for validation_data); or with the classes, a tenth of each of
    which become test pictures, drawn from `seed`. They come in random order, drawn from `seed` too. `size` and `color`
    are those of ImageFolder, which reads pictures that do not fit in memory; grey pictures are (n, h, w).

    Labels are those in the files: EMNIST's letters count from 1. Of pictures they are the places of their folders
    in the alphabet, from 0. A name is never taken for a folder: "./mnist" is one.

    Raises ValueError for a name that is neither, for size or color of arrays, which come as they are, for damaged
    files, and for arrays that do not fit each other; OSError for files that are missing or unreadable; ConnectionError
    if a download fails; and what ImageFolder raises.
    """
    name = str(name_or_folder).lower()
    name = name if name in SOURCES and isinstance(name_or_folder, str) else ""
    if name:
        check_only_pictures(name, size, color)
    if name == "mnist" and folder is None:
        return mnist.load_data("full")
    if name:
        place = cache_folder(name) if folder is None else as_path(folder)
        try:
            return read_splits("datasets.load", place, name, transposed=SOURCES[name].transposed)
        except (OSError, ValueError):
            if folder is not None:
                raise
        return read_splits("datasets.load", download(name), name, transposed=SOURCES[name].transposed)
    place = as_path(name_or_folder)
    check_place(place, folder, SOURCES)
    if place.is_file() or sets_in(place):
        check_only_pictures(place, size, color)
        return read_splits("datasets.load", place)
    return _pictures(place, size, color, seed)


def _pictures(place: Path, size: tuple[int, int] | None, color: str, seed: int) -> tuple[Split, Split]:
    """Both parts of a folder of pictures, in random order."""
    rng = backend.generator(seed, "datasets.load: seed")
    train, test = read_parts(place, size, color, seed)
    check_fits(place, train.size + test.size)
    return _shuffled(train, rng), _shuffled(test, rng)


def _shuffled(part: ImageFolder, rng: np.random.Generator) -> Split:
    """The pixels and the labels in random order; grey pictures without an axis of channels."""
    order = rng.permutation(len(part))
    x = part.pixels(order)
    return x[..., 0] if x.shape[-1] == 1 else x, part.labels[order]
