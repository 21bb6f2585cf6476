"""Tests of data sets touch neither the settings nor the cache of their user."""

import threading
from http.server import ThreadingHTTPServer

import pytest
from helpers.mirrors import Handler
from helpers.mnist_files import Stand

from minigen.datasets.images.sources import SOURCES


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
    monkeypatch.setitem(SOURCES, "mnist", stand.source)
    return stand


@pytest.fixture
def server(stand):
    """A server of the stand-in files; `server.mirror("404")` is the URL of a mirror like that."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.files, server.requests, server.release = stand.hosted, [], threading.Event()
    server.mirror = lambda behaviour: f"http://127.0.0.1:{server.server_port}/{behaviour}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.release.set()
    server.shutdown()
    thread.join()
    server.server_close()
