"""compare(): values against plain NumPy, element by element."""

import numpy as np
from helpers.own_ops import X
from helpers.parameters import leaf
from helpers.refusals import refused

import minigen
from minigen import compare, ops


def test_compare_and_draw_are_given_functions_and_names():
    with refused(TypeError, "compare: f"):
        minigen.compare(None, np.tanh, [X])
    with refused(TypeError, "compare: reference"):
        minigen.compare(minigen.tanh, None, [X])
    with refused(ValueError, "compare: tol"):
        minigen.compare(minigen.tanh, np.tanh, [X], tol="a")
    with refused(TypeError, "draw: names"):
        minigen.to_dot(leaf() * 2.0, names=["a"])


def test_compare_finds_the_worst_element():
    def wrong(x):
        y = np.exp(x)
        y[1, 2] += 1e-6
        y[0, 0] += 1e-7
        return y

    assert compare(ops.exp, np.exp, [X]).startswith("ok: 12 elements")
    with refused(AssertionError, "2 of 12 elements differ from the reference. The worst is [1, 2]"):
        compare(ops.exp, wrong, [X])


def test_compare_looks_at_small_entries_too():
    x = np.array([1e-5, 255.0])
    with refused(AssertionError, "The worst is [0]"):
        compare(ops.square, lambda x: x**2 + [1e-12, 0], [x], tol=1e-10)
    with refused(AssertionError, "The worst is [1]"):
        compare(lambda x: x * 1.0, lambda x: x * [1, np.nan], [x])


def test_compare_in_float32_and_with_several_inputs(xp):
    a, b = X.astype("float32"), X[0].astype("float32")
    compare(ops.multiply, np.multiply, [a, b])
    compare(ops.softmax, lambda x: np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True), [a])
    with refused(AssertionError, "different shapes"):
        compare(lambda x: x.sum(axis=0, keepdims=True), lambda x: x.sum(axis=0), [a])
    with refused(TypeError, "compare: inputs"):
        compare(ops.exp, np.exp, a)


def test_compare_gives_copies():
    x = X.copy()

    def into_its_input(x):
        x *= 2
        return x

    compare(lambda x: x * 2.0, into_its_input, [x])
    np.testing.assert_array_equal(x, X)
