"""The idx reader: every element type, sizes that lie, and damage at random."""

import gzip
import struct

import numpy as np
import pytest
from helpers.idx_files import CODES, HTML, WHOLE, idx_bytes, refuse_to_open, sha256
from helpers.memory import peak
from helpers.mutations import mutated
from helpers.refusals import refused

from minigen.datasets import idx
from minigen.datasets.idx import read_idx


def sample(dtype):
    """Six numbers of the type, the smallest and the largest among them."""
    limits = np.finfo(dtype) if np.dtype(dtype).kind == "f" else np.iinfo(dtype)
    return np.array([[limits.min, 1, 2], [3, 100, limits.max]], dtype)


# ---- written and read again


@pytest.mark.parametrize("shape", [(), (5,), (3, 4, 2), (2, 1, 3, 2), (0, 28, 28)])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_idx_round_trip(tmp_path, shape, compress):
    array = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    path = tmp_path / "some.idx"
    path.write_bytes(compress(idx_bytes(array)))
    got = read_idx(path, sha256(idx_bytes(array)))
    assert got.shape == shape and got.dtype == np.uint8 and got.flags.writeable
    assert np.array_equal(got, array)


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


ZIPPED = gzip.compress(WHOLE, mtime=0)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "an empty file"),
        (WHOLE[:3], "is not an idx file"),
        (b"\x01" + WHOLE[1:], "01 00 08 03"),
        (WHOLE[:2] + b"\x0d" + WHOLE[3:], "is truncated"),  # float32: four times as many bytes
        (WHOLE[:10], "is truncated"),  # within the sizes
        (WHOLE[:-1], "is truncated"),
        (WHOLE + b"\0", "has trailing bytes"),
        (b"\0\0\x08\x02" + b"\xff" * 8, "is truncated"),  # claims 2**64 elements
        (ZIPPED[:-9], "is a damaged gzip file"),
        (ZIPPED[:5], "is a damaged gzip file"),
        (ZIPPED + b"rest", "is a damaged gzip file"),
        (ZIPPED[:10] + b"\xff" + ZIPPED[11:], "is a damaged gzip file"),  # no such block type
        (ZIPPED[:-8] + b"\0" * 8, "is a damaged gzip file"),  # wrong CRC
        (gzip.compress(WHOLE[:-1], mtime=0), "is truncated"),
        (HTML, "a web page"),
        (b"\n " + HTML, "a web page"),
        (gzip.compress(HTML, mtime=0), "a web page"),
        (WHOLE[:-1] + b"\x2a", "has the wrong checksum"),
    ],
)
def test_bad_idx_is_refused(tmp_path, data, text):
    path = tmp_path / "bad.gz"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=text) as caught:
        read_idx(path, sha256(WHOLE))
    assert str(path) in str(caught.value) and "fix:" in str(caught.value)


def test_unreadable_idx_keeps_the_kind_of_error(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="cannot read .*missing.gz: No such file"):
        read_idx(tmp_path / "missing.gz")
    with pytest.raises(OSError, match="cannot read"):  # a folder
        read_idx(tmp_path)

    monkeypatch.setattr(idx, "open", refuse_to_open, raising=False)
    with pytest.raises(PermissionError, match="cannot read .*locked: Permission denied"):
        read_idx(tmp_path / "locked")


def test_a_gzip_file_that_ends_early_says_so(tmp_path):
    for end in (3, 9, -9, -1):
        (tmp_path / "a.gz").write_bytes(gzip.compress(WHOLE)[:end])
        with refused(ValueError, "is a damaged gzip file, cut off"):
            read_idx(tmp_path / "a.gz")


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
