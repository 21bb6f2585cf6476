"""MultiHeadAttention in the files of Keras: those that Keras has written (golden/make_attention.py), and our own."""

import json
import zipfile

import numpy as np
import pytest
from helpers.interchange import FOLDER
from helpers.refusals import refused

import minigen
from minigen import Dense, Input, Model, MultiHeadAttention, PositionEmbedding
from minigen.storage import hdf5

with np.load(FOLDER.parent / "attention.npz") as file:
    X, Y = ([file[f"keras/{name}"] for name in names] for names in (("x0", "x1", "x2"), ("y0", "y1")))


def check_predictions(model):
    """Equal but for float32's rounding in two attentions, one behind the other, of numbers up to 3."""
    for found, expected in zip(model(X), Y, strict=True):
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5, atol=1e-5)


def test_a_model_of_keras_computes_the_same():
    model = minigen.load_model(FOLDER / "keras_attention.keras")
    check_predictions(model)
    layer = model.layers[0]
    assert (layer.dropout, layer.value_dim, layer.output_shape) == (0.1, 4, 6)
    for w in model.weights:
        w.assign(np.zeros(w.shape))
    model.load_weights(FOLDER / "keras_attention.weights.h5")
    check_predictions(model)


def test_a_model_comes_back_from_files_of_its_own(tmp_path):
    model = minigen.load_model(FOLDER / "keras_attention.keras")
    model.save(tmp_path / "own.keras")
    check_predictions(minigen.load_model(tmp_path / "own.keras"))
    model.save_weights(tmp_path / "own.weights.h5")
    own, theirs = (
        hdf5.read(path.read_bytes(), path)
        for path in (tmp_path / "own.weights.h5", FOLDER / "keras_attention.weights.h5")
    )
    arrays = {name: a for name, a in theirs.items() if "seed_generator" not in name}
    assert sorted(own) == sorted(arrays) and all((own[name] == arrays[name]).all() for name in arrays)


def config_of(model, path):
    """The configs of the layers, as they stand in a .keras file, by name."""
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        layers = json.loads(archive.read("config.json"))["config"]["layers"]
    return {layer["name"]: layer for layer in layers}


def test_arguments_stand_under_their_names_and_shapes_are_those_of_all_inputs(tmp_path):
    """What Keras has between key and attention_mask are other arguments."""
    a, b = Input((5, 6), name="a"), Input((4, 3), name="b")
    mask = Input((5, 4), dtype="bool", name="mask")
    layer = MultiHeadAttention(2, 3, name="it")
    found = config_of(Model([a, b, mask], layer(a, b, b, mask, use_causal_mask=True)), tmp_path / "m.keras")["it"]
    (node,) = found["inbound_nodes"]
    assert [value["config"]["keras_history"][0] for value in node["args"]] == ["a"]
    names = {name: v if isinstance(v, bool) else v["config"]["keras_history"][0] for name, v in node["kwargs"].items()}
    assert names == {"value": "b", "key": "b", "attention_mask": "mask", "use_causal_mask": True}
    shapes = {"query_shape": [None, 5, 6], "value_shape": [None, 4, 3], "key_shape": [None, 4, 3]}
    assert found["build_config"] == {"shapes_dict": shapes}


def test_what_the_other_side_has_not_is_refused(tmp_path):
    x = Input((5, 6))
    mask = np.tri(5, dtype=bool)
    model = Model(x, MultiHeadAttention(2, 3)(x, x, attention_mask=mask))
    with refused(ValueError, got="an argument that is no output of a layer"):
        model.save(tmp_path / "m.keras")
    with refused(ValueError, got="PositionEmbedding is no layer of Keras"):
        Model(x, PositionEmbedding(5)(x)).save(tmp_path / "m.keras")


@pytest.mark.parametrize("setting, value", [("use_gate", True), ("attention_axes", [1, 2]), ("sliding_window", 3)])
def test_settings_that_minigen_has_not_are_refused(setting, value, tmp_path):
    there, here = FOLDER / "keras_attention.keras", tmp_path / "changed.keras"
    with zipfile.ZipFile(there) as archive, zipfile.ZipFile(here, "w") as changed:
        for name in archive.namelist():
            data = archive.read(name)
            if name == "config.json":
                config = json.loads(data)
                next(c for c in config["config"]["layers"] if c["name"] == "second")["config"][setting] = value
                data = json.dumps(config)
            changed.writestr(name, data)
    with refused(ValueError, got=f"MultiHeadAttention 'second': {setting}={value}"):
        minigen.load_model(here)


def test_weights_of_a_model_of_ones_own_stand_in_keras_groups(tmp_path):
    class Net(Model):
        def __init__(self):
            super().__init__()
            self.attend, self.out = MultiHeadAttention(2, 3), Dense(2)

        def call(self, x):
            return self.out(self.attend(x, x))

    net = Net()
    y = net(X[0]).numpy()
    net.save_weights(tmp_path / "net.weights.h5")
    names = hdf5.read((tmp_path / "net.weights.h5").read_bytes(), "net")
    parts = ("query_dense", "key_dense", "value_dense", "output_dense")
    assert {f"attend/{part}/vars/{i}" for part in parts for i in (0, 1)} <= set(names)
    other = Net()
    other(X[0])
    other.load_weights(tmp_path / "net.weights.h5")
    np.testing.assert_array_equal(other(X[0]).numpy(), y)
