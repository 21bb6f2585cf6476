"""Input validation for images in files: sets that are not there, damaged files, downloads, pictures."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from ...checks.values import check_is_list, positive_pair, raise_if_explained
from ...errors import NEXT_LINE, message
from ...storage.checks import refuse_os_error
from ..checks import ChecksumError
from ..kinds import name_of
from .sources import FOUR, MNIST, SOURCES, Part

A_SET = "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte,"
A_SET += f"{NEXT_LINE}with .gz or without, or one .npz file with x_train, y_train, x_test and y_test"


# ---- files


@contextlib.contextmanager
def explained(path: Path, expected: str) -> Iterator[None]:
    """What fails in this block is raised as OSError or ValueError, with the name of the file and what to do."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:  # a damaged archive or picture fails in a dozen ways, deep in another library
        raise_if_explained(error)
        if isinstance(error, OSError) and error.errno is not None:
            refuse_os_error(error, f"{path} cannot be read", expected, "the path of such a file")
        got, fix = f"{type(error).__name__}: {error}", "a complete copy of this file"
        if type(error) is ValueError:
            got = str(error)
        elif type(error).__name__ == "DecompressionBombError":  # Pillow refuses it before its size is known here
            _refuse_too_large(path, got)
        elif type(error).__name__ == "UnidentifiedImageError":  # Pillow's text repeats the path only
            got = name_of(path.read_bytes()[:512])
            fix = "a PNG or JPEG file of this picture" if got.startswith("a TIFF image") else fix
        raise ValueError(message(f"{path} cannot be read", expected=expected, got=got, fix=fix)) from error


def chosen_array(path: Path, found: Sequence[str], wanted: Sequence[str]) -> str:
    """The one of the names in an archive that is wanted, or the only one; ValueError if there is none."""
    known = [name for name in wanted if name in found] or list(found)
    if len(known) == 1:
        return known[0]
    where, fix = f"{path}: arrays in this archive", f"np.load({str(path)!r}), and its arrays under these names"
    raise ValueError(message(where, expected=" or ".join(wanted), got=", ".join(found) or "none", fix=fix))


def check_sum(path: Path, array: np.ndarray, found: str, expected: str) -> None:
    """ChecksumError for a whole file of another data set."""
    if found != expected:
        problem = f"{path} has the wrong checksum: a whole file, but not MNIST's"
        got = f"{found}, {array.dtype.name} {array.shape}"
        fix = f"datasets.load({str(path.parent)!r}) for another data set"
        raise ChecksumError(message(problem, expected=f"SHA-256 {expected}", got=got, fix=fix))


def check_images_and_labels(
    where: str, place: Path, train: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray]
) -> None:
    """ValueError unless both are images (n, h, w) or (n, h, w, channels), n > 0, of one size, and labels (n,).

    Images are real numbers, and labels are numbers or words.
    """
    shapes = [a.shape for a in (*train, *test)]
    fit = [x.ndim in (3, 4) and x.size > 0 and y.shape == x.shape[:1] for x, y in (train, test)]
    if not all(fit) or train[0].shape[1:] != test[0].shape[1:]:
        expected = "images (n, h, w) and labels (n,), images of one size"
        fix = f"np.savez(path, x_train=..., y_train=...,{NEXT_LINE}x_test=..., y_test=...) with such arrays"
        got = "train {}, {}, test {}, {}".format(*shapes)
        raise ValueError(message(f"{where}: {place}", expected=expected, got=got, fix=fix))
    for (x, y), part in ((train, "train"), (test, "test")):
        if x.dtype.kind not in "fiub" or y.dtype.kind not in "fiubU":
            expected, got = "images and labels that are numbers", f"{part}: images {x.dtype}, labels {y.dtype}"
            fix = 'x.astype("uint8"), and y.astype(int) or words'
            raise ValueError(message(f"{where}: {place}", expected=expected, got=got, fix=fix))
        if y.dtype.kind == "f" and not np.isfinite(y).all():
            got, fix = f"{part}: {np.count_nonzero(~np.isfinite(y))} of them NaN or infinite", "y.astype(int)"
            raise ValueError(message(f"{where}: {place}: labels", expected="numbers", got=got, fix=fix))


