"""Layer.__call__: what comes in, what stands behind the first argument, and what call() may return."""

import numpy as np
import pytest
from helpers.draws import normal as draw
from helpers.refusals import refused
from helpers.small_model import X

import minigen
from minigen import (
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Input,
    Layer,
    Model,
    Reshape,
    Sequential,
    Tensor,
    models,
)

ONES = np.ones((4, 20), "float32")


# ---- what a layer is called with


@pytest.mark.parametrize("x", [draw(2, 3).tolist(), draw(2, 3), draw(2, 3, dtype="float64"), Tensor(draw(2, 3))])
def test_lists_arrays_and_tensors(x):
    minigen.seed(0)
    y = Dense(4)(x)
    minigen.seed(0)
    assert str(y.dtype) == "float32"
    np.testing.assert_array_equal(y.numpy(), Dense(4)(draw(2, 3)).numpy())


def test_astype_casts_weights_and_what_comes_in(xp):
    layer = Dense(3)
    layer(draw(2, 4))
    assert layer.astype("float64") is layer
    y = layer(draw(2, 4))
    y.sum().backward()
    assert str(y.dtype) == str(layer.kernel.dtype) == str(layer.kernel.grad.dtype) == "float64"


def test_a_float64_layer_in_a_new_model():
    """astype holds for symbolic tensors too: Input is float32 unless told otherwise."""
    x = Input((4,))
    layer = Dense(3)
    layer(draw(2, 4))
    model = Model(x, layer.astype("float64")(x))
    assert model.layers == [layer]


LAYERS = {
    "Flatten": Flatten,
    "Reshape": lambda: Reshape((4,)),
    "Dense": lambda: Dense(2),
    "Dropout": lambda: Dropout(0.5),
    "BatchNormalization": BatchNormalization,
    "Conv2D": lambda: Conv2D(2, 3),
}


@pytest.mark.parametrize("name", LAYERS)
def test_what_is_no_batch_is_answered(name):
    for no_batch in (2.5, np.float32(2.5), {}):
        with refused((TypeError, ValueError), f"{name}: "):
            LAYERS[name]()(no_batch)


# ---- several arguments


class Mix(Layer):
    """x + weight y + more"""

    def build(self, input_shape):
        self.s = self.add_weight("s", (input_shape[-1],), "ones")

    def call(self, x, y, weight=2.0, *, more=None):
        return x * self.s + y * weight + (0.0 if more is None else more["here"][0])


A, B = draw(3, 4), draw(3, 4, seed=1)


def test_an_own_layer_gets_all_of_its_arguments(xp):
    mix = Mix()
    np.testing.assert_allclose(mix(A, B).numpy(), A + 2 * B, rtol=1e-6)
    np.testing.assert_allclose(mix(A, y=B, weight=3.0).numpy(), A + 3 * B, rtol=1e-6)
    np.testing.assert_allclose(mix(A, B, 0.0, more={"here": [A]}).numpy(), 2 * A, rtol=1e-6)
    assert isinstance(mix(Tensor(minigen.backend.asarray(A)), B), Tensor)


def test_a_graph_keeps_the_arguments_as_they_were_given():
    a, b, mix = Input((4,)), Input((4,)), Mix()
    for y, want in (
        (mix(a, b), A + 2 * B),
        (mix(b, a), B + 2 * A),
        (mix(a, y=b, weight=3.0), A + 3 * B),
        (mix(a, b, more={"here": [b]}), A + 3 * B),
        (mix(a, B[:1]), A + 2 * B[:1]),  # an array is a constant of the graph
        (mix(a, a, training=True), 3 * A),
    ):
        inputs = [i for i in (a, b) if i in y.call.inputs]
        given = [A if i is a else B for i in inputs]
        found = Model(inputs if len(inputs) > 1 else inputs[0], y).predict(given if len(given) > 1 else given[0])
        np.testing.assert_allclose(found, want, rtol=1e-5)


def test_a_list_of_one_stays_a_list():
    class First(Layer):
        def call(self, xs):
            assert isinstance(xs, list)
            return xs[0] * 2

    a = Input((4,))
    np.testing.assert_array_equal(Model(a, First()([a])).predict(A), 2 * A)


