"""The order of features where images become rows: followed through the layers between, and refused where it is lost."""

import numpy as np
import pytest

from minigen import (
    Activation,
    Add,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Input,
    Lambda,
    LeakyReLU,
    Maximum,
    Model,
    Multiply,
    Reshape,
    Sequential,
)
from minigen.interchange.torch_order import Orders, image_order

IMAGE = image_order((2, 3, 4))
PLAIN = np.arange(24)


def orders_of(model, name):
    return Orders(model).of(dict(model.all_parts().layers)[name])


def test_the_order_of_an_image():
    here = np.arange(24).reshape(2, 3, 4)  # (rows, columns, channels)
    there = here.transpose(2, 0, 1).ravel()
    assert (there[IMAGE] == here.ravel()).all()
    assert (image_order((5, 1, 1)) == np.arange(5)).all()


def test_behind_a_flatten_it_reaches_the_kernel_through_the_layers_between():
    between = [LeakyReLU(), Dropout(0.1), BatchNormalization(), Activation("tanh"), Reshape((24,))]
    model = Sequential([Input((2, 3, 4)), Flatten(), *between, Dense(5), Dense(2)])
    rows, columns = orders_of(model, "dense")
    assert (rows == IMAGE).all() and (columns == np.arange(5)).all()
    assert (orders_of(model, "batch_normalization")[1] == IMAGE).all()
    assert (orders_of(model, "dense_1")[0] == np.arange(5)).all()


def test_before_a_reshape_it_reaches_the_kernel_from_behind():
    model = Sequential([Input((7,)), Dense(24), BatchNormalization(), Reshape((2, 3, 4)), Conv2D(2, 1)])
    rows, columns = orders_of(model, "dense")
    assert (rows == np.arange(7)).all() and (columns == IMAGE).all()


def test_it_passes_through_models_in_models():
    x = Input((2, 3, 4))
    encoder, head = Model(x, Flatten()(x)), Sequential([Input((24,)), Dropout(0.1), Dense(2)])
    model = Model(x, head(encoder(x)))
    assert (orders_of(model, "sequential/dense")[0] == IMAGE).all()


JOINED = {"Multiply": Multiply(), "Maximum": Maximum(), "Add": Add(), "2a - b": lambda ab: 2 * ab[0] - ab[1]}


@pytest.mark.parametrize("how", JOINED)
def test_it_passes_through_what_is_computed_element_by_element(how):
    gate = JOINED[how]
    x, y, one = Input((7,)), Input((2, 3, 4)), Input((1,))
    model = Model([x, one], Reshape((2, 3, 4))(gate([Dense(24, name="a")(x), Dense(24, name="b")(x)]) * one))
    assert (orders_of(model, "a")[1] == IMAGE).all() and (orders_of(model, "b")[1] == IMAGE).all()
    model = Model(y, Dense(2)(gate([Flatten()(y), Flatten()(y)])))
    assert (orders_of(model, "dense")[0] == IMAGE).all() and not Orders(model).problems


def test_a_function_before_a_reshape_is_a_problem():
    model = Sequential([Input((7,)), Dense(24), Lambda(lambda x: x[:, ::-1]), Reshape((2, 3, 4)), Conv2D(2, 1)])
    assert Orders(model).problems == ["Lambda: a layer that PyTorch has not, on features of an image"]


def test_features_that_are_joined_and_become_an_image_are_a_problem():
    x = Input((7,))
    model = Model(x, Conv2D(2, 1)(Reshape((2, 3, 4))(Concatenate()([Dense(12)(x), Dense(12)(x)]))))
    assert set(Orders(model).problems) == {"Concatenate: features in two orders, of different images"}


def test_joined_features_stand_one_after_the_other():
    x, y = Input((2, 3, 4)), Input((3,))
    model = Model([x, y], Dense(2)(Concatenate()([y, Flatten()(x)])))
    assert (orders_of(model, "dense")[0] == np.concatenate([np.arange(3), 3 + IMAGE])).all()


def test_sequences_are_flattened_alike():
    model = Sequential([Input((6, 4)), Dense(4), Flatten(), Dense(2)])
    assert (orders_of(model, "dense_1")[0] == PLAIN).all() and not Orders(model).problems


@pytest.mark.parametrize(
    "layers, problem",
    [
        ([Input((2, 3, 4)), Flatten()], "an input or output that is a flattened image"),
        ([Input((24,)), Reshape((2, 3, 4))], "an input or output that is a flattened image"),
        ([Input((2, 3, 4)), Flatten(), Reshape((2, 4, 3)), Conv2D(1, 1)], "features in two orders"),
        ([Input((2, 3, 4)), Reshape((6, 4)), Dense(2)], "images (2, 3, 4) to (6, 4)"),
        ([Input((2, 3, 4)), Flatten(), Reshape((6, 4)), Dense(2)], "features in two orders"),
    ],
)
def test_where_the_order_is_lost_it_is_a_problem(layers, problem):
    assert problem in Orders(Sequential(layers)).problems[0]


def test_a_layer_for_two_orders_is_a_problem():
    x, y = Input((2, 3, 4)), Input((24,))
    dense = Dense(2)
    orders = Orders(model := Model([x, y], [dense(Flatten()(x)), dense(y)]))
    orders.of(model.get_layer("dense"))
    assert orders.problems == ["Dense: used twice, on features in two orders"]


@pytest.mark.parametrize("shape", [(28, 28, 1), (1, 1, 8)])
def test_images_of_one_channel_or_one_pixel_need_no_order(shape):
    model = Sequential([Input((int(np.prod(shape)),)), Reshape(shape), Conv2D(1, 1), Flatten()])
    assert Orders(model).problems == []
