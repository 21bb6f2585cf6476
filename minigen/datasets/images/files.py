"""Four arrays, images and labels for training and for tests, in files of idx or npz, under any of their usual names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np

from ..idx import checksum, read_idx
from ..kinds import SIGNATURES
from . import checks
from .archives import may_have, read_npz
from .sources import FOUR, Part

Split: TypeAlias = tuple[np.ndarray, np.ndarray]  # images (n, h, w) or (n, h, w, channels), labels (n,)

# train-images-idx3-ubyte.gz, t10k-labels.idx1-ubyte, emnist-letters-test-images-idx3-ubyte.gz, kmnist-train-imgs.npz
FILE = r"(.*?)(train|t10k|test)-(images|imgs|labels)(?:[-.]idx\d-\w+(?:\.gz)?|\.npz)"
SAME = {"t10k": "test", "imgs": "images"}
# The arrays in one archive of all four, such as mnist.npz of Keras.
KEYS = {
    Part("train", "images"): ("x_train", "train_images"),
    Part("train", "labels"): ("y_train", "train_labels"),
    Part("test", "images"): ("x_test", "test_images"),
    Part("test", "labels"): ("y_test", "test_labels"),
}


def part_of_file(name: str) -> tuple[str, Part] | None:
    """What stands before it, such as "emnist-letters-", and the part that a file of this name has; None for others."""
    found = re.fullmatch(FILE, name)
    return found and (found[1], Part(*(SAME.get(word, word) for word in found.groups()[1:])))


def sets_in(folder: Path) -> dict[str, dict[Part, Path]]:
    """The files of every set in a folder, by what stands before their names: of two spellings, the first.

    An archive of all four arrays is a set by its own name; one of other arrays is none.
    """
    sets: dict[str, dict[Part, Path]] = {}
    with checks.explained(folder, "a readable folder"):
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
    for path in paths:
        if path.is_file() and (found := part_of_file(path.name)):
            sets.setdefault(found[0], {}).setdefault(found[1], path)
        elif path.is_file() and path.suffix == ".npz" and may_have(path, sum(KEYS.values(), ())):
            sets[path.name] = dict.fromkeys(FOUR, path)
    return sets


def read_splits(
    where: str, place: Path, name: str = "", sums: Mapping[Part, str] | None = None, transposed: bool = False
) -> tuple[Split, Split]:
    """(x_train, y_train), (x_test, y_test) from a folder, or from one .npz file.

    name  of the set, such as "emnist-letters", for a folder with the files of several
    sums  the SHA-256 of the idx bytes of each array, to be compared

    Images that are stored transposed, as in files named emnist-..., come out upright. Of labels with several columns,
    as in QMNIST, the first is the class. Raises OSError for a file that is missing or unreadable, ValueError for one
    that is no such file or damaged, for several sets, and for arrays that do not fit each other.
    """
    prefix, paths = _files_of(where, place, name)
    arrays = {part: read_part(path, part) for part, path in paths.items()}
    for part, expected in (sums or {}).items():
        checks.check_sum(paths[part], arrays[part], checksum(arrays[part]), expected)
    train, test = (
        (arrays[Part(split, "images")], _classes(arrays[Part(split, "labels")], paths[Part(split, "labels")]))
        for split in ("train", "test")
    )
    checks.check_images_and_labels(where, place, train, test)
    if transposed or prefix.startswith("emnist-"):
        train, test = ((np.ascontiguousarray(x.swapaxes(1, 2)), y) for x, y in (train, test))
    return train, test


def _files_of(where: str, place: Path, name: str) -> tuple[str, Mapping[Part, Path]]:
    """(what stands before the names, the file of each part) in a folder, or of one .npz file."""
    if place.suffix == ".npz" and not place.is_dir():
        return "", dict.fromkeys(FOUR, place)
    sets = sets_in(place)
    near = [*place.glob("*"), *place.glob("*/*")] if place.is_dir() else [place.parent] * bool(part_of_file(place.name))
    is_whole = any(len(paths) == len(FOUR) for paths in sets.values())
    homes = [] if is_whole else [f for f in sorted(near) if any(len(p) == len(FOUR) for p in sets_in(f).values())]
    return checks.chosen_set(where, place, sets, name, homes)


def read_part(path: Path, part: Part) -> np.ndarray:
    """One of the arrays, from an idx file or from an .npz archive; the first bytes decide which it is."""
    with checks.explained(path, "a readable file"), open(path, "rb") as file:
        first = file.read(4)
    return read_npz(path, KEYS[part]) if first == SIGNATURES["a zip archive"] else read_idx(path)


def _classes(labels: np.ndarray, path: Path) -> np.ndarray:
    """Labels (n,): of QMNIST's (n, 8), and of a single column, the first column."""
    has_columns = labels.ndim == 2 and (labels.shape[1] == 1 or "idx2" in path.name)
    return np.ascontiguousarray(labels[:, 0]) if has_columns else labels
