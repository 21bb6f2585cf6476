"""Files: what was written comes back, under exactly the given name, whole or not at all."""

import os
import pickle

import numpy as np
import pytest
from helpers.refusals import refused

from minigen import Tensor
from minigen.storage import npz

ARRAYS = {
    "kernel": np.arange(6, dtype="float32").reshape(2, 3) / 7,
    "wide": np.array([[1e-300, np.pi]]),
    "labels": np.array([1, 2, 3], "int64"),
    "image": np.arange(4, dtype="uint8").reshape(1, 2, 2, 1),
    "flag": np.array(True),
    "nothing": np.zeros((0, 3), "float32"),
    "encoder/dense/kernel": np.array(1.5, "float32"),
}
META = {"kind": "test", "epoch": 3, "loss": 0.1, "history": {"loss": [0.1, 1e-17]}, "text": "ü ∑", "none": None}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file.npz"


def test_round_trip(path):
    npz.write(path, ARRAYS, META)
    arrays, meta = npz.read(path)
    assert meta == META and list(arrays) == list(ARRAYS)
    for key, array in ARRAYS.items():
        assert arrays[key].dtype == array.dtype
        np.testing.assert_array_equal(arrays[key], array)


def test_tensors_are_brought_to_the_host(xp, path):
    npz.write(path, {"w": Tensor(ARRAYS["kernel"])}, {})
    w = npz.read(path)[0]["w"]
    assert isinstance(w, np.ndarray)
    np.testing.assert_array_equal(w, ARRAYS["kernel"])


@pytest.mark.parametrize("name", ["file.npz", "file", "file.weights", "run.1", ".hidden", "with space"])
def test_the_name_is_exactly_the_one_given(tmp_path, name):
    npz.write(tmp_path / name, ARRAYS, META)
    assert os.listdir(tmp_path) == [name]
    npz.write(str(tmp_path / name), {}, {"second": True})  # a plain string, over the old file
    assert os.listdir(tmp_path) == [name]
    assert npz.read(str(tmp_path / name)) == ({}, {"second": True})


def test_a_relative_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    npz.write("here.npz", ARRAYS, META)
    assert npz.read("here.npz")[1] == META


def test_an_array_may_be_called_meta(path):
    npz.write(path, {"meta": np.ones(2)}, {"a": 1})
    arrays, meta = npz.read(path)
    assert meta == {"a": 1}
    np.testing.assert_array_equal(arrays["meta"], [1, 1])


def test_numpy_can_read_the_file(path):
    npz.write(path, ARRAYS, META)
    with np.load(path) as file:
        np.testing.assert_array_equal(file["arrays/kernel"], ARRAYS["kernel"])


def break_in_the_middle(f, **entries):
    f.write(b"half a file")
    raise OSError("no space left on device")


def test_an_error_while_writing_leaves_the_old_file(path, monkeypatch):
    npz.write(path, ARRAYS, META)
    before = path.read_bytes()
    monkeypatch.setattr(np, "savez", break_in_the_middle)
    with pytest.raises(OSError, match="no space left"):
        npz.write(path, {}, {"new": True})
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_an_error_while_renaming_leaves_nothing_behind(path, monkeypatch):
    def refuse(*names):
        raise PermissionError("not allowed")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(PermissionError):
        npz.write(path, ARRAYS, META)
    assert os.listdir(path.parent) == []


def test_meta_that_is_no_json_writes_nothing(path):
    npz.write(path, ARRAYS, META)
    before = path.read_bytes()
    with pytest.raises(TypeError):
        npz.write(path, ARRAYS, {"an object": object()})
    assert path.read_bytes() == before and os.listdir(path.parent) == [path.name]


def test_pickles_are_never_written_nor_run(path, tmp_path):
    class Touch:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "executed"),))

    np.savez(path, meta=np.array("{}"), w=np.array([Touch()], dtype=object))
    with pytest.raises(ValueError, match="cannot be read"):
        npz.read(path)
    path.write_bytes(pickle.dumps(Touch()))
    with pytest.raises(ValueError, match="cannot be read"):
        npz.read(path)
    assert not (tmp_path / "executed").exists()


def test_a_missing_file_is_file_not_found(path):
    with pytest.raises(FileNotFoundError, match=r"file\.npz"):
        npz.read(path)


def test_a_missing_folder_is_told_with_the_name_that_was_given(tmp_path):
    """Not with the name of the file that is written aside."""
    with pytest.raises(FileNotFoundError) as caught:
        npz.write(tmp_path / "no such folder" / "w.npz", ARRAYS, META)
    assert "no such folder" in str(caught.value) and ".part" not in str(caught.value)


def test_a_path_that_is_none_is_refused():
    for action in (lambda: npz.write(3, {}, {}), lambda: npz.read(None), lambda: npz.check_writable(2.0)):
        with refused(TypeError, "a path"):
            action()


def test_what_a_kill_of_an_earlier_version_left_behind_is_removed(tmp_path):
    (tmp_path / ".part-w.npz").write_bytes(b"half a file")
    npz.write(tmp_path / "w.npz", {"a": np.ones(2)}, {})
    assert [p.name for p in tmp_path.iterdir()] == ["w.npz"]
