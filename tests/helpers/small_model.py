"""A small autoencoder in training that a test must leave as it was, and other small models."""

import numpy as np
import pytest

import minigen
from minigen import Dense, Input, Layer, Model, Sequential

X = np.random.default_rng(0).random((8, 4)).astype("float32")
ONES = np.ones((6, 4), "float32")
V = np.ones((2, 4), "float32")


def snapshot(model):
    optimizer = model.optimizer
    slots = [[minigen.to_numpy(a).copy() for a in s] for s in optimizer.get_state(model.weights())]
    return model.get_weights(), slots, optimizer.iterations


@pytest.fixture
def model():
    """A small autoencoder in training; after the test it must be bit for bit what it was."""
    model = Sequential([Input((4,)), Dense(2, "relu", name="code"), Dense(4, "sigmoid", name="picture")])
    model.compile("adam", "mse")
    model.train_on_batch(X, X)
    before = snapshot(model)
    yield model
    after = snapshot(model)
    assert all(np.array_equal(a, b) for a, b in zip(before[0], after[0], strict=True)), "the weights were changed"
    for one, two in zip(before[1], after[1], strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True)), "the optimizer's state was changed"
    assert before[2] == after[2], "the optimizer counted a step"


@pytest.fixture
def saved(model, tmp_path):
    """The file with the weights of `model`."""
    path = tmp_path / "w.npz"
    model.save_weights(path)
    return path


def uncompiled():
    return Sequential([Input(shape=(4,)), Dense(2)])


def compiled(loss="mse"):
    model = uncompiled()
    model.compile("sgd", loss)
    return model


def autoencoder(code="relu", seed=None):
    if seed is not None:
        minigen.seed(seed)
    x = Input(shape=(6,))
    return Model(x, Dense(6, "sigmoid")(Dense(3, code)(x)))


class KeyWords(Layer):
    """An own layer in the way of Keras' guides."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
