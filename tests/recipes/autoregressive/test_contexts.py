"""The recipe of context windows: counted ones, and those of a network."""

import numpy as np
import pytest
from helpers.recipe_runs import digits, figures, floats, values


def test_windows_are_compared_by_their_log_likelihood(cook):
    run = cook("markov")
    (table,) = run.tables
    nats = {row[0]: floats(row[1])[0] for row in table.rows}
    x, _, x_test, _ = digits()
    white, white_test = (x > 0.5).sum(), (x_test > 0.5).sum()
    p = (white + 0.5) / (x.size + 1)  # without a window all pixels have one probability
    alone = -(white_test * np.log(p) + (x_test.size - white_test) * np.log(1 - p)) / len(x_test)
    assert nats["0 pixels before, counted"] == pytest.approx(alone, abs=0.06)
    counted = [nats[f"{k} pixels before, counted"] for k in (0, 1, 2, 4, 8, 12)]
    assert counted == sorted(counted, reverse=True) and min(counted) > nats["4 nearest neighbours, counted"]
    assert values(run, "k = 16, counted")[-1] == pytest.approx(nats["16 pixels before, counted"], abs=0.06)
    assert values(run, "4 neighbours, counted")[-1] == pytest.approx(nats["4 nearest neighbours, counted"], abs=0.06)
    assert [row[0] for row in table.rows[-3:]] == [f"{k} pixels before, network of 32 + 32" for k in (16, 28, 56)]
    assert "1,000 digits, scored on 500 others" in table.caption and figures(run) == ["windows"]
