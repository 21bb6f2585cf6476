"""The recipe of the VAE with another loss and another size of its code."""

import numpy as np
import pytest
from helpers.recipe_runs import digits, figures, floats, values

from minigen import cli


def test_loss_and_latent_size_of_a_vae(kitchen, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    flags = ["--quick", "--data", "sample", "--epochs", "1", "--out", str(kitchen)]
    assert cli.main(["train", "vae", *flags, "--loss", "binary_crossentropy", "--latent-dim", "3"]) == 0
    out = capsys.readouterr().out
    assert "nats per image, binary_crossentropy: " in out and "kl_per_dimension [" in out
    folder = kitchen / "vae"
    assert {"model.minigen", "fig-9-11.png", "samples.png", "kl.png"} <= {p.name for p in folder.iterdir()}
    assert not (folder / "fig-9-12.png").exists()  # a map needs two latent variables


def test_the_loss_of_a_linear_vae_stands_above_its_closed_form(cook):
    run, x = cook("linear-vae", epochs=20), digits()[0]
    eigenvalues = np.linalg.eigvalsh((x - x.mean(axis=0)).T @ (x - x.mean(axis=0)) / len(x))[::-1]
    kept, rest = eigenvalues[:2], eigenvalues[2:]
    best = (rest.sum() + 2 + np.log(kept).sum()) / 2  # each variable: 1/2 of its noise, 1/2 log of its eigenvalue
    expected = {name: floats(text)[-1] for name, _, text in run.numbers if "in closed form" in text}
    assert expected["loss, nats per image"] == pytest.approx(best, abs=1e-3)
    loss, x_hat, z = (values(run, f"{name}, nats per image")[0] for name in ("loss", "Loss x̂", "Loss z"))
    assert loss == pytest.approx(x_hat + z, abs=2e-3) and best < loss < best + 0.3
    assert values(run, "loss above the closed form")[0] == pytest.approx(loss - best, abs=2e-3)


def test_the_loss_of_a_vae_is_reconstruction_and_kl(cook):
    run = cook("vae")
    name = "test loss = reconstruction + KL, nats per image, half_squared_error"
    loss, reconstruction, kl = values(run, name)
    assert loss == pytest.approx(reconstruction + kl, abs=0.02)
    kls = values(run, "KL of each latent variable, in decreasing order")
    assert sum(kls) == pytest.approx(kl, abs=0.02) and kls == sorted(kls, reverse=True)
    assert values(run, "parameters") == [807_700]
    names = ["fig-9-11", "fig-9-12", "fig-9-13", "interpolation", "samples"]
    assert figures(run) == ["loss", *names]


def test_32_latent_variables_are_compared_with_the_eigenvalues_of_the_residual(cook):
    run = cook("vae-32")
    assert values(run, "parameters") == [853_840] and 0 < values(run, "latent variables in use")[0] <= 32
    assert values(run, "largest variance of any direction of x - x̂")[-1] > 0
    ink = values(run, "ink from thin to bold")
    assert len(ink) == 10 and values(run, "steps at which it rises") == [(np.diff(ink) > 0).sum(), 9]
    assert "thickness" in figures(run)


def test_a_conditional_vae_is_asked_for_every_class(cook):
    run = cook("cvae")
    (agreement,) = values(run, "drawn digits that the scorer calls by their label")
    assert 0.05 < agreement <= 1 and "samples" in figures(run) and (run.folder / "model.minigen").exists()


def test_a_convolutional_vae_sums_the_cross_entropy_over_the_pixels(cook):
    run = cook("conv-vae")
    loss, reconstruction, kl = values(run, "test loss = reconstruction + KL, nats per image, binary_crossentropy")
    assert loss == pytest.approx(reconstruction + kl, abs=0.02) and 100 < loss < 784 * np.log(2)
    assert figures(run) == ["samples"]
