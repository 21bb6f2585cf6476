"""Pictures: tile() exactly, the rest by what they contain."""

import numpy as np
import pytest

from minigen import Tensor, plot


def test_tile_places_every_image():
    images = np.arange(3 * 2 * 2, dtype="float32").reshape(3, 2, 2)
    picture = plot.tile(images, columns=2, gap=1, background=-1)
    assert picture.shape == (5, 5)
    np.testing.assert_array_equal(picture[:2, :2], images[0])
    np.testing.assert_array_equal(picture[:2, 3:], images[1])
    np.testing.assert_array_equal(picture[3:, :2], images[2])
    assert (picture[2] == -1).all() and (picture[3:, 3:] == -1).all()


@pytest.mark.parametrize("shape", [(3, 4, 4), (3, 4, 4, 1), (3, 16)])
def test_tile_takes_every_layout_of_images(shape):
    images = np.random.default_rng(0).random((3, 4, 4), dtype="float32")
    np.testing.assert_array_equal(plot.tile(images.reshape(shape), 3), plot.tile(images, 3))


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


def test_curves_name_every_line():
    figure = plot.curves({"loss": [3.0, 2.0]}, {"floor": 1.0})
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels == ["loss", "floor (1.0000)"]
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_ydata(), [3.0, 2.0])


def test_rows_of_different_lengths():
    with pytest.raises(ValueError, match=r"write: +rows\(x\[:10\]"):
        plot.rows(np.zeros((3, 16)), np.zeros((2, 16)))


def test_a_failing_save_leaves_the_old_figure(tmp_path, monkeypatch):
    path = plot.save(plot.grid(np.zeros((1, 16))), tmp_path / "a.png")
    before = path.read_bytes()
    figure = plot.grid(np.ones((1, 16)))
    monkeypatch.setattr(figure, "savefig", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        plot.save(figure, path)
    assert path.read_bytes() == before


def test_curves_mark_whole_epochs():
    axes = plot.curves({"loss": [0.5 / k for k in range(1, 21)]}).axes[0]
    ticks = axes.get_xticks()
    assert len(ticks) > 2 and (ticks == ticks.round()).all()
