"""Runs that are broken off and resumed, and whether they end as the unbroken ones do."""

import numpy as np

import minigen
from minigen import Adam, Dense, Dropout, Input, Sequential

X = np.random.default_rng(0).random((22, 6)).astype("float32")  # five batches of 4 and one of 2


def autoencoder(optimizer=None, seed=0, kind=Sequential):
    """With dropout, so that a run depends on every random draw, and Adam, so that it depends on the state."""
    minigen.seed(seed)
    model = kind([Input((6,)), Dense(4, "relu"), Dropout(0.3), Dense(6, "sigmoid")])
    model.compile(optimizer or Adam(0.01), "binary_crossentropy")
    return model


def fit(model, epochs=3, **options):
    return model.fit(X, X, batch_size=4, epochs=epochs, verbose=0, **options).history


def same(weights, others):
    return all(np.array_equal(a, b) for a, b in zip(weights, others, strict=True))


def resumes_bit_for_bit(folder, make, **options):
    """Whether 2 epochs and 2 more are 4 at once; make() gives a model and what it is fitted to."""

    def run(epochs, name, **more):
        minigen.seed(7)
        model, *data = make()
        model.compile()
        history = model.fit(*data, epochs=epochs, verbose=0, checkpoint=folder / name, **options, **more)
        return model.get_weights(), history.history

    whole = run(4, "whole.npz")
    run(2, "parts.npz")
    parts = run(4, "parts.npz", resume=True)
    return same(parts[0], whole[0]) and parts[1] == whole[1]
