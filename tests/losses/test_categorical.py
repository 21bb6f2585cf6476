"""Cross-entropies over classes: values, sequences, classes that are masked out. Gradients: test_targets.py."""

import math

import numpy as np
import pytest
from helpers.parameters import parameter64

import minigen
from minigen import Dense, Input, Sequential, Tensor, grad, losses, ops, softmax

RNG = np.random.default_rng(0)
LABELS = np.array([1, 0, 3])
ONE_HOT = np.eye(4)[LABELS]
LOGITS = RNG.standard_normal((3, 4)) * 2
PROBABILITIES, OTHERS = RNG.uniform(0.1, 0.9, (2, 3, 4))


@pytest.mark.parametrize("classes", [2, 10, 128])
def test_crossentropy_of_a_uniform_guess_is_log_of_the_number_of_classes(xp, classes):
    one_hot = np.eye(classes, dtype="float32")
    uniform = Tensor(np.full((classes, classes), 1 / classes, "float32"))
    equal_logits = Tensor(np.full((classes, classes), 7, "float32"))
    labels = np.arange(classes)
    for loss in (
        losses.categorical_crossentropy(one_hot, uniform),
        losses.categorical_crossentropy(one_hot, equal_logits, from_logits=True),
        losses.sparse_categorical_crossentropy(labels, uniform),
        losses.sparse_categorical_crossentropy(labels, equal_logits, from_logits=True),
    ):
        assert loss.item() == pytest.approx(math.log(classes), rel=1e-5)


def test_crossentropy_divides_the_probabilities_by_their_sum(xp):
    p = softmax(Tensor(LOGITS.astype("float32")))
    once = losses.categorical_crossentropy(ONE_HOT, p).item()
    assert losses.categorical_crossentropy(ONE_HOT, p * 5).item() == pytest.approx(once, rel=1e-6)


@pytest.mark.parametrize("from_logits", [False, True])
def test_crossentropy_of_sequences_is_the_mean_over_every_position(xp, from_logits):
    """(batch, time, classes) is batch x time rows: the same number as with the two first axes joined."""
    labels = np.array([[1, 0, 3], [3, 2, 2]])
    p = np.concatenate([PROBABILITIES, OTHERS]).reshape(2, 3, 4).astype("float32")
    one_hot = np.eye(4)[labels]
    joined = losses.categorical_crossentropy(one_hot.reshape(6, 4), p.reshape(6, 4), from_logits).item()
    assert losses.categorical_crossentropy(one_hot, p, from_logits).item() == pytest.approx(joined, rel=1e-6)
    assert losses.sparse_categorical_crossentropy(labels, p, from_logits).item() == pytest.approx(joined, rel=1e-6)


def test_a_class_that_is_masked_out_costs_nothing():
    x = parameter64([[-np.inf, 1.0, 2.0]])
    loss = losses.sparse_categorical_crossentropy(np.array([1]), x, from_logits=True)
    assert np.isclose(float(loss), 1.3132617)
    assert np.allclose(grad(loss, [x])[0].numpy(), [[0, -0.731059, 0.731059]], atol=1e-6)
    behind = losses.sparse_categorical_crossentropy(np.array([1]), minigen.softmax(x))
    soft = losses.categorical_crossentropy(np.array([[0, 0.5, 0.5]]), x, from_logits=True)
    assert np.isclose(float(behind), 1.3132617) and np.isclose(float(soft), 0.8132617)
    wrong = losses.sparse_categorical_crossentropy(np.array([0]), x, from_logits=True)
    assert float(wrong) == np.inf


def test_the_last_softmax_is_computed_once_in_a_step(monkeypatch):
    model = Sequential([Input((4,)), Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    calls, forward = [], ops.Softmax.forward
    monkeypatch.setattr(ops.Softmax, "forward", lambda op, x: calls.append(1) or forward(op, x))
    model.train_step(np.ones((5, 4), "float32"), np.arange(5) % 3)
    assert len(calls) == 1
