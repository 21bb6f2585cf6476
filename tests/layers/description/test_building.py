"""Models made from descriptions, and descriptions that are wrong."""

import copy
import json

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import LSTM, Concatenate, Dense, Dropout, Input, Layer, Model, Reshape, Sequential
from minigen.layers.description.building import build
from minigen.layers.description.writing import Writer, describe
from minigen.layers.weights import weights_from_file


class Scale(Layer):
    """A weight of its own and a layer that is made when it is built."""

    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def build(self, input_shape):
        self.s = self.add_weight("s", (input_shape[-1],), "ones")
        self.inner = Dense(2)

    def call(self, x):
        return self.inner(x * self.s * self.factor)


def graph():
    a, b = Input((4,), name="a"), Input((2,), dtype="float32")
    h, c, d = LSTM(2, return_state=True)(Reshape((2, 2))(a), initial_state=[b, b])
    inner = Model(a, Dense(2, "tanh", name="code")(a), name="inner")
    joined = Concatenate()([inner(a), Scale(2.0)(a), Dropout(0.5)(h, training=True), c])
    return Model([a, b], [Dense(2)(joined), d], fuse=False)


def again(model, custom_objects=None):
    writer = Writer(model, compiled=True)
    description = json.loads(json.dumps({k: v for k, v in writer.description.items() if k != "arrays"}))
    return build(
        description | {"arrays": writer.arrays}, {"Scale": Scale} if custom_objects is None else custom_objects
    )


def test_a_graph_comes_back(xp):
    model = graph()
    model.get_layer("inner").layers[0].kernel.requires_grad = False
    model.compile("adam", ["mse", None and "mse" or "mae"], [["accuracy"], None])
    found = again(model)
    assert found.describe() == model.describe() and list(found.named_weights()) == list(model.named_weights())
    assert not found.get_layer("inner").layers[0].kernel.requires_grad
    assert found.loss == model.loss and [n for n, _, _ in found.metrics] == [n for n, _, _ in model.metrics]
    found.set_weights(model.get_weights())
    x = [np.ones((2, 4), "float32"), np.ones((2, 2), "float32")]
    minigen.seed(1)
    y = model(x)
    minigen.seed(1)
    assert all((a.numpy() == b.numpy()).all() for a, b in zip(y, found(x), strict=True))
    assert (y[0].numpy() != model(x)[0].numpy()).any()  # the dropout of the graph
    assert found.get_layer("dense").output.shape == (None, 2) and found.layers[0].name == model.layers[0].name


def test_precision_and_layers_that_wait_for_data_come_back():
    model = graph().astype("float64")
    found = again(model)
    assert {w.dtype for w in found.weights()} == {np.dtype("float64")} and found.dtype == "float64"
    model = Sequential([Dense(3), Scale(1.0)])
    assert again(model).unbuilt() == model.unbuilt() == ["Dense", "Scale"]


def test_nothing_is_computed(monkeypatch):
    model = graph()
    description, whole = describe(model), model.describe()
    monkeypatch.setattr(Layer, "__call__", lambda self, *args, **keywords: pytest.fail("a layer was called"))
    assert build(description, {"Scale": Scale}).describe() == whole


def test_unknown_names_are_listed_at_once():
    x = Input((2,))

    def own(a):
        return a

    model = Model(x, Dense(2, activation=own)(Scale(1.0)(x)))
    with refused(ValueError, got="none", fix="custom_objects={'Scale': Scale, 'own': own}"):
        again(model, {})
    with refused(TypeError, "custom_objects"):
        again(model, {"Scale": 3})
    with refused(TypeError, "custom_objects"):
        again(model, [Scale])
    assert again(model, {"Scale": Scale, "own": own}).layers[1].activation is own


def test_another_class_of_that_name_is_refused():
    class Scale(Layer):
        def __init__(self, factor, name=None):
            super().__init__(name)

        def call(self, x):
            return x

    with refused(ValueError):
        again(graph(), {"Scale": Scale})


VALUES = [
    None,
    True,
    -1,
    3,
    10**12,
    10**30,
    0.5,
    "text",
    [],
    {},
    [[[]]],
    {"ref": 0},
    {"ref": 99},
    {"symbol": [0, 0]},
    {"tuple": [1]},
]


def places(value, path=()):
    if isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*path, key)
            yield from places(inner, (*path, key))


def test_a_wrong_value_anywhere_is_refused_or_gives_a_model():
    """Every place of a description, each with several values of other kinds: 400 wrong descriptions."""
    description = describe(graph())
    json_part = {k: v for k, v in description.items() if k != "arrays"}
    rng, everywhere, refusals = np.random.default_rng(0), list(places(json_part)), 0
    for number in range(400):
        changed = copy.deepcopy(json_part)
        *path, last = everywhere[number * len(everywhere) // 400]
        where = changed
        for key in path:
            where = where[key]
        where[last] = VALUES[int(rng.integers(len(VALUES)))]
        with weights_from_file(1000):
            try:
                build(changed | {"arrays": {}}, {"Scale": Scale})
            except (ValueError, TypeError) as error:
                refusals += 1
                assert "expected:" in str(error) and "fix:" in str(error)
    assert refusals > 250


def test_circles_are_refused():
    description = describe(graph())
    calls = [i for i, step in enumerate(description["steps"]) if "call" in step]
    description["steps"][calls[0]]["x"] = {"symbol": [calls[-1], 0]}
    with refused(ValueError, "the number of an earlier step"):
        build(description, {"Scale": Scale})


def test_deep_values_are_refused():
    description = describe(Sequential([Input((2,)), Dense(2)]))
    deep = 1
    for _ in range(20_000):
        deep = {"tuple": [deep]}
    description["steps"][0]["config"]["activation"] = deep
    with refused(ValueError, got="RecursionError"):
        build(description)


@pytest.mark.parametrize("units", [10**6, 10**12, 10**30])
def test_weights_that_are_not_in_the_file_are_not_made(units):
    description = describe(Sequential([Input((4,)), Dense(2)]))
    for step in description["steps"]:
        if step.get("class") == "minigen.Dense":
            step["config"]["units"] = units
    with weights_from_file(10), refused(ValueError, "at most the 10 numbers left"):
        build(description)
