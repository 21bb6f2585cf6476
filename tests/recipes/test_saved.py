"""What a run leaves in its folder, and a page of it."""

import json

import numpy as np
import pytest
from helpers.pages import read_page
from helpers.refusals import refused

from minigen import cli, load_model, models
from minigen.datasets import mnist
from minigen.explorer import Film, write_film
from minigen.recipes import Run, Settings, registry, saved


def run_of(name, folder, model=None, **flags):
    """A run that has saved a model of two latent variables, untrained."""
    run = Run(registry.recipes[name], Settings(out=str(folder), data="sample", verbose=0, **flags), 1)
    run.folder.mkdir()
    run.save(model or models.vae(2, 8))
    return run


def explored(folder, *arguments):
    """(exit status, the data and the arrays of the page)"""
    status = cli.main(["explore", *map(str, arguments), "-o", str(folder / "page.html")])
    return status, *(read_page((folder / "page.html").read_text(encoding="utf-8")) if status == 0 else ())


def test_a_run_is_read_with_its_test_images(tmp_path):
    model = models.vae(2, 8)
    model.compile()
    run = run_of("vae", tmp_path, model, quick=True, seed=3)
    found = saved.read(run.folder)
    _, (x, y) = mnist.load_data("sample")
    np.testing.assert_array_equal(found.x[:, :, :, 0], x[:500].astype("float32") / 255)
    np.testing.assert_array_equal(found.y, y[:500])
    assert found.title == run.recipe.title and found.film is None
    for a, b in zip(found.model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert json.loads((run.folder / "run.json").read_text())["settings"]["seed"] == 3
    assert load_model(run.folder / "model.minigen").optimizer is None


def test_images_of_a_folder_are_found_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    rng = np.random.default_rng(0)
    parts = {"x_train": (40, 6, 8), "x_test": (20, 6, 8)}
    arrays = {name: rng.integers(0, 256, shape, "uint8") for name, shape in parts.items()}
    np.savez("mine/data.npz", **arrays, y_train=np.arange(40) % 3, y_test=np.arange(20) % 3)
    run = Run(registry.recipes["vae"], Settings(out="out", data="mine", verbose=0), 1)
    run.folder.mkdir(parents=True)
    run.save(models.vae(2, 8, (6, 8)))
    expected = run.images()
    monkeypatch.chdir(tmp_path.parent)
    found = saved.read(tmp_path / "out" / "vae")
    np.testing.assert_array_equal(found.x, expected.x_test)
    np.testing.assert_array_equal(found.y, expected.y_test)


def test_a_name_stays_a_name_beside_a_folder_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sample").mkdir()
    run = run_of("vae", tmp_path)
    assert json.loads((run.folder / "run.json").read_text())["settings"]["data"] == "sample"
    recipe, settings = registry.recipes["toy-gan"], Settings(data=None)
    assert (
        saved.record(recipe, settings)["images"] is False and saved.record(recipe, settings)["settings"]["data"] is None
    )


def test_the_command_writes_a_page_of_several_runs(tmp_path, capsys):
    autoencoder = run_of("latent2d", tmp_path, models.latent_autoencoder(2, 8), quick=True)
    vae = run_of("vae", tmp_path, quick=True)
    status, data, arrays = explored(tmp_path, autoencoder.folder, vae.folder)
    assert status == 0 and f"{tmp_path / 'page.html'}: 0." in capsys.readouterr().out
    assert [view["kind"] for view in data["views"]] == ["autoencoder", "vae"]
    assert [view["title"] for view in data["views"]] == [autoencoder.recipe.title, vae.recipe.title]
    assert [arrays[view["codes"]].shape for view in data["views"]] == [(500, 2)] * 2


def test_a_film_in_the_folder_is_on_the_page(tmp_path):
    gan = run_of("gan", tmp_path, models.gan(4), quick=True)
    frames = np.arange(2 * 3 * 784).reshape(2, 3, 28, 28, 1).astype("uint8")
    write_film(gan.folder / "film.npz", Film("fakes", frames, ["epoch 1", "epoch 2"], {"d_loss": [1.0, 2.0]}))
    _, data, arrays = explored(tmp_path, gan.folder)
    (film,) = data["views"][0]["films"]
    np.testing.assert_array_equal(arrays[film["frames"]], frames)
    assert film["curves"] == {"d_loss": [1.0, 2.0]}


def own_loss(x, x_hat):
    return ((x - x_hat) ** 2).sum()


def test_a_file_of_a_model_has_a_page_without_test_images(tmp_path):
    model = models.vae(2, 8)
    model.compile("adam", own_loss)  # which a page does not need
    model.save(tmp_path / "mine.minigen")
    status, data, _ = explored(tmp_path, tmp_path / "mine.minigen")
    (view,) = data["views"]
    assert (status, view["title"], view["codes"]) == (0, "mine", None)
    (tmp_path / "only").mkdir()
    (tmp_path / "mine.minigen").rename(tmp_path / "only" / "model.minigen")
    assert explored(tmp_path, tmp_path / "only")[1]["views"][0]["title"] == "only"


def refusal(folder, capsys, *arguments):
    assert explored(folder, *arguments) == (1,)
    assert not (folder / "page.html").exists()
    return capsys.readouterr().err


def test_a_path_that_is_no_run_is_refused(tmp_path, capsys):
    run_of("vae", tmp_path)
    error = refusal(tmp_path, capsys, tmp_path / "gan")
    assert "the folder of a run" in error and "nothing there; in" in error and "are vae" in error
    assert "fix:      one of these folders" in error
    assert "fix:      minigen train vae" in refusal(tmp_path, capsys, tmp_path / "no" / "where")
    (tmp_path / "empty").mkdir()
    assert "a folder without model.minigen\n" in refusal(tmp_path, capsys, tmp_path / "empty")
    (tmp_path / "empty" / "checkpoint.npz").touch()
    error = refusal(tmp_path, capsys, tmp_path / "empty")
    assert "an unfinished run" in error and "minigen train empty --resume" in error
    (tmp_path / "text.html").write_text("text")
    assert "text.html" in refusal(tmp_path, capsys, tmp_path / "text.html")
    (tmp_path / "broken.minigen").write_text("text")
    assert "broken.minigen cannot be read" in refusal(tmp_path, capsys, tmp_path / "broken.minigen")


def test_models_that_have_no_page_are_refused(tmp_path, capsys):
    run = run_of("pixelcnn", tmp_path, models.PixelCNN((4, 4), filters=2, blocks=1))
    error = refusal(tmp_path, capsys, run.folder)
    assert "no page for this model" in error and "got:      PixelCNN" in error


def test_weights_that_are_nan_are_refused_with_the_name(tmp_path, capsys):
    model = models.vae(2, 8)
    model.decoder.named_weights()["dense_1/bias"].writable()[3] = np.nan
    run = run_of("vae", tmp_path, model)
    assert "explore: decoder/dense_1/bias" in refusal(tmp_path, capsys, run.folder)


@pytest.mark.parametrize(
    ("entry", "value"),
    [("title", 3), ("images", "yes"), ("noise", "0.5"), ("settings", {}), ("settings", None), (None, None)],
)
def test_a_damaged_record_is_refused(entry, value, tmp_path):
    run = run_of("vae", tmp_path)
    path = run.folder / "run.json"
    found = json.loads(path.read_text())
    path.write_text("{" if entry is None else json.dumps(found | {entry: value}))
    with refused(ValueError, where="run.json cannot be read", fix="minigen train"):
        saved.read(run.folder)


@pytest.mark.parametrize(("name", "value"), [("size", "28"), ("quick", 1), ("seed", None), ("data", 3), ("more", 1)])
def test_damaged_settings_are_refused(name, value, tmp_path):
    run = run_of("vae", tmp_path)
    path = run.folder / "run.json"
    found = json.loads(path.read_text())
    path.write_text(json.dumps(found | {"settings": found["settings"] | {name: value}}))
    with refused(ValueError, where="run.json cannot be read"):
        saved.read(run.folder)
