"""What compile() was given, in Keras and here."""

import functools

import pytest

from minigen import SGD, Adadelta, Adam, AdamW, RMSprop, losses, metrics
from minigen.interchange import keras_training
from minigen.optimizers import LinearDecay

GIVEN = {"optimizer": "adam", "loss": "mse", "metrics": (), "loss_weights": None}


class OwnLoss(losses.MeanSquaredError):
    """A class of the user."""


@pytest.mark.parametrize(
    "optimizer",
    [
        SGD(0.1, 0.9, nesterov=True),
        Adam(0.002, global_clipnorm=1.0),
        AdamW(0.1, 0.2),
        Adadelta(),
        RMSprop(LinearDecay(0.1, 10)),
    ],
)
@pytest.mark.parametrize("loss", ["mean_squared_error", None, ["mean_absolute_error", "binary_crossentropy"]])
def test_it_comes_back(optimizer, loss):
    problems = []
    given = {"optimizer": optimizer, "loss": loss, "metrics": ["accuracy"]}
    config = keras_training.to_keras(GIVEN | given, (), problems)
    found = keras_training.from_keras(config, problems)
    assert problems == []
    assert found["optimizer"].get_config() == optimizer.get_config()
    assert found["loss"] == loss and found["metrics"] == ["accuracy"]


@pytest.mark.parametrize(
    "loss",
    [
        losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1, axis=[1, 2], reduction="sum"),
        losses.CategoricalCrossentropy(label_smoothing=0.2),
        losses.SparseCategoricalCrossentropy(True),
        losses.MeanAbsoluteError(name="distance"),
        losses.MeanSquaredError("sum"),
    ],
)
def test_a_loss_object_comes_back_with_its_arguments(loss):
    problems = []
    config = keras_training.to_keras(GIVEN | {"loss": loss}, (), problems)
    found = keras_training.from_keras(config, problems)["loss"]
    assert (type(found), found.name, problems) == (type(loss), loss.name, [])
    assert found.get_config() == loss.get_config() | {"name": loss.name}


def test_a_function_with_options_becomes_an_object_that_has_them():
    for options in ({"from_logits": True}, {"label_smoothing": 0.1}):
        partial = functools.partial(losses.binary_crossentropy, **options)
        found = keras_training.from_keras(keras_training.to_keras(GIVEN | {"loss": partial}, (), []), [])["loss"]
        assert isinstance(found, losses.BinaryCrossentropy)
        assert found.get_config() == losses.BinaryCrossentropy(**options).get_config() | {"name": found.name}


def test_what_was_given_by_the_names_of_the_outputs_is_written_in_their_order():
    given = {"loss": {"b": "mse", "a": "mae"}, "loss_weights": {"b": 2.0, "a": 1.0}, "metrics": {"b": ["accuracy"]}}
    config = keras_training.to_keras(GIVEN | given, ("a", "b"), [])
    assert config["loss"] == ["mean_absolute_error", "mean_squared_error"]
    assert (config["loss_weights"], config["metrics"]) == ([1.0, 2.0], [None, ["accuracy"]])


def test_losses_by_the_names_of_the_outputs_come_from_keras():
    mse = {"module": "keras.losses", "class_name": "MeanSquaredError", "config": {"reduction": "sum"}}
    config = {"optimizer": "adam", "loss": {"a": "mae", "b": mse}, "loss_weights": {"a": 1.0, "b": 0.5}}
    found = keras_training.from_keras(config, [])
    assert found["loss"]["a"] == "mae" and found["loss"]["b"].reduction == "sum"
    assert found["loss_weights"] == {"a": 1.0, "b": 0.5}


@pytest.mark.parametrize("name", ["MeanSquaredError", "MSE", "mse"])
def test_a_loss_in_any_spelling_is_one_that_keras_has(name):
    problems = []
    assert keras_training.to_keras(GIVEN | {"loss": name}, (), problems)["loss"] == "mean_squared_error"
    found = keras_training.from_keras({"optimizer": "adam", "loss": name}, problems)["loss"]
    assert losses.get(found) is losses.mean_squared_error and problems == []


