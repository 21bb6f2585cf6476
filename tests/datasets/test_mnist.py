"""MNIST: the sample, the full set, and the folder that load_data reads."""

import gzip
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from helpers.full_mnist import FULL_SET
from helpers.idx_files import HTML, refuse_to_open
from helpers.mnist_files import fill, others, same

from minigen.datasets import idx, mnist

# ---- the sample


def test_sample_is_balanced_and_silent(capsys):
    (x_train, y_train), (x_test, y_test) = mnist.load_data("sample")
    assert x_train.shape == (5000, 28, 28) and x_test.shape == (1000, 28, 28)
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype(np.uint8)}
    assert np.bincount(y_train).tolist() == [500] * 10
    assert np.bincount(y_test).tolist() == [100] * 10
    assert len(set(y_train[:50])) == 10  # shuffled, not sorted by class
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("position", [None, 100, 500_000, -200])
def test_damaged_sample_is_refused(tmp_path, monkeypatch, position):
    copy = tmp_path / "sample.npz"
    if position is not None:
        data = bytearray(mnist.SAMPLE.read_bytes())
        data[position] ^= 1
        copy.write_bytes(data)
    monkeypatch.setattr(mnist, "SAMPLE", copy)
    with pytest.raises(ValueError, match="sample.npz is missing or damaged"):
        mnist.load_data("sample")


@pytest.mark.parametrize("which", ["Full", "", 0])
def test_unknown_set(which):
    with pytest.raises(ValueError, match="unknown set"):
        mnist.load_data(which)


# ---- folders


def test_nothing_set_gives_the_sample_with_one_line(tmp_path, capsys):
    got = mnist.load_data()
    out, err = capsys.readouterr()
    assert same(got, mnist.load_data("sample"))
    assert out == "" and err.count("\n") == 1
    assert f"no full MNIST in {tmp_path / 'cache' / 'mnist'}" in err
    assert "sample of 5,000 + 1,000 digits" in err and "minigen data mnist" in err


def no_download(*args):
    raise AssertionError("this must not need the network")


@pytest.mark.parametrize("which", [None, "full"])
def test_order_user_folder_then_cache(tmp_path, monkeypatch, capsys, stand, which):
    monkeypatch.setattr(mnist, "download", no_download)
    stand.fill(mnist.cache_folder())
    assert same(mnist.load_data(which), stand.loaded)

    user = stand.fill(tmp_path / "user")
    for path in mnist.cache_folder().iterdir():  # from here on the cache is no use
        path.write_bytes(HTML)
    monkeypatch.setenv("MINIGEN_DATA", str(user))
    assert same(mnist.load_data(which), stand.loaded)
    assert capsys.readouterr() == ("", "")
    assert len(mnist.load_data("sample")[0][0]) == 5000  # always the sample


def test_damaged_cache_is_not_used_and_said_so(capsys, stand):
    cache = stand.fill(mnist.cache_folder())
    (cache / "t10k-images-idx3-ubyte.gz").write_bytes(HTML)
    assert len(mnist.load_data()[0][0]) == 5000
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "t10k-images-idx3-ubyte.gz is not an idx file" in err


def test_cache_folder(monkeypatch):
    import pooch

    monkeypatch.setenv("MINIGEN_CACHE", "~/here")
    assert mnist.cache_folder() == Path("~/here/mnist").expanduser()
    monkeypatch.delenv("MINIGEN_CACHE")
    assert mnist.cache_folder() == Path(pooch.os_cache("minigen")) / "mnist"


def break_missing_file(folder):
    (folder / "train-labels-idx1-ubyte").unlink()


def break_web_page(folder):
    (folder / "train-images-idx3-ubyte.gz").write_bytes(HTML)


def break_one_pixel(folder):
    path = folder / "t10k-images-idx3-ubyte.gz"
    data = bytearray(gzip.decompress(path.read_bytes()))
    data[-1] ^= 1
    path.write_bytes(gzip.compress(data))


@pytest.mark.parametrize("which", [None, "full"])
@pytest.mark.parametrize(
    ("damage", "kind", "text"),
    [
        (break_missing_file, FileNotFoundError, "train-labels-idx1-ubyte.gz: No such file"),
        (break_web_page, ValueError, "train-images-idx3-ubyte.gz is not an idx file"),
        (break_one_pixel, ValueError, "t10k-images-idx3-ubyte.gz has the wrong checksum"),
    ],
)
def test_user_folder_with_a_bad_file(tmp_path, monkeypatch, stand, which, damage, kind, text):
    stand.fill(mnist.cache_folder())  # a good cache does not hide the mistake
    folder = stand.fill(tmp_path / "user")
    damage(folder)
    monkeypatch.setenv("MINIGEN_DATA", str(folder))
    with pytest.raises(kind, match=text) as caught:
        mnist.load_data(which)
    assert str(caught.value).startswith(f"MINIGEN_DATA={folder} cannot be used")


def test_user_folder_that_is_no_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MINIGEN_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="MINIGEN_DATA=.*nowhere cannot be used"):
        mnist.load_data()
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("MINIGEN_DATA", str(tmp_path / "file"))
    with pytest.raises(OSError, match="MINIGEN_DATA=.*file cannot be used"):
        mnist.load_data()

    monkeypatch.setenv("MINIGEN_DATA", str(fill(tmp_path / "closed", others()[0])))
    monkeypatch.setattr(idx, "open", refuse_to_open, raising=False)
    with pytest.raises(PermissionError, match="MINIGEN_DATA=.*\n.*\n.*Permission denied"):
        mnist.load_data()


# ---- the full set


needs_full_set = pytest.mark.skipif(not FULL_SET.is_dir(), reason="no full MNIST at hand")
ROOT = Path(__file__).parents[2]


@needs_full_set
def test_full_set(monkeypatch, capsys):
    monkeypatch.setenv("MINIGEN_DATA", str(FULL_SET))
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    assert x_train.shape == (60000, 28, 28) and x_test.shape == (10000, 28, 28)
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype(np.uint8)}
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(y_train).tolist() == counts
    counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.bincount(y_test).tolist() == counts
    assert capsys.readouterr().err == ""


@needs_full_set
def test_sample_is_what_the_tool_cuts():
    path = ROOT / "tools" / "make_mnist_sample.py"
    spec = importlib.util.spec_from_file_location("make_mnist_sample", path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    cut = tool.make_sample(FULL_SET)
    sample = mnist.load_data("sample")
    assert same(((cut["x_train"], cut["y_train"]), (cut["x_test"], cut["y_test"])), sample)
