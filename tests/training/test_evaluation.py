"""The numbers on held-out data, and the numbers on the training data beside them."""

import numpy as np
import pytest

import minigen
from minigen import Dense, Dropout, Input, Sequential
from minigen.training.evaluation import compare, evaluate, held_out_data

X = np.random.default_rng(0).random((9, 3)).astype("float32")


def model():
    minigen.seed(0)
    found = Sequential([Input((3,)), Dropout(0.5), Dense(3)])
    found.compile("sgd", "mse")
    return found


def test_means_are_over_samples_not_over_batches():
    scored, y = model(), X * 0
    whole = evaluate(scored, [(X, y)])["loss"]
    parts = [evaluate(scored, [(X[i:j], y[i:j])])["loss"] for i, j in ((0, 4), (4, 8), (8, 9))]
    assert evaluate(scored, [(X[i:j], y[i:j]) for i, j in ((0, 4), (4, 8), (8, 9))])["loss"] == pytest.approx(whole)
    assert whole == pytest.approx((4 * parts[0] + 4 * parts[1] + parts[2]) / 9)


def test_the_training_loss_is_that_of_as_many_samples():
    scored = model()
    logs = compare(scored, (X, X), (X[:4], X[:4]), batch_size=2)
    assert list(logs) == ["loss_end", "val_loss"] and logs["loss_end"] == logs["val_loss"]
    assert list(compare(scored, None, (X, X), 2)) == ["val_loss"]


def test_nothing_is_drawn_for_it():
    scored = model()
    state = minigen.backend.random_state()
    held_out_data(scored, (X, X), "here", 4)
    compare(scored, (X, X), (X, X), 4)
    assert minigen.backend.random_state() == state
