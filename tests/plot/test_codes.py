"""Pictures of codes: scatter(), decoded() and mappings()."""

import numpy as np
import pytest
from helpers.refusals import refused

from minigen import Tensor, models, plot
from minigen.datasets import toys
from minigen.models import latent


def test_scatter_names_its_axes_and_draws_rings():
    points = np.random.default_rng(0).random((20, 2))
    axes = plot.scatter(points, title="t", axes_names=("x1", "x2"), rings=(1, 3)).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title()) == ("x1", "x2", "t")
    np.testing.assert_array_equal(axes.collections[0].get_offsets(), points)
    for ring, radius in zip(axes.lines, (1, 3), strict=True):
        np.testing.assert_allclose(np.hypot(*ring.get_data()), radius)
        assert np.ptp(ring.get_xdata()) == np.ptp(ring.get_ydata()) == 2 * radius
    assert axes.get_aspect() == 1  # a ring is round
    assert plot.scatter(points).axes[0].get_aspect() == "auto"


def test_scatter_has_a_colour_for_each_class():
    figure = plot.scatter(np.zeros((5, 2)), [7, 3, 3, 7, 1])
    points, legend = figure.axes[0].collections[0], figure.axes[1]
    assert [t.get_text() for t in legend.get_yticklabels()] == ["1", "3", "7"]
    np.testing.assert_array_equal(points.get_array(), [2, 1, 1, 2, 0])
    np.testing.assert_array_equal(legend.get_yticks(), [0, 1, 2])  # each in the middle of its band of the bar
    assert legend.get_ylim() == (-0.5, 2.5)
    assert len(plot.scatter(np.zeros((5, 2))).axes) == 1


@pytest.mark.parametrize("classes", [10, 11, 20, 21, 26, 47])
def test_as_many_colours_as_classes(classes):
    labels = np.arange(classes)
    figure = plot.scatter(np.zeros((classes, 2)), labels)
    points, legend = figure.axes[0].collections[0], figure.axes[1]
    assert len({tuple(colour) for colour in points.to_rgba(labels)}) == classes
    figure.draw_without_rendering()
    texts = [t.get_window_extent() for t in legend.get_yticklabels()]
    assert len(texts) == classes and not any(b.overlaps(a) for a, b in zip(texts, texts[1:], strict=False))


def test_scatter_of_measured_numbers_has_a_scale():
    """For floats that are no class numbers, a colour for each would be a legend of as many texts as points."""
    values = np.random.default_rng(0).random(100)
    figure = plot.scatter(np.zeros((100, 2)), values)
    points, scale = figure.axes[0].collections[0], figure.axes[1]
    np.testing.assert_array_equal(points.get_array(), values)
    assert scale.get_ylim() == (values.min(), values.max()) and len(scale.get_yticks()) < 12
    of_many = plot.scatter(np.zeros((100, 2)), np.arange(100)).axes
    np.testing.assert_array_equal(of_many[0].collections[0].get_array(), np.arange(100))
    assert len(of_many[1].get_yticks()) < 12
    as_classes = plot.scatter(np.zeros((4, 2)), [0.0, 1.0, 1.0, 2.0]).axes[1]
    assert [t.get_text() for t in as_classes.get_yticklabels()] == ["0.0", "1.0", "2.0"]
    with refused(ValueError, where="plot.scatter: labels", expected="finite", got="NaN"):
        plot.scatter(np.zeros((2, 2)), [0.5, np.nan])


@pytest.mark.parametrize("shape", [(), (4,), (4, 1), (4, 3), (4, 2, 2)])
def test_scatter_of_what_are_no_points(shape):
    expected = "points (n, 2)" if len(shape) == 2 else "2 axes"
    with refused(ValueError, where="plot.scatter", expected=expected, got=str(shape)):
        plot.scatter(np.zeros(shape))


@pytest.mark.parametrize("labels", [[], [0, 1], [[0], [1], [2], [3]], 3])
def test_scatter_with_other_labels_than_points(labels):
    got = f"labels {np.shape(labels)}"
    with refused(ValueError, where="plot.scatter", expected="labels (n,)", got=got, fix="z[:, :2]"):
        plot.scatter(np.zeros((4, 2)), labels)


