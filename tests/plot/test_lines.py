"""Curves of a history and functions of one variable."""

import numpy as np
import pytest
from helpers.refusals import refused

from minigen import Tensor, plot
from minigen.training.history import History

# ---- curves


def test_curves_name_every_line():
    figure = plot.curves({"loss": [3.0, 2.0]}, {"floor": 1.0})
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels == ["loss", "floor (1.0000)"]
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_ydata(), [3.0, 2.0])


def test_a_name_with_an_underscore_before_it_is_in_the_legend():
    figures = plot.curves({"_x": [3.0, 2.0]}, {"_floor": 1.0}), plot.functions([0, 1], {"a": {"_x": [0, 1]}})
    names = [[text.get_text().strip() for text in f.axes[0].get_legend().get_texts()] for f in figures]
    assert names == [["_x", "_floor (1.0000)"], ["_x"]]


def test_curves_take_what_fit_returns():
    history = History()
    history.add({"loss": 3.0})
    history.add({"loss": 2.0})
    np.testing.assert_array_equal(plot.curves(history).axes[0].lines[0].get_ydata(), [3.0, 2.0])


def test_curves_mark_whole_epochs():
    axes = plot.curves({"loss": [0.5 / k for k in range(1, 21)]}).axes[0]
    ticks = axes.get_xticks()
    assert len(ticks) > 2 and (ticks == ticks.round()).all()


def test_curves_on_a_logarithmic_axis():
    axes = plot.curves({"a": [1.0, 0.1]}, title="t", y="error", log=True, x="step").axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title(), axes.get_yscale()) == ("step", "error", "t", "log")
    assert plot.curves({"a": [1.0, 0.1]}).axes[0].get_yscale() == "linear"


def test_curves_of_one_epoch_can_be_seen():
    """A line of one point is nothing; it counts from 1."""
    one, two = plot.curves({"one": [3.0], "two": [3.0, 2.0]}).axes[0].lines
    assert one.get_marker() == "o" and two.get_marker() in ("None", None, "")
    assert list(one.get_xdata()) == [1] and list(two.get_xdata()) == [1, 2]


def test_the_number_of_the_first_epoch():
    history = History({"loss": [3.0, 2.0]}, first_epoch=5)
    shown = [plot.curves(history), history.plot(), plot.curves({"loss": [3.0, 2.0]}, first=6)]
    assert [list(figure.axes[0].lines[0].get_xdata()) for figure in shown] == [[6, 7]] * 3
    assert list(plot.curves(history, first=1).axes[0].lines[0].get_xdata()) == [1, 2]
    with refused(ValueError, "plot.curves: first"):
        plot.curves(history, first=0.5)


def test_a_value_between_missing_ones_can_be_seen():
    nan = np.nan
    lines = plot.curves({"a": [3, nan, 1], "b": [1, 2, nan, 4], "c": [1, nan, 2, 3, nan], "d": [1, 2, 3]}).axes[0].lines
    drawn = [list(line.get_markevery()) if line.get_marker() == "o" else [] for line in lines]
    assert drawn == [[0, 2], [3], [0], []]


def test_more_curves_than_colours_are_told_apart():
    lines = plot.curves({str(i): [i, i + 1] for i in range(24)}).axes[0].lines
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 24
    assert {line.get_linestyle() for line in lines[:10]} == {"-"}


def test_one_epoch_has_one_tick():
    axes = plot.curves({"loss": [3.0]}).axes[0]
    left, right = axes.get_xlim()
    assert [tick for tick in axes.get_xticks() if left <= tick <= right] == [1]


def test_marks_are_told_apart_by_their_dashes():
    marks = {"floor": 0.5, "PCA": 0.25, "chance": 0.125}
    axes = plot.curves({"loss": [1.0, 0.5]}, marks).axes[0]
    assert [line.get_ydata()[0] for line in axes.lines[1:]] == list(marks.values())
    assert len({line.get_linestyle() for line in axes.lines}) == 4


# ---- functions, and what cannot be drawn


def test_curves_leave_vectors_out():
    figure = plot.curves({"kl": [1.0, 2.0], "kl_per_dimension": [[0.5, 0.5], [1.0, 1.0]]})
    assert [t.get_text() for t in figure.axes[0].get_legend().get_texts()] == ["kl"]


def test_functions_draw_every_curve_in_its_panel():
    x = np.linspace(0, 1, 5)
    panels = {str(i): {"line": i * x, "square": i * x * x} for i in range(4)}
    figure = plot.functions(x, panels, ("place", "value"))
    shown = [axes for axes in figure.axes if axes.lines]
    assert [axes.get_title() for axes in shown] == list(panels)
    for axes, lines in zip(shown, panels.values(), strict=True):
        for line, (name, y) in zip(axes.lines, lines.items(), strict=True):
            assert line.get_label() == name
            np.testing.assert_array_equal(line.get_xydata(), np.stack([x, y], axis=1))
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["line", "square"]
    assert figure.axes[3].get_xlabel() == "place" and figure.axes[0].get_ylabel() == "value"


def test_functions_of_whole_numbers_have_whole_ticks():
    whole = plot.functions([1, 2, 3], {"a": {"b": [1.0, 2.0, 3.0]}}).axes[0].get_xticks()
    assert (whole == whole.round()).all()
    assert any(
        t != round(t) for t in plot.functions([0.1, 0.5, 1.1], {"a": {"b": [1.0, 2.0, 3.0]}}).axes[0].get_xticks()
    )


def test_functions_refuse_curves_of_another_length():
    with refused(ValueError, where="plot.functions: panels", expected="(5,)", got="(4,)"):
        plot.functions(np.zeros(5), {"a": {"b": np.zeros(4)}})
    with refused(ValueError, where="plot.functions: panels"):
        plot.functions(np.zeros(5), {})


@pytest.mark.parametrize(
    "history",
    [[1, 2], None, "abc", {}, {"a": []}, {"a": 3}, {"a": ["x"]}, {"a": [[1], [1, 2]]}, {"a": [None, 1]}],
    ids=repr,
)
def test_what_is_no_history_is_refused(history):
    for log in (False, True):
        with refused((ValueError, TypeError), "plot.curves"):
            plot.curves(history, log=log)


def test_curves_that_cannot_be_drawn():
    with refused(ValueError, "plot.curves"):
        plot.curves({"a": [0.0, -1.0]}, log=True)
    for mark in (None, "a", np.nan, [1, 2]):
        with refused(ValueError, "plot.curves: lines, f"):
            plot.curves({"a": [1, 2]}, {"f": mark})
    assert len(plot.curves({"a": [1.0, np.nan], "b": [Tensor(1.0), Tensor(2.0)]}).axes[0].lines) == 2


X = np.linspace(0, 1, 4)


@pytest.mark.parametrize(
    "panels",
    [None, [X], {"t": X}, {"t": {}}, {"t": {"a": X}, "u": {}}, {"t": {"a": "abcd"}}, {"t": {"a": [[1], [1, 2]]}}],
)
def test_what_are_no_panels_is_refused(panels):
    with refused((ValueError, TypeError), "plot.functions: panels"):
        plot.functions(X, panels)
