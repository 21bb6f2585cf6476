"""Lambda: any function as a layer, but none that hides weights."""

import functools

import numpy as np
import pytest
from helpers.draws import normal as draw
from helpers.refusals import refused

import minigen
from minigen import Activation, Dense, Input, Lambda, Model, Tensor

X = draw(5, 4)


def double(x):
    return 2 * x


class Own:
    def __call__(self, x):
        return x + 1


FUNCTIONS = {
    "a slice": (lambda x: x[:, 1:], X[:, 1:]),
    "a function of minigen": (minigen.exp, np.exp(X)),
    "a function": (double, 2 * X),
    "a partial": (functools.partial(minigen.clip, low=0.0), X.clip(0)),
    "an object": (Own(), X + 1),
    "a method": (Own().__call__, X + 1),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_is_the_function_in_graphs_and_by_itself(xp, name):
    function, expected = FUNCTIONS[name]
    np.testing.assert_allclose(Lambda(function)(X).numpy(), expected, rtol=1e-6)
    x = Input((4,))
    model = Model(x, Lambda(function, name="mine")(x))
    assert model.output.shape == (None, *expected.shape[1:]) and model.get_layer("mine").weights == []
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-6)


def test_several_inputs_and_outputs():
    a, b = Input((4,)), Input((4,))
    product = Lambda(lambda ab: (ab[0] * ab[1]).sum(-1, keepdims=True))([a, b])
    np.testing.assert_allclose(Model([a, b], product).predict([X, X]), (X * X).sum(-1, keepdims=True), rtol=1e-6)
    mu, logvar = Lambda(lambda h: minigen.split(h, [2, 2], axis=1))(a)
    parts = Model(a, [mu, logvar]).predict(X)
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), X)


def test_what_is_no_function_is_refused():
    for wrong in ("relu", None, 3):
        with refused(TypeError, where="Lambda: function", expected="a function"):
            Lambda(wrong)


def test_a_function_that_hides_weights_is_refused():
    dense, scale = Dense(3), Tensor([2.0], requires_grad=True)
    for function in (lambda x: dense(x), lambda x: x * scale):
        with refused(ValueError, where="would be neither trained nor saved", fix="a Layer with"):
            Lambda(function)
    module = {"hidden": dense, "minigen": minigen}
    with refused(ValueError, where="Lambda 'mine': hidden"):
        Lambda(eval("lambda x: hidden(x)", module), name="mine")
    frozen = Tensor([2.0])
    np.testing.assert_allclose(Lambda(lambda x: x * frozen)(X).numpy(), 2 * X)


def test_the_name_of_an_attribute_is_that_of_no_variable():
    """A global called `mean` is a layer, and x.mean another thing; the class Tensor holds no weights."""
    found = {"mean": Dense(3), "Tensor": Tensor}
    assert Lambda(eval("lambda x: x.mean(axis=-1)", found))(X).shape == (5,)
    assert Lambda(eval("lambda x: x if isinstance(x, Tensor) else Tensor(x)", found))(X).shape == (5, 4)


def test_a_function_inside_of_the_function_hides_weights_too():
    with refused(ValueError, where="hidden would be neither trained nor saved"):
        Lambda(eval("lambda x: (lambda z: hidden(z))(x)", {"hidden": Dense(3)}))


class Holder:
    """An object, not a layer, with whatever it is given."""

    def __init__(self, **attributes):
        vars(self).update(attributes)

    def __call__(self, x):
        return self.parts[0](x)


def applied(layer, x):
    return layer(x)


def test_weights_in_a_list_a_dict_or_an_object_are_hidden_too():
    dense, weight = Dense(3), Tensor([2.0], requires_grad=True)
    parts, named, holder = [(dense,)], {"a": {"k": dense}}, Holder(parts=[dense], scale=2.0)
    hiding = [lambda x: parts[0][0](x), lambda x: named["a"]["k"](x), lambda x: holder.parts[0](x), holder]
    hiding += [holder.__call__, functools.partial(applied, dense), functools.partial(lambda x, by: x * by, by=weight)]
    for function in hiding:
        with refused(ValueError, where="would be neither trained nor saved", fix="a Layer with"):
            Lambda(function)
    factors, plain = {"a": [2.0, Tensor([2.0])]}, Holder(scale=2.0, names=["a"])
    np.testing.assert_allclose(Lambda(lambda x: x * factors["a"][1] * plain.scale)(X).numpy(), 4 * X)


def test_an_activation_is_a_function_too():
    np.testing.assert_array_equal(Activation(minigen.tanh)(X).numpy(), Lambda(minigen.tanh)(X).numpy())


@pytest.mark.parametrize("function", [lambda: 1, lambda a, b: a + b])
def test_a_function_takes_one_argument(function):
    with refused(TypeError, where="Lambda: function", fix="xs[0]"):
        Lambda(function)
