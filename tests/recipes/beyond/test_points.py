"""The recipe of a diffusion of points, whose answer is known."""

import numpy as np
import pytest
from helpers.recipe_runs import figures, floats, values

from minigen.datasets import toys
from minigen.recipes.beyond.points import clusters_of


def test_the_learnt_diffusion_is_compared_with_the_exact_one(cook):
    run = cook("diffusion-toy")
    loss, best = values(run, "loss at the end, loss of the exact network")
    assert best == pytest.approx(0.77, abs=0.03) and best < loss
    assert values(run, "error of the score at t = 180")[0] < 5  # percent: even a short training knows pure noise
    (table,) = run.tables
    assert [row[0].partition(",")[0] for row in table.rows] == ["the data"] + 3 * ["exact"] + 3 * ["learnt"]
    exact = table.rows[1]
    assert floats(exact[1]) == pytest.approx(toys.THREE_CLUSTERS.shares.tolist(), abs=0.12)  # of 200 samples
    assert floats(exact[3]) == pytest.approx([1, 1, 1], abs=0.25)
    entropy = values(run, "entropy of the data, nats")[0]
    assert entropy < values(run, "exact: bound, nats")[0] < values(run, "learnt: bound, nats")[0]
    assert values(run, "exact: to the noise and back, median error")[0] < 1e-3
    assert figures(run) == ["score", "paths", "loss"]


def test_clusters_are_measured_by_hand():
    """Three samples near one mean, two near another, none near the third."""
    mixture = toys.GaussianMixture([[0, 0], [10, 0], [0, 10]], [1.0, 0.25, 1.0])
    x = np.array([[0, 0], [1, 0], [2, 0], [10, 1], [10, -1]], "float64")
    found = clusters_of(mixture, x)
    np.testing.assert_allclose(found.shares, [0.6, 0.4, 0], atol=1e-6)
    np.testing.assert_allclose(found.means, [[1, 0], [10, 0], [np.nan, np.nan]])
    np.testing.assert_allclose(found.spreads, [(2 / 3 / 2) ** 0.5, (1 / 0.5) ** 0.5, np.nan])
