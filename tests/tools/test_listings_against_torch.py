"""tools/listings_against_torch.py must be able to fail: its exit status, here without PyTorch."""

import sys
import types
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture
def tool(monkeypatch):
    """The tool with a module in place of PyTorch, since only its names are read at the start."""
    torch = types.ModuleType("torch")
    torch.Tensor = object
    torch.nn = types.ModuleType("torch.nn")
    torch.nn.Module = object
    torch.nn.functional = types.SimpleNamespace(binary_cross_entropy=None, mse_loss=None)
    for name, module in {"torch": torch, "torch.nn": torch.nn, "torch.nn.functional": torch.nn.functional}.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.syspath_prepend(TOOLS)
    monkeypatch.delitem(sys.modules, "listings_against_torch", raising=False)
    import listings_against_torch

    return listings_against_torch


@pytest.mark.parametrize("found, status", [((0.0, 1e-13), 0), ((1e-11, 0.0), 1), ((0.0, float("nan")), 1)])
def test_the_exit_status_is_1_for_a_difference_and_for_a_nan(tool, found, status, monkeypatch, capsys):
    calls = []
    monkeypatch.setattr(tool, "differences", lambda name, digits: calls.append(name) or found)
    with pytest.raises(SystemExit) as stop:
        tool.main()
    assert stop.value.code == status and calls == list(tool.LISTINGS)
