"""Each kind of layer as a page computes it, beside the layer itself."""

import itertools

import numpy as np
import pytest
from helpers.networks import rounded, run, unpacked
from helpers.refusals import refused

from minigen import (
    GRU,
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    Input,
    Lambda,
    LeakyReLU,
    MaxPooling2D,
    Model,
    ReLU,
    Rescaling,
    Reshape,
    Sequential,
    UpSampling2D,
)
from minigen.explorer import layers
from minigen.explorer.arrays import Arrays
from minigen.explorer.networks import network

RNG = np.random.default_rng(1)
IMAGES = (7, 6, 3)  # rows, columns, channels: no two alike


def both(model, *shapes, n=3):
    """What the model predicts for n samples, and what a page computes of each."""
    rounded(model)
    arrays = Arrays()
    described = network(model, arrays, [f"x{i}" for i in range(len(shapes))])
    x = [RNG.normal(size=(n, *shape)).astype("float32") for shape in shapes]
    predicted = model.predict(x if len(x) > 1 else x[0])
    decoded = unpacked(arrays.text(), arrays.described)
    computed = [run(described, decoded, *sample)[0] for sample in zip(*x, strict=True)]
    return predicted, np.stack(computed)


def check(layer, shape, tolerance=1e-5):
    predicted, computed = both(Sequential([Input(shape=shape), layer]), shape)
    assert abs(predicted).max() > 1e-3 and predicted.std() > 1e-3
    np.testing.assert_allclose(computed, predicted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", sorted(set(layers.ACTIVATIONS.values())))
def test_each_activation_as_a_layer_and_as_an_argument(name):
    check(Activation(name), (20,))
    check(Dense(8, activation=name), (5,))
    check(Conv2D(4, 3, activation=name), IMAGES)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("strides", "size"), list(itertools.product([1, 2, (2, 3)], [3, (2, 4)])))
def test_convolutions(padding, strides, size):
    check(Conv2D(4, size, strides, padding), IMAGES)
    check(Conv2DTranspose(4, size, strides, padding), IMAGES)
    check(MaxPooling2D(size, strides, padding), IMAGES)
    check(AveragePooling2D(size, strides, padding), IMAGES)


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_dilation(padding):
    check(Conv2D(4, 3, padding=padding, dilation_rate=(2, 1)), IMAGES)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_up_sampling(interpolation):
    check(UpSampling2D((2, 3), interpolation), IMAGES)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Dense(8), (5,)),
        (Dense(8, use_bias=False), (5,)),
        (Dense(8), (4, 5)),
        (Conv2D(4, 3, use_bias=False), IMAGES),
        (MaxPooling2D(), IMAGES),
        (LeakyReLU(0.2), (5,)),
        (ReLU(), (5,)),
        (Rescaling(2, offset=-1), (5,)),
        (Reshape((3, -1)), (6,)),
        (Flatten(), IMAGES),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, tuple) else str(value),
)
def test_other_layers(layer, shape):
    check(layer, shape)


@pytest.mark.parametrize("shape", [(5,), IMAGES])
def test_batch_normalization_is_one_product_and_one_sum(shape):
    """Its scale and shift are rounded to 16 bits, which the weights of the other layers here are already."""
    check(BatchNormalization(epsilon=0.1), shape, 3e-3)


def test_layers_of_several_inputs():
    a, b = Input(shape=(4,)), Input(shape=(4,))
    np.testing.assert_allclose(*both(Model([a, b], Add()([a, b])), (4,), (4,)), rtol=1e-5)
    a, b = Input(shape=(2, 3)), Input(shape=(2, 4))
    for axis in (-1, 2):
        np.testing.assert_allclose(*both(Model([a, b], Concatenate(axis)([a, b])), (2, 3), (2, 4)), rtol=1e-5)
    a, b = Input(shape=(2, 3)), Input(shape=(1, 3))
    np.testing.assert_allclose(*both(Model([a, b], Concatenate(1)([a, b])), (2, 3), (1, 3)), rtol=1e-5)


@pytest.mark.parametrize("layer", [Dropout(0.5), GaussianNoise(1.0)])
def test_what_does_nothing_in_prediction_is_left_out(layer):
    model = Sequential([Input(shape=(5,)), layer, Dense(3)])
    described = network(model, Arrays(), ["x"])
    assert [(call["layer"], call["inputs"], call["output"]) for call in described["calls"]] == [("Dense", [0], 1)]
    np.testing.assert_allclose(*both(model, (5,)), rtol=1e-5)


class Doubled(Dense):
    def call(self, x):
        return 2 * super().call(x)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ([GRU(3)], "decoder/gru: GRU"),
        ([Lambda(lambda x: x * x)], "decoder/lambda: Lambda"),
        ([Doubled(3)], "decoder/doubled: Doubled"),
        ([Dense(3, activation=lambda x: x * x, name="own")], "decoder/own: Dense with the activation <lambda>"),
        ([Activation("exponential")], "decoder/activation: Activation with the activation exp"),
        ([Reshape((2, 5, 1)), Conv2DTranspose(1, 3, dilation_rate=2)], "Conv2DTranspose with dilation_rate=(2, 2)"),
    ],
)
def test_what_a_page_does_not_have_is_refused_by_name(given, text):
    model = Sequential([Input(shape=(2, 5)), *given])
    with refused(ValueError, where="decoder cannot run in a page", expected="Conv2DTranspose", got=text):
        network(model, Arrays(), ["x"], "decoder")


def test_all_problems_are_listed_and_those_of_calls_too():
    x = Input(shape=(4,))
    h = Dropout(0.5)(BatchNormalization()(x, training=True), training=True)
    model = Model(x, Add()([Lambda(lambda x: x)(h), Dense(1)(h)]))
    with pytest.raises(ValueError) as caught:
        network(model, Arrays(), ["x"])
    lines = str(caught.value).split("got:")[1].split("fix:")[0].split("\n")
    assert [line.strip() for line in lines if line.strip()] == [
        "batch_normalization: BatchNormalization, called with training=True",
        "dropout: Dropout, called with training=True",
        "lambda: Lambda",
        "add: Add of several shapes",
    ]
