"""The two parts of a folder of pictures: its folders "train" and "test", or a split of its classes."""

from __future__ import annotations

from pathlib import Path

from . import checks
from .checks import TEST, TRAIN
from .folder import ImageFolder, pictures_by_class


def read_parts(place: Path, size: tuple[int, int] | None, color: str, seed: int) -> tuple[ImageFolder, ImageFolder]:
    """(training, test) pictures of a folder. Raises what ImageFolder does, and ValueError for parts that do not fit."""
    train, test = parts_in(place)
    if train is None:
        return ImageFolder(place, size, color).split(seed=seed)
    if test is None:
        return ImageFolder(train, size, color).split(seed=seed)
    x = ImageFolder(train, size, color)
    training, held_out = pictures_by_class(train), pictures_by_class(test)
    checks.check_same_classes(train, list(training), test, list(held_out))
    x_test = ImageFolder(test, size, color, class_names=None if "" in held_out else x.class_names)
    checks.check_same_size(x.image_size, test, x_test.image_size)
    return x, x_test


def parts_in(place: Path) -> tuple[Path | None, Path | None]:
    """The folders of the training and of the test pictures, in any case of letters; None for one that is missing.

    A folder "train" beside classes is a class. ValueError where it is unknown which of them is meant.
    """
    with checks.explained(place, "a readable folder"):
        folders = [path for path in sorted(place.iterdir()) if path.is_dir() and not path.name.startswith(".")]
    trains, tests = ([f for name in names for f in folders if f.name.lower() == name] for names in (TRAIN, TEST))
    others = [name for name in pictures_by_class(place) if place / name not in (*trains, *tests)] if trains else []
    if len(trains) > 1 or (tests and others):
        checks.refuse_mixed_parts(place, [path.name for path in (*trains, *tests)], others)
    if not trains or others:
        return None, None
    return trains[0], tests[0] if tests else None
