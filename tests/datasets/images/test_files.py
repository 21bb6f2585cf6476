"""Four arrays under the names of the named sets and others like them."""

import gzip

import numpy as np
import pytest
from helpers.idx_files import idx_bytes
from helpers.mnist_files import Stand, fill, same
from helpers.refusals import refused

from minigen.datasets.images.files import Part, part_of_file, read_splits
from minigen.datasets.images.sources import SOURCES

NAMES = {  # a name, as it is distributed or left by unpackers: what stands before it, and the part
    "train-images-idx3-ubyte": ("", "train", "images"),
    "t10k-labels-idx1-ubyte.gz": ("", "test", "labels"),
    "t10k-images.idx3-ubyte": ("", "test", "images"),
    "train-labels.idx1-ubyte.gz": ("", "train", "labels"),
    "emnist-letters-test-images-idx3-ubyte.gz": ("emnist-letters-", "test", "images"),
    "qmnist-train-labels-idx2-int.gz": ("qmnist-", "train", "labels"),
    "kmnist-train-imgs.npz": ("kmnist-", "train", "images"),
    "k49-test-labels.npz": ("k49-", "test", "labels"),
    "mnist.npz": None,
    "xnist-images-idx3-ubyte.xz": None,
    "qmnist-train-labels.tsv.gz": None,
    "train-images.png": None,
    "train-images": None,
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_says_which_part_a_file_has(name):
    expected = NAMES[name]
    assert part_of_file(name) == (expected and (expected[0], Part(*expected[1:])))


@pytest.mark.parametrize("name", sorted(SOURCES))
@pytest.mark.parametrize("spelling", ["{}.gz", "{}"])
def test_the_files_of_every_named_set_are_read_from_a_folder(tmp_path, name, spelling):
    stand = Stand(name)
    assert same(read_splits("here", fill(tmp_path / "set", stand.raw, spelling)), stand.loaded)


def test_images_of_emnist_come_out_upright_as_an_array_in_the_usual_order(tmp_path):
    """A letter L: a column at the left and a row at the bottom, which the file has the other way round."""
    letter = np.zeros((1, 28, 28), "uint8")
    letter[:, 4:24, 6], letter[:, 23, 6:20] = 255, 255
    raw = [idx_bytes(letter.swapaxes(1, 2)), idx_bytes(np.array([12], "uint8"))] * 2
    folder = fill(tmp_path / "set", dict(zip(SOURCES["emnist-letters"].files, raw, strict=True)), "{}.gz")
    (x, y), _ = read_splits("here", folder)
    assert (x == letter).all() and x.flags.c_contiguous and y.tolist() == [12]
    renamed = fill(tmp_path / "renamed", dict(zip(SOURCES["mnist"].files, raw, strict=True)))
    assert (read_splits("here", renamed)[0][0] == letter.swapaxes(1, 2)).all()
    assert (read_splits("here", renamed, transposed=True)[0][0] == letter).all()


def test_labels_of_qmnist_are_their_first_column_and_one_hot_labels_are_refused(tmp_path):
    stand = Stand("qmnist")
    (_, y), _ = read_splits("here", fill(tmp_path / "set", stand.raw))
    assert y.shape == (90,) and y.dtype == np.int32
    one_hot = idx_bytes(np.eye(10, dtype="uint8")[stand.loaded[0][1] % 10])
    names = [name.replace("idx1", "idx9") for name in Stand().raw]
    files = dict(zip(names, [stand.raw["qmnist-train-images-idx3-ubyte"], one_hot] * 2, strict=True))
    with refused(ValueError, expected="labels (n,)", got="(90, 10)"):
        read_splits("here", fill(tmp_path / "one-hot", files))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("keys", [("x_train", "y_train", "x_test", "y_test"), None])
def test_archives_of_keras_of_kmnist_and_of_others(tmp_path, save, keys):
    (x, y), (x_test, y_test) = loaded = Stand().loaded
    if keys is None:  # four files, each with the array arr_0
        for name, array in zip(("train-imgs", "train-labels", "test-imgs", "test-labels"), (x, y, x_test, y_test)):  # noqa: B905
            save(tmp_path / f"kmnist-{name}.npz", array)
        assert same(read_splits("here", tmp_path), loaded)
        return
    save(tmp_path / "mnist.npz", **dict(zip(keys, (x, y, x_test, y_test), strict=True)))
    assert same(read_splits("here", tmp_path / "mnist.npz"), loaded) and same(read_splits("here", tmp_path), loaded)
    others = "train_images", "train_labels", "test_images", "test_labels"
    colour = {
        key: np.stack([a] * 3, axis=-1) if a.ndim == 3 else a[:, None]
        for key, a in zip(others, (x, y, x_test, y_test), strict=True)
    }
    save(tmp_path / "colour.npz", **colour, val_images=x)
    (x_train, y_train), _ = read_splits("here", tmp_path / "colour.npz")
    assert x_train.shape == (90, 28, 28, 3) and (y_train == y).all()


def test_the_files_of_several_sets_in_one_folder_need_a_name(tmp_path):
    folder = fill(tmp_path / "gzip", Stand("emnist-letters").raw | Stand("emnist-digits").raw)
    with refused(ValueError, got="emnist-digits, emnist-letters", fix=f"datasets.load('emnist-digits', '{folder}')"):
        read_splits("here", folder)
    assert same(read_splits("here", folder, "emnist-letters"), Stand("emnist-letters").loaded)
    with refused(ValueError, expected="the files of emnist-balanced"):
        read_splits("here", folder, "emnist-balanced")
    fill(tmp_path / "gzip" / "x", Stand().raw)
    for path in (folder / "x").iterdir():
        path.replace(folder / path.name)
    assert same(read_splits("here", folder), Stand().loaded)  # MNIST's own names come first


def test_a_single_set_of_another_name_is_refused_where_a_name_is_given(tmp_path):
    folder = fill(tmp_path / "set", Stand("emnist-digits").raw)
    with refused(ValueError, expected="the files of emnist-letters", got="emnist-digits"):
        read_splits("here", folder, "emnist-letters")


def test_two_archives_in_one_folder_are_told_apart_by_their_names(tmp_path):
    for name in ("a", "b"):
        np.savez(tmp_path / f"{name}.npz", x_train=1)
    with refused(ValueError, got="a.npz, b.npz", fix="a.npz')"):
        read_splits("here", tmp_path)


def test_a_set_with_a_missing_file_names_it(tmp_path):
    folder = fill(tmp_path / "set", Stand("qmnist").raw, "{}.gz")
    (folder / "qmnist-test-images-idx3-ubyte.gz").unlink()
    with refused(FileNotFoundError, where="qmnist-test-images-idx3-ubyte.gz: No such file"):
        read_splits("here", folder)
    (tmp_path / "empty").mkdir()
    with refused(FileNotFoundError, where="train-images-idx3-ubyte.gz"):
        read_splits("here", tmp_path / "empty")


def test_the_first_bytes_decide_what_a_file_is(tmp_path):
    """A .gz that was unpacked under its old name, and one that is an .npz inside."""
    stand = Stand()
    folder = fill(tmp_path / "set", stand.raw, "{}.gz")
    (folder / "train-images-idx3-ubyte.gz").write_bytes(stand.raw["train-images-idx3-ubyte"])
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(stand.raw["t10k-labels-idx1-ubyte"]))
    assert same(read_splits("here", folder), stand.loaded)


