"""The settings of layers in Keras and here."""

import pytest

import minigen
from minigen import Dense, initializers
from minigen.interchange import keras_layers

LAYERS = {
    "Activation": ("relu",),
    "Conv2D": (2, 3),
    "Conv2DTranspose": (2, 3),
    "Dense": (2,),
    "Dropout": (0.5,),
    "Embedding": (3, 2),
    "GRU": (2,),
    "GaussianNoise": (0.1,),
    "LSTM": (2,),
    "MultiHeadAttention": (2, 3),
    "Rescaling": (2.0,),
    "Reshape": ((2, -1),),
    "SimpleRNN": (2,),
}


@pytest.mark.parametrize("kind", keras_layers.BESIDES)
def test_every_layer_comes_back(kind):
    layer = getattr(minigen, kind)(*LAYERS.get(kind, ()), name="it")
    problems = []
    config = keras_layers.to_keras(layer, "it", problems)
    arguments = keras_layers.from_keras(kind, config, problems)
    assert problems == []
    again = keras_layers.to_keras(getattr(minigen, kind)(**arguments), "it", problems)
    assert again == config


@pytest.mark.parametrize("name", keras_layers.INITIALIZERS)
def test_every_initializer_comes_back(name):
    problems = []
    layer = Dense(2, kernel_initializer=name, bias_initializer=initializers.RandomNormal(0.5, 0.1))
    arguments = keras_layers.from_keras("Dense", keras_layers.to_keras(layer, "it", problems), problems)
    assert arguments["kernel_initializer"] == name and problems == []
    assert arguments["bias_initializer"].get_config() == {"mean": 0.5, "stddev": 0.1}


def test_an_initializer_that_the_other_side_has_not_is_left_out():
    problems = []
    config = keras_layers.to_keras(Dense(2, kernel_initializer=lambda shape, dtype: None), "it", problems)
    assert "kernel_initializer" not in config
    config["kernel_initializer"] = {"class_name": "VarianceScaling", "config": {"scale": 3}}
    assert "kernel_initializer" not in keras_layers.from_keras("Dense", config, problems) and problems == []


def test_functions_of_minigen_have_names_in_keras():
    problems = []
    for function, name in (
        (minigen.relu, "relu"),
        (minigen.gelu, "gelu"),
        (minigen.exp, "exponential"),
        (None, "linear"),
    ):
        assert keras_layers.to_keras(Dense(2, function), "it", problems)["activation"] == name
    assert problems == []


def test_a_function_that_is_no_activation_of_keras_is_a_problem():
    """Its name alone would be written: neither library could read the file."""
    for function in (minigen.square, minigen.sqrt, lambda x: x):
        problems = []
        keras_layers.to_keras(Dense(2, function), "it", problems)
        assert len(problems) == 1 and "it: activation" in problems[0]


@pytest.mark.parametrize(
    "kind, setting, value",
    [
        ("Dense", "kernel_regularizer", {"class_name": "L2", "config": {}}),
        ("Dense", "activation", "gelu_of_another_kind"),
        ("Dense", "units", -1),
        ("Dense", "lora_rank", 4),
        ("Conv2D", "data_format", "channels_first"),
        ("Conv2D", "groups", 2),
        ("BatchNormalization", "center", False),
        ("BatchNormalization", "axis", 1),
        ("LayerNormalization", "axis", [1, 2]),
        ("LayerNormalization", "rms_scaling", True),
        ("GroupNormalization", "axis", 1),
        ("GroupNormalization", "groups", 0),
        ("GRU", "reset_after", False),
        ("LSTM", "recurrent_dropout", 0.5),
        ("ReLU", "max_value", 6.0),
        ("Dense", "dtype", "mixed_float16"),
        ("BatchNormalization", "trainable", False),
    ],
)
def test_a_setting_that_minigen_has_not_is_a_problem(kind, setting, value):
    problems = []
    config = keras_layers.to_keras(getattr(minigen, kind)(*LAYERS.get(kind, ())), "it", problems)
    keras_layers.from_keras(kind, config | {setting: value}, problems)
    assert len(problems) == 1 and "'it'" in problems[0]
