"""A model as plain data: every network of minigen.models that a page shows, computed as the page does."""

import json

import numpy as np
import pytest
from helpers.networks import rounded, run, unpacked
from helpers.refusals import refused

from minigen import BatchNormalization, Dense, Dropout, Input, Lambda, Model, Sequential, models
from minigen.checks.values import as_list
from minigen.explorer.arrays import Arrays
from minigen.explorer.networks import network

SMALL = (8, 12, 1)

# name -> (the model, what a page shows of it: encoder, decoder, or itself, "")
BUILT = {
    "fc_autoencoder": (lambda: models.fc_autoencoder(4), ["encoder", "decoder", ""]),
    "sparse_fc_autoencoder": (lambda: models.sparse_fc_autoencoder(4), ["encoder", "decoder", ""]),
    "deep_fc_autoencoder": (models.deep_fc_autoencoder, ["encoder", "decoder"]),
    "latent_autoencoder": (lambda: models.latent_autoencoder(2, 8, SMALL), ["encoder", "decoder"]),
    "linear_autoencoder": (lambda: models.linear_autoencoder((5, 4), 2), ["encoder", "decoder"]),
    "toy_autoencoder": (lambda: models.toy_autoencoder("tanh"), ["encoder", "decoder"]),
    "conv_autoencoder": (lambda: models.conv_autoencoder(SMALL), ["encoder", "decoder", ""]),
    "conv_autoencoder_128": (lambda: models.conv_autoencoder_128((12, 12, 1)), ["encoder", "decoder"]),
    "vae": (lambda: models.vae(3, 8, SMALL), ["encoder", "decoder"]),
    "linear_vae": (lambda: models.linear_vae(6, 2), ["encoder", "decoder"]),
    "conv_vae": (lambda: models.conv_vae(2, SMALL), ["encoder", "decoder"]),
    "conditional_vae": (lambda: models.conditional_vae(2, 3, 8, SMALL), ["encoder", "decoder"]),
    "vae_gan": (lambda: models.vae_gan(4, 8), ["encoder", "decoder"]),
    "gan": (lambda: models.gan(4, image_shape=20), ["generator"]),
    "conditional_gan": (lambda: models.conditional_gan(4, 3, image_shape=20), ["generator"]),
    "dcgan": (lambda: models.dcgan(4, image_shape=(8, 8, 3)), ["generator"]),
    "wgan_gp": (lambda: models.wgan_gp(4, image_shape=(8, 8, 1)), ["generator", "discriminator"]),
}


@pytest.mark.parametrize("name", sorted(BUILT))
def test_the_models_of_the_chapter(name):
    make, parts = BUILT[name]
    model, rng = rounded(make()), np.random.default_rng(0)
    for part in parts:
        part = getattr(model, part) if part else model
        arrays = Arrays()
        inputs = as_list(part.inputs)
        described = network(part, arrays, ["x", "y"][: len(inputs)], "part")
        x = [rng.random((2, *symbol.shape[1:])).astype("float32") for symbol in inputs]
        predicted = as_list(part.predict(x if len(x) > 1 else x[0]))
        decoded = unpacked(arrays.text(), arrays.described)
        for i, sample in enumerate(zip(*x, strict=True)):
            computed = run(described, decoded, *sample)
            assert len(computed) == len(predicted)
            for y, expected in zip(computed, predicted, strict=True):
                assert expected.std() > 1e-4
                np.testing.assert_allclose(y, expected[i], rtol=2e-3, atol=2e-3 * abs(expected).max())


def test_the_data_has_the_documented_form():
    """It goes through JSON; tensors are numbers, inputs first."""
    model = models.conditional_vae(2, 3, 8, 5).decoder
    arrays = Arrays()
    described = json.loads(json.dumps(network(model, arrays, ["z", "class"])))
    assert described["inputs"] == [{"name": "z", "shape": [2]}, {"name": "class", "shape": [3]}]
    assert described["calls"] == [
        {"layer": "Concatenate", "inputs": [0, 1], "output": 2, "axis": 0},
        {"layer": "Dense", "inputs": [2], "output": 3, "kernel": 0, "bias": 1, "activation": "relu"},
        {"layer": "Dense", "inputs": [3], "output": 4, "kernel": 2, "bias": 3, "activation": "sigmoid"},
    ]
    assert described["outputs"] == [4]
    assert arrays.described[:2] == [{"type": "float16", "shape": [5, 8]}, {"type": "float16", "shape": [8]}]