# ---- sets of files


def chosen_set(
    where: str, folder: Path, sets: Mapping[str, Mapping[Part, Path]], name: str, homes: Sequence[Path]
) -> tuple[str, Mapping[Part, Path]]:
    """(what stands before its names, its files) of the set of this name, or of MNIST's names, or of the only one.

    OSError for a folder that has no complete set; `homes` are folders inside or around it that have one. ValueError
    for several, and for another than that of the name.
    """
    whole = {prefix: paths for prefix, paths in sets.items() if len(paths) == 4}
    if not whole:
        _refuse_missing(folder, sets, homes)
    for prefix in (f"{name}-", ""):
        if prefix in whole:
            return prefix, whole[prefix]
    (prefix, paths), *others = whole.items()
    if others or (name in SOURCES and prefix.removesuffix("-") in SOURCES):
        names = [prefix.removesuffix("-") for prefix in whole]
        fix = f"datasets.load({names[0]!r}, {str(folder)!r})"
        fix = f"datasets.load({str(folder / names[0])!r})" if names[0].endswith(".npz") else fix
        expected = f"the files of {name}" if name else "the files of one data set"
        raise ValueError(message(f"{where}: {folder}", expected=expected, got=", ".join(names), fix=fix))
    return prefix, paths


def _refuse_missing(folder: Path, sets: Mapping[str, Mapping[Part, Path]], homes: Sequence[Path]) -> NoReturn:
    """OSError for a folder without a complete set. It names the first file that is missing, and what is there."""
    kind: type[OSError] = NotADirectoryError if folder.is_file() else FileNotFoundError
    reason = "Not a directory" if folder.is_file() else "No such file or directory"
    prefix, paths = max(sets.items(), key=lambda named: len(named[1]), default=("", {}))
    missing = next(name for part, name in zip(FOUR, MNIST, strict=True) if part not in paths)
    missing = missing.replace("t10k", "test") if prefix else missing
    found = sorted(path for paths in sets.values() for path in paths.values())
    got, fix = reason, "the folder that holds them, or: minigen data mnist"
    if homes:
        got, fix = f"{reason}, but {homes[0]} has them", f"datasets.load({str(homes[0])!r})"
    elif found:
        got = f"{reason}, but {', '.join(path.name for path in found)}"
        fix = f"the other files beside them; read_idx({str(found[0])!r}) reads each of them"
    elif folder.is_file():
        fix = "np.savez(path, x_train=..., y_train=..., x_test=..., y_test=...), or a folder of pictures"
    where = f"cannot read {folder / f'{prefix}{missing}.gz'}: {reason}"
    raise kind(message(where, expected=f"a folder with {A_SET}", got=got, fix=fix))


def refuse_download(name: str, folder: Path, files: Sequence[str], failures: Sequence[str]) -> NoReturn:
    """ConnectionError for mirrors none of which serves the files, with the failure of each."""
    by_hand = f"put {', '.join(files)}{NEXT_LINE}by hand into {folder}{NEXT_LINE}"
    fix = f"{by_hand}(or into any folder, and datasets.load({name!r}, folder))"
    if name == "mnist":
        fix = f'mnist.load_data("sample"), which needs no network;{NEXT_LINE}or {by_hand}'
        fix += "(or into any folder, and set MINIGEN_DATA to it)"
    where, expected = f"{name} could not be downloaded", "one mirror that serves the files"
    raise ConnectionError(message(where, expected=expected, got=NEXT_LINE.join(failures), fix=fix))


# ---- pictures

