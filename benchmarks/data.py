"""The batches on which every contender is trained: random, from a fixed seed, float32."""

import numpy as np


def images(batch, *shape):
    """Numbers in [0, 1), of shape (batch, *shape); (batch, 784) without a shape."""
    return np.random.default_rng(0).random((batch, *(shape or (784,))), dtype=np.float32)


def noise(batch, size):
    """Normal numbers of shape (batch, size)."""
    return np.random.default_rng(2).standard_normal((batch, size), dtype=np.float32)


def labels(batch, classes):
    """Integers in 0..classes-1, of shape (batch,)."""
    return np.random.default_rng(1).integers(0, classes, batch)


def symbols(batch, steps, kinds=64):
    """Integers in 0..kinds-1, of shape (batch, steps): a text of so many characters."""
    return np.random.default_rng(3).integers(0, kinds, (batch, steps))


def one_hot(batch, classes):
    """Rows of zeros with a one at the label, (batch, classes)."""
    return np.eye(classes, dtype=np.float32)[labels(batch, classes)]
