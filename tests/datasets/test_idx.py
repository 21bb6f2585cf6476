"""The idx reader: every element type, other kinds of files named, sizes that lie, and damage at random."""

import bz2
import gzip
import io
import lzma
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from helpers.memory import peak
from helpers.mutations import mutated
from helpers.refusals import refused

from minigen.datasets.idx import read_idx

CODES = {"uint8": 0x08, "int8": 0x09, "int16": 0x0B, "int32": 0x0C, "float32": 0x0D, "float64": 0x0E}


def idx_bytes(array):
    """The file of an array, its numbers written one by one by struct."""
    letter = {"uint8": "B", "int8": "b", "int16": "h", "int32": "i", "float32": "f", "float64": "d"}[array.dtype.name]
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, CODES[array.dtype.name], array.ndim, *array.shape)
    return head + struct.pack(f">{array.size}{letter}", *array.ravel().tolist())


def sample(dtype):
    """Six numbers of the type, the smallest and the largest among them."""
    limits = np.finfo(dtype) if np.dtype(dtype).kind == "f" else np.iinfo(dtype)
    return np.array([[limits.min, 1, 2], [3, 100, limits.max]], dtype)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("dtype", CODES)
def test_every_element_type_is_read(tmp_path, dtype, pack):
    (tmp_path / "a").write_bytes(pack(idx_bytes(sample(dtype))))
    got = read_idx(tmp_path / "a")
    assert got.dtype == np.dtype(dtype) and got.dtype.isnative and got.flags.writeable and got.flags.aligned
    np.testing.assert_array_equal(got, sample(dtype))


def test_labels_of_qmnist_are_read(tmp_path):
    """(n, 8) int32: a good file that was called damaged."""
    labels = np.arange(32, dtype="int32").reshape(4, 8) * 1_000_003
    (tmp_path / "qmnist-train-labels-idx2-int").write_bytes(idx_bytes(labels))
    np.testing.assert_array_equal(read_idx(tmp_path / "qmnist-train-labels-idx2-int"), labels)


# ---- other kinds of files

DIGITS = np.arange(24, dtype="uint8").reshape(4, 3, 2)
WHOLE = idx_bytes(DIGITS)


def zipped(name):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, WHOLE)
    return file.getvalue()


def saved(save, *arrays):
    file = io.BytesIO()
    save(file, *arrays)
    return file.getvalue()


def typed(hint):
    """Run what stands behind "fix:", as a reader would type it."""
    names = {"Path": Path, "gzip": gzip, "bz2": bz2, "lzma": lzma, "zipfile": zipfile, "np": np, "read_idx": read_idx}
    return eval(hint, names)


@pytest.mark.parametrize(
    ("pack", "kind"),
    [
        (lambda data: gzip.compress(gzip.compress(data)), "a gzip file inside of a gzip file"),
        (bz2.compress, "a bzip2 file"),
        (lzma.compress, "an xz file"),
        (lambda data: gzip.compress(bz2.compress(data)), "a bzip2 file inside of a gzip file"),
    ],
)
def test_packed_files_are_named_and_the_hint_unpacks_them(tmp_path, pack, kind):
    path = tmp_path / "it's.gz"
    path.write_bytes(pack(WHOLE))
    for _ in range(3):  # bzip2 inside of gzip takes two hints
        with pytest.raises(ValueError, match="is not an idx file") as caught:
            read_idx(path)
        text = str(caught.value)
        assert "damaged" not in text and "delete" not in text
        assert kind in text
        call, _, then = text.partition("fix:      ")[2].partition(", which ")
        typed(call)
        try:
            return np.testing.assert_array_equal(typed(then.partition("then ")[2]), DIGITS)
        except ValueError:
            path, kind = path.with_name(f"{path.name}.unpacked"), "a bzip2 file"
    raise AssertionError("the hints lead nowhere")


def test_archives_are_named_and_the_hint_opens_them(tmp_path):
    for name, data, kind in (
        ("a.zip", zipped("train.idx"), "a zip archive"),
        ("a.npz", saved(np.savez, DIGITS), "a NumPy archive (npz)"),
        ("a.npy", saved(np.save, DIGITS), "a NumPy file (npy)"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ValueError, match="is not an idx file") as caught:
            read_idx(tmp_path / name)
        assert f"got:      {kind}\n" in str(caught.value)
        opened = typed(str(caught.value).partition("fix:      ")[2])
        if opened is None:
            opened = read_idx(tmp_path / "a.zip.unpacked" / "train.idx")
        np.testing.assert_array_equal(opened["arr_0"] if name == "a.npz" else opened, DIGITS)
        if name == "a.npz":
            opened.close()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "an empty file"),
        (gzip.compress(b"", mtime=0), "an empty file inside of a gzip file"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image"),
        (b"\xff\xd8\xff\xe0", "a JPEG image"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\n<!DOCTYPE html>", "a web page"),
        (b"5,0,0,12\n", "35 2c 30 2c"),
        (b"\0\0\x0a\x01\0\0\0\0", "00 00 0a 01"),  # no element type of the format
    ],
)
def test_other_files_are_named_and_not_called_damaged(tmp_path, data, kind):
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(ValueError, match="is not an idx file") as caught:
        read_idx(tmp_path / "a")
    assert f"got:      {kind}" in str(caught.value)
    assert "damaged" not in str(caught.value) and "delete" not in str(caught.value)


