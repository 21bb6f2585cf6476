"""The stand-in for CuPy catches every way in which NumPy and device arrays can meet, and lets the rest work."""

import numpy as np
import pytest
from helpers import fakecupy as xp
from helpers.fakecupy import counting
from matplotlib import pyplot as plt

HOST = np.ones((3, 4), np.float32)


def device():
    return xp.asarray(HOST)


LEAKS = {
    "np.asarray": lambda: np.asarray(device()),
    "np.array": lambda: np.array(device()),
    "host + device": lambda: HOST + device(),
    "device + host": lambda: device() + HOST,
    "device @ host": lambda: device() @ HOST.T,
    "host @ device": lambda: HOST @ device().T,
    "device == host": lambda: device() == HOST,
    "device += host": lambda: device().__iadd__(HOST),
    "xp.exp(host)": lambda: xp.exp(HOST),
    "xp.zeros_like(host)": lambda: xp.zeros_like(HOST),
    "xp.maximum(device, host)": lambda: xp.maximum(device(), HOST),
    "np.maximum(device, host)": lambda: np.maximum(device(), HOST),
    "xp.concatenate of both": lambda: xp.concatenate([device(), HOST]),
    "np.concatenate of both": lambda: np.concatenate([device(), HOST]),
    "xp.where of both": lambda: xp.where(device() > 0, device(), HOST),
    "xp.einsum of both": lambda: xp.einsum("ij,ij->i", device(), HOST),
    "xp.exp into a host array": lambda: xp.exp(device(), out=HOST.copy()),
    "np.exp into a host array": lambda: np.exp(device(), out=HOST.copy()),
    "device[...] = host": lambda: device().__setitem__(Ellipsis, HOST),
    "device[[0, 1]] = host": lambda: device().__setitem__([0, 1], HOST[:2]),
    "host[...] = device": lambda: HOST.copy().__setitem__(Ellipsis, device()),
    "index by a host array": lambda: device()[np.array([0, 1])],
    "xp.add.at of host values": lambda: xp.add.at(device(), xp.asarray(np.array([0])), HOST[:1]),
    "xp.linalg.norm(host)": lambda: xp.linalg.norm(HOST),
    "np.testing": lambda: np.testing.assert_allclose(device(), HOST),
    "matplotlib": lambda: plt.imshow(device()),
}

MISSING = {
    "errstate": lambda: xp.errstate(all="ignore"),
    "nditer": lambda: xp.nditer(device()),
    "testing": lambda: xp.testing,
    "linalg.multi_dot": lambda: xp.linalg.multi_dot,
    "a name that NumPy lacks too": lambda: xp.no_such_name,
    "Generator.normal": lambda: xp.random.default_rng(0).normal(size=3),
    "Generator.permutation": lambda: xp.random.default_rng(0).permutation(3),
    "Generator.bit_generator": lambda: xp.random.default_rng(0).bit_generator,
    "ndarray.setflags": lambda: device().setflags(fix=False),
    "ndarray.__array_interface__": lambda: device().__array_interface__,
    "add.identity": lambda: xp.add.identity,
}


@pytest.mark.parametrize("name", LEAKS)
def test_leak_is_caught(name):
    with pytest.raises(TypeError):
        LEAKS[name]()
    plt.close("all")


@pytest.mark.parametrize("name", MISSING)
def test_what_cupy_lacks_is_missing(name):
    with pytest.raises(AttributeError):
        MISSING[name]()


def test_no_index_and_no_hash():
    one = xp.asarray(np.array(1))
    with pytest.raises(TypeError):
        range(one)
    with pytest.raises(TypeError):
        hash(one)


def test_arithmetic_stays_on_the_device_and_in_float32():
    x = device()
    for y in ((2 * x + 1.0 - np.float32(3)) / 2, -x, abs(x), x**2, 2**x, x @ x.T, x.T, x[0], x.reshape(-1), np.exp(x)):
        assert isinstance(y, xp.ndarray) and y.dtype == np.float32
    assert (x > 0).dtype == bool and isinstance(x > 0, xp.ndarray)


def test_reductions_give_arrays_not_numbers():
    for y in (device().sum(), xp.max(device()), device()[0, 0]):
        assert isinstance(y, xp.ndarray) and y.shape == ()


def test_writing_in_place():
    x = device()
    before = x
    x += 1
    x[0, :] = 5
    x[xp.asarray(np.array([1]))] = xp.zeros((1, 4), np.float32)
    xp.add.at(x, xp.asarray(np.array([0, 0])), xp.ones((2, 4), np.float32))
    assert x is before
    np.testing.assert_array_equal(x.get(), [[7] * 4, [0] * 4, [2] * 4])
    out = xp.empty_like(x)
    assert xp.multiply(x, 2, out=out) is out
    np.testing.assert_array_equal(out.get(), 2 * x.get())


def test_functions_and_submodules():
    x = device()
    windows = xp.lib.stride_tricks.sliding_window_view(x, (2, 2))
    assert isinstance(windows, xp.ndarray) and windows.shape == (2, 3, 2, 2)
    assert isinstance(xp.lib.stride_tricks.as_strided(x, (2, 2), (16, 4)), xp.ndarray)
    assert xp.tensordot(windows, xp.ones((2, 2), np.float32), axes=2).shape == (2, 3)
    assert xp.concatenate([x, x], axis=1).shape == (3, 8)
    assert xp.pad(x, 1).shape == (5, 6) and len(x) == 3 and len(list(x)) == 3
    assert xp.where(x > 2, x, 0).dtype == np.float32
    assert xp.linalg.norm(x).shape == () and xp.float32 is np.float32 and xp.newaxis is None
    assert xp.random.default_rng(0).standard_normal((2, 3), dtype=np.float32).dtype == np.float32


def test_which_library_an_array_belongs_to():
    assert xp.get_array_module(device()) is xp and xp.get_array_module(HOST) is np


def test_transfers_and_waits_are_counted():
    with counting() as moved:
        x = xp.asarray(HOST)
        assert xp.asarray(x) is x and x.astype("float32", copy=False) is x
        y = (x * 2 + 1).sum(axis=0)
    assert moved == {"to_device": 1, "to_host": 0, "sync": 0}

    with counting() as moved:
        assert type(y.get()) is np.ndarray and type(xp.asnumpy(y)) is np.ndarray
        assert f"{y!r} {y}"
    assert moved == {"to_device": 0, "to_host": 4, "sync": 0}

    with counting() as moved:
        float(y.sum()), int(y.sum()), bool(y.any()), y[0].item()
        x[x > 0], xp.nonzero(x)
    assert moved == {"to_device": 0, "to_host": 0, "sync": 6}


def test_arrays_are_copies_of_what_came_from_the_host():
    host = HOST.copy()
    x = xp.asarray(host)
    host[:] = 9
    assert (x == 1).all()
    back = x.get()
    back[:] = 9
    assert (x == 1).all()


def test_no_warnings():
    """As on a GPU: overflow and division by zero give inf and nan in silence."""
    x = device()
    assert np.isinf(xp.exp(1000 * x).get()).all() and np.isnan(((x - 1) / (x - 1)).get()).all()


def test_a_machine_without_gpu(monkeypatch):
    assert xp.is_available() and xp.cuda.runtime.getDeviceCount() == 1
    monkeypatch.setattr(xp.cuda, "is_available", lambda: False)
    with pytest.raises(xp.cuda.runtime.CUDARuntimeError, match="no CUDA-capable device"):
        xp.cuda.runtime.getDeviceCount()
