"""One door for images: names, files, folders of arrays and folders of pictures."""

from pathlib import Path

import numpy as np
import pytest
from helpers.mnist_files import Stand, fill, same
from helpers.pictures import classes, picture, write
from helpers.refusals import refused

from minigen import datasets
from minigen.datasets import loading, mnist
from minigen.datasets.images.downloads import cache_folder
from minigen.datasets.images.sources import SOURCES

# ---- names


@pytest.mark.parametrize("name", ["fashion-mnist", "kmnist", "qmnist", "emnist-letters"])
@pytest.mark.parametrize("folder", [False, True])
def test_a_named_set_from_the_cache_or_from_a_folder_needs_no_network(tmp_path, name, folder):
    stand = Stand(name)
    place = fill(tmp_path / "mine" if folder else cache_folder(name), stand.raw, "{}.gz")
    got = datasets.load(name, place) if folder else datasets.load(name)
    assert same(got, stand.loaded)


def test_mnist_is_the_full_set(monkeypatch, tmp_path, stand):
    fill(cache_folder("mnist"), stand.raw)
    assert same(datasets.load("mnist"), stand.loaded) and same(mnist.load_data("full"), stand.loaded)
    mine = fill(tmp_path / "mine", Stand("kmnist").raw)
    assert same(datasets.load("mnist", mine), Stand("kmnist").loaded)  # never compared with MNIST's checksums


def test_a_file_of_the_users_is_never_called_corrupt_for_not_being_the_set(tmp_path, stand):
    mine = fill(tmp_path / "mine", Stand("fashion-mnist").raw)
    for name in ("mnist", "kmnist", "qmnist"):
        assert same(datasets.load(name, mine), Stand("fashion-mnist").loaded)


def test_a_damaged_file_of_the_users_stays_where_it_is(tmp_path):
    mine = fill(tmp_path / "mine", Stand("kmnist").raw)
    (mine / "t10k-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03")
    before = {path: path.read_bytes() for path in mine.iterdir()}
    with refused(ValueError, where="t10k-images-idx3-ubyte is truncated"):
        datasets.load("kmnist", mine)
    assert {path: path.read_bytes() for path in mine.iterdir()} == before


