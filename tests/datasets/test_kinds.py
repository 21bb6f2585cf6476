"""Kinds of files by their first bytes: packed files, archives and others are named, and the hint opens them."""

import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path

import numpy as np
import pytest
from helpers.idx_files import DIGITS, WHOLE

from minigen.datasets.idx import read_idx


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


def zipped(name):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, WHOLE)
    return file.getvalue()


def saved(save, *arrays):
    file = io.BytesIO()
    save(file, *arrays)
    return file.getvalue()


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
