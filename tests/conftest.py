"""Every test leaves the library as it found it; `xp` runs a test on NumPy, on the stand-in for CuPy and on CuPy."""

import contextlib
import os
import signal
import sys

import numpy as np
import pytest

REQUIRE_GPU = os.environ.get("MINIGEN_REQUIRE_GPU") == "1"  # a GPU machine's run must not skip its GPU tests
os.environ.pop("MINIGEN_BACKEND", None)  # read when minigen is imported: tests start on NumPy
os.environ["MPLBACKEND"] = "Agg"  # no windows
os.environ["COLUMNS"] = "80"  # the width of a line, on every terminal

from helpers import fakecupy  # noqa: E402
from helpers.recipe_runs import scorer_weights  # noqa: E402, F401 (a fixture)
from helpers.small_model import model, saved  # noqa: E402, F401 (fixtures)

import minigen  # noqa: E402
from minigen import autograd, backend  # noqa: E402

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in the background of a shell: Ctrl-C is tested all the same
    signal.signal(signal.SIGINT, signal.default_int_handler)


SEED = 0


def global_state():
    """What a test might change behind the back of the next one."""
    _, words, place, *_ = np.random.get_state()  # noqa: NPY002 (minigen never draws from it)
    return {
        "the backend": backend.xp,
        "the recording flag": autograd.recording(),
        "autograd.mode.observer": autograd.mode.observer,
        "np.errstate": np.geterr(),
        "NumPy's global random state": (words.tobytes(), place),
    }


@contextlib.contextmanager
def sealed_state():
    """Put the global state back, and fail if the block changed it.

    Each block starts from the same seed, so drawing random numbers is no leak: the next block cannot notice.
    """
    before, draws = global_state(), backend.random_state()
    global_draws = np.random.get_state()  # noqa: NPY002
    minigen.seed(SEED)
    try:
        yield
    finally:
        after = global_state()
        backend.set_random_state(draws)
        np.random.set_state(global_draws)  # noqa: NPY002
        np.seterr(**before["np.errstate"])
        backend.xp = before["the backend"]
        autograd.mode.observer = before["autograd.mode.observer"]
        autograd.mode.recording = before["the recording flag"]
    leaked = [what for what in before if before[what] != after[what]]
    if leaked:
        pytest.fail(f"the test leaks {', '.join(leaked)}", pytrace=False)


@pytest.fixture(autouse=True)
def sealed_test(monkeypatch):
    """Around every test: no MINIGEN_* variable of this machine comes in, no change of global state goes out."""
    for name in list(os.environ):
        if name.startswith("MINIGEN_"):
            monkeypatch.delenv(name)
    with sealed_state():
        yield


@pytest.fixture
def stand_in(monkeypatch):
    """`import cupy` gives the stand-in; the fixture is its module."""
    for name, module in fakecupy.MODULES.items():
        monkeypatch.setitem(sys.modules, name, module)
    return fakecupy


@pytest.fixture(params=["numpy", "stand-in", pytest.param("cupy", marks=pytest.mark.gpu)])
def xp(request):
    """The test runs once on each backend; the fixture is its name."""
    if request.param == "stand-in":
        request.getfixturevalue("stand_in")
    with minigen.using("numpy" if request.param == "numpy" else "cupy"):
        yield request.param


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Tests marked `gpu` are skipped without a GPU, and say so; with MINIGEN_REQUIRE_GPU=1 they fail instead."""
    if item.get_closest_marker("gpu") is None:
        return
    reason = backend.why_not_cupy()
    if reason and REQUIRE_GPU:
        pytest.fail(f"MINIGEN_REQUIRE_GPU=1, but no GPU can be used: {reason}", pytrace=False)
    if reason:
        pytest.skip(f"no GPU: {reason}")
