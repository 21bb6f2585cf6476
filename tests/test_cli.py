"""The command line, as a user types it."""

import re
import subprocess
import sys

import pytest
from helpers.refusals import refused

from minigen import cli
from minigen.recipes import Run, Settings, execute_all, registry
from minigen.recipes.evaluation.samples import scorer
from minigen.recipes.parallel import in_turn
from minigen.storage import npz


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["--help"])
    assert stop.value.code == 0
    out = capsys.readouterr().out
    assert all(word in out for word in ("chapter", "train", "data", "info"))


def test_installed_command():
    done = subprocess.run([sys.executable, "-m", "minigen", "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"minigen \d+\.\d+\.\d+\n", done.stdout)


def test_info(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("MINIGEN_CACHE", str(tmp_path))
    assert cli.main(["info"]) == 0
    out = capsys.readouterr().out
    assert "backend: numpy" in out and "5,000 + 1,000 digits" in out


def test_train_without_a_name_lists_the_models(capsys):
    assert cli.main(["train"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [r.name for r in registry.in_order()]


def test_unknown_model_suggests_the_nearest(capsys):
    assert cli.main(["train", "fc-autoencodr"]) == 1
    error = capsys.readouterr().err
    assert "unknown model 'fc-autoencodr'" in error and "fix:      'fc-autoencoder'" in error


@pytest.mark.parametrize("flags", [["--epochs", "0"], ["--batch-size", "-3"], ["--backend", "tpu"], ["--seed", "x"]])
def test_bad_flags(flags, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["train", "fc-autoencoder", *flags])
    assert stop.value.code == 2


def test_train_writes_weights_figures_and_a_page(tmp_path, capsys):
    assert cli.main(["train", "fc-autoencoder", "--quick", "--data", "sample", "--out", str(tmp_path)]) == 0
    folder = tmp_path / "fc-autoencoder"
    names = sorted(p.name for p in folder.iterdir())
    assert names == ["checkpoint.npz", "history.json", "loss.png", "reconstructions.png", "report.html", "weights.npz"]
    out = capsys.readouterr().out
    assert "50,992 parameters" in out and "epoch 5/5" in out


def test_resume_goes_on_where_the_run_stopped(tmp_path, capsys):
    common = ["train", "fc-autoencoder", "--quick", "--data", "sample"]
    cli.main([*common, "--epochs", "4", "--out", str(tmp_path / "whole")])
    cli.main([*common, "--epochs", "2", "--out", str(tmp_path / "parts")])
    cli.main([*common, "--epochs", "4", "--out", str(tmp_path / "parts"), "--resume"])
    assert "2 epochs and 0 steps done" in capsys.readouterr().out
    whole, parts = (tmp_path / k / "fc-autoencoder" / "history.json" for k in ("whole", "parts"))
    assert whole.read_text() == parts.read_text()


USELESS = [
    ("pca", "--epochs", "3"),
    ("pca", "--batch-size", "64"),
    ("scorer", "--epochs", "3"),
    ("toy-gan", "--batch-size", "64"),
    ("toy-codes", "--data", "full"),
    ("char-rnn", "--data", "sample"),
    ("toy-autoencoder", "--resume"),
    ("vae-traps", "--resume"),
    ("linear-autoencoder", "--resume"),
    ("pca", "--optimizer", "sgd"),
    ("pca", "--latent-dim", "3"),
    ("vae", "--preset", "gpu"),
    ("vae", "--text", "x.txt"),
    ("gan", "--loss", "wasserstein"),
]


@pytest.mark.parametrize(("name", "flag", "value"), [(*row, None)[:3] for row in USELESS])
def test_a_flag_that_would_have_no_effect_is_refused(name, flag, value, tmp_path, capsys):
    flags = [flag] if value is None else [flag, value]
    assert cli.main(["train", name, *flags, "--quick", "--out", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert f"minigen train {name}" in error and all(part in error for part in ("expected:", "got:", "fix:"))
    assert not list(tmp_path.iterdir())


def test_chapter_runs_every_recipe_and_writes_one_page(tmp_path, capsys):
    assert cli.main(["chapter", "--quick", "--out", str(tmp_path)]) == 0
    page = (tmp_path / "chapter.html").read_text(encoding="utf-8")
    for recipe in registry.in_order():
        assert f"id='{recipe.name}'" in page
        assert bool(list((tmp_path / recipe.name).glob("*checkpoint.npz"))) == bool(recipe.resume), recipe.name
    figures = list(tmp_path.rglob("*.png"))
    assert page.count("data:image/png;base64,") == len(figures) >= len(registry.recipes)
    text = re.sub(r"base64,[^']*", "", page)  # in which any four letters may stand
    assert "<script" not in text and "http" not in text


def test_the_scorer_is_cooked_before_the_recipes_that_ask_it():
    turn = in_turn(registry.in_order())
    assert turn[0].name == "scorer" and sorted(r.name for r in turn) == sorted(registry.recipes)
    uses_scorer = [r.uses_scorer for r in turn[1:]]
    assert uses_scorer == sorted(uses_scorer) and 8 <= sum(uses_scorer) < len(uses_scorer)


def test_recipes_one_by_one_are_cooked_as_they_stand(tmp_path):
    recipes = [registry.recipes["pca"], registry.recipes["logistic-regression"]]
    settings = Settings(out=str(tmp_path), data="sample", quick=True, verbose=0)
    assert [run.recipe for run in execute_all(recipes, settings, jobs=1)] == recipes
    assert list(execute_all([], settings, jobs=2)) == []


def test_a_recipe_that_asks_the_scorer_has_to_say_so(tmp_path):
    run = Run(registry.recipes["pca"], Settings(out=str(tmp_path), data="sample", quick=True), epochs=1)
    with refused(RuntimeError, "asks the scorer"):
        scorer(run)


def test_each_training_of_a_recipe_has_a_heading(tmp_path, capsys):
    assert cli.main(["train", "take-away", "--quick", "--data", "sample", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.index("itself:\nepoch 1") < out.index("its-past:\nepoch 1") < out.index("itself-or-not:\nepoch 1")


def test_an_unwritable_folder_is_explained(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert cli.main(["train", "toy-autoencoder", "--quick", "--out", str(tmp_path / "file")]) == 1
    assert "minigen:" in capsys.readouterr().err


def test_loss_and_latent_size_of_a_vae(tmp_path, capsys):
    flags = ["--quick", "--data", "sample", "--epochs", "1", "--out", str(tmp_path)]
    assert cli.main(["train", "vae", *flags, "--loss", "binary_crossentropy", "--latent-dim", "3"]) == 0
    out = capsys.readouterr().out
    assert "nats per image, binary_crossentropy: " in out and "kl_per_dimension [" in out
    folder = tmp_path / "vae"
    assert {"weights.npz", "fig-9-11.png", "samples.png", "kl.png"} <= {p.name for p in folder.iterdir()}
    assert not (folder / "fig-9-12.png").exists()  # a map needs two latent variables


@pytest.mark.parametrize("flag", [["--loss", "half_squared_error"], ["--latent-dim", "3"]])
def test_flags_that_are_part_of_an_experiment(flag, tmp_path, capsys):
    assert cli.main(["train", "fc-autoencoder", *flag, "--out", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert f"expected: no {flag[0]}" in error and "latent2d" in error


@pytest.mark.parametrize(
    ("name", "flag", "hint"),
    [
        ("pca", ["--optimizer", "adam"], "fc-autoencoder"),
        ("gan-traps", ["--optimizer", "adam"], "fc-autoencoder"),
        ("vae", ["--preset", "gpu"], "dcgan"),
        ("wgan-gp", ["--loss", "hinge"], "dcgan"),
    ],
)
def test_flags_that_would_have_no_effect(name, flag, hint, tmp_path, capsys):
    assert cli.main(["train", name, *flag, "--out", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert f"expected: no {flag[0]}" in error and hint in error


@pytest.mark.parametrize(
    ("name", "loss", "allowed"),
    [("vae", "mse", "half_squared_error"), ("vae", "hinge", "half_squared_error"), ("gan", "mse", "least_squares")],
)
def test_a_loss_that_a_model_has_not_is_refused_before_anything_is_trained(name, loss, allowed, tmp_path, capsys):
    assert cli.main(["train", name, "--loss", loss, "--out", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert allowed in error and f"got:      {loss}" in error and not (tmp_path / "out").exists()


def test_the_game_the_noise_and_the_size_of_a_gan(tmp_path, capsys):
    flags = ["--quick", "--data", "sample", "--epochs", "1", "--out", str(tmp_path), "--batch-size", "500"]
    assert cli.main(["train", "gan", *flags, "--loss", "hinge", "--latent-dim", "3", "--preset", "gpu"]) == 0
    page = (tmp_path / "gan" / "report.html").read_text(encoding="utf-8")
    assert "hinge" in page and "gpu" in page and "3 latent variables" in page
    arrays, _ = npz.read(tmp_path / "gan" / "weights.npz")
    assert arrays["generator/dense/kernel"].shape == (3, 512)


@pytest.mark.parametrize("flag", [["--preset", "tpu"], ["--latent-dim", "0"], ["--latent-dim", "-2"]])
def test_bad_choices(flag, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["train", "vae", *flag])
    assert stop.value.code == 2


def test_a_tutorial_refuses_flags_that_it_does_not_have(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["tutorial.py", "--epochs", "3", "--lr", "0.1"])
    with pytest.raises(SystemExit):
        cli.tutorial_flags("About it", epochs=5, quick_epochs=1, batch_size=32)
    assert "unknown: --lr 0.1" in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", ["ipykernel_launcher.py", "-f", "/run/kernel-1.json"])  # in a notebook
    assert cli.tutorial_flags("About it", epochs=5, quick_epochs=1, batch_size=32).epochs == 5
