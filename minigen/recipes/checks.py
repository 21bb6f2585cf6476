"""Input validation of the recipes: flags without effect, and a scorer that a recipe does not declare."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import losses
from ..errors import message
from ..types import Shape

if TYPE_CHECKING:
    from .recipe import Recipe
    from .settings import Settings

FLAGS = ("epochs", "batch_size", "optimizer", "loss", "latent_dim", "preset", "text", "data", "resume")
NEEDS = {flag: flag for flag in FLAGS} | {
    "size": "data",
    "color": "data",
    "watch": "resume",
}  # what a recipe must have for a flag
GAN_LOSSES = tuple(name for name in losses.ADVERSARIAL if name != "wasserstein")
LEAST = 10  # images that a figure shows side by side
PIXEL_LOSSES = ("half_squared_error", "binary_crossentropy")


def check_flags(recipe: Recipe, settings: Settings, recipes: Sequence[Recipe]) -> None:
    """ValueError for a flag whose default is None in `recipe`, or a loss of another kind than its default."""
    where = f"minigen train {recipe.name}"
    for flag, needed in NEEDS.items():
        given = getattr(settings, flag)
        if given not in (None, False, "rgb") and getattr(recipe, needed) is None:
            others = ", ".join(other.name for other in recipes if getattr(other, needed) is not None)
            expected = f"no --{flag.replace('_', '-')}: this experiment fixes it or does not use it"
            fix = f"minigen train NAME with a recipe that has this flag: {others}"
            raise ValueError(message(where, expected=expected, got=given, fix=fix))
    allowed = GAN_LOSSES if recipe.loss in GAN_LOSSES else PIXEL_LOSSES
    if settings.loss is not None and settings.loss not in allowed:
        where, expected = f"{where}: --loss", ", ".join(allowed)
        raise ValueError(message(where, expected=expected, got=settings.loss, fix=f"--loss {recipe.loss}"))


def check_data(recipe: Recipe, settings: Settings, are_digits: bool, recipes: Sequence[Recipe]) -> None:
    """ValueError for other images than digits in a recipe that is about digits."""
    if recipe.data == "digits" and not are_digits:
        others = ", ".join(other.name for other in recipes if other.data == "images")
        where, expected = f"minigen train {recipe.name}: --data", "digits of 28 x 28 pixels: it measures what they have"
        fix = f"minigen train NAME --data {settings.data}, where NAME is one of {others}"
        raise ValueError(message(where, expected=expected, got=settings.data, fix=fix))


def numbered_classes(y: np.ndarray, y_test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Labels as 0, 1, 2, ..., the places of the training images' classes; ValueError for a test image of another."""
    classes, numbers = np.unique(y, return_inverse=True)
    unknown = np.setdiff1d(y_test, classes)
    if len(unknown):
        got, fix = f"test images of {unknown[:10].tolist()}", "the same classes in both parts"
        expected = f"the classes of the training images, {classes[:10].tolist()}"
        raise ValueError(message("--data: labels", expected=expected, got=got, fix=fix))
    return numbers, np.searchsorted(classes, y_test)


def check_enough(training: int, test: int) -> None:
    """ValueError for so few images that there is nothing to show or to score."""
    if min(training, test) < LEAST:
        expected, got = f"{LEAST} training and {LEAST} test images at least", f"{training} and {test}"
        fix = f"more images: of a folder of pictures a tenth are for tests, so {10 * LEAST} in all"
        raise ValueError(message("--data: images", expected=expected, got=got, fix=fix))


def checked_white(x: np.ndarray, x_test: np.ndarray) -> float:
    """The pixel that becomes 1: of integers the largest one, of floats 1. ValueError for pixels below 0, mixtures."""
    low, high = min(x.min(), x_test.min()), max(x.max(), x_test.max())
    are_integers = x.dtype.kind in "iub"
    same = are_integers == (x_test.dtype.kind in "iub")
    if not (same and low >= 0 and (high <= 1 or are_integers)):  # NaN too
        expected = "integers from 0 up, or floats in [0, 1], of both parts"
        got = f"{x.dtype} in [{x.min()}, {x.max()}], test images {x_test.dtype} in [{x_test.min()}, {x_test.max()}]"
        fix = "np.savez(path, x_train=..., y_train=..., x_test=..., y_test=...) with such pixels"
        raise ValueError(message("--data: pixels", expected=expected, got=got, fix=fix))
    return max(int(x.max()), 1) if are_integers else 1