def test_gradients_pass_through_every_argument():
    x, y = (Tensor(a, requires_grad=True) for a in (A, B))
    a, b = Input((4,)), Input((4,))
    Model([a, b], Mix()(a, y=b))([x, y]).sum().backward()
    np.testing.assert_array_equal(x.grad, np.ones((3, 4)))
    np.testing.assert_array_equal(y.grad, np.full((3, 4), 2))


def test_an_own_model_with_two_arguments():
    class Pair(Model):
        def __init__(self):
            super().__init__()
            self.mix = Mix()

        def call(self, x, y, training=False):
            return self.mix(x, y, 5.0 if training else 1.0)

    model, a, b = Pair(), Input((4,)), Input((4,))
    np.testing.assert_allclose(model(A, B).numpy(), A + B, rtol=1e-6)
    np.testing.assert_allclose(model(A, B, True).numpy(), A + 5 * B, rtol=1e-6)
    np.testing.assert_allclose(Model([a, b], model(a, b)).predict([A, B]), A + B, rtol=1e-6)
    np.testing.assert_allclose(Model([a, b], model(a, y=b, training=True)).predict([A, B]), A + 5 * B, rtol=1e-6)


def test_a_truth_value_that_call_needs_is_no_training():
    class Flip(Layer):
        def call(self, x, flip):
            return -x if flip else x

    np.testing.assert_array_equal(Flip()(A, True).numpy(), -A)
    np.testing.assert_array_equal(Flip()(A, False, True).numpy(), A)


def test_a_boolean_belongs_to_the_argument_at_its_place():
    class Scaled(Layer):
        def call(self, x, factor=None, negative=True, training=False):
            return x * (-1.0 if negative else 1.0) + (10.0 if training else 0.0)

    x = np.ones((1, 2), "float32")
    assert Scaled()(x, None, False).numpy().tolist() == [[1, 1]]
    assert Scaled()(x, None, False, True).numpy().tolist() == [[11, 11]]
    assert Scaled()(x, None, False, training=True).numpy().tolist() == [[11, 11]]


# ---- what nothing takes


@pytest.mark.parametrize(
    "call",
    [
        lambda layer: layer(ONES, ONES),
        lambda layer: layer(ONES, np.zeros(4, int)),
        lambda layer: layer(ONES, [0, 1, 2, 3]),
        lambda layer: layer(ONES, 1),
        lambda layer: layer(ONES, True, False),
        lambda layer: layer(ONES, ONES, True),
        lambda layer: layer(ONES, training=ONES),
        lambda layer: layer(ONES, training="yes"),
        lambda layer: layer(Tensor(ONES), Tensor(ONES)),
        lambda layer: layer(Input((20,)), Input((20,))),
        lambda layer: layer(ONES, True, training=True),
    ],
)
def test_what_a_layer_does_not_take_is_refused(call):
    for layer in (Dense(3), Dropout(0.5), BatchNormalization(), Sequential([Input((20,)), Dense(3)]), Flatten()):
        with refused(TypeError, "wrong arguments"):
            call(layer)


def test_labels_in_a_call_are_refused_by_every_model():
    for model, x in (
        (models.fc_autoencoder(), np.zeros((4, 784), "float32")),
        (models.vae(2), np.zeros((4, 784), "float32")),
    ):
        with refused(TypeError, "model.fit(x, y) for labels"):
            model(x, np.zeros(4))
        with refused(TypeError, "'y'"):
            model(x, y=np.zeros(4))


def test_a_name_that_call_does_not_have_is_refused():
    with refused(TypeError, "training=..."):
        Dense(3)(ONES, trainin=True)
    with refused(TypeError, "'mask'"):
        Dense(3)(Input((20,)), mask=ONES)


# ---- what call() returns


def own(base, result):
    class Own(base):
        def call(self, x):
            return result

    return Own()


@pytest.mark.parametrize("base", [Layer, Model])
@pytest.mark.parametrize("result", [None, {"a": 1}, 3.0, "s", [1, 2], [], np.float32(2.0)], ids=repr)
def test_a_call_that_returns_no_tensor_is_answered(base, result):
    with refused(TypeError, "Own.call returned"):
        own(base, result)(X)
    with refused(TypeError, "Own.call returned"):
        own(base, result)(Input(shape=(4,)))


def test_a_call_without_an_input_is_answered():
    class Own(Layer):
        def call(self):
            return 1

    with refused(TypeError, "Own: wrong arguments"):
        Own()(X)