def test_a_gzip_file_that_ends_early_says_so(tmp_path):
    for end in (3, 9, -9, -1):
        (tmp_path / "a.gz").write_bytes(gzip.compress(WHOLE)[:end])
        with refused(ValueError, "is a damaged gzip file, cut off"):
            read_idx(tmp_path / "a.gz")


# ---- sizes that lie


def head(code, *sizes):
    return struct.pack(f">BBBB{len(sizes)}I", 0, 0, code, len(sizes), *sizes)


def peak_of_refusal(problem, path):
    """The bytes that it takes to refuse the file."""

    def read():
        with refused(ValueError, problem):
            read_idx(path)

    return peak(read)


def test_no_more_is_unpacked_than_the_header_states(tmp_path):
    """40 MB of zeros in 40 kB, behind a header that states 10 bytes."""
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(head(8, 10) + bytes(40_000_000)))
    assert peak_of_refusal("has trailing bytes", tmp_path / "bomb.gz") < 4e6


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_no_more_is_allocated_than_the_file_holds(tmp_path, pack):
    (tmp_path / "short").write_bytes(pack(head(0x0E, 2**32 - 1, 2**32 - 1) + bytes(10)))
    assert peak_of_refusal("is truncated", tmp_path / "short") < 4e6


@pytest.mark.parametrize("stated", [10, 2**31])
def test_a_large_file_of_another_size_is_not_read(tmp_path, stated):
    """A gigabyte of nothing (a sparse file) behind a header that states less or more."""
    with open(tmp_path / "large", "wb") as file:
        file.write(head(8, stated))
        file.truncate(10**9)
    problem = "is truncated" if stated > 10**9 else "has trailing bytes"
    assert peak_of_refusal(problem, tmp_path / "large") < 4e6


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("sizes", [(0, 2**32 - 1, 2**32 - 1, 2**32 - 1), (1,) * 65, (0,) * 255, (2**32 - 1, 0) * 3])
def test_shapes_that_no_array_can_have(tmp_path, sizes, pack):
    (tmp_path / "a").write_bytes(pack(head(8, *sizes) + bytes(0 not in sizes)))
    with refused(ValueError, "has a shape that no array can have"):
        read_idx(tmp_path / "a")


def test_64_axes_are_read(tmp_path):
    (tmp_path / "a").write_bytes(head(8, *[1] * 64) + b"\7")
    assert read_idx(tmp_path / "a").shape == (1,) * 64


def test_paths_that_are_none(tmp_path):
    with refused(ValueError, "a path"):
        read_idx("a\0b")
    with refused(ValueError, "a path"):
        read_idx("\ud800")
    with refused(TypeError, "a path"):
        read_idx(3)
    with refused(TypeError, "a path"):
        read_idx(None)
    with refused(IsADirectoryError, "Is a directory"):
        read_idx(tmp_path)
    with refused(OSError, "cannot read"):
        read_idx(tmp_path / ("a" * 300))


# ---- damage


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_damaged_files_are_refused_or_read(tmp_path, pack):
    """Never another error than the house's, and never an array of another size than the file."""
    path, outcomes = tmp_path / "a", set()
    for i in range(150):
        rng = np.random.default_rng([1, i])
        dtype = list(CODES)[i % len(CODES)]
        path.write_bytes(mutated(pack(idx_bytes(sample(dtype))), rng))
        try:
            array = read_idx(path)
            assert array.ndim <= 64 and array.nbytes < 1000
            outcomes.add("array")
        except (ValueError, OSError) as error:
            text = str(error)
            assert str(path) in text and all(part in text for part in ("expected:", "got:", "fix:")), text
            outcomes.add(text.splitlines()[0].removeprefix(f"{path} "))
    assert {"array", "is not an idx file", "is truncated" if pack is bytes else "is a damaged gzip file"} <= outcomes


def test_mutations_are_repeatable_and_change_something():
    data = bytes(range(200))
    drawn = [mutated(data, np.random.default_rng(i)) for i in range(100)]
    assert drawn == [mutated(data, np.random.default_rng(i)) for i in range(100)]
    assert sum(d != data for d in drawn) > 90
    assert any(len(d) < 100 for d in drawn) and any(len(d) > 200 for d in drawn)
    assert isinstance(mutated(b"", np.random.default_rng(0)), bytes)
