"""Recipes on other images than MNIST's: what they say, what they leave out, and what they refuse."""

import re

import numpy as np
import pytest
from helpers.mnist_files import Stand, fill
from helpers.pictures import classes
from helpers.refusals import refused
from matplotlib.figure import Figure
from PIL import Image

from minigen import cli
from minigen.datasets.images.downloads import cache_folder
from minigen.recipes import Run, Settings, images, registry, report
from minigen.recipes.vaes.vae import _draw_graph

ON_IMAGES = [recipe.name for recipe in registry.in_order() if recipe.data == "images"]
ON_DIGITS = ["digit-or-not", "multitask", "scorer"]
GREY = ("made", "pixelcnn", "markov", "image-gpt")  # black and white ones, made of them
SCORED = {recipe.name for recipe in registry.in_order() if recipe.uses_scorer}


def save_one_pixel(figure, path, **options):
    """In place of Figure.savefig, which takes most of the time of a run."""
    Image.new("RGB", (1, 1)).save(path)


def run_of(name, data, folder, **flags):
    settings = Settings(data=str(data), out=str(folder), quick=True, epochs=1, verbose=0, **flags)
    return Run(registry.recipes[name], settings, 1)


def test_the_graph_of_a_vae_is_that_of_its_images(bars, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(Run, "graph", lambda run, name, y, names, caption: drawn.append(names["x"].shape))
    _draw_graph(run_of("vae", bars, tmp_path))
    assert drawn == [(1, 64)]


@pytest.mark.parametrize("name", ON_IMAGES)
def test_no_line_is_about_digits_that_are_not_there(name, bars, tmp_path, monkeypatch):
    if name not in ("vae", "dcgan"):  # drawing takes most of the time: the figures of the others are made, not drawn
        monkeypatch.setattr(Figure, "savefig", save_one_pixel)
    monkeypatch.setattr(Run, "n_samples", 100)
    run = run_of(name, bars, tmp_path).execute()
    assert run.figures and run.images_learnt == 160
    left_out = ("the scorer", "left out", "it is a classifier of handwritten digits, and these are other images")
    assert (left_out in run.numbers) == (name in SCORED)
    run.numbers = [row for row in run.numbers if row != left_out]
    page = report.write([run], tmp_path / "page.html", "").read_text(encoding="utf-8")
    text = re.sub(r"base64,[^']*", "", page)
    assert not re.findall(r"[^<>]*\bdigit[^<>]*", text, re.I) and "bars.npz" in text
    assert not [value for _, value, _ in run.numbers if "nan" in value]


@pytest.mark.parametrize("name", ["vae", "dcgan", "diffusion"])
def test_pictures_in_colour(name, tmp_path):
    folder = classes(tmp_path / "x", {"a": 60, "b": 60}, shape=(12, 8, 3))
    run = run_of(name, folder, tmp_path / "out").execute()
    assert run.image_shape == (12, 8, 3) and run.classes == 2 and "samples.png" in {p.name for p, _ in run.figures}
    small = run_of(name, folder, tmp_path / "out", size=(8, 8), color="grey")
    assert small.image_shape == (8, 8, 1)


@pytest.mark.parametrize("name", GREY)
def test_black_and_white_pixels_come_from_grey_ones(name, tmp_path):
    folder = classes(tmp_path / "x", {"a": 60, "b": 60}, shape=(8, 8, 3))
    with refused(ValueError, got="3 channels", fix="--color grey"):
        run_of(name, folder, tmp_path / "out").execute()


@pytest.mark.parametrize("name", ["dcgan", "conv-autoencoder", "denoiser", "conv-vae", "forensic", "wgan-gp"])
def test_a_size_that_a_network_cannot_draw_is_refused_with_the_flag_for_another(name, tmp_path):
    folder = classes(tmp_path / "x", {"a": 100}, shape=(12, 10, 3))
    with refused(ValueError, where=": image_shape", got="12 x 10", fix="(12, 8, 3)"):
        run_of(name, folder, tmp_path / "out").execute()
    with refused(ValueError, fix="--size 12 8"):
        run_of(name, folder, tmp_path / "out").execute()


@pytest.mark.parametrize("name", ["diffusion", "flow"])
def test_a_u_net_draws_multiples_of_four(name, tmp_path):
    folder = classes(tmp_path / "x", {"a": 60, "b": 60}, shape=(12, 10, 3))
    with refused(ValueError, where=f"models.{name}: image_shape", got="12 x 10", fix="--size 12 8"):
        run_of(name, folder, tmp_path / "out").execute()


def test_pixels_beside_the_levels_have_no_bound_in_nats(tmp_path, monkeypatch):
    """Of pixels up to 200, a level is 1/200: they lie between those of 256 grey levels."""
    monkeypatch.setattr(Figure, "savefig", save_one_pixel)
    x = np.random.default_rng(0).integers(0, 201, (20, 8, 8)).astype("uint8")
    run = run_of("diffusion", saved(tmp_path, x).data, tmp_path / "out").execute()
    assert ("the bound on -log p(x)", "left out", "the pixels do not lie on 256 levels") in run.numbers
    assert "bound.png" not in {path.name for path, _ in run.figures}


@pytest.mark.parametrize(("name", "size"), [("vae-gan", 1), ("pca", 1), ("markov", 4)])
def test_images_of_too_few_pixels_are_refused(name, size, tmp_path):
    settings = saved(tmp_path, np.zeros((40, size, size), "uint8"))
    with refused(ValueError, where=": images", got=f"{size} x {size}", fix="--size 28 28"):
        run_of(name, settings.data, tmp_path / "out").execute()


@pytest.mark.parametrize("name", ["logistic-regression", "cvae", "cgan", "diffusion", "flow"])
def test_a_recipe_of_classes_needs_two(name, tmp_path):
    folder = classes(tmp_path / "x", {"a": 100}, shape=(8, 8, 3))
    with refused(ValueError, where=f"recipe {name}: labels", got="one class"):
        run_of(name, folder, tmp_path / "out").execute()


# ---- from the command line


def test_the_command_line_names_the_data(bars, tmp_path, capsys):
    flags = ["--data", str(bars), "--quick", "--epochs", "1", "--out", str(tmp_path)]
    assert cli.main(["train", "fc-autoencoder", *flags]) == 0
    page = (tmp_path / "fc-autoencoder" / "report.html").read_text(encoding="utf-8")
    assert "160 images" in page and "160 digits" not in page and f"--data {bars}" in page
    assert "50,992" not in capsys.readouterr().out


def test_size_and_color_reach_the_pictures(tmp_path, capsys):
    folder = classes(tmp_path / "x", {"a": 90, "b": 29})
    flags = ["--data", str(folder), "--quick", "--epochs", "1", "--out", str(tmp_path / "out")]
    assert cli.main(["train", "fc-autoencoder", *flags, "--size", "6", "4", "--color", "grey"]) == 0
    assert "parameters: 1,592" in capsys.readouterr().out  # 24 pixels: 24 * 32 + 32 + 32 * 24 + 24


@pytest.mark.parametrize("name", ON_DIGITS)
def test_a_recipe_about_digits_refuses_others(name, bars, tmp_path, capsys):
    assert cli.main(["train", name, "--data", str(bars), "--out", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert f"minigen train {name}: --data" in error and "digits of 28 x 28 pixels" in error and "conv-vae" in error


@pytest.mark.parametrize("flags", [["--size", "8", "8"], ["--color", "grey"]])
@pytest.mark.parametrize("data", ["sample", "bars"])
def test_flags_of_pictures_are_refused_where_there_are_none(flags, data, bars, tmp_path, capsys):
    place = str(bars) if data == "bars" else data
    assert cli.main(["train", "pca", "--data", place, *flags, "--out", str(tmp_path)]) == 1
    assert "arrays come as they are" in capsys.readouterr().err


def test_a_name_that_is_none_is_answered_with_the_nearest(tmp_path, capsys):
    assert cli.main(["train", "vae", "--data", "fashion_mnist", "--out", str(tmp_path)]) == 1
    assert "datasets.load('fashion-mnist')" in capsys.readouterr().err


def test_the_names_of_the_data_sets_are_listed_and_downloaded(monkeypatch, capsys):
    assert cli.main(["data"]) == 0
    assert "fashion-mnist\n" in capsys.readouterr().out
    assert cli.main(["data", "fashon-mnist"]) == 1
    assert "'fashion-mnist'" in capsys.readouterr().err


# ---- the images themselves


def in_order(x):
    """The images, flat, in an order of their own: load() shuffles them."""
    flat = x.reshape(len(x), -1)
    return flat[np.lexsort(flat.T)]


def test_other_sets_of_digits_are_digits_and_others_are_not(monkeypatch, tmp_path):
    monkeypatch.setenv("MINIGEN_CACHE", str(tmp_path))
    for name in ("qmnist", "emnist-digits", "kmnist"):
        stand = Stand(name)
        fill(cache_folder(name), stand.raw, "{}.gz")
        settings = Settings(data=name.upper())
        assert images.are_digits(settings) == (name != "kmnist") and not images.is_mnist(settings)
        (x, _), _ = stand.loaded
        np.testing.assert_array_equal(in_order(images.load(settings).x_train), in_order(x.astype("float32") / x.max()))


@pytest.mark.parametrize("data", [None, "sample", "full", "mnist", "MNIST"])
def test_the_names_of_mnist(data):
    assert images.is_mnist(Settings(data=data)) and images.are_digits(Settings(data=data))


def saved(tmp_path, x, y=None, x_test=None, y_test=None):
    y = np.arange(len(x)) % 2 if y is None else y
    path = tmp_path / "x.npz"
    x_test, y_test = x if x_test is None else x_test, y if y_test is None else y_test
    np.savez(path, x_train=x, y_train=y, x_test=x_test, y_test=y_test)
    return Settings(data=str(path))


def test_too_few_images_for_a_figure_are_refused(tmp_path):
    folder = classes(tmp_path / "x", {"a": 60, "b": 30}, shape=(2, 2, 3))
    with refused(ValueError, where="--data: images", got="81 and 9", fix="100 in all"):
        images.load(Settings(data=str(folder)))


def test_the_largest_pixel_becomes_white(tmp_path):
    x = np.arange(48, dtype="uint8").reshape(12, 2, 2)
    loaded = images.load(saved(tmp_path, x, x_test=x + 5))
    np.testing.assert_array_equal(in_order(loaded.x_train), in_order(x.astype("float32") / 47))
    assert loaded.x_test.max() == 1 and loaded.x_train.dtype == np.float32
    floats = images.load(saved(tmp_path, x / 64)).x_train
    np.testing.assert_array_equal(in_order(floats), in_order((x / 64).astype("float32")))
    assert images.load(saved(tmp_path, 0 * x)).x_train.max() == 0
    np.testing.assert_array_equal(in_order(images.load(saved(tmp_path, x > 7)).x_train), in_order(x > 7))


@pytest.mark.parametrize("x", [-np.ones((12, 2, 2), "int16"), np.full((12, 2, 2), 1.5), np.full((12, 2, 2), np.nan)])
def test_other_pixels_are_refused(x, tmp_path):
    with refused(ValueError, where="--data: pixels"):
        images.load(saved(tmp_path, x))


def test_integers_beside_floats_are_refused(tmp_path):
    """Divided by 255 like the training images, floats in [0, 1] would be all but black."""
    x = np.arange(48, dtype="uint8").reshape(12, 2, 2)
    for a, b in ((x, x / 64), (x > 7, x / 64), (x / 64, x > 7)):
        with refused(ValueError, where="--data: pixels", got="test images", fix="x_test"):
            images.load(saved(tmp_path, a, x_test=b))
    assert images.load(saved(tmp_path, x, x_test=x.astype("int32"))).x_test.max() == 1


@pytest.mark.parametrize("channels", [2, 4, 6])
def test_channels_that_are_no_colours_are_refused(tmp_path, channels):
    """A model of them would train, and its images could not be shown."""
    with refused(ValueError, where="--data: channels", got=f"(12, 5, 6, {channels})", fix="x[..., :3]"):
        images.load(saved(tmp_path, np.zeros((12, 5, 6, channels), "uint8")))
    for channels in (1, 3):
        assert images.load(saved(tmp_path, np.zeros((12, 5, 6, channels), "uint8"))).x_train.shape[3] == channels
        with refused(ValueError, where="--data: channels", fix="np.moveaxis(x, 1, -1)"):
            images.load(saved(tmp_path, np.zeros((12, channels, 5, 6), "uint8")))


def test_labels_are_the_places_of_their_classes(tmp_path):
    y = np.array([1, 26, 9, 1] * 3)
    x = np.repeat(y, 4).reshape(12, 2, 2).astype("uint8")  # of each image the pixels are its label
    loaded = images.load(saved(tmp_path, x, y))
    for images_, labels in ((loaded.x_train, loaded.y_train), (loaded.x_test, loaded.y_test)):
        assert sorted(labels) == [0] * 6 + [1] * 3 + [2] * 3 and labels.tolist() != [0, 2, 1, 0] * 3
        np.testing.assert_array_equal(np.array([1, 9, 26])[labels], np.round(26 * images_[:, 0, 0, 0]))
    with refused(ValueError, where="--data: labels", got="[7]"):
        images.load(saved(tmp_path, x, y, y_test=np.where(y == 9, 7, y)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Test digits and a digit", "Test images and an image"),
        ("Digits: a new digit", "Images: a new image"),
        ("digitised prestidigitation", "digitised prestidigitation"),
    ],
)
def test_the_word_digit_becomes_the_word_image(text, expected):
    assert images.without_digits(text) == expected
