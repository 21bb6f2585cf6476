"""Sequential: with and without an Input, add(), and what is no layer."""

import numpy as np
import pytest
from helpers.draws import uniform as draw
from helpers.refusals import refused
from helpers.steps import X, steps

import minigen
from minigen import GRU, LSTM, Dense, Embedding, Flatten, Input, Model, ReLU, Sequential, Tensor


def at_once(n):
    return Sequential([Input((4,)), *[Dense(4) for _ in range(n)]])


def by_add(n):
    model = Sequential([Input((4,))])
    for _ in range(n):
        model.add(Dense(4))
    return model


def from_data(n):
    return Sequential([Dense(4) for _ in range(n)])


# ---- Sequential


def test_sequential_with_and_without_input(xp):
    layers = [Dense(4, "relu"), Dense(6, "sigmoid")]
    with_input = Sequential([Input((6,)), *layers])
    assert with_input.count_params() == 6 * 4 + 4 + 4 * 6 + 6

    without = Sequential([Dense(4, "relu"), Dense(6, "sigmoid")])
    assert without.weights() == []
    without(draw(2, 6))
    assert list(without.named_weights()) == list(with_input.named_weights())
    without.set_weights(with_input.get_weights())
    np.testing.assert_array_equal(without.predict(draw(3, 6)), with_input.predict(draw(3, 6)))


def test_sequential_add(xp):
    model = Sequential()
    for part in (Input((6,)), Dense(4), Dense(2)):
        model.add(part)
    assert model.predict(draw(3, 6)).shape == (3, 2) and model.count_params() == 6 * 4 + 4 + 4 * 2 + 2


def test_sequential_learns_its_shape_from_the_first_data(xp):
    model = Sequential([Dense(4), Dense(6)])
    model.compile("adam", "mse")
    model.fit(draw(8, 6), draw(8, 6), verbose=0)
    assert model.count_params() == 6 * 4 + 4 + 4 * 6 + 6


def test_paths_do_not_change_when_a_sequential_is_built():
    """Weights saved before the first call are found again after it."""
    x = Input((6,))
    encoder = Model(x, Dense(2)(x), name="encoder")
    z = Input((2,))
    decoder = Model(z, Dense(6)(z), name="decoder")
    model = Sequential([encoder, decoder])
    before = list(model.named_weights())
    model(draw(1, 6))
    assert list(model.named_weights()) == before


def test_a_layer_may_stand_twice_in_a_sequential():
    relu = ReLU()
    layers = [Dense(3), relu, Dense(3), relu, Dense(1)]
    model = Sequential([Input((4,)), *layers])
    x = draw(5, 4)
    want = x
    for layer in layers:
        want = layer(want)
    np.testing.assert_array_equal(model.predict(x), want.numpy())


def test_a_sequential_is_itself_after_every_add():
    model = Sequential([Input((4,))])
    np.testing.assert_array_equal(model(X).numpy(), X)
    for n in range(1, 4):
        model.add(Dense(3 + n))
        assert model.outputs.shape == (None, 3 + n) == model.output.shape and len(model.layers) == n
        assert model.predict(X).shape == (2, 3 + n) and len(model.weights()) == 2 * n
        assert [w.name for w in model.weights()][-1] == ("dense/bias" if n == 1 else f"dense_{n - 1}/bias")
    assert model.layers[0] is model.get_layer("dense") and isinstance(model(Tensor(X)), Tensor)


def test_names_after_add_are_those_of_the_whole_stack():
    model = Sequential([Input((4,)), Dense(3)])
    assert list(model.named_weights()) == ["dense/kernel", "dense/bias"]
    model.add(Dense(2, name="dense"))
    assert list(model.named_weights())[::2] == ["dense_1/kernel", "dense/kernel"]


# ---- a Sequential without an Input


def test_a_sequential_is_built_from_integer_data():
    x = np.arange(20).reshape(4, 5) % 16
    model = Sequential([Embedding(16, 8), LSTM(8), Dense(2)])
    model.compile("adam", "mse")
    model.fit(x, np.zeros((4, 2), "float32"), verbose=0)
    assert model.inputs.dtype == "int64" and model.predict(x).shape == (4, 2)
    nested = Sequential([Sequential([Embedding(16, 8)]), Flatten(), Dense(2)])
    assert nested(x.astype("uint8")).shape == (4, 2) and nested.inputs.dtype == "uint8"
    s = Input((5,), dtype="int32")
    assert Model(s, Sequential([Embedding(16, 8), GRU(3)])(s)).predict(x.astype("int32")).shape == (4, 3)
    with refused(TypeError, "no symbols"):
        Sequential([Embedding(16, 8), LSTM(8)])(x.astype("float32"))


# ---- what is no layer


@pytest.mark.parametrize(
    "code",
    [
        "Sequential(Dense(3))",
        "Sequential(3)",
        "Sequential(None)",
        "Sequential('ab')",
        "Sequential(Input((3,)))",
    ],
)
def test_an_argument_of_a_wrong_kind(code):
    with refused(TypeError, ""):
        eval(code, vars(minigen) | globals())


@pytest.mark.parametrize(
    ("problem", "call", "error"),
    [
        ("layers", lambda: Sequential(np.array(3)), TypeError),
    ],
)
def test_an_array_is_no_list_of_layers(problem, call, error):
    with refused(error, problem):
        call()


# ---- time


@pytest.mark.parametrize(("make", "most"), [(at_once, 2.2), (by_add, 4.4), (from_data, 2.2)])
def test_twice_the_layers_take_twice_the_work(make, most):
    """Each add() orders the whole graph again, so that with it the work is quadratic."""
    few, many = (steps(lambda n=n: (m := make(n))(X) is m.named_weights()) for n in (20, 40))
    assert many < most * few