TRAIN = ("train", "training")  # how the folders of the parts of a data set are called
TEST = ("test", "testing", "val", "valid", "validation")  # of several, the first is taken
KINDS = "PNG, JPEG, BMP, GIF or WebP"
MOST_BYTES = 2**32  # of the pictures that load() reads at once
A_PICTURE = f"a complete picture: {KINDS}"
MOST_PIXELS = 8192 * 8192  # of one picture: a file of some bytes can state any number of them


def check_pillow() -> None:
    """ImportError, with what to install, where Pillow is missing; matplotlib installs it."""
    try:
        import PIL.Image  # noqa: F401
    except ImportError as error:
        where, fix = "pictures are read by Pillow", "pip install pillow"
        raise ImportError(message(where, expected="the package Pillow", got=str(error), fix=fix)) from error


def check_few_pixels(path: Path, rows: int, columns: int) -> None:
    """ValueError for a picture that states more pixels than are read."""
    if rows * columns > MOST_PIXELS:
        _refuse_too_large(path, f"{rows:,} x {columns:,}")


def checked_size(size: Any, fix: str) -> tuple[int, int]:
    """(rows, columns) to which pictures are resized; ValueError for what is none, and for more pixels than are read."""
    rows, columns = positive_pair("ImageFolder: size", size, fix)
    if rows * columns > MOST_PIXELS:
        got, expected = f"{rows:,} x {columns:,}", f"{MOST_PIXELS:,} pixels at most"
        raise ValueError(message("ImageFolder: size", expected=expected, got=got, fix=fix))
    return rows, columns


def _refuse_too_large(path: Path, got: str) -> NoReturn:
    """ValueError for a picture of too many pixels."""
    expected, fix = f"{MOST_PIXELS:,} pixels at most", "a smaller version of this picture, or another folder without it"
    raise ValueError(message(f"{path} is too large", expected=expected, got=got, fix=fix))


def checked_classes(
    folder: Path, found: Mapping[str, Sequence[str]], class_names: Sequence[str] | None
) -> Mapping[str, Sequence[str]]:
    """The pictures of each class: those of the sub-folders, or of the folder itself; in the order of class_names.

    OSError for a folder without pictures, ValueError for pictures beside sub-folders, for other classes than named, and
    for sub-folders that are parts of a data set, unless they are named.
    """
    if not found:
        _refuse_no_pictures(folder)
    if "" in found and len(found) > 1:
        got = f"{len(found[''])} of them beside folders, such as {found[''][0]}"
        where, expected = f"{folder}: pictures of no class", "pictures in sub-folders only, or no sub-folders with any"
        raise ValueError(message(where, expected=expected, got=got, fix="each of them in the folder of its class"))
    train = next((name for name in found if name.lower() in TRAIN), None)
    if class_names is None and train and all(name.lower() in TRAIN + TEST for name in found):
        where, expected = f"{folder}: classes", "sub-folders that are classes, not the parts of a data set"
        fix = f'ImageFolder("{folder / train}"), or datasets.load("{folder}")'
        raise ValueError(message(where, expected=expected, got=", ".join(found), fix=fix))
    found = {name or folder.resolve().name: paths for name, paths in found.items()}
    if class_names is None:
        return found
    fix = 'class_names=["a", "b"]'
    check_is_list("ImageFolder: class_names", class_names, fix)
    if not all(isinstance(name, str) for name in class_names):
        where, expected = "ImageFolder: class_names", "a list of names of folders"
        raise TypeError(message(where, expected=expected, got=repr(class_names), fix=fix))
    unknown = [name for name in found if name not in class_names]
    if unknown or len(set(class_names)) < len(class_names):
        where, fix = f"{folder}: classes", f"class_names={list(found)}"
        raise ValueError(message(where, expected=f"folders {list(class_names)}", got=", ".join(found), fix=fix))
    return {name: found.get(name, []) for name in class_names}