def test_the_class_of_a_loss_becomes_an_object():
    config = keras_training.to_keras(GIVEN | {"loss": losses.MeanAbsoluteError}, (), [])
    assert config["loss"]["class_name"] == "MeanAbsoluteError"


@pytest.mark.parametrize("name", metrics.METRICS)
def test_every_name_of_a_metric_comes_back(name):
    problems = []
    for given in ([name], [[name], None], {"a": [name]}):
        config = keras_training.to_keras(GIVEN | {"metrics": given}, ("a",), problems)
        again = keras_training.from_keras(config, problems)["metrics"]
        assert again == ([[name]] if isinstance(given, dict) else given)
    config = keras_training.to_keras(GIVEN | {"metrics": [metrics.METRICS[name]]}, (), problems)
    assert metrics.get(config["metrics"][0]) is metrics.METRICS[name] and problems == []


def test_metrics_come_from_keras_as_objects_and_functions_and_by_the_names_of_the_outputs():
    top = {"class_name": "TopKCategoricalAccuracy", "config": {"name": "top_k_categorical_accuracy", "k": 5}}
    divergence = {"class_name": "KLDivergence", "config": {"name": "kl_divergence", "dtype": "float32"}}
    function = {"class_name": "function", "config": "mean_squared_error"}
    found = keras_training.from_keras({"optimizer": "adam", "metrics": {"a": [top, divergence], "b": function}}, [])
    assert found["metrics"] == {"a": ["top_k_categorical_accuracy", "kl_divergence"], "b": "mean_squared_error"}


def test_adamw_comes_from_keras():
    config = {"class_name": "AdamW", "config": {"name": "adamw", "learning_rate": 0.25, "weight_decay": 0.125}}
    found = keras_training.from_keras({"optimizer": config}, [])["optimizer"]
    assert found.get_config() == AdamW(0.25, 0.125).get_config()


def test_keras_keeps_the_learning_rate_in_float32():
    config = {"class_name": "Adam", "config": {"learning_rate": 0.0010000000474974513}}
    assert keras_training.from_keras({"optimizer": config}, [])["optimizer"].learning_rate == 0.001


@pytest.mark.parametrize(
    "given",
    [
        {"optimizer": Adam(lambda t: 0.1)},
        {"loss": lambda y, p: 0},
        {"loss": "half_squared_error"},
        {"loss": functools.partial(losses.mse, other=1)},
        {"loss": functools.partial(losses.mse, reduction="sum")},
        {"loss": OwnLoss()},
        {"metrics": [losses.MeanSquaredError()]},
        {"metrics": [["accuracy"], [lambda y, p: 0]]},
    ],
)
def test_what_keras_has_not_is_a_problem(given):
    problems = []
    keras_training.to_keras(GIVEN | given, (), problems)
    assert len(problems) == 1


@pytest.mark.parametrize(
    "config",
    [
        {"optimizer": {"class_name": "Nadam", "config": {}}},
        {"optimizer": {"class_name": "Adam", "config": {"learning_rate": 0.1, "amsgrad": True}}},
        {"optimizer": {"class_name": "Adam", "config": {"learning_rate": {"class_name": "CosineDecay"}}}},
        {"loss": "hinge"},
        {"loss": {"class_name": "SparseCategoricalCrossentropy", "config": {"ignore_class": 3}}},
        {"loss": {"class_name": "BinaryCrossentropy", "config": None}},
        {"loss": {"class_name": "function", "config": "half_squared_error"}},
        {"metrics": ["top_k"]},
        {"metrics": [["mae"], ["top_k"]]},
        {"metrics": {"a": "mae", "b": ["top_k"]}},
        {"metrics": [{"class_name": "Accuracy", "config": {"name": "accuracy"}}]},
        {"metrics": [{"class_name": "BinaryAccuracy", "config": {"name": "binary_accuracy", "threshold": 0.7}}]},
        {"metrics": [{"class_name": "BinaryAccuracy", "config": {"name": "other"}}]},
        {"weighted_metrics": ["mae"]},
    ],
)
def test_what_minigen_has_not_is_a_problem(config):
    problems = []
    keras_training.from_keras({"optimizer": "adam", "loss": "mse"} | config, problems)
    assert len(problems) == 1
