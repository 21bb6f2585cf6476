"""Lists of weights in Keras' order, weights by name, and files of older versions."""

import numpy as np
import pytest
from helpers.refusals import refused

from minigen import GRU, BatchNormalization, Concatenate, Conv2D, Dense, Flatten, Input, Layer, Model, ReLU, Sequential
from minigen.models.autoregressive.char_rnn import CharRNN
from minigen.storage import npz

X = np.random.default_rng(0).standard_normal((3, 4)).astype("float32")


def dense(name):
    return Dense(4, name=name)


def two_heads(x):
    logvar, mu = dense("logvar")(x), dense("mu")(x)
    return [mu, logvar]


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


def nested(x):
    inner = Input((4,))
    second, first = dense("second")(inner), dense("first")(inner)
    part = Model(inner, Concatenate()([first, second]), name="part")
    side = dense("side")(x)
    return [dense("out")(part(x)), side]


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


def test_an_order_does_not_matter_in_a_file(tmp_path):
    x = Input((4,))
    model = Model(x, two_heads(x))
    file = tmp_path / "w.npz"
    arrays = {
        path: np.random.default_rng(i).random(w.shape) for i, (path, w) in enumerate(model.named_weights().items())
    }
    npz.write(file, dict(sorted(arrays.items())), {"kind": "weights"})
    model.load_weights(file)
    for path, weight in model.named_weights().items():
        np.testing.assert_array_equal(weight.numpy(), arrays[path].astype("float32"))


# ---- by name


def test_weights_by_name():
    x = Input((4,))
    model = Model(x, nested(x))
    arrays = {
        path: np.random.default_rng(i).random(w.shape) for i, (path, w) in enumerate(model.named_weights().items())
    }
    model.set_weights(arrays)
    for path, weight in model.named_weights().items():
        np.testing.assert_array_equal(weight.numpy(), arrays[path].astype("float32"))
    layers = {layer.name: [a + 1 for a in layer.get_weights()] for layer in model.layers if layer.named_weights()}
    model.set_weights(layers)  # {layer.name: layer.get_weights() for layer in keras_model.layers}
    for path, weight in model.named_weights().items():
        np.testing.assert_allclose(weight.numpy(), arrays[path] + 1, rtol=1e-6)


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"mu": [np.ones((4, 4)), np.ones(4)]},
        {"mu": [np.ones((4, 4))], "logvar": [np.ones((4, 4)), np.ones(4)]},
        {"mu": [np.ones((4, 4)), np.ones(4), np.ones(4)], "logvar": [np.ones((4, 4)), np.ones(4)]},
        {"mu": [np.ones((4, 3)), np.ones(4)], "logvar": [np.ones((4, 4)), np.ones(4)]},
        {"my": [np.ones((4, 4)), np.ones(4)], "logvar": [np.ones((4, 4)), np.ones(4)]},
        [],
        [np.ones((4, 4))],
    ],
)
def test_weights_that_do_not_fit_change_nothing(arrays):
    x = Input((4,))
    model = Model(x, two_heads(x))
    before = model.get_weights()
    with refused(ValueError, "do not fit"):
        model.set_weights(arrays)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_what_is_no_list_of_weights_is_refused():
    model = Sequential([Input((4,)), Dense(2)])
    for wrong in (None, 3, "weights.npz", np.ones((2, 4)), iter([])):
        with refused(TypeError, "set_weights"):
            model.set_weights(wrong)
    with refused(TypeError, "weight dense/kernel"):
        model.set_weights([[[1], [1, 2]], np.zeros(2)])


# ---- no weights


def test_a_model_without_weights_takes_none(tmp_path):
    x = Input((4,))
    for model in (Sequential([Input((4,)), ReLU()]), Model(x, Flatten()(x)), Sequential([Flatten(), ReLU()]), ReLU()):
        model.set_weights([])
        model.set_weights({})
        model.save_weights(tmp_path / "none.npz")
        model.load_weights(tmp_path / "none.npz")
        with refused(ValueError, "unexpected"):
            model.set_weights([np.ones(3)])


class Composed(Layer):
    def __init__(self):
        super().__init__()
        self.inner = [Dense(3)]

    def call(self, x):
        return self.inner[0](x)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Dense(3),
        lambda: Sequential([Dense(3)]),
        lambda: Sequential([Flatten(), Sequential([Conv2D(3, 1)])]),
        Composed,
        BatchNormalization,
    ],
)
def test_weights_that_are_not_made_yet_are_said_to_be_so(make, tmp_path):
    npz.write(tmp_path / "w.npz", {"kernel": np.ones(3)}, {"kind": "weights"})
    layer = make()
    with refused(ValueError, "no weights yet"):
        layer.set_weights([])
    with refused(ValueError, "no weights yet"):
        layer.set_weights([np.ones(3)])
    with refused(ValueError, "no weights yet"):
        layer.load_weights(tmp_path / "w.npz")


def test_weights_fit_where_an_unused_layer_is_not_built():
    class Spare(Model):
        def __init__(self):
            super().__init__()
            self.used, self.spare = Dense(2), Dense(3)

        def call(self, x):
            return self.used(x)

    model = Spare()
    model(X)
    model.set_weights(model.get_weights())


# ---- the GRU


def test_the_two_biases_of_a_gru_are_one_weight_as_in_keras():
    layer = GRU(4)
    layer(np.ones((1, 2, 3), "float32"))
    assert [w.shape for w in layer.get_weights()] == [(3, 12), (4, 12), (2, 12)]
    assert list(layer.named_weights()) == ["kernel", "recurrent_kernel", "bias"]


def of_before(model):
    """The arrays as older versions wrote them."""
    arrays = {}
    for path, weight in model.named_weights().items():
        a = np.random.default_rng(len(arrays)).standard_normal(weight.shape).astype("float32")
        if a.ndim == 2 and path.endswith("bias"):
            arrays[path], arrays[path.removesuffix("bias") + "recurrent_bias"] = a
        else:
            arrays[path] = a
    return arrays


@pytest.mark.parametrize("kind", ["weights", "checkpoint"])
def test_files_of_before_with_two_biases_are_read(kind, tmp_path):
    nested_gru = Sequential(
        [Input((3, 5)), Sequential([Input((3, 5)), GRU(4, return_sequences=True)]), GRU(2), Dense(2)]
    )
    for model in (nested_gru, CharRNN("hello world", "gru", units=5, features=3)):
        arrays = of_before(model)
        if hasattr(model, "characters"):
            arrays["characters"] = model.characters.numpy()
        prefix = "weights/" if kind == "checkpoint" else ""
        npz.write(tmp_path / "old.npz", {prefix + k: a for k, a in arrays.items()}, {"kind": kind})
        model.load_weights(tmp_path / "old.npz")
        found = model.named_weights()
        biases = [path for path, w in found.items() if path.endswith("bias") and w.ndim == 2]
        assert biases
        for path in biases:
            np.testing.assert_array_equal(found[path].numpy()[0], arrays[path])
            np.testing.assert_array_equal(found[path].numpy()[1], arrays[path.removesuffix("bias") + "recurrent_bias"])


def test_biases_of_another_width_are_refused(tmp_path):
    model = Sequential([Input((3, 5)), GRU(4)])
    arrays = of_before(model) | {"gru/recurrent_bias": np.ones(9, "float32")}
    npz.write(tmp_path / "old.npz", arrays, {"kind": "weights"})
    with refused(ValueError, "do not fit"):
        model.load_weights(tmp_path / "old.npz")
