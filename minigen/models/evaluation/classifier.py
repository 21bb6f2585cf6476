"""Discriminative models P(Y | X), with which the chapter's introduction contrasts generative models."""

from __future__ import annotations

from ...arguments import checks_arguments
from ...layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from ...model import Sequential


@checks_arguments
def logistic_regression(dim: int = 784, classes: int = 10) -> Sequential:
    """P(y | x) = softmax(x W + b): one Dense layer."""
    return Sequential([Input(shape=(dim,)), Dense(classes, activation="softmax")])


@checks_arguments
def detector(dim: int = 784, hidden: int = 64) -> Sequential:
    """Example 9.1 with digits in place of faces: P(image is a digit). dim → hidden relu → 1 sigmoid.

    Shapes (batch, dim) -> (batch, 1). Raises ValueError for sizes that are not positive integers.
    """
    return Sequential([Input(shape=(dim,)), Dense(hidden, activation="relu"), Dense(1, activation="sigmoid")])


@checks_arguments
def digit_classifier(classes: int = 10) -> Sequential:
    """P(y | x) of images (28, 28, 1) by two convolutions and two Dense layers, after LeNet (LeCun et al. 1998).

    A Scorer evaluates generated digits with it.
    """
    first = [Conv2D(16, 5, activation="relu", padding="same"), MaxPooling2D()]  # (batch, 14, 14, 16)
    second = [Conv2D(32, 5, activation="relu"), MaxPooling2D(), Flatten()]  # (batch, 5 * 5 * 32)
    dense = [Dense(128, activation="relu"), Dense(classes, activation="softmax")]
    return Sequential([Input(shape=(28, 28, 1)), *first, *second, *dense])
