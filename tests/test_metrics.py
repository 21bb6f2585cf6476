"""Metrics against numbers counted by hand."""

import math

import numpy as np
import pytest

from minigen import Tensor, losses, metrics

SCORES = np.array([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2], [0.2, 0.2, 0.6], [0.3, 0.4, 0.3]], "float32")


def test_accuracy_takes_the_largest_output(xp):
    assert metrics.accuracy(np.array([1, 0, 2, 0]), Tensor(SCORES)) == 0.75
    assert metrics.accuracy(np.eye(3)[[1, 0, 2, 0]], Tensor(SCORES)) == 0.75
    assert metrics.accuracy([1, 0, 2, 1], SCORES) == 1.0


def test_accuracy_of_one_output_has_its_border_at_a_half(xp):
    p = np.array([0.2, 0.6, 0.9, 0.4], "float32")
    assert metrics.accuracy(np.array([0, 1, 0, 0]), p) == 0.75
    assert metrics.accuracy(np.array([[0], [1], [0], [0]]), Tensor(p.reshape(-1, 1))) == 0.75


@pytest.mark.parametrize("shapes", [((4,), (4, 1)), ((4, 1), (4, 3)), ((3,), (4, 3)), ((4, 1), (4,))])
def test_accuracy_refuses_shapes_that_would_broadcast(shapes):
    with pytest.raises(ValueError, match="accuracy: shapes differ"):
        metrics.accuracy(np.zeros(shapes[0], int), np.zeros(shapes[1]))


def test_accuracy_refuses_class_numbers_where_it_takes_0_and_1():
    """accuracy(labels, labels) would count every 2 as wrong: predictions are outputs, not classes."""
    with pytest.raises(ValueError, match="accuracy"):
        metrics.accuracy([0, 1, 2], [0, 1, 2])


def test_mean_squared_error(xp):
    assert metrics.mean_squared_error(np.array([0.0, 1.0, 3.0]), Tensor([0.0, 2.0, 1.0])) == pytest.approx(5 / 3)


def test_mean_squared_error_refuses_shapes_that_would_broadcast():
    with pytest.raises(ValueError):
        metrics.mean_squared_error(np.zeros(4), np.ones((4, 1)))


def test_binary_entropy_is_the_floor_of_the_cross_entropy(xp):
    x = np.array([[0.0, 0.5, 1.0, 0.25]], "float32")
    floor = (math.log(2) - 0.25 * math.log(0.25) - 0.75 * math.log(0.75)) / 4
    assert metrics.binary_entropy(Tensor(x)) == pytest.approx(floor)
    assert losses.binary_crossentropy(x, x).item() == pytest.approx(floor, abs=1e-6)
    assert losses.binary_crossentropy(x, x + 0.01 * (x == 0.25)).item() > floor


@pytest.mark.parametrize("metric", metrics.METRICS.values())
def test_metrics_are_floats(xp, metric):
    assert type(metric(np.ones((4, 3)), Tensor(SCORES))) is float


def test_names():
    assert metrics.get("mse") is metrics.mean_squared_error
    assert metrics.name_of("accuracy") == metrics.name_of(metrics.accuracy) == "accuracy"
