"""Batches: every sample once in each epoch, in a new order, with its target."""

import gc
import tracemalloc

import numpy as np
from helpers.recorder import Recorder
from helpers.runs import X, autoencoder

import minigen
from minigen import Dense, Input, Sequential


def test_every_epoch_sees_each_sample_once_in_a_new_order(monkeypatch):
    drawn = []
    permutation = minigen.backend.permutation
    monkeypatch.setattr(minigen.backend, "permutation", lambda n: drawn.append(permutation(n)) or drawn[-1])
    model = Recorder()
    x = np.arange(10, dtype="float32").reshape(10, 1)
    model.fit(x, batch_size=4, epochs=3, verbose=0)
    assert [len(b) for b in model.batches] == [4, 4, 2] * 3
    assert len(drawn) == 3  # one permutation for each epoch, no draw for each batch
    epochs = [np.concatenate(model.batches[i : i + 3]).ravel() for i in (0, 3, 6)]
    for epoch, order in zip(epochs, drawn, strict=True):
        np.testing.assert_array_equal(epoch, order)
        np.testing.assert_array_equal(np.sort(epoch), np.arange(10))
    assert (epochs[0] != epochs[1]).any() and (epochs[1] != epochs[2]).any()


def test_without_shuffle_the_order_is_that_of_the_data():
    model = Recorder()
    x = np.arange(10, dtype="float32").reshape(10, 1)
    model.fit(x, batch_size=4, epochs=2, shuffle=False, verbose=0)
    np.testing.assert_array_equal(np.concatenate(model.batches).ravel(), [*range(10), *range(10)])


def test_samples_and_targets_are_shuffled_together():
    class Pairs(Recorder):
        def train_step(self, x, y):
            np.testing.assert_array_equal(x[0].numpy() * 10, y.numpy())
            np.testing.assert_array_equal(x[1], x[0].numpy())  # labels, on the host
            return {"loss": x[0].mean()}

    x = np.arange(10, dtype="float32").reshape(10, 1)
    Pairs().fit([x, x.astype("int64")], x * 10, batch_size=3, verbose=0)


def test_fit_leaves_the_data_alone():
    x = X.copy()
    model = autoencoder()
    model.fit(x, x, epochs=2, verbose=0)
    np.testing.assert_array_equal(x, X)


def test_a_batch_is_freed_when_its_step_is_over():
    """Not when Python next looks for circles of references: the batches of an epoch would add up."""
    x = np.random.default_rng(0).random((4000, 100)).astype("float32")
    model = Sequential([Input((100,)), Dense(100)])
    model.compile("sgd", "mse")
    gc.collect()
    gc.disable()
    try:
        tracemalloc.start()
        model.fit(x, x, batch_size=200, verbose=0, validation_data=(x, x))
        left, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert left < 4 * 200 * 100 * 4  # a few batches; all of them are 1.6 MB
