"""The recipes of section 9.2.5: a VAE with the loss of a discriminator, and one encoder for many tasks."""

import numpy as np
import pytest
from helpers.recipe_runs import digits, figures, history, values

from minigen import models
from minigen.models import linear_probe


def test_test_digits_are_the_scale_of_reconstructions(cook):
    run = cook("vae-gan")
    rows = {row[0]: row[1:] for row in run.tables[0].rows}
    images = digits()[2].reshape(-1, 28, 28)
    energy = sum(np.square(np.diff(images, axis=axis)).sum() for axis in (1, 2)) / len(images)
    assert float(rows["test digits"][0]) == pytest.approx(energy, abs=0.06) and float(rows["test digits"][1]) == 0
    assert rows["test digits"][2:] == rows["new digits of the VAE"][2:] == ["", ""]
    assert all(float(row[0]) < energy for name, row in rows.items() if name != "test digits")
    for name in ("features", "kl", "d_loss"):
        assert values(run, f"{name}, mean of the last epoch") == [pytest.approx(history(run)[name][-1], abs=1e-4)]


def test_six_encoders_are_compared_by_linear_probes(cook, monkeypatch):
    """With a fifth of the steps of each probe."""
    monkeypatch.setattr(models, "linear_probe", lambda *data: linear_probe(*data[:4], data[4] // 5))
    run = cook("multitask")
    (table,) = run.tables
    rows = {row[0]: row[1:] for row in table.rows}
    assert list(rows) == ["random", "autoencoder", "VAE", "VAE + tasks", "VAE-GAN + tasks", "classifier"]
    assert float(rows["classifier"][0]) > float(rows["random"][0]) > 0.2  # trained on the labels
    assert float(rows["VAE + tasks"][0]) > float(rows["VAE"][0])
    assert rows["random"][-2:] == rows["classifier"][-2:] == ["", ""]  # they cannot draw
    assert all(0 < float(row[i]) <= 1 for row in rows.values() for i in (0, 1, 2))
    for name in ("vae-tasks", "vae-gan-tasks"):
        assert values(run, f"{name}, digit: test accuracy")[-1] > 0.3
        assert values(run, f"{name}, loop: test accuracy")[-1] > 0.5
    assert set(history(run, "vae-gan-tasks-")) > {"digit/loss", "loop/loss", "thickness/loss", "vae_gan/d_loss"}
    assert figures(run)[0] == "fig-9-14" and "thickness" in figures(run)
