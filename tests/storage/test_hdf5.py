"""HDF5 files: read by a process of their own, which a damaged file may stop, but not this one."""

import io
import sys

import h5py
import numpy as np
import pytest
from helpers.interchange import FOLDER
from helpers.mutations import mutated
from helpers.refusals import refused

from minigen.storage import hdf5

ARRAYS = {"layers/dense/vars/0": np.arange(6, dtype="float32").reshape(2, 3), "vars/0": np.array(3)}
DATA = (FOLDER / "keras_shared.weights.h5").read_bytes()


def test_arrays_and_names_come_back():
    data = hdf5.content(ARRAYS, {"layers/dense/vars": "first", "vars": "model"})
    found = hdf5.read(data, "x.h5")
    assert found.keys() == ARRAYS.keys()
    for path, a in ARRAYS.items():
        assert found[path].dtype == a.dtype and found[path].shape == a.shape and (found[path] == a).all()
    with h5py.File(io.BytesIO(data)) as file:
        assert file["layers/dense/vars"].attrs["name"] == "first"


@pytest.mark.parametrize(
    "data",
    [b"", DATA[:7], DATA[:64], DATA[:-1], DATA + b"\0", b"\0" * len(DATA), DATA[:8] + b"\x09" + DATA[9:]],
    ids=["empty", "signature", "superblock", "truncated", "longer", "zeros", "version"],
)
def test_a_file_of_another_length_is_refused_before_it_is_read(data, monkeypatch):
    monkeypatch.setattr(sys, "executable", None)  # there must be no process
    with refused(ValueError, where="x.h5 cannot be read", expected="an HDF5 file, complete"):
        hdf5.read(data, "x.h5")


def test_damaged_files_are_refused_or_read():
    rng, read = np.random.default_rng(0), 0
    for _ in range(3):
        place = int(rng.integers(96, len(DATA)))
        data = DATA[:place] + rng.bytes(4) + DATA[place + 4 :]
        try:
            hdf5.read(data, "x.h5")
            read += 1
        except ValueError as error:
            assert "fix:" in str(error)
    assert read > 0
    with refused(ValueError):
        hdf5.read(mutated(DATA, rng), "x.h5")


def test_a_library_that_never_ends_is_stopped(monkeypatch, tmp_path):
    child = tmp_path / "hdf5_child.py"
    child.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(hdf5, "__file__", str(tmp_path / "hdf5.py"))
    monkeypatch.setattr(hdf5, "SECONDS", 0.2)
    with refused(ValueError, got="TimeoutExpired"):
        hdf5.read(DATA, "x.h5")


@pytest.mark.parametrize(
    "code, got",
    [
        ("import os; os.abort()", "the HDF5 library stopped on it, exit status"),
        ("import sys; sys.exit('OSError: cannot do it')", "OSError: cannot do it"),
    ],
)
def test_a_library_that_ends_the_process_is_an_error(monkeypatch, tmp_path, code, got):
    (tmp_path / "hdf5_child.py").write_text(code)
    monkeypatch.setattr(hdf5, "__file__", str(tmp_path / "hdf5.py"))
    with refused(ValueError, got=got):
        hdf5.read(DATA, "x.h5")


def test_without_h5py_the_error_says_what_to_install(monkeypatch, tmp_path):
    (tmp_path / "hdf5_child.py").write_text("import sys; sys.exit('ModuleNotFoundError: No module named h5py')")
    monkeypatch.setattr(hdf5, "__file__", str(tmp_path / "hdf5.py"))
    with refused(ImportError, fix='pip install h5py, or pip install "minigen[keras]"'):
        hdf5.read(DATA, "x.h5")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with refused(ImportError, fix="pip install h5py"):
        hdf5.content(ARRAYS, {})
