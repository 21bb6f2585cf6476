"""tools/interchange_parity.py must be able to fail: its exit status, here without Keras and PyTorch."""

import importlib
import json
import sys
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tool(monkeypatch):
    """The tool with modules in place of Keras and PyTorch, since only their names are read at the start."""
    names = ("keras", "torch", "torch.nn", "torch.nn.functional", "safetensors.torch")
    modules = {name: types.ModuleType(name) for name in names}
    modules["keras"].layers, modules["keras"].__version__ = None, "0"
    modules["keras"].utils = types.SimpleNamespace(set_random_seed=lambda seed: None)
    modules["torch"].nn, modules["torch"].__version__, modules["torch"].Tensor = modules["torch.nn"], "0+cpu", object
    modules["torch.nn"].functional = modules["torch.nn.functional"]
    modules["torch.nn"].Module = modules["torch.nn"].Sequential = object
    modules["safetensors.torch"].save_file = None
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.syspath_prepend(ROOT / "tools")
    monkeypatch.delitem(sys.modules, "interchange_parity", raising=False)
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    return importlib.import_module("interchange_parity")


def run(tool, monkeypatch, off, *flags):
    monkeypatch.setattr(tool, "across_keras", lambda networks, folder: dict.fromkeys(tool.DIRECTIONS[:4], 1e-7))
    monkeypatch.setattr(tool, "across_torch", lambda name, networks, folder: dict.fromkeys(tool.DIRECTIONS[4:], off))
    monkeypatch.setattr(sys, "argv", ["interchange_parity.py", *flags])
    with pytest.raises(SystemExit) as stop:
        tool.main()
    return stop.value.code


@pytest.mark.parametrize("off, status", [(1e-7, 0), (2e-5, 1), (float("nan"), 1)])
def test_the_exit_status_is_1_for_a_difference_and_for_a_nan(tool, off, status, monkeypatch, capsys):
    assert run(tool, monkeypatch, off) == status
    assert capsys.readouterr().out.count("\n") == len(tool.MODELS) == 7


def test_the_table_is_written_between_its_marks(tool, monkeypatch, tmp_path, capsys):
    page, results = tmp_path / "page.md", tmp_path / "parity.json"
    page.write_text(f"before\n\n{tool.MARKS[0]}\n\nan older table\n\n{tool.MARKS[1]}\n\nafter\n", encoding="utf-8")
    monkeypatch.setattr(tool, "PAGE", page)
    monkeypatch.setattr(tool, "RESULTS", results)
    assert run(tool, monkeypatch, 1e-7, "--write") == 0
    stored = json.loads(results.read_text("utf-8"))
    text = f"before\n\n{tool.MARKS[0]}\n\n{tool.table(stored['differences'])}\n\n{tool.MARKS[1]}\n\nafter\n"
    assert page.read_text("utf-8") == text and "| GRU | 1e-07 |" in text


def test_the_stored_table_is_that_of_the_tool(tool):
    stored = json.loads(tool.RESULTS.read_text("utf-8"))
    assert tool.table(stored["differences"]) in tool.PAGE.read_text("utf-8")
    assert list(stored["differences"]) == list(tool.MODELS)
