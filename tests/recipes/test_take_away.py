"""The recipe of section 9.4: three trainings with labels that cost nothing, and a table of widths and digits."""

import numpy as np
import pytest
from helpers.recipe_runs import digits, figures, floats, values

from minigen import cli


def test_three_kinds_of_labels_and_the_effect_of_scale(cook):
    run, (x, _, x_test, _) = cook("take-away"), digits()
    (table,) = run.tables
    assert table.header == ["digits", *(f"width {width}" for width in (8, 16, 32, 64, 128))]
    losses = np.array([[float(cell) for cell in row[1:]] for row in table.rows])
    assert floats(table.rows[-1][0]) == [1000] and losses[-1].min() == losses.min()  # the widest, with all digits
    name = "of the steps to a larger width the loss falls at"
    falls = np.diff(losses, axis=1) < 0
    assert values(run, name) == [falls.sum(), falls.size]
    p = (x.sum(axis=0) + 0.5) / (len(x) + 1)
    mean_digit = -(x_test * np.log(p) + (1 - x_test) * np.log(1 - p)).sum() / len(x_test)
    expected = {name: text for name, _, text in run.numbers}["x → x: fc_autoencoder(32).fit(x, x)"]
    assert floats(expected.partition("the mean digit")[2])[0] == pytest.approx(mean_digit, abs=0.06)
    assert figures(run) == ["scale"]


def test_each_training_of_a_recipe_has_a_heading(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("minigen.recipes.take_away.WIDTHS", (8,))
    monkeypatch.setattr("minigen.recipes.take_away.SHARES", (1,))
    assert cli.main(["train", "take-away", "--quick", "--data", "sample", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.index("itself:\nepoch 1") < out.index("its-past:\nepoch 1") < out.index("itself-or-not:\nepoch 1")