def check_size(where: str, shape: Shape, least: int = 2) -> None:
    """ValueError for images (n, rows, columns, ...) of so few pixels that a recipe has nothing to compute."""
    if min(shape[1:3]) < least:
        expected, got = f"images of {least} x {least} pixels at least", "{} x {}".format(*shape[1:3])
        raise ValueError(message(where, expected=expected, got=got, fix="larger images; of pictures --size 28 28"))


def check_channels(shape: Shape) -> None:
    """ValueError for images (n, rows, columns, channels) that are neither grey nor in red, green and blue."""
    if shape[3] not in (1, 3):
        expected, fix = "images (n, rows, columns), or with 1 or 3 channels at the end", "x[..., :3] for colours only"
        if shape[1] in (1, 3):
            fix = "np.moveaxis(x, 1, -1) for channels that come first"
        raise ValueError(message("--data: channels", expected=expected, got=shape, fix=fix))


def check_grey(recipe: str, channels: int) -> None:
    """ValueError for colours in a model of black and white pixels."""
    if channels != 1:
        where, expected = f"recipe {recipe}: images", "grey images, which become black and white"
        raise ValueError(message(where, expected=expected, got=f"{channels} channels", fix="--color grey"))


def check_classes(recipe: str, classes: int) -> None:
    """ValueError for images without labels in a recipe that needs them."""
    if classes < 2:
        where, expected = f"recipe {recipe}: labels", "two classes or more, such as two folders of pictures"
        fix = "a folder for each class; minigen train vae needs no labels"
        raise ValueError(message(where, expected=expected, got="one class", fix=fix))


def check_uses_scorer(recipe: Recipe) -> None:
    """RuntimeError unless the recipe declares that it uses the scorer, which `minigen chapter` then trains first."""
    if not recipe.uses_scorer:
        where, fix = f"recipe {recipe.name}: it asks the scorer", "@recipe(..., uses_scorer=True)"
        raise RuntimeError(message(where, expected="uses_scorer=True", got="uses_scorer=False", fix=fix))


# ---- what a run has left


def check_is_run(path: Path, model: str) -> None:
    """OSError for a path with nothing there, ValueError for a folder without a model."""
    expected = "the folder of a run, such as out/vae, or a file of model.save()"
    if not path.exists():
        there = sorted(other.parent.name for other in path.parent.glob(f"*/{model}"))
        got = "nothing there" + (f"; in {path.parent} are {', '.join(there)}" if there else "")
        fix = "one of these folders" if there else "minigen train vae, which makes out/vae"
        raise FileNotFoundError(message(f"{path}", expected=expected, got=got, fix=fix))
    if path.is_dir() and not (path / model).is_file():
        checkpoints = list(path.glob("*checkpoint.npz"))
        got, fix = f"a folder without {model}", "minigen train vae, which writes it at its end"
        if checkpoints:
            got, fix = f"{got}, with a checkpoint: an unfinished run", f"minigen train {path.name} --resume"
        raise ValueError(message(f"{path}", expected=expected, got=got, fix=fix))


def checked_record(path: Path, found: Any, names: Sequence[str]) -> dict[str, Any]:
    """What run.json holds, with settings of these names; ValueError if it holds something else."""
    settings: Any = found.get("settings") if isinstance(found, dict) else None
    kinds: dict[str, Any] = {
        "data": (str, type(None)),
        "size": (list, type(None)),
        "color": str,
        "quick": bool,
        "seed": int,
    }
    is_whole = (
        isinstance(settings, dict)
        and settings.keys() == set(names)
        and all(isinstance(settings[name], kinds[name]) for name in names)
        and isinstance(found.get("title"), str)
        and isinstance(found.get("images"), bool)
        and isinstance(found.get("noise"), float)
    )
    if not is_whole:
        expected, fix = (
            "what minigen train has written",
            "minigen train once more, or the model alone: its .minigen file",
        )
        raise ValueError(message(f"{path} cannot be read", expected=expected, got="something else", fix=fix))
    size = settings["size"]
    return {**found, "settings": {**settings, "size": None if size is None else tuple(size)}}
