"""A number that is watched: which way is better, and by how much."""

import math

import pytest

from minigen.callbacks.monitor import Monitor

AUTO = {"loss": False, "val_loss": False, "accuracy": True, "val_accuracy": True, "acc": True, "digit/val_loss": False}


@pytest.mark.parametrize("name", AUTO)
def test_auto_takes_more_as_better_for_accuracies(name):
    assert Monitor("Here", name).more is AUTO[name]
    assert Monitor("Here", name, "min").more is False and Monitor("Here", name, "max").more is True


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
