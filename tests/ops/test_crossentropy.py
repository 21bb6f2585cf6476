"""Cross-entropies of logits: values, also of huge logits."""

import numpy as np
import pytest
from helpers.logits import HUGE, SATURATED, softmax
from helpers.op_table import OPS, draws
from helpers.parameters import gradient, parameter, tensors

import minigen
from minigen import backend, ops


def sigmoid_crossentropy(x, t):
    p = 1 / (1 + np.exp(-x))
    return -t * np.log(p) - (1 - t) * np.log(1 - p)


def binary_crossentropy(x, t):
    return sigmoid_crossentropy(x, t).mean()


FORMULAS = {
    "binary_crossentropy": binary_crossentropy,
    "binary_crossentropy_of_p": binary_crossentropy,
    "sigmoid_crossentropy": sigmoid_crossentropy,
    "sigmoid_crossentropy_of_p": sigmoid_crossentropy,
    "softmax_crossentropy": lambda x, t: -np.sum(t * np.log(softmax(x))) / 3,
    "softmax_crossentropy_one_hot": lambda x: -np.log(softmax(x)[[0, 1, 2], [1, 3, 0]]).mean(),
    "softmax_crossentropy_3d": lambda x, t: -np.sum(t * np.log(softmax(x))) / 6,
    "sparse_softmax_crossentropy": lambda x: -np.log(softmax(x)[[0, 1, 2], [1, 3, 0]]).mean(),
    "sparse_softmax_crossentropy_3d": lambda x: -np.log(softmax(x).reshape(6, 4)[range(6), [1, 3, 0, 2, 2, 1]]).mean(),
}


# ---- the value, in plain NumPy


@pytest.mark.parametrize("name", FORMULAS)
def test_value_is_the_formula(name, xp):
    arrays = draws(name)
    minigen.seed(5)
    y = OPS[name][0](*tensors(arrays))
    expected = FORMULAS[name](*arrays)
    assert y.shape == np.shape(expected)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12, atol=1e-12)


# ---- extreme values


@pytest.mark.parametrize("t, nats", [(0, [0, 0, 0, np.log(2), 30, 100, 1e4]), (1, [1e4, 100, 30, np.log(2), 0, 0, 0])])
def test_binary_crossentropy_of_huge_logits(t, nats, xp):
    for x, expected in zip(HUGE, nats, strict=True):
        logit = parameter([x])
        loss = ops.BinaryCrossentropy()(logit, parameter([t]))
        np.testing.assert_allclose(loss.numpy(), expected, rtol=1e-6, atol=1e-7)
    each = ops.SigmoidCrossentropy()(parameter(HUGE), parameter([t] * 7))
    np.testing.assert_allclose(each.numpy(), nats, rtol=1e-6, atol=1e-7)
    dx = gradient(lambda x: ops.BinaryCrossentropy()(x, parameter([t] * 7)), parameter(HUGE))
    np.testing.assert_allclose(dx, (SATURATED - t) / 7, atol=1e-7)


def test_softmax_crossentropy_of_huge_logits(xp):
    x, t = parameter([[1e4, -1e4], [1e4, -1e4]]), backend.asarray(np.eye(2, dtype="float32"))
    np.testing.assert_allclose(ops.SoftmaxCrossentropy()(x, t).numpy(), 1e4, rtol=1e-6)
    np.testing.assert_allclose(gradient(lambda x: ops.SoftmaxCrossentropy()(x, t), x), [[0, 0], [0.5, -0.5]])
    labels = np.array([0, 1])
    np.testing.assert_allclose(ops.SparseSoftmaxCrossentropy(labels)(x).numpy(), 1e4, rtol=1e-6)
    np.testing.assert_allclose(gradient(ops.SparseSoftmaxCrossentropy(labels), x), [[0, 0], [0.5, -0.5]])


def test_labels_that_change_before_backward_do_not_matter(xp):
    x, labels = parameter(np.zeros((3, 4))), np.array([0, 1, 2])
    loss = ops.SparseSoftmaxCrossentropy(labels)(x)
    labels[:] = 3
    loss.backward()
    np.testing.assert_allclose(minigen.to_numpy(x.grad), (0.25 - np.eye(3, 4)) / 3, atol=1e-7)


def test_labels_give_what_their_one_hot_rows_give(xp):
    """Value and gradient."""
    x, labels = parameter(np.random.default_rng(0).standard_normal((5, 7))), np.array([6, 0, 3, 3, 2])
    one_hot = backend.asarray(np.eye(7, dtype="float32")[labels])
    found, expected = ops.SparseSoftmaxCrossentropy(labels)(x), ops.SoftmaxCrossentropy()(x, one_hot)
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-6)
    found = gradient(ops.SparseSoftmaxCrossentropy(labels), x)
    np.testing.assert_allclose(found, gradient(lambda x: ops.SoftmaxCrossentropy()(x, one_hot), x), atol=1e-7)