def _refuse_no_pictures(folder: Path) -> NoReturn:
    """FileNotFoundError for a folder without pictures, with what is in it."""
    names = sorted(path.name for path in folder.iterdir())
    got = ", ".join(names[:5]) + ", ..." * (len(names) > 5) if names else "an empty folder"
    where, fix = f"{folder}: no pictures", "the folder that holds the pictures, or the folders of their classes"
    raise FileNotFoundError(message(where, expected=f"files of {KINDS}", got=got, fix=fix))


def sizes_of(paths: Sequence[str], size_of: Callable[[Path], tuple[int, int]]) -> list[tuple[int, int]]:
    """(rows, columns) of each picture; the error of one that is none, which says how many others there are."""
    sizes, errors = [], []
    for path in paths:
        try:
            sizes.append(size_of(Path(path)))
        except (OSError, ValueError) as error:
            errors.append(error)
    if errors:
        others = [str(error).splitlines()[0] for error in errors[1:6]]
        more = f"{NEXT_LINE}and {len(errors) - 1} more: {', '.join(others)}" if others else ""
        raise type(errors[0])(f"{errors[0]}{more}") from errors[0]
    return sizes


def only_size(paths: Sequence[str], sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The size that all pictures have, or ValueError that names two."""
    other = next((i for i, size in enumerate(sizes) if size != sizes[0]), None)
    if other is not None:
        got = f"{paths[0]}: {sizes[0]},{NEXT_LINE}{paths[other]}: {sizes[other]}"
        where, fix = "ImageFolder: size", "size=(32, 32), to which every picture is resized"
        raise ValueError(message(where, expected="pictures of one size, for size=None", got=got, fix=fix))
    return sizes[0]


def check_same_classes(train: Path, found: Sequence[str], test: Path, found_in_test: Sequence[str]) -> None:
    """ValueError for test pictures of a class that no training picture has."""
    names, test_names = ([name or "pictures in no sub-folder" for name in part] for part in (found, found_in_test))
    unknown = [name for name in test_names if name not in names]
    if unknown:
        expected, got = f"the classes of {train}: {', '.join(names[:10])}", ", ".join(unknown[:10])
        fix = f'the same folders in both; datasets.load("{train}") for these pictures alone'
        raise ValueError(message(f"datasets.load: {test}: classes", expected=expected, got=got, fix=fix))


def check_same_size(size: tuple[int, int], test: Path, test_size: tuple[int, int]) -> None:
    """ValueError for test pictures of another size than the training pictures have."""
    if size != test_size:
        where, expected = f"datasets.load: {test}: size", f"{size} as of the training pictures, for size=None"
        raise ValueError(message(where, expected=expected, got=str(test_size), fix=f"size={size}"))


def refuse_mixed_parts(folder: Path, parts: Sequence[str], others: Sequence[str]) -> NoReturn:
    """ValueError for a folder of the parts of a data set and something else, or with two folders for one part."""
    where, expected = f"datasets.load: {folder}", "one folder train and one folder test, and no others; or classes only"
    got = ", ".join([*parts, *(name or "pictures beside them" for name in others[:10])])
    fix = f'the others elsewhere; or datasets.ImageFolder("{folder / parts[0]}") for these pictures'
    raise ValueError(message(where, expected=expected, got=got, fix=fix))


def check_test_pictures(folder: Path, is_test: np.ndarray) -> None:
    """ValueError where there is no picture to spare for tests."""
    if not is_test.any():
        where, expected = f"{folder}: a split", "a class with two pictures or more"
        raise ValueError(message(where, expected=expected, got="one picture in each", fix="more pictures"))


def check_fits(folder: Path, size: int) -> None:
    """ValueError for pictures of more than 4 GB in memory."""
    if size > MOST_BYTES:
        where, expected = f"datasets.load: {folder}", f"pictures of {MOST_BYTES / 1e9:.1f} GB at most in memory"
        fix = "datasets.ImageFolder(folder, size), which reads them batch by batch; or a smaller size"
        raise ValueError(message(where, expected=expected, got=f"{size / 1e9:.1f} GB", fix=fix))
