"""Keras' .weights.h5: files that Keras wrote are read, and ours have the same groups, names and shapes."""

import h5py
import numpy as np
import pytest
from helpers.interchange import FOLDER, KERAS, OUTLINES, off
from helpers.refusals import refused

import minigen
from minigen import Dense, Input, Layer, Model, Sequential, models
from minigen.interchange import keras_weights


def outline(path):
    """As make_interchange.py makes it."""
    found = {}

    def note(name, thing):
        shape, dtype = getattr(thing, "shape", None), getattr(thing, "dtype", None)
        found[name] = [shape and list(shape), dtype and str(dtype), dict(thing.attrs)]

    with h5py.File(path) as file:
        file.visititems(note)
    return found


@pytest.mark.parametrize("name", KERAS)
def test_weights_that_keras_wrote_predict_the_same(xp, name):
    model = KERAS[name]()
    model.load_weights(FOLDER / f"{name}.weights.h5")
    assert off(model, name) < 1e-6


@pytest.mark.parametrize("name", KERAS)
def test_a_file_has_what_keras_writes(name, tmp_path):
    """Groups, shapes and types are the same. Names in attributes are those of layers; those that Keras counts on from
    model to model differ. Inputs, which hold nothing, and the optimizer are left out."""
    model = minigen.load_model(FOLDER / f"{name}.keras")
    model.save_weights(tmp_path / "w.weights.h5")
    theirs = {k: v for k, v in OUTLINES["keras"][name].items() if "input_layer" not in k and "optimizer" not in k}
    theirs.pop("layers/other", None), theirs.pop("layers/other/vars", None)
    assert outline(tmp_path / "w.weights.h5") == theirs


def test_numbers_come_back_bit_for_bit(xp, tmp_path):
    minigen.seed(0)
    one, other = KERAS["keras_images"](), KERAS["keras_images"]()
    one.save_weights(tmp_path / "w.weights.h5")
    other.load_weights(tmp_path / "w.weights.h5")
    assert all((a == b).all() for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


class Block(Layer):
    """Layers in an attribute, in a list, and a weight of its own."""

    def __init__(self):
        super().__init__()
        self.first, self.others = Dense(3), [Dense(3), Dense(3)]

    def build(self, input_shape):
        self.scale = self.add_weight("scale", (3,), "ones")

    def call(self, x):
        for layer in (self.first, *self.others):
            x = layer(x)
        return x * self.scale


def test_parts_in_attributes_have_the_names_of_the_attributes():
    block = Block()
    block(np.ones((1, 2), "float32"))
    found = dict(keras_weights.translated(block, {}))
    assert found == {
        "scale": "vars/0",
        "first/kernel": "first/vars/0",
        "first/bias": "first/vars/1",
        "others_0/kernel": "others/dense/vars/0",
        "others_0/bias": "others/dense/vars/1",
        "others_1/kernel": "others/dense_1/vars/0",
        "others_1/bias": "others/dense_1/vars/1",
    }
    paths = dict(keras_weights.translated(models.conv_vae(), {}))
    assert paths["encoder/mu/kernel"] == "encoder/layers/dense_1/vars/0"
    assert paths["decoder/conv2d_transpose_2/bias"] == "decoder/layers/conv2d_transpose_2/vars/1"
    assert set(paths) == set(models.conv_vae().named_weights())


class Parts(Model):
    """Layers in attributes before and behind "layers" in the alphabet, in a list and a dict, and in a private one."""

    def __init__(self):
        super().__init__()
        self.zeta, self.alpha, self._own = Dense(3), Dense(4), Dense(1)
        self.blocks = [Dense(5), [Dense(6)], {"in": Dense(7), "out": Sequential([Dense(8)])}]
        self.blocks.append(self.blocks)

    def call(self, x):
        first, (second,), both, _ = self.blocks
        for layer in (self.zeta, self.alpha, first, second, *both.values(), self._own):
            x = layer(x)
        return x


def test_layers_of_a_model_have_the_groups_that_keras_gives_them():
    """As Keras 3.15.1 writes such a class: `layers`, with all of them, comes in the order of the alphabet too."""
    model = Parts()
    model(np.ones((1, 2), "float32"))
    found = {here: there for here, there in keras_weights.translated(model, {}) if here.endswith("kernel")}
    assert found == {
        "zeta/kernel": "layers/dense/vars/0",
        "alpha/kernel": "alpha/vars/0",
        "_own/kernel": "layers/dense_2/vars/0",
        "blocks_0/kernel": "blocks/dense/vars/0",
        "blocks_1_0/kernel": "blocks/container/dense/vars/0",
        "blocks_2_in/kernel": "blocks/container_1/dense/vars/0",
        "blocks_2_out/dense/kernel": "blocks/container_1/sequential/layers/dense/vars/0",
    }


def test_weights_of_another_model_are_refused_all_at_once():
    model = Sequential([Input((4,)), Dense(2)])
    before = model.get_weights()
    with refused(ValueError, "wrong shape: dense/kernel is (4, 2), got (3, 7)", got="layers/lstm/cell/vars/0 (4, 12)"):
        model.load_weights(FOLDER / "keras_text.weights.h5")
    assert all((a == b).all() for a, b in zip(model.get_weights(), before, strict=True))


def test_a_model_without_weights_is_refused(tmp_path):
    with refused(ValueError, "neither an Input nor data was seen"):
        Sequential([Dense(2)]).save_weights(tmp_path / "w.weights.h5")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["model.h5", "model.hdf5", "model.keras"])
def test_other_files_of_keras_are_refused(name, tmp_path):
    model = Model(x := Input((4,)), Dense(2)(x))
    with refused(ValueError, fix='"model.weights.h5"'):
        model.save_weights(tmp_path / name)
    with refused(ValueError, fix='"model.weights.h5"'):
        model.load_weights(tmp_path / name)
