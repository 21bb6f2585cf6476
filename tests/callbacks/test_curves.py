"""LossCurve: the file is drawn anew after each epoch; in a notebook the figure is, in its place."""

import sys
import types

import pytest
from helpers.refusals import refused
from helpers.trainings import train
from matplotlib.figure import Figure

from minigen.callbacks import Callback, LossCurve


class Adding(Callback):
    def on_epoch_end(self, epoch, logs=None):
        logs |= {"loss": 10.0 + epoch, "accuracy": 0.5, "loss_of_each": [1.0, 2.0]}


def lines_of(figure):
    return {line.get_label(): list(line.get_ydata()) for line in figure.axes[0].lines}


def test_the_curves_of_all_losses():
    curve = LossCurve()
    train([3.0, 2.0], [Adding(), curve])
    assert isinstance(curve.figure, Figure)
    assert lines_of(curve.figure) == {"val_loss": [3.0, 2.0], "loss": [10.0, 11.0]}


def test_the_first_epoch_of_a_training_that_begins_later(tmp_path):
    curve = LossCurve()
    train([3.0, 2.0], [curve], initial_epoch=4, epochs=6)
    assert list(curve.figure.axes[0].lines[0].get_xdata()) == [5, 6]
    options = {"checkpoint": tmp_path / "run.npz", "resume": True}
    train([3.0, 2.0], [], **options)
    train([1.0, 1.0], [curve], epochs=4, **options)  # one that the checkpoint does not know
    assert list(curve.figure.axes[0].lines[0].get_xdata()) == [3, 4]
    again = LossCurve()
    train([1.0], [again], epochs=5, **options)
    assert list(again.figure.axes[0].lines[0].get_xdata()) == [3, 4, 5]


def test_the_axis_is_called_by_what_is_drawn():
    curve = LossCurve(["val_loss", "accuracy"])
    train([3.0, 2.0], [Adding(), curve])
    assert curve.figure.axes[0].get_ylabel() == "val_loss, accuracy"
    curve = LossCurve()
    train([3.0, 2.0], [Adding(), curve])
    assert curve.figure.axes[0].get_ylabel() == "loss"


def test_chosen_curves_in_a_file_that_is_drawn_after_each_epoch(tmp_path):
    sizes = []

    class Looking(Callback):
        def on_epoch_end(self, epoch, logs=None):
            sizes.append((tmp_path / "loss.png").read_bytes())

    curve = LossCurve(["accuracy"], path=tmp_path / "loss.png")
    train([3.0, 2.0], [Adding(), curve, Looking()])
    assert lines_of(curve.figure) == {"accuracy": [0.5, 0.5]}
    assert sizes[0].startswith(b"\x89PNG") and sizes[0] != sizes[1]


def test_a_notebook_shows_one_figure_that_is_redrawn(monkeypatch):
    shown = []

    class Handle:
        def update(self, figure):
            shown.append(("update", lines_of(figure)["val_loss"]))

    def display(figure, display_id):
        assert display_id is True
        shown.append(("display", lines_of(figure)["val_loss"]))
        return Handle()

    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: types.SimpleNamespace(kernel=object())
    ipython.display = types.ModuleType("IPython.display")
    ipython.display.display = display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", ipython.display)
    curve = LossCurve()
    for _ in range(2):  # a second training has a figure of its own
        train([3.0, 2.0, 1.0], [curve])
    assert shown == [("display", [3.0]), ("update", [3.0, 2.0]), ("update", [3.0, 2.0, 1.0])] * 2


def test_arguments_that_cannot_be(tmp_path):
    for logs in ("loss", 3, [3], [""]):
        with refused(TypeError, "LossCurve: logs"):
            LossCurve(logs)
    with refused(ValueError, "LossCurve: no number 'acuracy'"):
        train([1.0], [LossCurve(["acuracy"])])
    with refused(OSError, "none"):
        train([1.0], [LossCurve(path=tmp_path / "none" / "loss.png")])
    curve = LossCurve(path=tmp_path / "loss.txt")
    with pytest.raises(ValueError, match="suffix|png"):
        train([1.0], [curve])
    assert curve.values == {}  # known before the first epoch
