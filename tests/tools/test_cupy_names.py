"""Every name of CuPy that the source uses is in the committed table, and the check behind it can fail."""

import importlib.util
import types
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def names():
    spec = importlib.util.spec_from_file_location("cupy_names", ROOT / "tools" / "cupy_names.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_table_is_that_of_the_source_and_nothing_in_it_is_wrong(names):
    text = (ROOT / "benchmarks" / "cupy-names.txt").read_text(encoding="utf-8")
    listed = {line.split("  ")[0] for line in text.splitlines()[2:]}
    missing = sorted({names.written(call) for call in names.in_source()} - listed)
    assert not missing, f"run tools/cupy_names.py benchmarks/cupy-names.txt where CuPy is installed: {missing}"
    assert "MISSING" not in text and "REFUSED" not in text


def test_names_are_found_in_every_form(names):
    text = "from cupyx.scipy.special import ndtr\nxp.lib.stride_tricks.as_strided(x, s, writeable=True)\nnp.exp(x)\n"
    text += "y = backend.xp.inf * self.xp.exp(x)"
    found = {("cupyx.scipy.special.ndtr", -1, ()), ("lib.stride_tricks.as_strided", 2, ("writeable",)), ("inf", -1, ())}
    assert set(names.in_file(text)) == found


@pytest.mark.parametrize(
    ("call", "starts"),
    [
        (("exp", 1, ("out",)), "ok"),
        (("exp", 1, ("where",)), "REFUSED"),
        (("exp", 3, ()), "REFUSED"),
        (("errstate", 0, ()), "MISSING"),
        (("tile", 2, ()), "ok"),
        (("tile", 2, ("axis",)), "REFUSED"),
        (("ndarray.sum", 1, ("keepdims",)), "ok"),
        (("ndarray.sum", 0, ("where",)), "REFUSED"),
    ],
)
def test_what_cupy_lacks_or_refuses_is_told(names, call, starts):
    sum_ = types.SimpleNamespace(__doc__="_ndarray_base.sum(self, axis=None, bint keepdims=False) -> _ndarray_base")
    array = types.SimpleNamespace(sum=type("method", (), {"__doc__": sum_.__doc__, "__call__": None})())
    cupy = types.SimpleNamespace(ufunc=np.ufunc, exp=np.exp, tile=lambda A, reps: A, ndarray=array)
    assert names.verdict(cupy, call).startswith(starts)


def test_the_installed_cupy_has_every_name_in_the_source(names):
    cupy = pytest.importorskip("cupy", reason="CuPy is not installed", exc_type=ImportError)
    verdicts = {call: names.verdict(cupy, call) for call in names.in_source()}
    assert [call for call, found in verdicts.items() if found.startswith(("MISSING", "REFUSED"))] == []
