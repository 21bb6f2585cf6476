"""Operators between symbols: the numbers, the names in a graph, traces and drawings, and what they refuse."""

import copy
import operator

import numpy as np
import pytest
from helpers.draws import normal as draw
from helpers.refusals import refused

import minigen
from minigen import Dense, Input, Model, Tensor, gradcheck
from minigen.layers import Arithmetic

A, B = draw(5, 3), 1.5 + draw(5, 3, seed=1) ** 2

BOTH = {
    "a + b": lambda a, b: a + b,
    "a - b": lambda a, b: a - b,
    "a * b": lambda a, b: a * b,
    "a / b": lambda a, b: a / b,
    "b ** a": lambda a, b: b**a,
    "a + 2": lambda a, b: a + 2,
    "2 + a": lambda a, b: 2 + a,
    "a - 2.5": lambda a, b: a - 2.5,
    "2.5 - a": lambda a, b: 2.5 - a,
    "a * 3": lambda a, b: a * 3,
    "3 * a": lambda a, b: 3 * a,
    "a / 4": lambda a, b: a / 4,
    "4 / b": lambda a, b: 4 / b,
    "a ** 2": lambda a, b: a**2,
    "2 ** a": lambda a, b: 2**a,
    "-a": lambda a, b: -a,
    "+a": lambda a, b: +a,
    "NumPy's numbers": lambda a, b: np.float32(2) * a + np.float64(0.5) - np.int64(3) * b,
    "in place": lambda a, b: operator.iadd(a, b),
    "a residual": lambda a, b: 0.5 * (a - b) ** 2 + 1 / (1 + b),
}


@pytest.mark.parametrize("name", BOTH)
def test_a_graph_computes_what_numpy_does(xp, name):
    a, b = Input((3,)), Input((3,))
    model = Model([a, b], BOTH[name](a, b))
    np.testing.assert_allclose(model.predict([A, B]), BOTH[name](A.copy(), B), rtol=2e-6, atol=1e-6)
    np.testing.assert_allclose(model([Tensor(A), B]).numpy(), model.predict([A, B]), rtol=1e-6, atol=1e-7)


def test_integers_stay_integers_with_an_integer():
    ids = Input((3,), dtype="int64")
    assert (ids + 1).dtype == "int64" and (ids * 0.5).dtype.startswith("float")
    model = Model(ids, minigen.Embedding(5, 2)(ids + 1))
    assert model.predict(np.array([[0, 1, 2]])).shape == (1, 3, 2)


def test_gradients_through_a_graph_of_operators():
    a, b = Input((3,)), Input((3,))
    model = Model([a, b], Dense(2)(BOTH["a residual"](a, b))).astype("float64")
    gradcheck(
        lambda a, b: model([a, b]), [A.astype("float64"), B.astype("float64")], params=model.parameters(), order=2
    )


def residual():
    minigen.seed(0)
    x = Input((3,))
    h = Dense(3, "relu")(x)
    return Model(x, Dense(1)((x + h) * 0.5 + x))


def test_a_graph_names_them_by_their_operation(capsys):
    model = residual()
    names = list(model.names_in_graph.values())
    assert names == ["dense", "add", "multiply", "add_1", "dense_1"]
    model.summary()
    assert "multiply (Arithmetic)   (batch, 3)" in capsys.readouterr().out
    assert isinstance(model.get_layer("add"), Arithmetic) and model.get_layer("add").output.shape == (None, 3)


def test_traces_and_drawings_show_them():
    model = residual()
    model.compile("sgd", "mse")
    with minigen.trace() as t:
        model.train_on_batch(A, B[:, :1])
    ran = [row.op for row in t.rows if row.module == "Model" and row.op in ("Add", "Multiply")]
    assert ran == ["Add", "Multiply", "Add"]
    dot = minigen.to_dot(model(Tensor(A)).sum())
    assert 'label="Add' in dot and "Multiply(·, 0.5)" in dot


def test_training_is_the_same_as_with_layers():
    """x + h in a graph, and Add()([x, h])."""
    x = Input((3,))
    h = Dense(3, "relu")(x)
    other = Model(x, Dense(1)(minigen.Add()([minigen.Rescaling(0.5)(minigen.Add()([x, h])), x])))
    one = residual()
    other.set_weights(one.get_weights())
    for model in (one, other):
        model.compile("adam", "mse")
        model.fit(A, B[:, :1], epochs=3, shuffle=False, verbose=0)
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_model_is_used_inside_of_arithmetic():
    x = Input((3,))
    inner = residual()
    model = Model(x, 1 - inner(x))
    np.testing.assert_allclose(model.predict(A), 1 - inner.predict(A), rtol=1e-6)


def test_shapes_that_do_not_fit_are_refused():
    for a, b in ((Input((3,)), Input((4,))), (Input((3, 1)), Input((3,)))):
        with refused(ValueError, where="Arithmetic: shapes do not fit", got="(1, 3"):
            a + b
    assert (Input((3, 4)) * Input((3, 1))).shape == (None, 3, 4)


OPERANDS = {
    "an array": lambda x: x + np.ones(3, "float32"),
    "an array first": lambda x: np.ones(3) - x,
    "a Tensor": lambda x: x * Tensor(np.ones(3)),
    "a Tensor first": lambda x: Tensor(np.ones(3)) * x,
    "None": lambda x: x + None,
    "None first": lambda x: None + x,
    "text": lambda x: x + "1",
    "a bool": lambda x: x * True,
    "NaN": lambda x: x * np.nan,
    "infinity": lambda x: x / np.inf,
    "more than a float can hold": lambda x: x + 10**400,
    "a complex number": lambda x: x + 1j,
    "a list": lambda x: x + [1.0],
    "a layer": lambda x: x + Dense(3),
}


@pytest.mark.parametrize("name", OPERANDS)
def test_what_is_no_number_is_refused(name):
    with refused(TypeError, where="Input()"):
        OPERANDS[name](Input((3,)))


def test_the_methods_of_a_tensor_are_no_methods_of_a_symbol():
    for name in ("exp", "sum", "reshape", "flatten", "numpy"):
        with refused(AttributeError, where=f"Symbolic.{name}", fix=f"Lambda(lambda x: x.{name}(...))(x)"):
            getattr(Input((3,)), name)
    with pytest.raises(AttributeError, match="no attribute 'flibbertigibbet'"):
        Input((3,)).flibbertigibbet  # noqa: B018
    assert copy.deepcopy(Input((3,))).shape == (None, 3)


def test_the_layer_by_itself():
    np.testing.assert_allclose(Arithmetic("subtract", left=1)(A).numpy(), 1 - A)
    np.testing.assert_allclose(Arithmetic("Divide")([A, B]).numpy(), A / B, rtol=1e-6)
    with refused(ValueError, where="Arithmetic: operation", expected="'add'"):
        Arithmetic("modulo")
    with refused(ValueError, where="Arithmetic: two numbers", got="left=1, right=2"):
        Arithmetic("add", 1, 2)
    with refused(TypeError, where="add of what Input() returns", got="a str"):
        Arithmetic("add", right="2")
    with refused(ValueError, where="Arithmetic: inputs"):
        Arithmetic("add")(A)
