"""The symbolic graph: what Input() returns, what cannot be done with it, and Keras' order of the layers."""

import numpy as np
import pytest
from helpers.images import KERNEL
from helpers.named_graphs import X, dense, nested, two_heads
from helpers.numpy_functions import NUMPY_FUNCTIONS
from helpers.refusals import refused
from helpers.small_model import X as ROWS

import minigen
from minigen import Concatenate, Dense, Input, Model, losses


def join(x):
    a, b = dense("a")(x), dense("b")(x)
    return dense("out")(Concatenate()([b, a]))


def long_way_last(x):
    a, b1, b2 = dense("a"), dense("b1"), dense("b2")
    first = a(x)
    return dense("out")(Concatenate()([first, b2(b1(x))]))


def long_way_first(x):
    a, b1, b2 = dense("a"), dense("b1"), dense("b2")
    first = a(x)
    return dense("out")(Concatenate()([b2(b1(x)), first]))


def shared(x):
    twice, a, b = dense("twice"), dense("a"), dense("b")
    h = a(x)
    return [b(twice(h)), twice(x)]


def shared_at_two_depths(x):
    twice, a, b, p = dense("twice"), dense("a"), dense("b"), dense("p")
    deep = b(a(twice(x)))
    return [twice(p(x)), deep, dense("q")(x)]


def skip(x):
    early = dense("early")(x)
    h = dense("h2")(dense("h1")(x))
    return dense("out")(Concatenate()([early, h, x]))


def three_levels(x):
    late, early = dense("late")(x), dense("early")(x)
    middle = dense("middle")(early)
    return [middle, dense("top")(middle), late]


KERAS = {  # what Keras 3.15.1 lists for the same graph
    two_heads: "mu logvar",
    join: "b a out",
    long_way_last: "b1 a b2 out",
    long_way_first: "b1 b2 a out",
    shared: "a twice b",
    shared_at_two_depths: "p twice a b q",
    skip: "h1 early h2 out",
    nested: "part/first part/second out side",
    three_levels: "early middle top late",
}


# ---- Keras' order of the layers


@pytest.mark.parametrize("graph", KERAS, ids=lambda f: f.__name__)
def test_weights_are_listed_as_in_keras(graph):
    x = Input((4,))
    model = Model(x, graph(x))
    want = [f"{name}/{kind}" for name in KERAS[graph].split() for kind in ("kernel", "bias")]
    assert list(model.named_weights()) == want == [w.name for w in model.weights()]
    assert [w.shape for w in model.get_weights()] == [w.shape for w in model.weights()]
    names = list(dict.fromkeys(name.partition("/")[0] for name in KERAS[graph].split()))
    assert [layer.name for layer in model.layers if layer.named_weights()] == names


def test_a_list_of_keras_goes_to_the_right_head():
    x = Input((4,))
    model = Model(x, two_heads(x))
    mu, logvar = np.full((4, 4), 1.0), np.full((4, 4), 2.0)
    model.set_weights([mu, np.zeros(4), logvar, np.zeros(4)])  # Keras' get_weights()
    np.testing.assert_array_equal(model.get_layer("mu").kernel.numpy(), mu)
    np.testing.assert_array_equal(model.get_layer("logvar").kernel.numpy(), logvar)
    a, b = model.predict(X)
    np.testing.assert_allclose(b, 2 * a, rtol=1e-6)


def test_names_are_given_in_the_order_of_making():
    """So that files that were written before lists were in Keras' order are read as they were."""
    x = Input((4,))
    first, second = Dense(4), Dense(4)
    one, two = first(x), second(x)
    model = Model(x, [two, one])
    assert model.layers == [second, first]
    assert list(model.named_weights()) == ["dense_1/kernel", "dense_1/bias", "dense/kernel", "dense/bias"]
    assert model.get_layer("dense") is first and model.get_layer("dense_1") is second


# ---- what Input() refuses


@pytest.mark.parametrize(
    "code",
    [
        "Input((3,), dtype='flot')",
    ],
)
def test_an_argument_of_a_wrong_kind(code):
    with refused(TypeError, ""):
        eval(code, vars(minigen) | globals())


@pytest.mark.parametrize(
    "code",
    [
        "Input((True,))",
        "Input((3, [1, 2]))",
        "Input((np.float32(3),))",
        "Input(None)",
    ],
)
def test_a_number_that_cannot_be(code):
    with refused(ValueError, ""):
        eval(code, vars(minigen) | globals())


INPUTS = {
    "dtype": lambda: Input((4,), dtype=object),
    "dtype of text": lambda: Input((4,), dtype="S3"),
    "dtype of a class": lambda: Input((4,), dtype=Dense),
    "name": lambda: Input((4,), name=5),
}


@pytest.mark.parametrize("argument", INPUTS)
def test_what_an_input_is_not(argument):
    with refused(TypeError, argument.split()[0]):
        INPUTS[argument]()
    assert Input((4,), dtype=None).dtype == "float32"


# ---- what cannot be done with it


@pytest.mark.parametrize("name", NUMPY_FUNCTIONS)
def test_a_numpy_function_on_a_symbolic_tensor(name):
    with refused(TypeError, where="Input()", expected="a layer", fix="Layer"):
        NUMPY_FUNCTIONS[name](Input((4,)))


OPERATORS = {
    "@": lambda x: x @ ROWS.T,
    "array @": lambda x: ROWS @ x,
    "abs": abs,
    ">": lambda x: x > 0,
    "<=": lambda x: x <= 0,
    "[]": lambda x: x[0],
    "%": lambda x: x % 2,
    "number //": lambda x: 2 // x,
    "~": lambda x: ~x,
    "round": round,
    "float": float,
}


@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator_on_a_symbolic_tensor(name):
    with refused(TypeError, where="Input()", expected="a layer", fix="Layer"):
        OPERATORS[name](Input((4,)))


@pytest.mark.parametrize(("name", "fix"), [("T", "x.T)(x)"), ("sum", "x.sum(...))(x)")])
def test_what_a_tensor_has_and_a_symbol_has_not(name, fix):
    with refused(AttributeError, where=f"Symbolic.{name}", fix=f"Lambda(lambda x: {fix}"):
        getattr(Input((4,)), name)


MINIGEN_FUNCTIONS = {
    "exp": minigen.exp,
    "relu": minigen.relu,
    "mean": minigen.mean,
    "concatenate": lambda x: minigen.concatenate([x, x]),
    "reparameterise": lambda x: minigen.reparameterise(x, x),
    "loss": lambda x: losses.mean_squared_error(ROWS, x),
    "conv2d": lambda x: minigen.conv2d(x, KERNEL),
    "max_pool2d": minigen.max_pool2d,
    "up_sampling2d": minigen.up_sampling2d,
}


@pytest.mark.parametrize("name", MINIGEN_FUNCTIONS)
def test_a_minigen_function_on_a_symbolic_tensor(name):
    """Functions compute, layers build: Activation(minigen.exp)(x), or a Layer."""
    with refused(TypeError, where="Input()", fix="Layer"):
        MINIGEN_FUNCTIONS[name](Input((4,)))
