"""tools/torture_model_files.py, a hundredth of it: what damaged files of models must not do."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture
def torture(monkeypatch):
    monkeypatch.syspath_prepend(TOOLS)
    for name in ("torture_files", "torture_model_files"):  # not those of another folder
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module("torture_model_files")


@pytest.mark.parametrize(
    "kind, n, refused",
    [
        (".minigen", 40, 25),
        (".safetensors", 30, 25),
        (".weights.h5", 6, 1),
        (".keras", 10, 5),
        ("made.minigen", 40, 25),
    ],
)
def test_damaged_files(torture, kind, n, refused, tmp_path, capsys):
    counts = torture.tortured(kind, n, 0, tmp_path)
    assert {name: counts[name] for name in torture.MUST_BE_0} == dict.fromkeys(torture.MUST_BE_0, 0), (
        capsys.readouterr().out
    )
    assert counts["refused"] >= refused and counts["refused"] + counts["read"] == n


def test_what_must_be_0_can_be_found(torture, tmp_path, monkeypatch, capsys):
    """A reader that falls over, makes a folder, takes memory and gives other numbers is noticed in each case."""
    whole, trap = [np.zeros(3)], tmp_path / "executed"

    def read(path, compile=True):
        ways.append(len(ways))
        if len(ways) == 1:
            return whole
        trap.mkdir(exist_ok=True)
        keep = np.ones(10**7)
        if len(ways) % 2:
            raise KeyError(str(keep.size))
        return [np.ones(3)]

    ways = []
    monkeypatch.setattr(torture, "load", read)
    counts = torture.tortured(".safetensors", 6, 0, tmp_path)
    assert counts["executed"] == counts["large"] == 6 and counts["foreign"] == 3 and counts["changed"] == 3
