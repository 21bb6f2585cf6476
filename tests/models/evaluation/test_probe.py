"""The linear probe: straight borders, crooked ones, and columns of every scale."""

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen.models import linear_probe


def test_a_linear_probe_finds_straight_borders():
    z = np.random.default_rng(0).normal(size=(600, 3))
    y = (z @ [1.0, -2.0, 0.5] > 0.3).astype(int)
    assert linear_probe(z[:400], y[:400], z[400:], y[400:], 400) > 0.97
    scaled = 1e4 + 1e-3 * z  # whatever the scale
    assert linear_probe(scaled[:400], y[:400], scaled[400:], y[400:], 400) > 0.97


def test_a_linear_probe_takes_so_many_steps(monkeypatch):
    z, y, trained = np.random.default_rng(0).normal(size=(450, 3)), np.arange(450) % 2, {}
    fit = minigen.Model.fit

    def watched(model, *data, **options):
        trained["steps"], trained["rate"] = 3 * options["epochs"], model.optimizer.schedule
        return fit(model, *data, **options)

    monkeypatch.setattr(minigen.Model, "fit", watched)
    linear_probe(z, y, z, y, steps=6)
    assert trained["steps"] == 6 and trained["rate"].steps == 6


def test_a_linear_probe_finds_no_crooked_ones():
    """Exclusive or: no line does better than three corners of four."""
    z = np.random.default_rng(0).normal(size=(600, 2))
    y = (z[:, 0] * z[:, 1] > 0).astype(int)
    assert linear_probe(z[:400], y[:400], z[400:], y[400:], 400) < 0.7


def test_a_linear_probe_draws_nothing_from_the_caller():
    z, y = np.random.default_rng(0).normal(size=(50, 2)), np.arange(50) % 2
    state = minigen.backend.random_state()
    first = linear_probe(z, y, z, y, 20)
    assert minigen.backend.random_state() == state and linear_probe(z, y, z, y, 20) == first


def test_bad_probes_are_refused():
    z, y = np.zeros((4, 2)), np.arange(4) % 2
    with refused(ValueError, "linear_probe"):
        linear_probe(z, y, np.zeros((4, 3)), y)
    with refused(ValueError, "linear_probe: steps"):
        linear_probe(z, y, z, y, steps=0)
    with refused(ValueError, "linear_probe"):
        linear_probe(z, y[:3], z, y)
    with refused(ValueError, "linear_probe"):
        linear_probe(z, y, z, y[:3])
    with refused(ValueError, "linear_probe"):
        linear_probe(z * np.nan, y, z, y)
    with refused(ValueError, "linear_probe"):
        linear_probe(z[:, 0], y, z, y)
    with refused(ValueError, "linear_probe"):
        linear_probe(z[:0], y[:0], z, y)
    with refused(ValueError, "linear_probe"):
        linear_probe(z[:, :0], y, z[:, :0], y)
    with refused(ValueError, "linear_probe"):
        linear_probe(z, y / 2, z, y)
    with refused(ValueError, "linear_probe"):
        linear_probe(z, y.astype(str), z, y)
    with refused(ValueError, "linear_probe"):
        linear_probe(z, None, z, y)


def test_columns_of_a_probe_may_be_huge_tiny_or_the_same_for_all():
    """Dead units of a hidden layer are the same for all training data, and not quite for the test data."""
    z = np.random.default_rng(0).normal(size=(300, 3))
    y = (z[:, 0] > 0).astype(int)
    plain = linear_probe(z[:200], y[:200], z[200:], y[200:], 400)
    for scale in (1e200, 1e-30):
        found = linear_probe(scale * z[:200], y[:200], scale * z[200:], y[200:], 400)
        assert found == pytest.approx(plain, abs=0.02)
    dead = np.column_stack([z, np.r_[np.ones(200), np.full(100, 1.001)]])
    assert linear_probe(dead[:200], y[:200], dead[200:], y[200:], 400) == pytest.approx(plain, abs=0.02)


def test_a_label_that_was_not_there_in_training_is_missed():
    z = np.random.default_rng(0).normal(size=(100, 2))
    y = 10**7 * (z[:, 0] > 0)
    assert linear_probe(z, y, z, y, 400) > 0.95 and linear_probe(z, y, z, y + 1, 20) == 0
