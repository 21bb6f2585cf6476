"""Folders of four idx files: other data sets, other names, and the hint where the files are."""

import gzip

import numpy as np
import pytest
from helpers.idx_files import WHOLE, idx_bytes
from helpers.mnist_files import fill, others, same
from helpers.refusals import refused

from minigen import datasets
from minigen.datasets import mnist
from minigen.datasets.idx import ChecksumError, read_idx


@pytest.mark.parametrize("spelling", ["{}", "{}.gz"])
def test_another_data_set_is_read_without_checksums(tmp_path, spelling):
    files, arrays = others()
    folder = fill(tmp_path / "fashion", files, spelling)
    got = mnist.read_folder(folder, verify=False)
    assert same(got, arrays) and got[0][0].dtype == np.int16 and got[0][1].dtype == np.int32


@pytest.mark.parametrize("way", ["read_folder", "MINIGEN_DATA"])
def test_another_data_set_is_not_called_damaged(tmp_path, monkeypatch, way):
    files, arrays = others()
    folder = fill(tmp_path / "fashion", files)
    monkeypatch.setenv("MINIGEN_DATA", str(folder))
    with pytest.raises(ValueError, match="a whole file, but not MNIST's") as caught:
        mnist.load_data() if way == "MINIGEN_DATA" else mnist.read_folder(folder)
    text = str(caught.value)
    assert not [word for word in ("delete", "remove", "damaged", "corrupt") if word in text]
    assert "int16 (6, 12, 10)" in text
    call = text.partition("fix:      ")[2].partition(" for another data set")[0]
    assert same(eval(call, {"datasets": datasets}), arrays)


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("gz", ["", ".gz"])
def test_names_with_a_dot_are_read(tmp_path, stand, gz, verify):
    folder = tmp_path / "dots"
    folder.mkdir()
    for name, raw in stand.raw.items():
        (folder / (name.replace("-idx", ".idx") + gz)).write_bytes(gzip.compress(raw) if gz else raw)
        (folder / name).mkdir()  # as some unpackers leave behind
    assert same(mnist.read_folder(folder, verify=verify), stand.loaded)


@pytest.mark.parametrize("given", [".", "MNIST", "MNIST/raw/train-images-idx3-ubyte"])
def test_a_folder_near_the_files_is_told_where_they_are(tmp_path, stand, given):
    fill(tmp_path / "MNIST" / "raw", stand.raw)
    with pytest.raises((FileNotFoundError, NotADirectoryError), match="MNIST/raw has them") as caught:
        mnist.read_folder(tmp_path / given)
    call = str(caught.value).partition("fix:      ")[2]
    assert same(eval(call, {"datasets": datasets}), stand.loaded)


@pytest.mark.parametrize("given", [".", "mnist.npz"])
def test_the_archive_of_keras_is_compared_with_the_checksums_too(tmp_path, stand, given):
    (x, y), (x_test, y_test) = stand.loaded
    np.savez(tmp_path / "mnist.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test)
    assert same(mnist.read_folder(tmp_path / given), stand.loaded)
    np.savez(tmp_path / "mnist.npz", x_train=x, y_train=y, x_test=255 - x_test, y_test=y_test)
    with pytest.raises(ChecksumError, match="not MNIST's"):
        mnist.read_folder(tmp_path / given)
    assert (mnist.read_folder(tmp_path / given, verify=False)[1][0] == 255 - x_test).all()


def test_names_of_another_kind_are_listed(tmp_path):
    (tmp_path / "emnist-letters-train-images-idx3-ubyte.gz").write_bytes(WHOLE)
    with pytest.raises(FileNotFoundError, match="but emnist-letters-train-images-idx3-ubyte.gz\n") as caught:
        mnist.read_folder(tmp_path)
    call = str(caught.value).partition("; ")[2].partition(" reads each")[0]
    assert eval(call, {"read_idx": read_idx}).shape == (4, 3, 2)
    assert "emnist-letters-train-labels-idx1-ubyte.gz: No such file" in str(caught.value)


def test_files_that_do_not_fit_together(tmp_path):
    files, _ = others()
    train, labels, test, _ = files
    swapped = fill(tmp_path / "swapped", files | {train: files[labels], labels: files[train]})
    with refused(ValueError, "mnist.read_folder"):
        mnist.read_folder(swapped, verify=False)
    fewer = fill(tmp_path / "fewer", files | {labels: files["t10k-labels-idx1-ubyte"]})
    with refused(ValueError, "mnist.read_folder"):
        mnist.read_folder(fewer, verify=False)
    sizes = fill(tmp_path / "sizes", files | {test: idx_bytes(np.zeros((4, 10, 12), "uint8"))})
    with refused(ValueError, "mnist.read_folder"):
        mnist.read_folder(sizes, verify=False)


def test_folders_that_are_none():
    with refused(ValueError, "a path"):
        mnist.read_folder("a\0b")
    with refused(TypeError, "a path"):
        mnist.read_folder(3)
    with refused(TypeError, "a path"):
        mnist.download(3)
    with refused(ValueError, "unknown set"):
        mnist.load_data(np.arange(3))
    with refused(ValueError, "unknown set"):
        mnist.load_data(["full"])
