"""Flatten, Reshape and Concatenate: the order of the numbers, and the shapes that they refuse."""

import numpy as np
import pytest
from helpers.draws import normal as draw
from helpers.refusals import refused
from helpers.small_model import V, X

import minigen
from minigen import Concatenate, Flatten, Input, Reshape, Tensor, gradcheck

# ---- shape


@pytest.mark.parametrize("axis", [-1, 1, 2])
def test_concatenate(xp, axis):
    a, b, c = draw(2, 3, 4), draw(2, 3, 4, seed=1), draw(2, 3, 4, seed=2)
    y = Concatenate(axis)([a, Tensor(b), c])
    np.testing.assert_array_equal(y.numpy(), np.concatenate([a, b, c], axis))
    assert Concatenate(axis)([Input((3, 4)), Input((3, 4))]).shape[1:] == Concatenate(axis)([a, b]).shape[1:]


def test_concatenate_of_different_widths_has_a_gradient_for_each(xp):
    layer = Concatenate().astype("float64")
    gradcheck(lambda a, b: layer([a, b]), [draw(3, 2, dtype="float64"), draw(3, 4, dtype="float64")], order=2)
    assert Concatenate()([Input((2,)), Input((4,))]).shape == (None, 6)


def test_flatten_and_reshape_keep_the_order(xp):
    x = np.arange(24, dtype="float32").reshape(2, 3, 4)
    np.testing.assert_array_equal(Flatten()(x).numpy(), x.reshape(2, 12))
    np.testing.assert_array_equal(Reshape((4, 3))(x).numpy(), x.reshape(2, 4, 3))
    np.testing.assert_array_equal(Reshape((2, -1, 2))(x).numpy(), x.reshape(2, 2, 3, 2))
    assert Flatten()(np.ones((3, 1), "float32")).shape == (3, 1)


# ---- what does not fit


@pytest.mark.parametrize(
    "code",
    [
        "Flatten(name=3)",
    ],
)
def test_an_argument_of_a_wrong_kind(code):
    with refused(TypeError, ""):
        eval(code, vars(minigen) | globals())


@pytest.mark.parametrize(
    "code",
    [
        "Reshape(784)",
        "Reshape(None)",
        "Reshape((2.0, 3))",
        "Reshape((True, 3))",
        "Reshape('ab')",
        "Reshape((0, 3))",
        "Concatenate(axis=1.0)",
        "Concatenate(axis=None)",
        "Concatenate(axis=2)([V, V])",
        "Concatenate(axis=-3)([V, V])",
    ],
)
def test_a_number_that_cannot_be(code):
    with refused(ValueError, ""):
        eval(code, vars(minigen) | globals())


def test_numpy_integers_are_sizes():
    assert Reshape((np.prod([7, 7]), 2)).target_shape == (49, 2) == Reshape(np.array([49, 2])).target_shape
    assert Reshape([np.int32(-1), 2])(np.ones((1, 98), "float32")).shape == (1, 49, 2)
    assert Concatenate(axis=np.int64(1))([V, V]).shape == (2, 8)
    assert Input(shape=(np.prod([7, 7]),)).shape == (None, 49) == Input(np.int64(49)).shape
    assert Input(np.array([3, 4])).shape == (None, 3, 4)


def test_shape_layers():
    with refused(ValueError, where="Reshape", expected="6", got="4", fix="4"):
        Reshape((3, 2))(X)
    with refused(ValueError, where="Reshape", expected="3", got="4"):
        Reshape((-1, 3))(X)
    with refused(ValueError, where="Reshape"):
        Reshape((-1, -1))(X)
    with refused(ValueError, where="Concatenate", got="(8, 4), (7, 4)"):
        Concatenate()([X, X[:7]])
    with refused(ValueError, where="Concatenate", fix="Concatenate()([a, b])"):
        Concatenate()(X)
    with refused(ValueError, where="Input", fix="Input(shape=(784,))"):
        Input((784, 0))
    with refused(ValueError, where="Input"):
        Input((None, 3))


def test_a_size_in_place_of_a_shape():
    with refused(ValueError, "Reshape((784,))"):
        Reshape(784)


ADVICE = {
    "one sample for Reshape": (lambda: minigen.Reshape((2, 2))(np.ones(4, "float32")), "x[None]"),
}


@pytest.mark.parametrize("mistake", ADVICE)
def test_a_single_sample_is_answered_with_its_missing_axis(mistake):
    call, fix = ADVICE[mistake]
    with refused((ValueError, TypeError, FloatingPointError), fix=fix):
        call()
