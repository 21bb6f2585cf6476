"""Flatten and Reshape: the order of the numbers, and the shapes that they refuse."""

import numpy as np
import pytest
from helpers.refusals import refused
from helpers.small_model import X

import minigen
from minigen import Flatten, Input, Reshape

# ---- shape


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
    ],
)
def test_a_number_that_cannot_be(code):
    with refused(ValueError, ""):
        eval(code, vars(minigen) | globals())


def test_numpy_integers_are_sizes():
    assert Reshape((np.prod([7, 7]), 2)).target_shape == (49, 2) == Reshape(np.array([49, 2])).target_shape
    assert Reshape([np.int32(-1), 2])(np.ones((1, 98), "float32")).shape == (1, 49, 2)
    assert Input(shape=(np.prod([7, 7]),)).shape == (None, 49) == Input(np.int64(49)).shape
    assert Input(np.array([3, 4])).shape == (None, 3, 4)


def test_shape_layers():
    with refused(ValueError, where="Reshape", expected="6", got="4", fix="4"):
        Reshape((3, 2))(X)
    with refused(ValueError, where="Reshape", expected="3", got="4"):
        Reshape((-1, 3))(X)
    with refused(ValueError, where="Reshape"):
        Reshape((-1, -1))(X)
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
