"""A folder of pictures as samples that are read batch by batch."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ... import backend
from ...arguments import checks_arguments
from ...checks.samples import check_indices, sample_range
from ...checks.values import natural_number, number, one_of, switch
from ...storage.files import as_path
from ...streams import Streamed
from . import checks
from .pictures import CHANNELS, SUFFIXES, read_pixels, size_of

CACHE = 2**26  # bytes


class ImageFolder(Streamed):
    """The pictures in a folder, float32 (n, rows, columns, channels), each read when a batch needs it.

        x = datasets.ImageFolder("letters", size=(32, 32))
        vae.fit(x, epochs=10)                       # classifier.fit(x, x.labels)

    The sub-folders are the classes, in the order of their names; pictures at any depth inside belong to them. A folder
    without sub-folders is one class.

    folder       with PNG, JPEG, BMP, GIF or WebP files, known by their suffixes. Other files and hidden ones (their
                 names begin with a dot) do not count; links are followed
    size         (rows, columns): every picture is resized to it. None: the size that all of them have
    color        "rgb" or "grey", 3 channels or 1
    data_range   what black and white become: (0.0, 1.0), or (-1.0, 1.0) for a generator that ends in a tanh
    crop         True: a picture of other proportions is cropped about its centre; False: it is stretched
    class_names  the sub-folders to read and their order, such as those of the training pictures for the test pictures
    cache        bytes: if the pixels of all pictures fit, one byte each, they stay in memory once they are read;
                 otherwise none do. 0 keeps none

    Attributes: paths, labels (n,), class_names, and those of a Streamed. What becomes of palettes, transparency, 16
    bits and EXIF is in datasets/images/pictures.py.

    The header of each file is read at once, so that a file that is no picture does not stop a training that has begun.
    Raises OSError for a folder or a file that is missing or unreadable, or a folder without pictures; ValueError for
    files that are no pictures, larger than 8,192 x 8,192 or, where they are read, damaged, with their names; for
    pictures of several sizes if size=None; for pictures beside sub-folders, whose class is unknown; for sub-folders
    "train" and "test" in the place of classes; and for arguments out of range. ImportError if Pillow is not installed,
    which matplotlib installs.
    """

    @checks_arguments
    def __init__(
        self,
        folder: str | os.PathLike[str],
        size: tuple[int, int] | None = None,
        color: str = "rgb",
        data_range: tuple[float, float] = (0.0, 1.0),
        crop: bool = False,
        class_names: Sequence[str] | None = None,
        cache: int = CACHE,
    ) -> None:
        checks.check_pillow()
        self.folder = as_path(folder)
        fix = 'ImageFolder(folder, size=(32, 32), color="grey", data_range=(0.0, 1.0), cache=2**26)'
        self.color = one_of("ImageFolder: color", color, tuple(CHANNELS), fix)
        self.crop, self.cache = switch("ImageFolder: crop", crop), natural_number("ImageFolder: cache", cache, fix)
        found = checks.checked_classes(self.folder, pictures_by_class(self.folder), class_names)
        self.class_names = list(found)
        self.paths = [path for paths in found.values() for path in paths]
        self.labels = np.repeat(np.arange(len(found)), [len(paths) for paths in found.values()])  # (n,)
        sizes = checks.sizes_of(self.paths, size_of)
        self.image_size = checks.only_size(self.paths, sizes) if size is None else checks.checked_size(size, fix)
        low, high = sample_range("ImageFolder", data_range, fix)
        self._values = np.linspace(low, high, 256).astype(self.dtype)  # of each pixel 0..255
        super().__init__((len(self.paths), *self.image_size, CHANNELS[self.color]), (low, high))
        self._forget()

    def _forget(self) -> None:
        """An empty cache, if all pixels fit in it."""
        fits = self.size <= self.cache
        self._pixels = np.empty(self.shape if fits else 0, "uint8")
        self._is_kept = np.zeros(len(self) if fits else 0, bool)

    def read(self, indices: np.ndarray) -> np.ndarray:
        """These pictures in data_range, (k, rows, columns, channels)."""
        return self._values[self.pixels(indices)]

    def pixels(self, index: Any = slice(None)) -> np.ndarray:
        """The pictures at an index along the first axis, or all, as uint8 (k, rows, columns, channels) in 0..255.

        Raises IndexError for what is no such index.
        """
        indices = check_indices("ImageFolder.pixels", index, len(self)).reshape(-1)
        if not self._is_kept.size:
            return np.array([self._read(int(i)) for i in indices], "uint8").reshape(-1, *self.shape[1:])
        for i in indices[~self._is_kept[indices]]:
            self._pixels[i], self._is_kept[i] = self._read(int(i)), True
        return self._pixels[indices]

    def _read(self, i: int) -> np.ndarray:
        return read_pixels(Path(self.paths[i]), self.image_size, self.color, self.crop)

    def split(self, share: float = 0.1, seed: int = 0) -> tuple[ImageFolder, ImageFolder]:
        """(training, test): of each class this share for tests, drawn from `seed`, but never its only picture.

        Raises ValueError unless 0 < share < 1, and where no class has two pictures.
        """
        share = number("ImageFolder.split: share", share, "0 < share < 1", "split(0.1)", low=1e-12, below=1.0)
        rng = backend.generator(seed, "ImageFolder.split: seed")
        is_test = np.zeros(len(self), bool)
        for label in range(len(self.class_names)):
            places = rng.permutation(np.flatnonzero(self.labels == label))
            is_test[places[: min(len(places) - 1, max(1, round(share * len(places))))]] = True
        checks.check_test_pictures(self.folder, is_test)
        return self._part(np.flatnonzero(~is_test)), self._part(np.flatnonzero(is_test))

    def _part(self, indices: np.ndarray) -> ImageFolder:
        """The same folder with these pictures only."""
        part = copy.copy(self)
        part.paths, part.labels = [self.paths[i] for i in indices], self.labels[indices]
        part.shape = (len(indices), *self.shape[1:])
        part._forget()
        return part

    def __repr__(self) -> str:
        classes = f"{len(self.class_names)} classes" if len(self.class_names) > 1 else "one class"
        return f"<ImageFolder {str(self.folder)!r}, {self.shape}, {classes}>"


def pictures_by_class(folder: Path) -> dict[str, list[str]]:
    """The paths of the pictures by the sub-folder that they are in, both sorted; "" for those in no sub-folder."""
    found: dict[str, list[str]] = {}
    for path, is_folder in _entries(str(folder)):
        if is_folder:
            found[os.path.basename(path)] = list(_pictures_in(path, {os.path.realpath(folder)}))
        else:
            found.setdefault("", []).append(path)
    return {name: paths for name, paths in sorted(found.items()) if paths}


def _pictures_in(folder: str, read: set[str]) -> Iterator[str]:
    """The pictures in a folder and below, in the order of their names; a folder that is in `read` not once more.

    Links between folders may make circles, and in a net of them every picture has very many paths.
    """
    real = os.path.realpath(folder)
    if real not in read:
        read.add(real)
        for path, is_folder in _entries(folder):
            yield from _pictures_in(path, read) if is_folder else [path]


def _entries(folder: str) -> Iterator[tuple[str, bool]]:
    """The folders and the pictures in a folder: (path, whether it is a folder), in the order of their names."""
    with checks.explained(Path(folder), "a readable folder"):
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    for entry in entries:
        if entry.name.startswith("."):
            continue
        is_broken = entry.is_symlink() and not os.path.exists(entry.path)
        if not is_broken and entry.is_dir():
            yield entry.path, True
        elif os.path.splitext(entry.name)[1].lower() in SUFFIXES and (is_broken or entry.is_file()):
            yield entry.path, False  # a broken link too: an error names it when it is opened
