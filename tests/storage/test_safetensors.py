"""Weights in .safetensors files."""

import json
import sys

import numpy as np
import pytest
from helpers.interchange import FOLDER
from helpers.mutations import mutated
from helpers.refusals import refused

import minigen
from minigen import Dense, Input, Sequential, models
from minigen.storage import safetensors

ARRAYS = {"b/kernel": np.arange(6, dtype="float32").reshape(2, 3).T, "a": np.array([True]), "n": np.array(3, "int64")}


def test_arrays_come_back_whatever_their_layout(tmp_path):
    safetensors.write(tmp_path / "w.safetensors", ARRAYS)
    found = safetensors.read(tmp_path / "w.safetensors")
    assert list(found) == ["a", "b/kernel", "n"]
    for name, a in ARRAYS.items():
        assert found[name].dtype == a.dtype and found[name].shape == a.shape and (found[name] == a).all()


def test_weights_of_a_model(xp, tmp_path):
    minigen.seed(0)
    one, other = models.conv_autoencoder_128(), models.conv_autoencoder_128()
    one.save_weights(tmp_path / "w.safetensors")
    other.load_weights(tmp_path / "w.safetensors")
    assert all((a == b).all() for a, b in zip(one.get_weights(), other.get_weights(), strict=True))
    with refused(ValueError, got="missing: dense/kernel"):
        Sequential([Input((4,)), Dense(2)]).load_weights(tmp_path / "w.safetensors")


def test_a_damaged_file_is_refused_and_nothing_changes(tmp_path):
    path, rng = tmp_path / "w.safetensors", np.random.default_rng(0)
    model = Sequential([Input((4,)), Dense(2)])
    model.save_weights(path)
    data, before = path.read_bytes(), model.get_weights()
    for _ in range(60):
        path.write_bytes(mutated(data, rng))
        if path.read_bytes() == data:
            continue
        with refused(ValueError):
            model.load_weights(path)
    assert all((a == b).all() for a, b in zip(model.get_weights(), before, strict=True))


def file_with(path, header, numbers=b""):
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + numbers)
    return path


@pytest.mark.parametrize(
    "header",
    [
        {"a": {"dtype": "F32", "shape": [10**12], "data_offsets": [0, 4 * 10**12]}},
        {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}},
        {"a": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}},
        {"a": {"dtype": "F99", "shape": [1], "data_offsets": [0, 4]}},
        {"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}},
        {"a": 3},
        [],
    ],
)
def test_a_header_that_is_none_is_refused(header, tmp_path):
    with refused(ValueError, expected="a .safetensors file, complete"):
        safetensors.read(file_with(tmp_path / "w.safetensors", header, b"\0\0\0\0"))


def test_files_of_others_have_no_checksum(tmp_path):
    assert len(safetensors.read(FOLDER / "torch_gru.safetensors")) == 11


def test_errors_of_the_system_and_of_the_arguments(tmp_path, monkeypatch):
    with refused(FileNotFoundError, "a readable file: a .safetensors file"):
        safetensors.read(tmp_path / "missing.safetensors")
    (tmp_path / "folder.safetensors").mkdir()
    with refused(ValueError):
        safetensors.read(tmp_path / "folder.safetensors")
    with refused(TypeError, "arrays of numbers"):
        safetensors.write(tmp_path / "w.safetensors", {"a": np.array([None])})
    with refused(FileNotFoundError):
        safetensors.write(tmp_path / "no" / "w.safetensors", ARRAYS)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.safetensors"]
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    for action in (lambda: safetensors.read("w"), lambda: safetensors.write("w", ARRAYS)):
        with refused(ImportError, fix='pip install safetensors, or pip install "minigen[safetensors]"'):
            action()
