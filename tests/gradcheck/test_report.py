"""What gradcheck says: the worst element in words, and the same in fields."""

import re

import numpy as np
import pytest
from helpers.html_cells import cells
from helpers.own_ops import CubeWithOneWrongElement, X

from minigen import GradcheckError, gradcheck, ops
from minigen.gradcheck.report import Worst


def test_the_report_names_the_worst_element():
    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda x: CubeWithOneWrongElement(1.5)(x), [X])
    report = str(caught.value)
    assert report.startswith("gradcheck: 1 of 12 gradients differ at order 1.")
    assert "input 0[1, 2] = -0.2\n" in report
    analytic, numeric, error = (
        float(re.search(rf"{word} +([-+\d.e]+) ", report)[1]) for word in ("analytic", "numeric", "relative error")
    )
    assert analytic == pytest.approx(1.5 * numeric, rel=1e-6)
    assert 0 < error < 1


def test_what_is_right_returns_its_worst_element():
    worst = gradcheck(lambda x: CubeWithOneWrongElement(1)(x), [X])
    assert worst.order == 1 and worst.tensor == "input 0" and worst.error < 1e-8
    assert worst.value == X[worst.index]
    assert worst.analytic == pytest.approx(worst.numeric, abs=1e-8)


def test_the_error_has_fields():
    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda x: CubeWithOneWrongElement(1.5)(x), [X])
    e = caught.value
    assert (e.op, e.input, e.index, e.checked, e.total) == ("CubeWithOneWrongElement", "input 0", (1, 2), 12, 12)
    assert e.analytic == pytest.approx(1.5 * e.numeric, rel=1e-6)
    assert e.relative == pytest.approx(1 / 3, rel=1e-6) and e.tolerance == 1e-6


def test_the_text_says_how_many_were_checked():
    assert "checked 12 of 12 elements" in str(gradcheck(ops.tanh, [X]))
    large = gradcheck(ops.tanh, [np.random.default_rng(0).standard_normal((4, 28, 28))])
    assert large.checked == 100 and large.total == 3136
    assert "checked 100 of 3136 elements, the others in blocks" in str(large)


def test_the_worst_element_in_words():
    worst = Worst(2, "dense/kernel", (1, 2), 0.5, analytic=3.0, numeric=-1.5, error=0.25, checked=100, total=3136)
    assert worst.relative == 1.5 and worst.place == "dense/kernel[1, 2]"
    text = "ok: worst relative error 2.5e-01, at dense/kernel[1, 2], order 2; checked 100 of 3136 elements, "
    assert str(worst) == text + "the others in blocks"
    unclear = Worst(1, "x", (), 0.5, 0.0, 0.0, 0.0, checked=3, total=3, unclear=2)
    assert unclear.relative == 0 and unclear.place == "x[]"
    assert unclear.extent == "checked 3 of 3 elements; 2 could not be distinguished from rounding"


def test_a_notebook_and_a_shell_show_the_worst_element():
    worst = Worst(2, "input <0>", (0, 1), 0.5, 0.25, 0.2500001, 4e-7, checked=3, total=4)
    assert repr(worst) == f"<gradcheck {worst}>"
    html = cells(worst._repr_html_())
    assert ["worst element", "input <0>[0, 1]"] in html.rows and ["relative error", "4.0e-07"] in html.rows
    assert ["gradient by backward", "0.25"] in html.rows and ["by finite differences", "0.2500001"] in html.rows
    assert html.outside == ["checked 3 of 4 elements, the others in blocks"]
