"""The recipe of the chapter's first autoencoder, and the files that it leaves."""

import functools

import numpy as np
import pytest
from helpers.recipe_runs import digits, figures, history, values

from minigen import cli, models


def test_train_writes_weights_figures_and_a_page(tmp_path, capsys):
    assert cli.main(["train", "fc-autoencoder", "--quick", "--data", "sample", "--out", str(tmp_path)]) == 0
    folder = tmp_path / "fc-autoencoder"
    names = sorted(p.name for p in folder.iterdir())
    assert names == [
        "checkpoint.npz",
        "history.json",
        "loss.png",
        "model.minigen",
        "reconstructions.png",
        "report.html",
        "run.json",
    ]
    out = capsys.readouterr().out
    assert "50,992 parameters" in out and "epoch 5/5" in out


def test_the_linear_network_stays_above_the_principal_components(cook):
    run = cook("toy-autoencoder")
    (linear,), (tanh,) = (values(run, f"{kind} autoencoder: relative excess over PCA") for kind in ("linear", "tanh"))
    assert 0 < linear < tanh and figures(run) == ["excess"]


def test_a_linear_autoencoder_of_digits_cannot_fall_below_two_components(cook):
    run, x = cook("linear-autoencoder"), digits()[0]
    singular = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    (residual,) = values(run, "PCA residual, MSE per pixel")
    assert residual == pytest.approx(np.square(singular[2:]).sum() / x.size, rel=1e-4)
    (reached,), (excess,) = values(run, "linear autoencoder"), values(run, "excess over PCA")
    assert excess == pytest.approx(reached - residual, rel=0.01) and excess > 0


def test_the_deep_autoencoder_reports_what_its_history_has(cook):
    run = cook("deep-fc-autoencoder")
    assert values(run, "test loss")[0] == pytest.approx(history(run)["val_loss"][-1], abs=1e-4)
    assert figures(run) == ["reconstructions", "loss"]


def test_a_penalty_makes_the_code_sparser(cook, monkeypatch):
    """With a hundred times the penalty, so that one epoch shows it."""
    monkeypatch.setattr(models, "sparse_fc_autoencoder", functools.partial(models.sparse_fc_autoencoder, penalty=0.01))
    run = cook("sparse-fc-autoencoder")
    assert values(run, "mean code activation, sparse")[0] < 0.5 * values(run, "mean code activation, free")[0]
    for kind in ("free", "sparse"):
        assert values(run, f"{kind}: test loss")[0] == pytest.approx(history(run, f"{kind}-")["val_loss"][-1], abs=1e-4)
