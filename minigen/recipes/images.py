"""The images of a run: MNIST's digits, another data set by its name, or the user's from a folder."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from .. import datasets
from ..datasets import mnist
from ..datasets.checks import check_only_pictures
from ..datasets.images.sources import SOURCES
from . import checks
from .settings import Settings

MNIST = (None, "sample", "full", "mnist")  # what --data says for it


class Images(NamedTuple):
    """Images and labels, for training and for tests."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def is_mnist(settings: Settings) -> bool:
    """Whether the run is on MNIST, for which numbers were measured."""
    return _name(settings) in MNIST


def are_digits(settings: Settings) -> bool:
    """Whether the images are digits of 28 x 28 pixels, such as the scorer knows."""
    name = _name(settings)
    return name in MNIST or (name in SOURCES and SOURCES[name].digits)


def is_named(settings: Settings) -> bool:
    """Whether --data says the name of a data set, or nothing, and no folder."""
    name = _name(settings)
    return name in MNIST or name in SOURCES


def _name(settings: Settings) -> str | None:
    """What --data says, in lower case as the names are."""
    return settings.data and settings.data.lower()


def load(settings: Settings) -> Images:
    """Images (n, rows, columns, channels) as float32 in [0, 1], and labels 0, 1, 2, ...; fewer of both for --quick.

    Integers are divided by the largest training pixel, 255 for most data sets. Raises ValueError for floats outside of
    [0, 1], negative integers, integers in one part and floats in the other, other channels than 1 or 3, images of fewer
    than 2 x 2 pixels, and test images of classes without training images; and what datasets.load() raises.
    """
    name = _name(settings)
    if name in (None, "sample", "full"):
        check_only_pictures("MNIST", settings.size, settings.color)
        (x, y), (x_test, y_test) = mnist.load_data(name)
    else:
        (x, y), (x_test, y_test) = datasets.load(str(settings.data), size=settings.size, color=settings.color)
        y, y_test = checks.numbered_classes(y, y_test)
        rng = np.random.default_rng(settings.seed)  # files may be sorted by class, and --quick takes the first images
        (x, y), (x_test, y_test) = _shuffled(x, y, rng), _shuffled(x_test, y_test, rng)
    checks.check_enough(len(x), len(x_test))
    x, x_test = _with_channels(x), _with_channels(x_test)
    checks.check_channels(x.shape)
    checks.check_size("--data: images", x.shape)
    white = checks.checked_white(x, x_test)
    if settings.quick:
        x, y, x_test, y_test = x[:1000], y[:1000], x_test[:500], y_test[:500]
    x, x_test = (np.minimum(a.astype("float32") / white, 1) for a in (x, x_test))
    return Images(x, y, x_test, y_test)


def _shuffled(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    order = rng.permutation(len(x))
    return x[order], y[order]


def _with_channels(x: np.ndarray) -> np.ndarray:
    return x if x.ndim == 4 else x[..., None]


def without_digits(text: str) -> str:
    """The text with the word image where it says digit: for runs on other images."""
    for digit, image in (("a digit", "an image"), ("digit", "image"), ("Digit", "Image")):
        text = re.sub(rf"\b{digit}(s?)\b", rf"{image}\1", text)
    return text