def test_a_name_is_no_folder_and_a_folder_of_that_name_has_a_dot_before(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fill(tmp_path / "kmnist", Stand("kmnist").raw)
    monkeypatch.setattr(loading, "download", lambda name: (_ for _ in ()).throw(ConnectionError(name)))
    with pytest.raises(ConnectionError, match="kmnist"):
        datasets.load("kmnist")
    assert same(datasets.load("./kmnist"), datasets.load(tmp_path / "kmnist"))


# ---- files


def test_a_folder_of_arrays_and_an_archive(tmp_path):
    stand = Stand()
    (x, y), (x_test, y_test) = stand.loaded
    assert same(datasets.load(fill(tmp_path / "mine", stand.raw, "{}.gz")), stand.loaded)
    np.savez(tmp_path / "mnist.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test)
    assert same(datasets.load(tmp_path / "mnist.npz"), stand.loaded)


def test_small_images_of_another_size(tmp_path):
    """Digits of 8 x 8 pixels, such as those of scikit-learn: 0..16, not 0..255."""
    (x, y), (x_test, y_test) = mnist.load_data("sample")
    x, x_test = (a[:, 2:26, 2:26].reshape(-1, 8, 3, 8, 3).mean(axis=(2, 4)).round() // 16 for a in (x, x_test))
    np.savez(tmp_path / "digits.npz", x_train=x.astype("uint8"), y_train=y, x_test=x_test, y_test=y_test)
    (got, labels), _ = datasets.load(tmp_path / "digits.npz")
    assert got.shape == (5000, 8, 8) and got.max() == 15 and (labels == y).all()


# ---- pictures


def test_a_folder_of_classes_is_split_and_shuffled(tmp_path):
    folder = classes(tmp_path / "letters", {"a": 20, "b": 10}, shape=(6, 4, 3))
    (x, y), (x_test, y_test) = datasets.load(folder)
    assert x.shape == (27, 6, 4, 3) and x_test.shape == (3, 6, 4, 3) and x.dtype == np.uint8
    assert np.bincount(y).tolist() == [18, 9] and np.bincount(y_test).tolist() == [2, 1]
    assert (y[:-1] > y[1:]).any()  # not sorted by class
    for images, labels in ((x, y), (x_test, y_test)):  # the images have their own labels
        numbers = [next(i for i in range(30) if (image == picture(i, (6, 4, 3))).all()) for image in images]
        assert [int(i >= 20) for i in numbers] == labels.tolist()
    assert same(datasets.load(folder), ((x, y), (x_test, y_test)))
    assert not same(datasets.load(folder, seed=1), ((x, y), (x_test, y_test)))


@pytest.mark.parametrize("name", ["test", "val"])
def test_folders_train_and_test_are_the_two_parts(tmp_path, name):
    classes(tmp_path / "train", {"a": 3, "b": 2, "c": 2})
    classes(tmp_path / name, {"c": 2, "a": 1})
    (x, y), (x_test, y_test) = datasets.load(tmp_path, size=(8, 8), color="grey")
    assert x.shape == (7, 8, 8) and sorted(y) == [0, 0, 0, 1, 1, 2, 2] and sorted(y_test) == [0, 2, 2]
    assert x_test.shape == (3, 8, 8)
    write(tmp_path / name / "d" / "0.png", picture())
    with refused(ValueError, where="classes", got="d"):
        datasets.load(tmp_path)


def test_a_folder_train_alone_is_split(tmp_path):
    classes(tmp_path / "train", {"a": 10, "b": 10})
    (x, _), (x_test, _) = datasets.load(tmp_path)
    assert (len(x), len(x_test)) == (18, 2)


def test_too_many_pixels_for_the_memory_are_refused_before_they_are_read(tmp_path):
    folder = classes(tmp_path / "x", {"a": 30})
    with refused(ValueError, expected="GB at most", fix="datasets.ImageFolder"):
        datasets.load(folder, size=(8000, 8000))


def test_an_archive_of_something_else_among_pictures_is_no_data_set(tmp_path):
    folder = classes(tmp_path / "x", {"a": 10, "b": 10})
    np.savez(folder / "notes.npz", codes=np.zeros(3))
    assert len(datasets.load(folder)[0][0]) == 18
    (folder / "damaged.npz").write_bytes(b"PK")
    with refused(ValueError, where="damaged.npz"):
        datasets.load(folder)


# ---- refusals


@pytest.mark.parametrize("name", ["a.csv", "a.npy", "a.png"])
def test_a_file_of_another_kind_is_answered_with_what_is_read(tmp_path, name):
    (x, y), (x_test, y_test) = Stand().loaded
    np.savez(tmp_path / "set.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test)
    (tmp_path / name).write_bytes(bytes(100))
    with refused(NotADirectoryError, where=name, fix="np.savez(path, x_train="):
        datasets.load(tmp_path / name)


def test_what_is_neither_a_name_nor_a_place(tmp_path):
    with refused(ValueError, expected="emnist-letters", fix="datasets.load('fashion-mnist')"):
        datasets.load("fashion_mnist")
    with refused(ValueError, fix="datasets.load('emnist-"):
        datasets.load("emnist")
    with refused(ValueError, where="a path", expected="a name", got="''"):
        datasets.load("")  # not the current folder
    for name in ("/nope/x", "cifar10"):
        with refused(ValueError, fix="the path of a file or a folder"):
            datasets.load(name)
    with refused(ValueError, fix="datasets.mnist.load_data('sample')"):
        datasets.load("sample")
    assert len(datasets.mnist.load_data("sample")) == 2
    with refused(ValueError, where="folder"):
        datasets.load(tmp_path, tmp_path)
    for place in (3, None, b"mnist", ["mnist"]):
        with refused(TypeError, "a path"):
            datasets.load(place)
    with refused(FileNotFoundError, where="no pictures"):
        datasets.load(tmp_path)
    (tmp_path / "one.txt").write_text("x")
    with refused(NotADirectoryError):
        datasets.load(tmp_path / "one.txt")
    with refused(ValueError, "seed"):
        datasets.load(classes(tmp_path / "x", {"a": 3}), seed=-1)


def test_a_place_that_may_not_be_read_and_a_name_that_is_too_long(tmp_path, monkeypatch):
    folder = classes(tmp_path / "x", {"a": 3})
    with refused(OSError, where="datasets.load", got="name too long"):
        datasets.load("a" * 300)

    def denied(path):
        raise PermissionError(13, "Permission denied")

    for method, where in (("iterdir", f"{folder} cannot be read"), ("exists", f"datasets.load: {folder}")):
        monkeypatch.setattr(Path, method, denied)
        with refused(PermissionError, where=where, got="Permission denied"):
            datasets.load(folder)


def test_every_name_of_the_docstring_is_known():
    assert all(name in datasets.load.__doc__ for name in SOURCES)
