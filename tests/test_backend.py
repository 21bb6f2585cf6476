"""The switch between NumPy and CuPy, the doors for arrays, and the random draws; and that tests leak no state."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import sealed_state
from helpers.refusals import refused

import minigen
from minigen import BackendError, Tensor, autograd, backend, ops
from minigen.datasets import toys
from minigen.datasets.binary import binarize
from minigen.datasets.text import MarkovSource

TESTS = Path(__file__).parent
PACKAGE_PARENT = Path(minigen.__file__).parents[1]  # the clone, or site-packages


# ---- use() and using()


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


# ---- the fixture that seals every test


def forget_the_backend():
    backend.use("cupy")


def forget_no_grad():
    autograd.mode.recording = False


def forget_the_observer():
    autograd.mode.observer = object()


def forget_errstate():
    np.seterr(over="ignore")


def draw_from_numpys_global_generator():
    np.random.random()  # noqa: NPY002


@pytest.mark.parametrize(
    "leak",
    [forget_the_backend, forget_no_grad, forget_the_observer, forget_errstate, draw_from_numpys_global_generator],
)
def test_a_test_that_leaks_fails_and_the_next_one_starts_clean(leak, stand_in):
    with pytest.raises(pytest.fail.Exception, match="the test leaks"), sealed_state():
        leak()
    assert backend.xp is np and autograd.recording() and autograd.mode.observer is None
    with sealed_state():
        pass


def test_every_test_starts_from_the_same_seed():
    draws = []
    for what_went_before in range(2):
        minigen.seed(what_went_before)
        with sealed_state():
            draws.append(backend.normal((3,)))
    np.testing.assert_array_equal(*draws)


def test_a_failing_test_is_restored_and_keeps_its_own_error(stand_in):
    with pytest.raises(ZeroDivisionError), sealed_state():
        minigen.use("cupy")
        _ = 1 / 0
    assert backend.xp is np


def test_the_settings_of_this_machine_are_out_of_sight():
    assert not [name for name in os.environ if name.startswith("MINIGEN_")]
