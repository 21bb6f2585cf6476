"""Arrows at points of the plane, and the ways of points."""

import numpy as np
import pytest
from helpers.refusals import refused

from minigen import plot

PLACES = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]])


def arrows_in(axes):
    """(places, arrows as they are drawn) of the one field in this panel."""
    (field,) = (c for c in axes.collections if hasattr(c, "U"))
    return field.XY, np.stack([field.U, field.V], axis=1), field.scale


def dots_in(axes):
    return [np.asarray(c.get_offsets()) for c in axes.collections if not hasattr(c, "U")]


def test_every_field_has_a_panel_with_an_arrow_at_each_place():
    fields = {"exact": PLACES + 1, "learnt": 2 * PLACES}
    figure = plot.arrows(PLACES, fields, behind=PLACES + 5)
    assert [axes.get_title() for axes in figure.axes] == ["exact", "learnt"]
    for axes, a in zip(figure.axes, fields.values(), strict=True):
        places, drawn, _ = arrows_in(axes)
        np.testing.assert_array_equal(places, PLACES)
        np.testing.assert_array_equal(drawn, a)
        np.testing.assert_array_equal(dots_in(axes)[0], PLACES + 5)
        assert axes.get_aspect() == 1


def test_arrows_of_all_panels_have_one_scale_and_the_longest_is_a_tenth_of_the_width():
    fields = {"short": PLACES * 0 + [0.3, 0.4], "long": PLACES * 0 + [3.0, 4.0]}
    scales = [arrows_in(axes)[2] for axes in plot.arrows(PLACES, fields).axes]
    assert scales == [pytest.approx(5 / 0.2)] * 2  # an arrow of length 5 is drawn with the length 0.2


def test_arrows_of_length_0_and_of_a_single_place_can_be_drawn(tmp_path):
    plot.save(plot.arrows(PLACES, {"none": 0 * PLACES}), tmp_path / "a.png")
    plot.save(plot.arrows(PLACES[:1], {"one": PLACES[:1] + 1}), tmp_path / "b.png")


def test_a_way_is_a_line_from_a_ring_to_a_disk():
    way = np.stack([PLACES, PLACES + 1, PLACES + [2, 0]])  # three steps of three points
    figure = plot.paths({"DDIM": way, "_": way[::-1]}, behind=PLACES, axes_names=("a", "b"))
    axes = figure.axes[0]
    assert (axes.get_title(), axes.get_xlabel(), axes.get_ylabel()) == ("DDIM", "a", "b")
    for i, line in enumerate(axes.lines):
        np.testing.assert_array_equal(line.get_xydata(), way[:, i])
    behind, rings, disks = dots_in(axes)
    np.testing.assert_array_equal(behind, PLACES)
    np.testing.assert_array_equal(rings, way[0])
    np.testing.assert_array_equal(disks, way[-1])
    assert figure.axes[1].get_title().strip() == "_"


def test_a_way_of_one_step_is_a_disk():
    behind, disks = dots_in(plot.paths({"samples": PLACES[None]}).axes[0])
    assert len(behind) == 0
    np.testing.assert_array_equal(disks, PLACES)


def test_panels_beyond_the_last_are_empty_and_all_share_their_axes():
    figure = plot.paths({str(i): PLACES[None] + i for i in range(4)})
    assert [axes.axison for axes in figure.axes] == [True] * 4 + [False] * 2
    assert len({axes.get_xlim() for axes in figure.axes[:4]}) == 1


@pytest.mark.parametrize(
    ("places", "fields"),
    [
        (PLACES, {"a": PLACES[:2]}),
        (PLACES, {}),
        (np.zeros((3, 3)), {"a": np.zeros((3, 3))}),
        (np.zeros((0, 2)), {"a": np.zeros((0, 2))}),
    ],
)
def test_arrows_of_another_shape_are_refused(places, fields):
    with refused(ValueError, where="plot.arrows", expected="an arrow (n, 2) for each place"):
        plot.arrows(places, fields)


def test_other_arguments_of_arrows_are_refused():
    with refused(ValueError, where="plot.arrows: fields, 'a'"):
        plot.arrows(PLACES, {"a": PLACES * np.nan})
    with refused(ValueError, where="plot.arrows: behind", got="(3, 3)"):
        plot.arrows(PLACES, {"a": PLACES}, behind=np.zeros((3, 3)))
    with refused(TypeError, where="plot.arrows: fields"):
        plot.arrows(PLACES, [PLACES])
    with refused(ValueError, where="plot.arrows: axes_names"):
        plot.arrows(PLACES, {"a": PLACES}, axes_names=("a",))


@pytest.mark.parametrize("way", [np.zeros((2, 3, 3)), np.zeros((0, 3, 2)), np.zeros((2, 0, 2))])
def test_ways_of_another_shape_are_refused(way):
    with refused(ValueError, where="plot.paths: ways", expected="places (steps, n, 2)", got=str(way.shape)):
        plot.paths({"a": way})


def test_other_arguments_of_paths_are_refused():
    with refused(ValueError, where="plot.paths: ways", got="none"):
        plot.paths({})
    with refused(ValueError, where="plot.paths: ways, 'a'"):
        plot.paths({"a": PLACES})
    with refused(ValueError, where="plot.paths: behind"):
        plot.paths({"a": PLACES[None]}, behind=PLACES[0])
