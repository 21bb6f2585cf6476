"""A graph without Graphviz: level by level, edges around boxes, and labels inside of them."""

import numpy as np
import pytest
from helpers.small_mlp import autoencoder_loss

from minigen import Tensor, losses, models
from minigen.inspection.graph import draw, vertices_and_edges
from minigen.inspection.layout import GAP, _apart, layout


def test_no_label_overlaps_another_or_leaves_its_box(no_graphviz, monkeypatch, tmp_path):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Ellipse, Rectangle

    figures = []
    save = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda self, *a, **k: (figures.append(self), save(self, *a, **k)))
    draw(autoencoder_loss(), tmp_path / "a.svg")
    (axes,) = figures[0].axes
    renderer = FigureCanvasAgg(figures[0]).get_renderer()
    texts = [t.get_window_extent(renderer) for t in axes.texts]
    boxes = [p.get_window_extent(renderer) for p in axes.patches if isinstance(p, (Ellipse, Rectangle))]
    assert len(texts) == len(boxes) == 10
    for i, (text, box) in enumerate(zip(texts, boxes, strict=True)):
        assert box.x0 < text.x0 and text.x1 < box.x1 and box.y0 < text.y0 and text.y1 < box.y1
        assert not any(box.overlaps(other) for other in boxes[:i])
    whole = axes.get_window_extent(renderer)
    assert all(whole.x0 < b.x0 and b.x1 < whole.x1 and whole.y0 < b.y0 and b.y1 < whole.y1 for b in boxes)


def test_a_graph_of_a_thousand_ops_is_laid_out_level_by_level():
    n = 1000
    _, level, steps = layout([1.0] * n, [(a, a + 1) for a in range(n - 1)])
    assert level == list(range(n)) and len(steps) == n - 1


def test_layout_leads_long_edges_around_the_boxes():
    """0 -> 1 -> 2 -> 3, 0 -> 3 and a leaf 4 -> 3: the long edge bends beside 1 and beside 2."""
    widths = [1.0, 1.0, 1.0, 1.0, 1.0]
    x, level, steps = layout(widths, [(0, 1), (1, 2), (2, 3), (0, 3), (4, 3)])
    assert level == [0, 1, 2, 3, 2, 1, 2] and len(widths) == 7  # 5 and 6 are the bends
    assert set(steps) == {(0, 1), (1, 2), (2, 3), (0, 5), (5, 6), (6, 3), (4, 3)}
    assert abs(x[5] - x[1]) > 0.5
    row = sorted((x[p], widths[p]) for p in (2, 4, 6))
    assert all(b - a > (v + w) / 2 for (a, v), (b, w) in zip(row, row[1:], strict=False))


def test_edges_in_a_circle_can_be_laid_out():
    _, level, _ = layout([1.0, 1.0, 1.0], [(0, 1), (1, 2), (2, 1)])
    assert level[:3] == [0, 1, 2]


def test_a_picture_is_hardly_wider_than_its_widest_row():
    """The loss of a VAE reads x again at its end: the edge to it passes nine levels close to the boxes."""
    model, x = models.vae(2, hidden=8), Tensor(np.full((1, 784), 0.5, "float32"))
    mu, logvar = model.encoder(x)
    loss = losses.half_squared_error(x, model.decoder(model.sample_z(mu, logvar))) + model.loss_z(mu, logvar)
    vertices, edges = vertices_and_edges(loss, None)
    widths = [0.2 + 0.08 * max(map(len, label.split("\n"))) for _, label in vertices]  # inches
    x_of, level, _ = layout(widths, edges)
    left, right = np.subtract(x_of, np.divide(widths, 2)), np.add(x_of, np.divide(widths, 2))
    rows = [[p for p in range(len(level)) if level[p] == k] for k in range(max(level) + 1)]
    filled = [sum(widths[p] + GAP for p in row) for row in rows]  # the width of a row without space in it
    assert right.max() - left.min() < 1.2 * max(filled)
    for row in rows:
        row.sort(key=x_of.__getitem__)
        assert all(left[q] - right[p] > GAP - 1e-9 for p, q in zip(row, row[1:], strict=False))


def test_boxes_that_do_not_overlap_stay_and_others_move_as_little_as_possible():
    assert _apart([0.0, 5.0, 9.0], [1.0, 1.0, 1.0]) == [0.0, 5.0, 9.0]
    assert _apart([-9.0, 2.0, 2.0], [1.0, 1.0, 1.0]) == pytest.approx([-9.0, 2 - (1 + GAP) / 2, 2 + (1 + GAP) / 2])
    places = _apart([0.0, 0.0, 1.5], [2.0, 0.0, 2.0])  # the first two come apart and push the third
    assert np.diff(places) == pytest.approx([1 + GAP, 1 + GAP]) and sum(places) == pytest.approx(1.5)
