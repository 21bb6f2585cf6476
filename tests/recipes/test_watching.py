"""minigen train NAME --watch: the page of a run, and what it shows of each kind of model."""

import numpy as np
import pytest
from matplotlib.figure import Figure

import minigen
from minigen import Dense, Input, Sequential, cli, models
from minigen.callbacks import WatchPage
from minigen.recipes import Run, Settings, registry
from minigen.recipes.watching import newest

RELOADS = '<meta http-equiv="refresh"'


@pytest.fixture
def run(tmp_path):
    """A run on 30 images of 4 x 4."""
    rng = np.random.default_rng(0)
    arrays = {
        f"{x}_{part}": a
        for part in ("train", "test")
        for x, a in (("x", rng.random((30, 4, 4))), ("y", np.arange(30) % 3))
    }
    np.savez(tmp_path / "images.npz", **arrays)
    found = Run(registry.recipes["vae"], Settings(data=str(tmp_path / "images.npz"), out=str(tmp_path), verbose=0), 1)
    found.images()
    return found


def pictures_of(figure):
    return figure.axes[0].images[0].get_array()


def dense(*units, activation="sigmoid"):
    return Sequential([Input((units[0],)), *(Dense(n, activation) for n in units[1:])])


@pytest.mark.parametrize(
    "model",
    [
        lambda: models.vae(2, hidden=4, image_shape=16),
        lambda: models.conditional_vae(2, classes=3, hidden=4, image_shape=16),
        lambda: models.GAN(dense(2, 16), dense(16, 1, activation=None)),
        lambda: models.GAN(dense(2, 16, activation="tanh"), dense(16, 1, activation=None), data_range=(-1, 1)),
        lambda: models.diffusion(image_shape=(4, 4, 1), filters=[4, 4], blocks=1),
        lambda: models.MADE(9, (4,)),
        lambda: dense(16, 2, 16),
    ],
)
def test_the_same_pictures_as_long_as_the_model_does_not_change(model, run):
    minigen.seed(1)
    model = model()
    state = minigen.backend.random_state()
    first, second = newest(run, model), newest(run, model)
    assert minigen.backend.random_state() == state
    assert isinstance(first, Figure)
    np.testing.assert_array_equal(pictures_of(first), pictures_of(second))
    for name, w in model.named_weights().items():
        if "order" not in name:  # that of the pixels of MADE
            w.assign(w.numpy() + 1)
    assert (pictures_of(newest(run, model)) != pictures_of(first)).any()


def test_texts_and_models_that_draw_nothing(run):
    text = newest(run, models.CharRNN("abcab", units=3))
    assert len(text) == 400 and set(text) <= set("abc")
    assert newest(run, dense(16, 3)) is None
    points = models.Diffusion(models.point_network(units=4))
    run.images_learnt = 0
    assert newest(run, points) is None


def test_the_command_line(tmp_path, capsys, monkeypatch):
    pages = []
    write = WatchPage._write

    def keeping(page, *arguments, **options):
        write(page, *arguments, **options)
        pages.append(page.path.read_text(encoding="utf-8"))

    monkeypatch.setattr(WatchPage, "_write", keeping)
    command = f"train fc-autoencoder --data sample --quick --epochs 2 --watch --out {tmp_path}".split()
    assert cli.main(command) == 0
    path = tmp_path / "fc-autoencoder" / "watch.html"
    assert capsys.readouterr().out.startswith(f"open {path} in a browser")
    assert RELOADS not in pages[-1] and all(RELOADS in page for page in pages[:-1])
    assert "the run has ended: figures and numbers are in report.html" in pages[-1]
    assert "training over after 2 epochs" in pages[-2] and pages[-2].count("<img") == 2


def test_a_run_that_fails_ends_its_page(run, monkeypatch):
    run.settings.watch = True
    again = Run(run.recipe, run.settings, 1)
    monkeypatch.setattr(type(again), "images", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        again.execute()
    text = (again.folder / "watch.html").read_text(encoding="utf-8")
    assert "the run was stopped by ZeroDivisionError" in text and RELOADS not in text


def test_a_recipe_that_trains_in_its_own_loop_has_no_page(capsys, tmp_path):
    assert cli.main(["train", "toy-gan", "--watch", "--out", str(tmp_path)]) == 1
    assert "no --watch" in capsys.readouterr().err
