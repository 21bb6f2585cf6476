"""What compile() was given, in Keras and here."""

import functools

import pytest

from minigen import SGD, Adadelta, Adam, RMSprop, losses
from minigen.interchange import keras_training
from minigen.optimizers import LinearDecay

LOGITS = functools.partial(losses.binary_crossentropy, from_logits=True)


@pytest.mark.parametrize(
    "optimizer",
    [SGD(0.1, 0.9, nesterov=True), Adam(0.002, global_clipnorm=1.0), Adadelta(), RMSprop(LinearDecay(0.1, 10))],
)
@pytest.mark.parametrize("loss", ["mean_squared_error", None, ["mean_absolute_error", "binary_crossentropy"]])
def test_it_comes_back(optimizer, loss):
    problems = []
    config = keras_training.to_keras({"optimizer": optimizer, "loss": loss, "metrics": ["accuracy"]}, problems)
    found = keras_training.from_keras(config, problems)
    assert problems == []
    assert found["optimizer"].get_config() == optimizer.get_config()
    assert found["loss"] == loss and found["metrics"] == ["accuracy"]


def test_a_loss_of_logits_comes_back():
    problems = []
    config = keras_training.to_keras({"optimizer": "adam", "loss": LOGITS, "metrics": ()}, problems)
    found = keras_training.from_keras(config, problems)["loss"]
    assert (found.func, found.keywords, problems) == (LOGITS.func, LOGITS.keywords, [])


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
        {"metrics": ["psnr"]},
        {"metrics": [["accuracy"], [lambda y, p: 0]]},
    ],
)
def test_what_keras_has_not_is_a_problem(given):
    problems = []
    keras_training.to_keras({"optimizer": "adam", "loss": "mse", "metrics": ()} | given, problems)
    assert len(problems) == 1


@pytest.mark.parametrize(
    "config",
    [
        {"optimizer": {"class_name": "Nadam", "config": {}}},
        {"optimizer": {"class_name": "Adam", "config": {"learning_rate": 0.1, "amsgrad": True}}},
        {"optimizer": {"class_name": "Adam", "config": {"learning_rate": {"class_name": "CosineDecay"}}}},
        {"loss": "hinge"},
        {"loss": {"class_name": "BinaryCrossentropy", "config": {"label_smoothing": 0.1}}},
        {"loss": {"class_name": "BinaryCrossentropy", "config": {"reduction": "sum"}}},
        {"metrics": ["top_k"]},
        {"loss_weights": [1, 2]},
    ],
)
def test_what_minigen_has_not_is_a_problem(config):
    problems = []
    keras_training.from_keras({"optimizer": "adam", "loss": "mse"} | config, problems)
    assert len(problems) == 1
