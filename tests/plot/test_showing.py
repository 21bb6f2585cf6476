"""Figures show themselves: once in a notebook, in a window where there is one, and never behind the program's back."""

import gc
import io
import sys
import types
import warnings
import weakref

import matplotlib
import matplotlib.figure
import numpy as np
import pytest
from helpers.notebook import in_a_notebook
from matplotlib import pyplot
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.image import imread

from minigen import plot
from minigen.models import latent
from minigen.plot.showing import Figure, is_drawable

X = np.random.default_rng(0).random((4, 8, 8), dtype="float32")
Z = latent.grid(-1, 1, 2)
FIGURES = {
    "rows": lambda: plot.rows(X),
    "grid": lambda: plot.grid(X),
    "decoded": lambda: plot.decoded(X, Z),
    "scatter": lambda: plot.scatter(Z),
    "curves": lambda: plot.curves({"loss": [2.0, 1.0]}),
    "functions": lambda: plot.functions([0.0, 1.0], {"a": {"b": [0.0, 1.0]}}),
    "mappings": lambda: plot.mappings(Z, [0, 1, 0, 1], {"a": (Z[:, :1], Z, Z)}),
}


@pytest.fixture
def windows(monkeypatch):
    """A backend of matplotlib with windows; the fixture lists the figures that were shown, and the waits."""
    events = []

    class Manager(FigureManagerBase):
        def show(self):
            events.append(self.canvas.figure)

        @classmethod
        def start_main_loop(cls):
            events.append(f"wait for {len(pyplot.get_fignums())}")
            pyplot.close("all")  # the user closes the window

    class Canvas(FigureCanvasAgg):
        manager_class = Manager

    monkeypatch.setitem(sys.modules, "with_windows", types.SimpleNamespace(FigureCanvas=Canvas))
    before = matplotlib.get_backend()
    pyplot.switch_backend("module://with_windows")
    yield events
    pyplot.close("all")
    pyplot.switch_backend(before)


@pytest.mark.parametrize("name", FIGURES)
def test_a_notebook_shows_the_pixels_of_the_figure(name):
    """IPython asks the last expression of a cell for its _repr_png_()."""
    figure = FIGURES[name]()
    assert isinstance(figure, Figure) and isinstance(figure, matplotlib.figure.Figure)
    shown = imread(io.BytesIO(figure._repr_png_()))
    assert shown.ndim == 3 and min(shown.shape[:2]) > 20 and shown[..., :3].std() > 0.01
    assert repr(figure).startswith("<Figure size ")


def test_pyplot_does_not_know_the_figures():
    """matplotlib shows those of pyplot at the end of a cell: these would be shown twice. It keeps them, and warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kept = [FIGURES["grid"]() for _ in range(30)]
    assert pyplot.get_fignums() == [] and len(kept) == 30


def test_a_figure_that_nobody_needs_is_freed():
    figure = FIGURES["grid"]()
    figure._repr_png_()
    freed = weakref.ref(figure)
    del figure
    gc.collect()
    assert freed() is None


def test_show_in_a_notebook_displays_it_once(monkeypatch):
    displayed = in_a_notebook(monkeypatch)
    figure = FIGURES["rows"]()
    assert figure.show() is None and displayed == [figure]


def test_show_in_a_program_opens_a_window_and_waits(windows):
    figure = FIGURES["rows"]()
    before = figure._repr_png_()
    figure.show()
    assert windows == [figure, "wait for 1"] and pyplot.get_fignums() == []
    figure.show()  # once more
    assert windows[2:] == [figure, "wait for 1"]
    assert figure._repr_png_() == before  # the window has not changed it


def test_many_windows_one_after_the_other_do_not_pile_up(windows):
    for _ in range(25):
        FIGURES["rows"]().show()
    assert len(windows) == 50


def test_in_an_interactive_session_show_does_not_wait(windows):
    with pyplot.ion():
        figure = FIGURES["rows"]()
        figure.show()
        assert windows == [figure] and len(pyplot.get_fignums()) == 1


def test_a_saved_figure_is_the_one_that_is_shown(windows, tmp_path):
    figure = FIGURES["rows"]()
    first = plot.save(figure, tmp_path / "a.png").read_bytes()
    figure.show()
    assert plot.save(figure, tmp_path / "b.png").read_bytes() == first


def test_where_there_is_no_display_a_warning_says_what_to_write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    figure = FIGURES["rows"]()
    with pytest.warns(UserWarning, match="no window can be opened") as caught:
        figure.show()
    assert caught[0].filename == __file__
    text = str(caught[0].message)
    assert "expected: a display" in text and "got:      the backend agg" in text
    exec(text.partition("fix: ")[2].strip(), {"figure": figure})
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    figure.show(warn=False)  # as for matplotlib's own


def test_a_backend_that_cannot_be_loaded_is_named(monkeypatch):
    monkeypatch.setattr(pyplot, "get_backend", lambda: "TkAgg")
    monkeypatch.setattr(pyplot, "figure", lambda **options: (_ for _ in ()).throw(ImportError("no tkinter here")))
    with pytest.warns(UserWarning, match="got:      no tkinter here"):
        FIGURES["rows"]().show()


@pytest.mark.parametrize("text", [r"$\foo$", "$$", "$a^$ or $b$", "first\n$\\foo$"])
def test_dollars_that_hold_no_formula_are_drawn_as_they_are(text, tmp_path):
    figures = (
        plot.grid(X, title=text, labels=[text] * 4),
        plot.rows(X, labels=[text]),
        plot.curves({text: [2.0, 1.0]}, {text: 1.0}, title=text, x=text, y=text),
        plot.functions([0.0, 1.0], {text: {text: [0.0, 1.0]}}, (text, text)),
        plot.scatter(Z, [text, "a", "b", "c"], title=text, axes_names=(text, text)),
    )
    for figure in figures:
        assert figure._repr_png_()
    assert plot.save(figures[2], tmp_path / "a.pdf").exists() and plot.save(figures[2], tmp_path / "a.svg").exists()


def test_a_formula_is_drawn_as_a_formula():
    assert is_drawable(r"$\beta$ in \$") and not is_drawable(r"$\foo$")
    figure = plot.grid(X, title=r"$\beta$")
    figure._repr_png_()
    assert figure.axes[0].title.get_parse_math()
