"""The network for points, and the model of it."""

import numpy as np
import pytest
from helpers.refusals import NO_SIZES, refused

from minigen import models


def test_the_sizes_are_as_documented():
    assert models.point_network().count_params() == 66_562
    network = models.point_network(5, units=6, layers=2, classes=3)
    assert [i.shape[1:] for i in network.inputs] == [(5,), (1,), (3,)] and network.outputs.shape[1:] == (5,)


def test_points_and_time_both_matter():
    network = models.point_network()
    x, time = np.zeros((3, 2), "float32"), np.float32([[0.1], [0.1], [0.9]])
    x[1] = 1
    y = network([x, time]).numpy()
    assert abs(y[0] - y[1]).max() > 1e-3 and abs(y[0] - y[2]).max() > 1e-3


def test_a_toy_model():
    model = models.toy_diffusion(classes=3, schedule="straight", units=8)
    assert model.classes == 3 and model.prediction == "velocity" and model.data_range is None
    assert type(model.schedule) is models.StraightSchedule and model.sample(4, labels=2, steps=2).shape == (4, 2)


@pytest.mark.parametrize("size", NO_SIZES)
def test_no_sizes(size):
    for name in ("features", "units", "layers"):
        with refused(ValueError, where="models.point_network: a size", expected="a positive integer"):
            models.point_network(**{name: size})
    if size is not None:
        with refused(ValueError, where="models.point_network: classes"):
            models.point_network(classes=size)