def test_a_layer_that_is_called_twice_has_its_weights_once():
    x, shared = Input(shape=(4,)), Dense(4)
    arrays = Arrays()
    first, second = network(Model(x, shared(shared(x))), arrays, ["x"])["calls"]
    assert (first["kernel"], first["bias"]) == (second["kernel"], second["bias"]) == (0, 1)
    assert len(arrays.described) == 2 and (first["output"], second["inputs"]) == (1, [1])


def test_models_in_models_stand_in_their_places():
    inner = Sequential([Input(shape=(3,)), Dense(2, "relu"), Dropout(0.5)], name="inner")
    x = Input(shape=(4,))
    h = Dense(3)(x)
    model = rounded(Model(x, [Dense(2)(inner(h)), inner(h), h]))
    arrays = Arrays()
    described = network(model, arrays, ["x"])
    assert [call["layer"] for call in described["calls"]] == ["Dense"] * 4
    sample = np.random.default_rng(0).normal(size=(1, 4)).astype("float32")
    computed = run(described, unpacked(arrays.text(), arrays.described), sample[0])
    for y, expected in zip(computed, model.predict(sample), strict=True):
        np.testing.assert_allclose(y, expected[0], rtol=1e-5)


def test_training_in_a_model_is_that_of_its_layers():
    inner = Sequential([Input(shape=(4,)), Dropout(0.5)], name="inner")
    x = Input(shape=(4,))
    model = Model(x, Dense(2)(inner(x, training=True)))
    with refused(ValueError, got="inner/dropout: Dropout, called with training=True"):
        network(model, Arrays(), ["x"])


def test_layers_in_models_are_refused_with_their_paths():
    inner = Sequential([Input(shape=(4,)), Lambda(lambda x: x, name="square")], name="inner")
    x = Input(shape=(4,))
    with refused(ValueError, where="explore: decoder cannot run", got="decoder/inner/square: Lambda"):
        network(Model(x, Dense(2)(inner(x))), Arrays(), ["x"], "decoder")


class Own(Model):
    def call(self, x):
        return x


@pytest.mark.parametrize("given", [Sequential([Dense(3)]), Own(), None, "model.minigen"], ids=str)
def test_what_is_no_graph_is_refused(given):
    with refused(TypeError, where="explore: decoder is no graph of layers"):
        network(given, Arrays(), ["x"], "decoder")
    if isinstance(given, Own):
        with refused(ValueError, got="own: Own"):
            x = Input(shape=(3,))
            network(Model(x, Own()(x)), Arrays(), ["x"])


@pytest.mark.parametrize("weight", ["gamma", "beta", "moving_mean", "moving_variance"])
def test_a_weight_that_is_nan_is_refused_with_its_name(weight):
    model = models.dcgan(4, image_shape=(8, 8, 1)).generator
    path = next(path for path in model.named_weights() if path.endswith(weight))
    model.named_weights()[path].writable()[0] = np.nan
    with refused(ValueError, where=f"explore: generator/{path}", got="NaN or infinity in 1 of"):
        network(model, Arrays(), ["z"], "generator")


def test_a_weight_beyond_16_bits_is_refused_with_its_name():
    model = models.vae(2, 8, 5).decoder
    model.named_weights()["dense/kernel"].writable()[0] = 1e6
    with refused(ValueError, where="explore: decoder/dense/kernel", expected="65,504", got="1e+06"):
        network(model, Arrays(), ["z"], "decoder")


def test_statistics_beyond_16_bits_may_have_a_scale_within():
    """Of pixels from 0 to 255 a moving variance may be above 65,504, and scale and shift are small all the same."""
    model = Sequential([Input(shape=(2,)), BatchNormalization()])
    model.named_weights()["batch_normalization/moving_variance"].assign(np.float32([1e6, 1e6]))
    arrays = Arrays()
    network(model, arrays, ["x"])
    np.testing.assert_allclose(unpacked(arrays.text(), arrays.described)[0], 1e-3, rtol=1e-3)
