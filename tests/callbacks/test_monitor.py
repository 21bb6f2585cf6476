"""A number that is watched: which way is better, and by how much."""

import math

import pytest
from helpers.refusals import refused

from minigen import losses, metrics
from minigen.callbacks.monitor import Monitor

MORE = "accuracy acc val_accuracy accuracy_end val_cosine_similarity auc precision recall digit/val_accuracy ring_acc"
MORE += " val_top_k_categorical_accuracy"
LESS = "loss val_loss loss_end digit/val_loss accent/val_loss val_accumulated_loss d_loss mse val_mae reconstruction kl"
LESS += " acc/mean_squared_error val_binary_crossentropy kl_divergence"


@pytest.mark.parametrize("more", [True, False])
def test_auto_knows_the_logs_of_which_more_is_better(more):
    for name in (MORE if more else LESS).split():
        assert Monitor("Here", name).more is more, name
        assert Monitor("Here", name, "min").more is False and Monitor("Here", name, "max").more is True


def test_auto_is_that_of_keras_for_every_metric_and_loss():
    """Keras 3.15.1 calls accuracies and the cosine similarity "up", all others "down"."""
    for name in {*metrics.METRICS, *losses.LOSSES} - {"binary_crossentropy_per_image"}:
        assert Monitor("Here", name).more is name.endswith(("accuracy", "acc", "similarity")), name


@pytest.mark.parametrize("name", ["learning_rate", "beta", "accumulated", "active_units", "val_score", "d/score"])
def test_auto_does_not_guess(name):
    with refused(ValueError, "Here: mode", got=name, fix='mode="max"'):
        Monitor("Here", name)
    assert Monitor("Here", name, "max").more


@pytest.mark.parametrize("mode", ["min", "max"])
def test_an_improvement_is_larger_than_min_delta(mode):
    sign = 1 if mode == "max" else -1
    monitor = Monitor("Here", "x", mode, min_delta=0.5)
    assert monitor.is_better(sign * -1e30) and monitor.best == sign * -math.inf
    monitor.best = 2.0
    assert not monitor.is_better(2.0 + sign * 0.5) and monitor.is_better(2.0 + sign * 0.5001)
    assert not monitor.is_better(math.nan)
    assert monitor.is_better(2.0 + sign * 0.5, than=2.0 - sign) and not monitor.is_better(2.0, than=2.0)


def test_the_sign_of_min_delta_does_not_matter():
    assert Monitor("Here", "x", "min", -0.5).min_delta == Monitor("Here", "x", "max", 0.5).min_delta == 0.5


@pytest.mark.parametrize(
    ("name", "logs", "fix"),
    [
        ("val_loss", ["loss"], "fit(..., validation_data=(x_test, y_test))"),
        ("val_loss", ["a/loss", "b/loss", "b/val_loss"], "\"b/val_loss\" for 'val_loss'"),
        ("b/val_loss", ["loss", "val_loss"], "\"val_loss\" for 'b/val_loss'"),
        ("a/val_loss", ["a/loss", "b/loss"], "Task(..., validation_data=(x_test, y_test))"),
        ("val_accuracy", ["loss", "val_loss"], 'compile(..., metrics=["accuracy"])'),
        ("accuracy", ["loss"], 'compile(..., metrics=["accuracy"])'),
        ("accuracy", ["loss", "binary_accuracy"], "\"binary_accuracy\" for 'accuracy'"),
    ],
)
def test_a_log_that_is_not_there(name, logs, fix):
    with refused(ValueError, f"Here: no number {name!r}", expected=logs[0], fix=fix):
        Monitor("Here", name).value(dict.fromkeys(logs, 0.5))


def test_vectors_are_no_numbers_to_watch():
    with refused(ValueError, expected="a number", got="a vector"):
        Monitor("Here", "loss").value({"loss": [0.5, 0.25]})
