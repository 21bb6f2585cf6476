"""Discriminative models P(Y | X), with which the chapter's introduction contrasts generative models."""

from __future__ import annotations

from ...arguments import checks_arguments
from ...layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from ...model import Sequential
from ...types import Shape
from ..checks import image_shape_for, image_shape_of
from ..shapes import flattening


@checks_arguments
def logistic_regression(image_shape: int | Shape = (784,), classes: int = 10) -> Sequential:
    """P(y | x) = softmax(x W + b): one Dense layer."""
    shape = image_shape_of("logistic_regression", image_shape)
    return Sequential([Input(shape=shape), *flattening(shape), Dense(classes, activation="softmax")])


@checks_arguments
def detector(image_shape: int | Shape = (784,), hidden: int = 64) -> Sequential:
    """Example 9.1 with digits in place of faces: P(image is a digit). pixels → hidden relu → 1 sigmoid.

    Shapes (batch, *image_shape) -> (batch, 1). Raises ValueError for sizes that are not positive integers.
    """
    shape = image_shape_of("detector", image_shape)
    layers = [Dense(hidden, activation="relu"), Dense(1, activation="sigmoid")]
    return Sequential([Input(shape=shape), *flattening(shape), *layers])


@checks_arguments
def digit_classifier(classes: int = 10, image_shape: Shape = (28, 28, 1)) -> Sequential:
    """P(y | x) of images (28, 28, 1) by two convolutions and two Dense layers, after LeNet (LeCun et al. 1998).

    A Scorer evaluates generated digits with it. Images of less than 12 rows or columns are padded before the second
    convolution too. Raises ValueError for less than 4.
    """
    expected = "4 rows and 4 columns at least"
    shape = image_shape_for("digit_classifier", image_shape, lambda r, c: min(r, c) >= 4, expected)
    padding = "valid" if min(shape[:2]) >= 12 else "same"
    first = [Conv2D(16, 5, activation="relu", padding="same"), MaxPooling2D()]  # (batch, 14, 14, 16)
    second = [Conv2D(32, 5, activation="relu", padding=padding), MaxPooling2D(), Flatten()]  # (batch, 5 * 5 * 32)
    dense = [Dense(128, activation="relu"), Dense(classes, activation="softmax")]
    return Sequential([Input(shape=shape), *first, *second, *dense])
