"""The input_spec of a layer and its subclasses: a call() that converts its input is not checked before it."""

import numpy as np
import pytest
from helpers.refusals import refused

from minigen import LSTM, Conv2D, Dense, Input, Layer, Sequential, Tensor, concatenate, reshape
from minigen.layers import InputSpec

ROWS = np.ones((2, 6), "float32")


class Pixels(Dense):
    def call(self, x):
        return super().call(Tensor(x.data.astype("float32") / 255))


class Joined(Dense):
    def build(self, shapes):
        super().build((2, shapes[0][-1] + shapes[1][-1]))

    def call(self, xs):
        return super().call(concatenate(xs, axis=1))


class Flat(Dense):
    def build(self, input_shape):
        super().build((input_shape[0], 64))

    def call(self, x):
        return super().call(reshape(x, (-1, 64)))


class Grey(Conv2D):
    def build(self, input_shape):
        super().build((*input_shape, 1))

    def call(self, x):
        return super().call(reshape(x, (*x.shape, 1)))


@pytest.mark.parametrize(
    ("layer", "x", "shape"),
    [
        (Pixels(3), np.arange(12).reshape(2, 6), (2, 3)),
        (Joined(3), [ROWS, ROWS], (2, 3)),
        (Flat(3), np.ones((2, 8, 8, 1), "float32"), (2, 3)),
        (Grey(3, 3), np.ones((2, 8, 8), "float32"), (2, 6, 6, 3)),
    ],
)
def test_a_subclass_may_convert_its_input(layer, x, shape):
    assert layer(x).shape == shape
    assert layer(x).shape == shape  # built


def test_a_subclass_with_an_input_spec_is_checked():
    class Strict(Dense):
        input_spec = InputSpec("float", ndim=2)

        def call(self, x):
            return super().call(x)

    with refused(ValueError, "Strict: wrong rank", expected="2 axes"):
        Strict(3)(np.ones((2, 3, 4), "float32"))


def test_a_subclass_with_the_inherited_call_is_checked():
    class Twice(Dense):
        def build(self, input_shape):
            super().build(input_shape)

    with refused(TypeError, "integer data"):
        Twice(3)(np.arange(12).reshape(2, 6))


def test_features_that_do_not_fit_inside_of_a_call():
    class Cut(Dense):
        def call(self, x):
            return super().call(x[:, :5])

    with refused(ValueError, "matmul: inner sizes differ"):
        Sequential([Input((6,)), Cut(3)])


@pytest.mark.parametrize("name", ["kernel", "bias"])
def test_a_weight_keeps_its_shape(name):
    layer = Dense(3)
    layer(ROWS)
    with refused(ValueError, f"{name} is a weight", expected="shape"):
        setattr(layer, name, Tensor(np.ones((7, 3), "float32")))


@pytest.mark.parametrize(
    ("spec", "x", "where", "expected"),
    [
        (InputSpec("float", ndim=2), np.ones((2, 3, 4), "float32"), "wrong rank", "2 axes"),
        (InputSpec("float", ndim=5), np.ones((2, 3), "float32"), "wrong rank", "5 axes"),
        (InputSpec("float", min_ndim=3), np.ones((2, 3), "float32"), "wrong rank", "3 axes or more"),
        (InputSpec("float", ndim=3), np.ones((2, 3), "float32"), "wrong rank", "3 axes"),
        (InputSpec("float", ndim=2), np.ones((2, 0), "float32"), "no numbers", "no axis of size 0"),
    ],
)
def test_the_text_for_other_axes(spec, x, where, expected):
    class Mine(Layer):
        input_spec = spec

        def call(self, x):
            return x

    with refused(ValueError, f"Mine: {where}", expected=expected):
        Mine()(x)


def test_the_text_for_numbers_that_are_no_integers():
    class Mine(Layer):
        input_spec = InputSpec("integer")

        def call(self, x):
            return x

    with refused(TypeError, "Mine: no integers", expected="integers"):
        Mine()(ROWS)


@pytest.mark.parametrize("dtype", ["int", "float32", 3])
def test_a_dtype_that_no_input_spec_knows(dtype):
    with refused(ValueError, "InputSpec: dtype"):
        InputSpec(dtype)


def test_a_single_number_is_no_sequence():
    with refused(ValueError, "LSTM: no sequences"):
        LSTM(3)(2.5)
