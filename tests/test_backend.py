"""The switch between NumPy and CuPy, the doors for arrays, and the random draws."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers.processes import PARENT, python
from helpers.refusals import refused
from helpers.threads import side_by_side

import minigen
from minigen import BackendError, Tensor, backend, ops
from minigen.datasets import toys
from minigen.datasets.binary import binarize
from minigen.datasets.text import MarkovSource

TESTS = Path(__file__).parent
PACKAGE_PARENT = Path(minigen.__file__).parents[1]  # the clone, or site-packages


# ---- use() and using()


def test_cupy_without_a_gpu_gives_the_reason():
    reason = minigen.backend.why_not_cupy()
    if not reason:
        pytest.skip("there is a GPU here")
    with refused(BackendError, where="cupy", got=reason, fix='minigen.use("numpy")'):
        minigen.use("cupy")
    assert minigen.backend.active() == "numpy"


def test_numpy_is_the_default():
    assert backend.active() == "numpy" and backend.xp is np


def test_use_returns_the_name_and_switches(stand_in):
    assert minigen.use("cupy") == "cupy"
    assert backend.xp is stand_in
    assert minigen.use("numpy") == "numpy"
    assert backend.xp is np


def test_using_switches_back_even_after_an_error(stand_in):
    with minigen.using("cupy") as name:
        assert name == backend.active() == "cupy"
        with minigen.using("numpy"):
            assert backend.xp is np
        assert backend.xp is stand_in
    with pytest.raises(ZeroDivisionError), minigen.using("cupy"):
        _ = 1 / 0
    assert backend.xp is np


def test_auto_takes_the_gpu_where_there_is_one(stand_in, monkeypatch):
    with minigen.using("auto") as name:
        assert name == "cupy"
    monkeypatch.setattr(stand_in.cuda, "is_available", lambda: False)
    with minigen.using("auto") as name:
        assert name == "numpy"


def test_an_unknown_backend_is_named():
    with pytest.raises(ValueError, match="unknown backend 'cuppy'(.|\n)*fix: +'cupy'"):
        minigen.use("cuppy")


def test_cupy_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)  # import cupy raises ModuleNotFoundError
    with pytest.raises(BackendError, match="import of cupy halted") as caught:
        minigen.use("cupy")
    assert 'minigen.use("numpy")' in str(caught.value) and "cupy-cuda12x" in str(caught.value)
    assert minigen.use("auto") == "numpy"


def test_cupy_without_a_gpu_gives_its_own_reason(stand_in, monkeypatch):
    """`import cupy` succeeds on a machine without a GPU."""
    monkeypatch.setattr(stand_in.cuda, "is_available", lambda: False)
    with pytest.raises(BackendError, match="got: +cudaErrorNoDevice: no CUDA-capable device is detected"):
        minigen.use("cupy")
    assert backend.active() == "numpy"


def test_a_gpu_that_is_there_but_not_available(stand_in, monkeypatch):
    monkeypatch.setattr(stand_in.cuda, "is_available", lambda: False)
    monkeypatch.setattr(stand_in.cuda.runtime, "getDeviceCount", lambda: 0)
    assert backend.why_not_cupy() == "cupy.cuda.is_available() is False"


def test_an_error_without_words_is_still_a_reason(stand_in, monkeypatch):
    def broken_driver():
        raise RuntimeError

    monkeypatch.setattr(stand_in.cuda, "is_available", lambda: False)
    monkeypatch.setattr(stand_in.cuda.runtime, "getDeviceCount", broken_driver)
    assert backend.why_not_cupy() != "", "the empty text means that CuPy can be used"


# ---- the environment variable, read by the import


def run_python(code, path=TESTS, **environment):
    """The last line that a fresh interpreter prints, and what it wrote to stderr."""
    paths = [str(path), str(TESTS), str(PACKAGE_PARENT)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60)
    return done.stdout.strip(), done.stderr


ACTIVE = "import minigen; print(minigen.backend.active())"


@pytest.fixture
def with_stand_in(tmp_path):
    """A folder whose cupy.py is the stand-in."""
    (tmp_path / "cupy.py").write_text("import sys\nfrom helpers import fakecupy\nsys.modules['cupy'] = fakecupy\n")
    return tmp_path


@pytest.mark.parametrize("name, expected", [("numpy", "numpy"), ("cupy", "cupy"), ("auto", "cupy")])
def test_the_environment_chooses_the_backend(name, expected, with_stand_in):
    out, err = run_python(ACTIVE, with_stand_in, MINIGEN_BACKEND=name)
    assert (out, err) == (expected, "")


def test_the_environment_asks_for_what_is_not_there(tmp_path):
    (tmp_path / "cupy.py").write_text("raise ImportError('libcurand.so.11: cannot open shared object file')")
    out, err = run_python(ACTIVE, tmp_path, MINIGEN_BACKEND="cupy")
    assert out == "" and "BackendError" in err and "libcurand.so.11: cannot open shared object file" in err
    out, err = run_python(ACTIVE, tmp_path, MINIGEN_BACKEND="auto")
    assert (out, err) == ("numpy", "")


def test_the_environment_names_nothing_known():
    out, err = run_python(ACTIVE, MINIGEN_BACKEND="gpu")
    assert out == "" and "unknown backend 'gpu'" in err


# ---- a CuPy that is installed and broken


BROKEN = {
    "raise OSError('libcuda.so.1: file too short')": "libcuda.so.1",
    "raise RuntimeError('CuPy is not correctly installed')": "not correctly installed",
    "import numpy; numpy.no_such_name": "no_such_name",
    "raise SyntaxError('bad')": "bad",
    "raise Exception": "Exception()",
    "": "has no attribute 'cuda'",
    "class cuda:\n    is_available = staticmethod(lambda: True)": "has no attribute 'asarray'",
    "class cuda:\n    def is_available(): raise SystemError('driver')": "driver",
}


@pytest.mark.parametrize("source", BROKEN)
def test_a_broken_cupy_is_no_cupy(source, tmp_path, monkeypatch):
    (tmp_path / "cupy.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    try:
        assert backend.use("auto") == "numpy" and BROKEN[source] in backend.why_not_cupy()
        with refused(backend.BackendError, "backend 'cupy' cannot be used"):
            backend.use("cupy")
        assert backend.asarray([1.0]).tolist() == [1.0]  # a module without ndarray is in sys.modules
    finally:
        sys.modules.pop("cupy", None)


@pytest.mark.parametrize("passing", ["KeyboardInterrupt", "SystemExit"])
def test_an_interrupt_while_cupy_is_imported_passes(passing, tmp_path, monkeypatch):
    (tmp_path / "cupy.py").write_text(f"raise {passing}")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        backend.use("auto")


def test_the_environment_and_info_fall_back_too(tmp_path):
    (tmp_path / "cupy.py").write_text("raise OSError('libcuda.so.1: file too short')")
    path = f"{tmp_path}{os.pathsep}{PARENT}"
    status, out, err = python("-m", "minigen", "info", MINIGEN_BACKEND="auto", PYTHONPATH=path)
    assert status == 0 and b"backend: numpy" in out and re.search(rb"cupy: +libcuda", out) and b"Traceback" not in err


# ---- arrays through the door


def test_asarray_moves_and_does_not_copy_what_is_there(xp):
    x = backend.asarray(np.ones(3))
    assert isinstance(x, backend.xp.ndarray)
    assert backend.asarray(x) is x
    assert backend.asarray(x, "float64") is x
    assert backend.asarray(x, "float32").dtype == np.float32


def test_python_floats_become_float32_and_arrays_keep_their_precision(xp):
    assert backend.asarray(2.0).dtype == backend.asarray([1.0, 2.0]).dtype == np.float32
    assert backend.asarray(np.ones(2)).dtype == backend.asarray(np.float64(1)).dtype == np.float64
    assert backend.asarray([1, 2]).dtype.kind == "i" and backend.asarray([True]).dtype == bool


def test_an_array_of_the_other_library_is_refused(stand_in):
    with minigen.using("cupy"):
        x = backend.asarray(np.ones(3))
    with pytest.raises(BackendError, match=r"arrays of two libraries meet(.|\n)*fix: +minigen.to_numpy\(x\)"):
        backend.asarray(x)


def test_to_numpy_takes_anything(xp):
    array = np.array([1, 2], "float32")
    for x in (array, [1, 2], (1, 2), Tensor(array), Tensor(array, requires_grad=True) * 1, backend.asarray(array)):
        found = minigen.to_numpy(x)
        assert type(found) is np.ndarray
        np.testing.assert_array_equal(found, [1, 2])
    assert minigen.to_numpy(3.5).shape == ()


def test_to_numpy_after_the_switch_back(stand_in):
    with minigen.using("cupy"):
        x = Tensor([1.0, 2.0])
    np.testing.assert_array_equal(minigen.to_numpy(x), [1, 2])
    np.testing.assert_array_equal(x.numpy(), [1, 2])


# ---- random draws


def test_threads_without_a_seed_of_their_own_draw_different_numbers_that_follow_from_the_main_seed():
    def draws_of_two_threads():
        minigen.seed(7)
        found = []
        for _ in range(2):
            side_by_side(lambda: found.append(backend.uniform((3,)).tolist()))
        return [*found, backend.uniform((3,)).tolist()]

    once, again = draws_of_two_threads(), draws_of_two_threads()
    assert once == again
    assert len(set(map(tuple, once))) == 3


def some_draws():
    minigen.seed(7)
    return [
        minigen.to_numpy(x) for x in (backend.normal((3, 2)), backend.uniform((4,), "float64"), backend.permutation(10))
    ]


def test_the_same_seed_gives_the_same_draws_on_every_backend(xp):
    here = some_draws()
    with minigen.using("numpy"):
        there = some_draws()
    for a, b in zip(here, there, strict=True):
        np.testing.assert_array_equal(a, b)


def test_draws_are_on_the_backend_in_the_precision_asked_for(xp):
    for draw in (backend.normal, backend.uniform):
        for dtype in ("float32", "float64"):
            x = draw((2, 3), dtype)
            assert isinstance(x, backend.xp.ndarray) and x.shape == (2, 3) and x.dtype == dtype
    assert isinstance(backend.permutation(3), np.ndarray)


def test_draws_have_the_moments_of_their_distribution():
    z, u = backend.normal((100_000,)), backend.uniform((100_000,))
    assert (z.mean(), z.std()) == pytest.approx((0, 1), abs=0.02)
    assert (u.mean(), u.var()) == pytest.approx((1 / 2, 1 / 12), abs=0.01)
    assert 0 <= u.min() and u.max() < 1
    assert sorted(backend.permutation(10)) == list(range(10))


def test_another_seed_gives_other_draws():
    minigen.seed(1)
    first = backend.normal((5,))
    minigen.seed(2)
    assert not np.array_equal(first, backend.normal((5,)))


def test_a_seed_may_be_of_numpy():
    minigen.seed(np.int64(7))
    first = backend.normal((3,))
    minigen.seed(7)
    np.testing.assert_array_equal(backend.normal((3,)), first)


@pytest.mark.parametrize("n", [-1, 1.5, True, "a", None])
def test_a_seed_is_a_natural_number(n):
    with refused(ValueError, "seed"):
        minigen.seed(n)
    with refused(ValueError, "binarize: seed"):
        binarize(np.zeros((2, 3), "float32"), "sample", seed=n)
    with refused(ValueError, "binarize: seed"):
        binarize(np.zeros((2, 3), "float32"), 0.5, seed=n)
    with refused(ValueError, "MarkovSource: seed"):
        MarkovSource("ab", seed=n)
    with refused(ValueError, "MarkovSource.sample: seed"):
        MarkovSource("ab").sample(5, seed=n)
    with refused(ValueError, "near_a_plane: seed"):
        toys.near_a_plane(5, seed=n)
    with refused(ValueError, "not_digits: seed"):
        toys.not_digits(np.zeros((2, 3, 3)), seed=n)
    with refused(ValueError, "gradcheck: seed"):
        minigen.gradcheck(ops.exp, [np.ones(2)], seed=n)


def test_the_random_state_survives_json():
    minigen.seed(3)
    backend.normal((5,))
    state = json.loads(json.dumps(backend.random_state()))
    expected = backend.normal((5,)), backend.permutation(10)
    minigen.seed(4)
    backend.set_random_state(state)
    found = backend.normal((5,)), backend.permutation(10)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("n", [None, 7])
def test_own_draws_leave_those_of_the_caller_alone_even_when_they_fail(n):
    minigen.seed(3)
    expected = backend.normal((5,))
    minigen.seed(3)
    with pytest.raises(ZeroDivisionError), backend.own_draws(n):
        inside = backend.normal((5,))
        raise ZeroDivisionError
    np.testing.assert_array_equal(backend.normal((5,)), expected)
    minigen.seed(3 if n is None else n)
    np.testing.assert_array_equal(backend.normal((5,)), inside)


def test_a_saved_state_is_not_moved_by_later_draws():
    state = backend.random_state()
    first = backend.normal((5,))
    backend.set_random_state(state)
    np.testing.assert_array_equal(backend.normal((5,)), first)
    backend.set_random_state(state)
    np.testing.assert_array_equal(backend.normal((5,)), first)