def test_images_of_no_pixels_and_of_two_sizes_are_refused(tmp_path):
    x, y = np.zeros((3, 4, 4), "uint8"), np.zeros(3, "uint8")
    for i, (a, b) in enumerate([(x[:, :0], x), (x[:0], x), (x, x[:, :3]), (x[0], x)]):
        np.savez(tmp_path / f"{i}.npz", x_train=a, y_train=y[: len(a)], x_test=b, y_test=y)
        with refused(ValueError, f"{i}.npz", expected="images of one size"):
            read_splits("here", tmp_path / f"{i}.npz")


def test_images_and_labels_that_are_no_numbers_are_refused(tmp_path):
    x, y = np.zeros((4, 3, 3), "uint8"), np.arange(4)
    path = tmp_path / "x.npz"
    for i, (images, labels) in enumerate(((x.astype(str), y), (x * 1j, y), (x, y * 1j), (x, y * np.nan))):
        for parts in ((images, labels, x, y), (x, y, images, labels)):
            np.savez(path, **dict(zip(("x_train", "y_train", "x_test", "y_test"), parts, strict=True)))
            with refused(ValueError, str(path), expected="numbers", got="NaN" if i == 3 else "images"):
                read_splits("datasets.load", path)
    np.savez(path, x_train=x, y_train=y.astype(str), x_test=x, y_test=y.astype(float))
    assert read_splits("datasets.load", path)[0][1].tolist() == ["0", "1", "2", "3"]