@pytest.mark.parametrize(
    "z",
    [latent.grid((-1, 10), (3, 40), 4), latent.grid(-4, 4, 30), latent.quantile_grid(9), np.array([[7.0, 5.0]])],
    ids=["small", "large", "quantiles", "one"],
)
def test_decoded_images_lie_on_their_codes(z):
    """Image i is all i, in the row and column of its code; the ticks are round numbers, placed among the codes."""
    n = round(len(z) ** 0.5)
    images = np.tile(np.arange(n * n)[:, None, None], (1, 3, 5)) / n**2
    axes = plot.decoded(images, z, title="t").axes[0]
    (picture,) = axes.images
    pixels = picture.get_array()
    assert pixels.shape == (3 * n, 5 * n) and picture.origin == "upper"
    np.testing.assert_allclose(pixels[1::3, 2::5].ravel() * n**2, np.arange(n * n), atol=1e-3)
    for axis, codes, cell in ((axes.xaxis, z[:n, 0], 5), (axes.yaxis, z[::n, 1], 3)):
        names = [float(t.get_text()) for t in axis.get_ticklabels()]
        order = np.argsort(codes)
        middle_of_cell = (np.interp(names, codes[order], order) + 0.5) * cell - 0.5
        np.testing.assert_allclose(axis.get_ticklocs(), middle_of_cell, atol=0.01)
        assert 3 <= len(names) <= 7 or n == 1
    assert axes.get_xlim()[0] < axes.get_xlim()[1] and axes.get_ylim()[0] > axes.get_ylim()[1]
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title()) == ("z1", "z2", "t")
    assert picture.get_clim() == (0, 1)


@pytest.mark.parametrize(
    "images, z, expected, got",
    [
        (3, np.zeros((3, 2)), "n x n codes", "3 images, codes (3, 2)"),
        (3, np.zeros((4, 2)), "an image for each", "3 images, codes (4, 2)"),
        (4, np.zeros((4, 3)), "codes of two numbers", "4 images, codes (4, 3)"),
        (0, np.zeros((0, 2)), "n x n codes", "0 images, codes (0, 2)"),
        (4, -1, "2 axes", "shape ()"),
        (4, (-1, 1), "2 axes", "shape (2,)"),
        (1, [[np.nan, 0]], "finite numbers", "NaN"),
    ],
)
def test_decoded_images_of_no_grid(images, z, expected, got):
    with refused(ValueError, where="plot.decoded", expected=expected, got=got, fix="z = latent.grid(-4, 4, 30)"):
        plot.decoded(np.zeros((images, 4, 4)), z)


def eight_ways():
    x, labels = toys.eight_points()
    pca, bits = models.PCA(x, 1), models.BitInterleaving(4)
    ways = {}
    for name, code in {"PCA": pca, "bits": bits}.items():
        z = code.encode(x)
        curve = code.decode(np.linspace(z.min(), z.max(), 7)[:, None])
        ways[name] = (z, code.decode(z), curve)
    return x, labels, ways


def test_mappings_show_the_points_their_codes_and_the_way_back():
    x, labels, ways = eight_ways()
    figure = plot.mappings(x, labels, ways)
    assert len(figure.axes) == 4
    for (name, (z, x_hat, curve)), plane, line in zip(ways.items(), figure.axes[:2], figure.axes[2:], strict=True):
        assert (plane.get_title(), plane.get_xlabel(), plane.get_ylabel()) == (name, "x1", "x2")
        circles, crosses, decoded = (c.get_offsets() for c in plane.collections)
        np.testing.assert_allclose(circles, x[labels == 0])
        np.testing.assert_allclose(crosses, x[labels == 1])
        np.testing.assert_allclose(decoded, x_hat)
        dashed, *steps = plane.lines
        np.testing.assert_allclose(dashed.get_xydata(), curve)
        order = np.argsort(labels, kind="stable")
        np.testing.assert_allclose([s.get_xydata() for s in steps], np.stack([x, x_hat], axis=1)[order])
        on_line = [c.get_offsets() for c in line.collections]
        np.testing.assert_allclose(np.concatenate(on_line), np.stack([z[order, 0], np.zeros(8)], axis=1))
        assert line.get_xlabel() == "z" and plane.get_aspect() == 1


def test_mappings_number_the_points_in_both_pictures():
    x, labels, ways = eight_ways()
    figure = plot.mappings(x, labels, ways)
    plane, line = figure.axes[1], figure.axes[3]
    assert [t.get_text() for t in plane.texts] == [t.get_text() for t in line.texts] == [str(i) for i in range(1, 9)]
    np.testing.assert_allclose([t.xy for t in plane.texts], x)
    z = ways["bits"][0][:, 0]
    np.testing.assert_allclose([t.xy[0] for t in line.texts], z)
    heights = np.array([t.get_position()[1] for t in line.texts])[np.argsort(z)]
    assert (heights[1:] != heights[:-1]).all()  # two numbers side by side do not cover each other


def test_mappings_draw_the_classes_apart():
    x, labels, ways = eight_ways()
    plane, line = plot.mappings(x, labels, {"PCA": ways["PCA"]}).axes
    for axes in (plane, line):
        circles, crosses = axes.collections[:2]
        assert len(circles.get_paths()[0].vertices) != len(crosses.get_paths()[0].vertices)
        assert (circles.get_edgecolor() != crosses.get_edgecolor()).any()


