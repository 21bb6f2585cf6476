"""Configs of Keras that are unusual, or wrong."""

import pytest
from helpers.interchange import KERAS

from minigen.interchange.keras_reading import Reader
from minigen.interchange.keras_writing import Writer


def config_of(name):
    return Writer([]).model(KERAS[name](), "model")


def test_what_was_called_with_training_computes_as_the_model_runs():
    """In fit() and predict() of Keras 3 the `training` of a call in the graph is replaced by that of the model."""
    config = config_of("keras_images")
    for layer in config["config"]["layers"][1]["config"]["layers"]:
        for node in layer["inbound_nodes"]:
            node["kwargs"] = {"training": True, "mask": [None, None]}
    reader = Reader()
    reader.layer(config)
    assert reader.problems == []
    assert {step["training"] for step in reader.steps if "call" in step} == {None}


def test_other_arguments_of_a_call_are_a_problem():
    config = config_of("keras_shared")
    config["config"]["layers"][-1]["inbound_nodes"][0]["kwargs"] = {"scale": 2.0}
    reader = Reader()
    reader.layer(config)
    assert len(reader.problems) == 1 and "arguments of its call" in reader.problems[0]


def test_a_mask_and_inputs_by_name_in_a_call_are_problems():
    """LSTM(8)(x, mask=m) leaves steps out; Dense(2)(inputs=x) has no argument by position."""
    for where, problem in (("mask", "a mask in its call"), ("inputs", "a call of its inputs by name, inputs")):
        config = config_of("keras_shared")
        node = config["config"]["layers"][-1]["inbound_nodes"][0]
        node["kwargs"] = {where: node["args"][0]}
        node["args"] = node["args"] if where == "mask" else []
        reader = Reader()
        reader.layer(config)
        assert len(reader.problems) == 1 and problem in reader.problems[0]


def test_inputs_by_name_are_a_problem():
    config = config_of("keras_shared")
    ends = config["config"]["input_layers"]
    config["config"]["input_layers"] = {"a": ends[0], "b": ends[1]}
    reader = Reader()
    reader.layer(config)
    assert reader.problems == ["model: inputs or outputs by name, a, b"]


def test_a_layer_with_a_shared_number_is_made_once():
    config = config_of("keras_text")
    reader = Reader()
    reader.layer(config)
    steps = len(reader.steps)
    assert reader.inside(config["config"]["layers"][1], "again") < steps == len(reader.steps)


@pytest.mark.parametrize("place", [["nowhere", 0, 0], ["concatenate", 5, 0], ["concatenate"], "x"])
def test_a_call_on_nothing_is_an_error(place):
    config = config_of("keras_shared")
    config["config"]["layers"][-1]["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = place
    with pytest.raises(ValueError):
        Reader().layer(config)
