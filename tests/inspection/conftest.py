"""A machine without Graphviz."""

import shutil
import sys

import pytest


@pytest.fixture
def no_graphviz(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)  # it would open windows: importing it is an error
