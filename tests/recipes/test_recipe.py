"""What a recipe is: its place in the chapter, and the flags that it takes and those that it refuses."""

import pytest

from minigen import cli
from minigen.recipes import registry

USELESS = [
    ("pca", "--epochs", "3"),
    ("pca", "--batch-size", "64"),
    ("scorer", "--epochs", "3"),
    ("toy-gan", "--batch-size", "64"),
    ("toy-codes", "--data", "full"),
    ("char-rnn", "--data", "sample"),
    ("char-rnn", "--color", "grey"),
    ("toy-gan", "--color", "grey"),
    ("toy-codes", "--color", "grey"),
    ("toy-autoencoder", "--color", "grey"),
    ("toy-autoencoder", "--resume"),
    ("vae-traps", "--resume"),
    ("linear-autoencoder", "--resume"),
    ("pca", "--optimizer", "sgd"),
    ("pca", "--latent-dim", "3"),
    ("vae", "--preset", "gpu"),
    ("vae", "--text", "x.txt"),
    ("gan", "--loss", "wasserstein"),
]


def test_what_is_beyond_the_chapter_comes_after_it_in_the_order_of_the_guide():
    sections = [recipe.section for recipe in registry.in_order()]
    assert sections.index("beyond") == len(sections) - sections.count("beyond") > sections.index("9.4")
    headings = {recipe.heading for recipe in registry.in_order()}
    assert "Beyond the chapter" in headings and "Section 9.4" in headings
    beyond = [recipe.name for recipe in registry.in_order() if recipe.section == "beyond"]
    assert beyond == ["diffusion-toy", "diffusion", "flow", "diffusion-traps", "gpt", "image-gpt", "families"]


@pytest.mark.parametrize(("name", "flag", "value"), [(*row, None)[:3] for row in USELESS])
def test_a_flag_that_would_have_no_effect_is_refused(name, flag, value, tmp_path, capsys):
    flags = [flag] if value is None else [flag, value]
    assert cli.main(["train", name, *flags, "--quick", "--out", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert f"minigen train {name}" in error and all(part in error for part in ("expected:", "got:", "fix:"))
    assert not list(tmp_path.iterdir())


def test_a_size_of_pictures_is_refused_where_there_are_none(tmp_path, capsys):
    assert cli.main(["train", "char-rnn", "--size", "8", "8", "--out", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert "expected: no --size" in error and "fc-autoencoder" in error


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
