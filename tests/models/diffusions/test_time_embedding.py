"""The time as sinusoids."""

import numpy as np
import pytest
from helpers.refusals import NO_SIZES, refused

from minigen import models


def test_sines_and_cosines_of_a_thousand_times_the_time(xp):
    time = np.array([[0.001], [0.5], [1.0]], "float32")
    y = models.TimeEmbedding(6)(time).numpy()
    omega = np.array([1.0, 10_000 ** (-1 / 3), 10_000 ** (-2 / 3)])
    angles = 1000 * time.astype("float64") * omega
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, np.concatenate([np.sin(angles), np.cos(angles)], axis=1), atol=1e-7)


def test_the_angles_are_exact_in_float32_too():
    """1000 rad in float32 would be off by 3e-5, and the sine with it."""
    time = np.float32([[0.999]])
    exact = np.sin(1000 * float(time[0, 0]))
    assert abs(models.TimeEmbedding(64)(time).numpy()[0, 0] - exact) < 1e-7
    assert abs(np.sin(np.float32(1000) * time)[0, 0] - exact) > 1e-6


def test_neighbouring_times_differ():
    y = models.TimeEmbedding(32)(np.arange(1, 1001, dtype="float32")[:, None] / 1000).numpy()
    assert np.linalg.norm(np.diff(y, axis=0), axis=1).min() > 0.5


@pytest.mark.parametrize("units", [*NO_SIZES, 7])
def test_an_odd_width_is_refused(units):
    with refused(ValueError, "units", fix="TimeEmbedding("):
        models.TimeEmbedding(units)


def test_a_time_without_its_axis_is_refused():
    with refused((TypeError, ValueError), "TimeEmbedding"):
        models.TimeEmbedding(4)(np.ones(3, "float32"))
