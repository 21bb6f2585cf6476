"""WatchPage: versions of a page while a model is trained, and the time left."""

import re

import numpy as np
import pytest
from helpers.refusals import refused
from helpers.trainings import ONES, Scripted, train

from minigen import backend, models, plot
from minigen.callbacks import Callback, WatchPage

RELOADS = '<meta http-equiv="refresh"'


class Keeping(Callback):
    """Keeps the page that is on the disk after each epoch."""

    def __init__(self, path):
        self.path, self.pages = path, []

    def on_epoch_end(self, epoch, logs=None):
        self.pages.append(self.path.read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _no_drawing(request, monkeypatch):
    """Curves are made, not drawn: that takes most of the time. One test draws them."""
    if request.function is not test_real_pictures:
        monkeypatch.setattr("minigen.callbacks.watch.figure_html", lambda figure, about: "<img>")


def watched(tmp_path, values, name="val_loss", **options):
    """(the versions after each epoch, the last version) of a training with these losses."""
    path = tmp_path / "watch.html"
    keeping = Keeping(path)
    train(values, [WatchPage(path, **{"seconds": 0.0} | options), keeping], name)
    return keeping.pages, path.read_text(encoding="utf-8")


def test_all_versions_but_the_last_reload_themselves(tmp_path, monkeypatch):
    monkeypatch.setattr("minigen.callbacks.watch.SHARE", 1e9)  # a version at each occasion
    pages, last = watched(tmp_path, [3.0, 2.0, 1.0])
    assert len(pages) == 3 and all(RELOADS in page for page in pages) and RELOADS not in last
    states = [re.search(r"<p>(.*?)</p>", page)[1] for page in pages]
    assert [state.partition(";")[0] for state in states] == ["epoch 2 of 3", "epoch 3 of 3", "epoch 3 of 3"]
    assert [bool(re.search(r"about \d+ s left", state)) for state in states] == [True, True, False]
    assert re.search(r"<p>finished after 3 of 3 epochs and \d+ s</p>", last)
    done = [re.search(r'<progress [^>]*value="([\d.]+)"', page)[1] for page in [*pages, last]]
    assert done == ["0.3333", "0.6667", "1.0000", "1.0000"]


def test_curves_samples_and_numbers(tmp_path):
    curves = []

    def samples(model):
        return f"<b>drawn by {model.weight}</b>"

    page = WatchPage(tmp_path / "watch.html", "a < b", samples, seconds=0)
    page._figure = lambda about, values, first, x: curves.append((about, dict(values), first, x)) or ""
    train([3.0, 2.0], [page], "my_loss")
    text = (tmp_path / "watch.html").read_text(encoding="utf-8")
    assert curves[-1] == ("the losses of the epochs", {"my_loss": [3.0, 2.0]}, 1, "epoch")
    assert "<pre>&lt;b&gt;drawn by 1&lt;/b&gt;</pre><figcaption>after 2 epochs</figcaption>" in text
    assert "<title>a &lt; b</title>" in text and "<h1>a &lt; b</h1>" in text
    assert ">my_loss</td>" in text and ">2</td>" in text


def test_samples_are_drawn_once_an_epoch_also_within_the_next_one(tmp_path):
    page = WatchPage(tmp_path / "w.html", samples=lambda model: drawn.append(1) or "a text")
    drawn = []
    page.set_params({"epochs": 9, "steps": 4})
    page.on_train_begin()
    page.on_epoch_begin(0)
    for due, batch in ((True, 0), (False, 1)):
        page._next = 0 if due else float("inf")
        page.on_batch_end(batch, {"loss": 1.0})
    assert drawn == []
    page.on_epoch_end(0, {"loss": 1.0})  # not due
    page.on_epoch_begin(1)
    for batch in range(3):
        page._next = 0
        page.on_batch_end(batch, {"loss": 1.0})
    assert drawn == [1] and "after 1.25 epochs" in (tmp_path / "w.html").read_text(encoding="utf-8")
    page.close()  # an error has stopped the training
    assert drawn == [1]


def test_the_last_steps_of_a_long_epoch(tmp_path):
    page = WatchPage(tmp_path / "watch.html")
    page.set_params({"epochs": 2, "steps": 500})
    page.on_train_begin()
    page.on_epoch_begin(0)
    for batch in range(300):
        page.on_batch_end(batch, {"loss": float(batch), "accuracy": 0.5, "losses": [1.0]})
    drawn = []
    page._figure = lambda *arguments: drawn.append(arguments) or ""
    page._curves()
    assert drawn == [
        ("the losses of the last steps", {"loss": list(map(float, range(100, 300)))}, 101, "step of epoch 1")
    ]
    assert str(page._time).startswith("epoch 1 of 2, step 300 of 500; about ")


def test_real_pictures(tmp_path):
    pages, last = watched(tmp_path, [3.0], samples=lambda model: plot.grid(np.zeros((2, 4, 4))))
    assert last.count('src="data:image/png;base64,') == 2 and 'alt="samples"' in last


def test_it_does_not_change_the_training(tmp_path):
    x = np.random.default_rng(0).random((8, 6)).astype("float32")

    def weights(callbacks):
        backend.seed(3)
        model = models.vae(2, hidden=4, image_shape=6)
        model.compile()
        model.fit(x, batch_size=4, epochs=1, verbose=0, callbacks=callbacks)
        return model.get_weights()

    page = WatchPage(tmp_path / "w.html", samples=lambda vae: str(vae.sample(2)), seconds=0)
    for a, b in zip(weights([page]), weights([]), strict=True):
        np.testing.assert_array_equal(a, b)


def test_drawing_takes_a_tenth_of_the_time_at_most(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    page = WatchPage(tmp_path / "w.html", seconds=1.0)
    page.set_params({"epochs": 100, "steps": 1})
    page.on_train_begin()
    versions = []

    def curves():
        now[0] += 2.0  # so long takes a version
        versions.append(now[0])
        return ""

    page._curves = curves
    for epoch in range(100):
        now[0] += 1.0
        page.on_epoch_end(epoch, {"loss": 1.0})
    assert len(versions) == 5 and min(np.diff(versions)) >= 20


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_a_training_that_is_stopped(tmp_path, error):
    class Failing(Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise error

    path = tmp_path / "watch.html"
    with pytest.raises(error):
        train([3.0, 2.0, 1.0], [WatchPage(path, seconds=0), Failing()])
    text = path.read_text(encoding="utf-8")
    assert "<p>stopped after 2 of 3 epochs and 0 s</p>" in text and RELOADS not in text


def test_a_resumed_training_goes_on_with_its_curves(tmp_path):
    options = {"checkpoint": tmp_path / "run.npz", "resume": True}
    train([3.0, 2.0], [WatchPage(tmp_path / "w.html")], **options)
    page = WatchPage(tmp_path / "w.html", seconds=0)
    train([1.0, 0.5], [page], epochs=4, **options)
    assert page.values == {"val_loss": [3.0, 2.0, 1.0, 0.5]} and page.first_epoch == 0
    assert "finished after 4 of 4 epochs" in (tmp_path / "w.html").read_text(encoding="utf-8")


def test_callbacks_know_the_number_of_epochs_and_steps():
    seen = []

    class Looking(Callback):
        def on_train_begin(self, logs=None):
            seen.append(dict(self.params))

        def on_batch_end(self, batch, logs=None):
            seen.append(dict(self.params))

    train([1.0], [Looking()])
    assert seen == [{"epochs": 1, "steps": None}, {"epochs": 1, "steps": 1}]
    Scripted([1.0] * 3).fit((ONES[:2] for _ in range(3)), verbose=0, callbacks=[Looking()])
    assert seen[-1] == {"epochs": 1, "steps": None}  # a generator has no length


def test_arguments_that_are_refused(tmp_path):
    with refused(TypeError, where="WatchPage: samples", expected="a function", got="3", fix="plot.grid"):
        WatchPage(samples=3)
    with refused(TypeError, where="title", got="3"):
        WatchPage(title=3)
    with refused(ValueError, where="WatchPage: seconds", got="-1"):
        WatchPage(seconds=-1)
    with refused(OSError, "no.html"):
        train([1.0], [WatchPage(tmp_path / "none" / "no.html")])
    with refused(TypeError, expected="a Figure, a text or None", got="3"):
        train([1.0], [WatchPage(tmp_path / "w.html", samples=lambda model: 3, seconds=0)])
