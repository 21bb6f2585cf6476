"""Discriminative models P(Y | X), for contrast: what the chapter's introduction sets generative models against."""

from __future__ import annotations

from ..layers import Dense, Input
from ..model import Sequential


def logistic_regression(dim: int = 784, classes: int = 10) -> Sequential:
    """P(y | x) = softmax(x W + b): one Dense layer."""
    return Sequential([Input(shape=(dim,)), Dense(classes, activation="softmax")])


def detector(dim: int = 784, hidden: int = 64) -> Sequential:
    """Example 9.1 with digits for faces: the probability that an image is one. dim → hidden relu → 1 sigmoid."""
    return Sequential([Input(shape=(dim,)), Dense(hidden, activation="relu"), Dense(1, activation="sigmoid")])
