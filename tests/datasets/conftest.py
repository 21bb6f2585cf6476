"""Tests of data sets touch neither the settings nor the cache of their user."""

import pytest
from helpers.mnist_files import Stand

from minigen.datasets import mnist


@pytest.fixture(autouse=True)
def sealed(monkeypatch, tmp_path):
    """No setting of this machine reaches a test, and no test reaches the user's cache."""
    monkeypatch.delenv("MINIGEN_DATA", raising=False)
    monkeypatch.setenv("MINIGEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user_cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def stand(monkeypatch):
    stand = Stand()
    monkeypatch.setattr(mnist, "FILES", stand.table)
    return stand
