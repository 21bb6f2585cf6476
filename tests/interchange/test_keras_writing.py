"""Configs of models, written as Keras writes them and read again."""

import json

import numpy as np
import pytest
from helpers.interchange import KERAS

from minigen import LSTM, Concatenate, Dense, Input, Model, Reshape, Sequential, models
from minigen.interchange.keras_reading import Reader
from minigen.interchange.keras_writing import Writer
from minigen.layers.description.building import build


def nested():
    """A layer that two models in the model share, and a model that is called twice."""
    x = Input((4,))
    shared = Dense(4, "tanh")
    one = Model(x, shared(x), name="one")
    other = Sequential([Input((4,)), shared, Dense(4)], name="other")
    return Model(x, Concatenate()([one(other(one(x))), one(x)]))


def several():
    """Inputs in a list, several outputs of a layer, an argument by name."""
    a, b = Input((6,)), Input((3,), name="state")
    h, c, d = LSTM(3, return_state=True)(Reshape((3, 2))(a), initial_state=[b, b])
    return Model([a, b], [Dense(2)(h), c, d])


CASES = {"nested": nested, "several": several, "autoencoder": models.conv_autoencoder_128, **KERAS}


def again(model):
    """The model from its own config."""
    problems = []
    config = json.loads(json.dumps(Writer(problems).model(model, "model")))
    reader = Reader()
    description = reader.description(reader.layer(config))
    assert problems == reader.problems == []
    return build(description)


@pytest.mark.parametrize("name", CASES)
def test_a_model_comes_back_with_its_graph(name):
    model = CASES[name]()
    found = again(model)
    assert found.describe().splitlines()[1:] == again(found).describe().splitlines()[1:]
    assert list(found.named_weights()) == list(again(found).named_weights())
    found.set_weights(model.get_weights())
    x = [
        np.random.default_rng(0).random((2, *i.shape[1:]))
        for i in (model.inputs if isinstance(model.inputs, list) else [model.inputs])
    ]
    x = [np.zeros(a.shape, "int64") for a in x] if name == "keras_text" else [a.astype("float32") for a in x]
    y, z = (m.predict(x if len(x) > 1 else x[0]) for m in (model, found))
    for one, other in zip(y if isinstance(y, list) else [y], z if isinstance(z, list) else [z], strict=True):
        assert (one == other).all()


def test_shared_layers_are_shared_again():
    found = again(nested())
    assert found.get_layer("one").layers[0] is found.get_layer("other").layers[0]
    assert found.count_params() == nested().count_params()


def test_calls_of_functional_models_are_counted_from_1_at_the_ends_and_from_0_inside():
    """As Keras does: Functional.get_config and serialize_node count in two ways."""
    x = Input((2,))
    inner = Model(x, Dense(2)(x), name="inner")
    config = Writer([]).model(Model(x, inner(inner(x))), "model")["config"]
    assert config["output_layers"] == ["inner", 2, 0]
    second = config["layers"][1]["inbound_nodes"][1]["args"][0]["config"]["keras_history"]
    assert second == ["inner", 0, 0]


def test_an_array_among_the_arguments_is_a_problem():
    a = Input((6,))
    h = LSTM(3)(Reshape((3, 2))(a), initial_state=[np.zeros((1, 3), "float32"), np.zeros((1, 3), "float32")])
    problems = []
    Writer(problems).model(Model(a, h), "model")
    assert problems == ["LSTM: an argument that is no output of a layer"] * 2
