"""tools/against_torch.py must be able to fail: its comparison, here without PyTorch. The rest is its own --break."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from minigen import ops

TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture
def compare(monkeypatch):
    monkeypatch.syspath_prepend(TOOLS)
    from torch_families import compare

    return compare


RIGHT = np.array([1.0, -2.0, 0.0, 1e-6, 1e6, np.nan, np.inf])


def wrong_at(i, value):
    y = RIGHT.copy()
    y[i] = value
    return y


WRONG = {
    "0.1 %": wrong_at(1, -2.002),
    "8 digits are right": wrong_at(0, 1 + 1e-8),
    "0.1 % of a small number beside a large one": wrong_at(3, 1.001e-6),
    "a sign": wrong_at(1, 2.0),
    "not 0": wrong_at(2, 1e-11),
    "NaN": wrong_at(0, np.nan),
    "a number for NaN": wrong_at(5, 0.0),
    "-inf for inf": wrong_at(6, -np.inf),
    "float32": RIGHT.astype("float32"),
    "an axis too many": RIGHT[None],
    "no array": 1.0,
}


def test_equal_numbers_agree(compare):
    for order in range(3):
        assert compare.difference(RIGHT * (1 + 1e-11), RIGHT, order) == ""


@pytest.mark.parametrize("ours", WRONG.values(), ids=WRONG)
def test_wrong_numbers_differ(compare, ours):
    for order in range(2):
        assert compare.difference(ours, RIGHT, order)


def test_second_derivatives_are_compared_too(compare):
    assert compare.difference(wrong_at(1, -2.002), RIGHT, 2)
    assert compare.difference(wrong_at(1, -2 * (1 + 1e-6)), RIGHT, 2)


def test_a_broken_rule_is_wrong_by_a_thousandth_and_mended_afterwards(compare):
    x = np.array([1.0, 3.0])
    with compare.broken(ops.Exp, "forward"), compare.broken(ops.UpSample, "backward"):
        np.testing.assert_allclose(ops.exp(x), np.exp(x) * 1.001)
        assert "backward" in vars(ops.UpSample)  # inherited otherwise
    np.testing.assert_array_equal(ops.exp(x), np.exp(x))
    assert "backward" not in vars(ops.UpSample)


def test_without_pytorch_the_tool_says_what_to_install(monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(SystemExit, match=r"PyTorch.*pip install"):
        runpy.run_path(str(TOOLS / "against_torch.py"), run_name="__main__")