def test_mappings_have_one_scale_for_all_planes():
    """Otherwise a curve that leaves the points far behind would look like one that stays near them."""
    x, labels, ways = eight_ways()
    curve = np.array([[-1.0, 0.5], [0.5, 3.0]])
    planes = plot.mappings(x, labels, ways | {"wide": (ways["PCA"][0], x, curve)}).axes[:3]
    limits = np.array([[plane.get_xlim(), plane.get_ylim()] for plane in planes])
    assert (limits == limits[0]).all()
    shown = np.concatenate([x, curve, *(a for _, x_hat, line in ways.values() for a in (x_hat, line))])
    low, high = shown.min(axis=0), shown.max(axis=0)
    margin = 0.05 * (high - low)
    np.testing.assert_allclose(limits[0].T, [low - margin, high + margin])


def test_mappings_of_labels_and_codes_that_are_none():
    x, labels, ways = eight_ways()
    expected = "a label 0 or 1 for each point, and a way or more"
    for bad, some, got in (
        (labels, {}, "0 ways"),
        (labels + 1, ways, "2]"),
        (labels[:3], ways, "[0 0 0]"),
        (labels[:, None], ways, "[0]"),
        (None, ways, "None"),
    ):
        with refused(ValueError, where="plot.mappings", expected=expected, got=got, fix="(y > 4).astype(int)"):
            plot.mappings(x, bad, some)
    flat = {"flat": (ways["PCA"][0][:, 0], x, x)}
    with refused(ValueError, where="z of 'flat'", expected="2 axes", got="shape (8,)", fix="codes (n, 1)"):
        plot.mappings(x, labels, flat)
    with refused(ValueError, where="plot.mappings: x", expected="2 axes", got="shape (8,)", fix="points (n, 2)"):
        plot.mappings(x[:, 0], labels, ways)


def test_pictures_of_codes_take_tensors_on_every_backend(xp):
    x, labels, ways = eight_ways()
    ways = {name: tuple(Tensor(a) for a in way) for name, way in ways.items()}
    assert len(plot.mappings(Tensor(x), list(labels), ways).axes) == 4
    assert len(plot.decoded(Tensor(np.zeros((4, 9))), Tensor(latent.grid(-1, 1, 2))).axes[0].images) == 1
    assert len(plot.scatter(Tensor(x), Tensor(labels), rings=[1]).axes) == 2


def test_mappings_are_saved(tmp_path):
    x, labels, ways = eight_ways()
    figure = plot.mappings(x, labels, {"PCA": ways["PCA"]})
    assert plot.save(figure, tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


X = np.linspace(0, 1, 4)


def test_what_are_no_points_labels_rings_and_names_is_refused():
    points = np.ones((4, 2))
    with refused(ValueError, "plot.scatter"):
        plot.scatter(np.zeros((0, 2)), [])
    with refused(ValueError, "plot.scatter: labels"):
        plot.scatter(points, [1, None, 2, 3])
    with refused(ValueError, "plot.scatter: labels"):
        plot.scatter(points, [[1], [1, 2], 3, 4])
    for rings in (3, ["a"], [np.nan], [[1]]):
        with refused(ValueError, "plot.scatter: rings"):
            plot.scatter(points, rings=rings)
    for names in ("x", ("x",), None):
        with refused(ValueError, "axes_names"):
            plot.scatter(points, axes_names=names)
        with refused(ValueError, "axes_names"):
            plot.functions(X, {"t": {"a": X}}, names)
    assert plot.scatter(points, rings=np.array([1.0, 2.0])).axes[0].get_aspect() == 1


def test_ways_that_do_not_fit_the_points():
    x, labels, ways = eight_ways()
    z, x_hat, curve = ways["PCA"]
    for way in (
        (1, 2),
        (z[:3], x_hat, curve),
        (z, x_hat[:3], curve),
        (z, x_hat, curve[:0]),
        (z, x_hat * np.nan, curve),
    ):
        with refused(ValueError, "plot.mappings"):
            plot.mappings(x, labels, {"a": way})
    with refused(ValueError, "plot.mappings"):
        plot.mappings(x[:, [0, 1, 1]], labels, ways)
    with refused(TypeError, "plot.mappings"):
        plot.mappings(x, labels, None)
    with refused(ValueError, "plot.mappings"):
        plot.mappings(x, [[0], [0, 1], *labels[2:]], ways)
    same = np.ones((8, 2))
    assert len(plot.mappings(same, labels, {"a": (z, same, same)}).axes) == 2  # no width: no warning
