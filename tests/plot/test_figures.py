"""Figures in files: every kind of figure is written, and a failed write leaves the old file."""

import base64

import numpy as np
import pytest
from helpers.refusals import refused

from minigen import Tensor, plot
from minigen.plot.figures import figure_html


def test_figures_take_tensors_on_every_backend(xp, tmp_path):
    x = Tensor(np.random.default_rng(0).random((5, 16), dtype="float32"))
    points = Tensor(np.random.default_rng(0).random((5, 2), dtype="float32"))
    for i, figure in enumerate(
        [
            plot.grid(x),
            plot.rows(x, x, labels=["x", "x̂"]),
            plot.scatter(points, [0, 1, 2, 3, 4]),
            plot.scatter(points),
            plot.curves({"loss": [3.0, 2.0], "val_loss": [3.0, 2.5]}, {"floor": 1.0}),
        ]
    ):
        path = plot.save(figure, tmp_path / "new folder" / f"{i}.png")
        assert path.read_bytes().startswith(b"\x89PNG")
    assert not list(tmp_path.rglob("*.part*"))


def test_a_failing_save_leaves_the_old_figure(tmp_path, monkeypatch):
    path = plot.save(plot.grid(np.zeros((1, 16))), tmp_path / "a.png")
    before = path.read_bytes()
    figure = plot.grid(np.ones((1, 16)))
    monkeypatch.setattr(figure, "savefig", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        plot.save(figure, path)
    assert path.read_bytes() == before


ONES = np.ones((4, 4, 4))


def test_save_refuses_what_it_cannot_write(tmp_path):
    figure = plot.grid(ONES)
    for name in ("a", "a.xyz", ".png", "a.pgf"):
        with refused(ValueError, "plot.save: path"):
            plot.save(figure, f"{tmp_path}/{name}")
    with refused(ValueError, "a path"):
        plot.save(figure, f"{tmp_path}/a\0.png")
    (tmp_path / "file").write_text("")
    with refused(OSError, "cannot be"):
        plot.save(figure, tmp_path / "file" / "a.png")
    with refused(OSError, "cannot be written"):
        plot.save(figure, tmp_path / ("a" * 300 + ".png"))
    for other in (None, ONES, figure.axes[0]):
        with refused(TypeError, "plot.save: figure"):
            plot.save(other, tmp_path / "a.png")


def test_a_figure_as_html_holds_its_pixels():
    figure = plot.grid(ONES)
    html = figure_html(figure, 'a "b" <c>')
    assert html.startswith('<img alt="a &quot;b&quot; &lt;c&gt;" src="data:image/png;base64,')
    assert base64.b64decode(html.partition("base64,")[2].rstrip('">')) == figure._repr_png_()
