"""Weights of layers: as lists, by name, in files, of older versions, and lists that do not fit."""

import subprocess
import sys

import numpy as np
import pytest
from helpers.named_graphs import X, nested, two_heads
from helpers.processes import environment
from helpers.refusals import LAYOUT, refused
from helpers.small_model import ONES, compiled

from minigen import GRU, BatchNormalization, Conv2D, Dense, Flatten, Input, Layer, Model, ReLU, Sequential
from minigen.models.autoregressive.char_rnn import CharRNN
from minigen.storage import npz

# ---- by name


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


def test_a_dict_of_weights_may_hold_lists():
    model = compiled()
    model.set_weights({path: np.ones(w.shape).tolist() for path, w in model.named_weights().items()})
    assert all((w == 1).all() for w in model.get_weights())


def test_a_weight_that_a_dict_has_twice():
    model = compiled()
    before = model.get_weights()
    name = next(iter(model.named_weights())).partition("/")[0]
    both = {name: [np.ones_like(w) for w in before], f"{name}/kernel": np.zeros_like(before[0])}
    with refused(ValueError, f"{name}/kernel"):
        model.set_weights(both)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


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
    model.set_weights([w + 1 for w in model.get_weights()])
    assert (model.used.bias.numpy() == 1).all() and list(model.named_weights()) == ["used/kernel", "used/bias"]


def test_a_model_without_weights_yet_saves_nothing(tmp_path):
    model = Sequential([Dense(2)])
    with refused(ValueError, "it has no weights yet"):
        model.save_weights(tmp_path / "w.npz")
    assert not list(tmp_path.iterdir())
    model(ONES)
    model.save_weights(tmp_path / "w.npz")
    Sequential([Flatten()]).save_weights(tmp_path / "none.npz")  # it will never have any


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


# ---- what does not fit


def test_every_weight_that_does_not_fit_is_listed_at_once(model, saved):
    arrays, meta = npz.read(saved)
    del arrays["code/bias"], arrays["picture/bias"]
    arrays["code/kernel"] = np.zeros((4, 3))
    arrays["other/kernel"] = np.zeros((1, 2))
    npz.write(saved, arrays, meta)
    with pytest.raises(ValueError) as caught:
        model.load_weights(saved)
    parts = LAYOUT.fullmatch(str(caught.value))
    assert str(saved) in parts["where"] and "nothing was changed" in parts["where"]
    for problem in (
        "missing: code/bias (2,)",
        "missing: picture/bias (4,)",
        "unexpected: other/kernel (1, 2)",
        "wrong shape: code/kernel is (4, 2), got (4, 3)",
    ):
        assert problem in parts["got"]


def test_weights_for_a_model_that_is_not_built_yet(saved):
    with refused(ValueError, fix="Input"):
        Sequential([Dense(2, name="code"), Dense(4, name="picture")]).load_weights(saved)


@pytest.mark.parametrize(
    "spoil, got",
    [
        (lambda w: w[:-1], "missing: picture/bias"),
        (lambda w: [*w, w[0]], "unexpected: array 4"),
        (lambda w: [w[0], w[1][:, None], *w[2:]], "wrong shape: code/bias is (2,), got (2, 1)"),
        (lambda w: [*w[:3], np.full(4, "a")], "picture/bias"),
    ],
    ids=["too few", "too many", "a wrong shape", "text"],
)
def test_a_list_that_does_not_fit_is_refused_and_sets_no_weight(model, spoil, got):
    with refused((ValueError, TypeError), got=got):
        model.set_weights(spoil([w + 1 for w in model.get_weights()]))


@pytest.mark.parametrize(
    ("problem", "call", "error"),
    [
        ("set_weights", lambda: compiled().set_weights({0: np.ones(2)}), TypeError),
    ],
)
def test_a_weight_is_named_by_text(problem, call, error):
    with refused(error, problem):
        call()


def test_plain_files_import_no_format_of_others(tmp_path):
    code = """
import sys
from minigen import Dense, Input, Sequential, load_model
model = Sequential([Input((2,)), Dense(1)])
model.save_weights("w.npz"), model.load_weights("w.npz"), model.save("m.minigen"), load_model("m.minigen")
print(*(name for name in sys.modules if "interchange" in name or "hdf5" in name or "safetensors" in name))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("", "")


class Keyed(Model):
    """A layer in a dict: its key is in the paths of its weights."""

    def __init__(self, key):
        super().__init__()
        self.parts = {key: Dense(3)}

    def call(self, x):
        return next(iter(self.parts.values()))(x)


@pytest.mark.parametrize("name", ["w.npz", "w.weights.h5", "w.safetensors", "w.minigen"])
@pytest.mark.parametrize("key", ["a\0b", "\ud800", "a" * 70_000], ids=["NUL", "surrogate", "long"])
def test_a_path_that_a_file_cannot_hold_is_refused(key, name, tmp_path):
    model = Keyed(key)
    model(np.ones((2, 2), "float32"))
    with refused(ValueError, expected="characters other than NUL", fix="key of a dict"):
        (model.save if name == "w.minigen" else model.save_weights)(tmp_path / name)
    assert not list(tmp_path.iterdir())
