"""Text: alphabets, files, and the Markov source against enumeration."""

import bz2
import codecs
import gzip
import lzma
from pathlib import Path

import numpy as np
import pytest
from helpers.refusals import refused

from minigen.datasets import checks, text
from minigen.datasets.text import Vocabulary

# ---- alphabets and files


def test_an_alphabet_is_sorted_and_goes_both_ways():
    vocabulary = Vocabulary("hello, wörld")
    assert vocabulary.characters == " ,dehlorwö" and len(vocabulary) == 10
    codes = vocabulary.encode("world")
    assert codes.tolist() == [8, 6, 7, 5, 2] and vocabulary.decode(codes) == "world"


@pytest.mark.parametrize("codes", [[-1], [3], [0.7], [True], "01", [[0]], None])
def test_what_is_no_code_is_not_decoded(codes):
    with refused(ValueError, "Vocabulary.decode"):
        Vocabulary("abc").decode(codes)


def test_unknown_characters_are_told_with_their_place():
    with pytest.raises(
        ValueError, match=r"unknown characters\n.*\n  got:      'X', 'Y', the first at 2: 'abYXc'"
    ) as error:
        Vocabulary("abc").encode("abYXc")
    assert "fix:" in str(error.value)


def test_a_file_is_read_as_utf8(tmp_path):
    (tmp_path / "a.txt").write_text("Grüße\n", encoding="utf-8")
    assert text.read(tmp_path / "a.txt") == "Grüße\n"
    (tmp_path / "latin.txt").write_bytes("Grüße".encode("latin-1"))
    with refused(ValueError, "latin.txt"):
        text.read(tmp_path / "latin.txt")
    (tmp_path / "empty.txt").write_text("")
    with refused(ValueError, "empty.txt"):
        text.read(tmp_path / "empty.txt")
    with pytest.raises(OSError, match="nowhere"):
        text.read(tmp_path / "nowhere.txt")
    with refused(FileNotFoundError, "nowhere.txt"):
        text.read(tmp_path / "nowhere.txt")
    with refused(IsADirectoryError, "text.read"):
        text.read(tmp_path)
    with refused(TypeError, "a path"):
        text.read(3)


def test_any_file_is_a_text_of_its_bytes(tmp_path, monkeypatch):
    every = bytes(range(256)) + b"\r\n\xff"
    (tmp_path / "any.bin").write_bytes(every)
    found = text.read_bytes(str(tmp_path / "any.bin"))
    assert [ord(c) for c in found] == list(every) and found.encode("latin-1") == every
    (tmp_path / "empty.bin").write_bytes(b"")
    with refused(ValueError, "empty.bin"):
        text.read_bytes(tmp_path / "empty.bin")
    with refused(FileNotFoundError, "text.read_bytes"):
        text.read_bytes(tmp_path / "nowhere.bin")
    with refused(IsADirectoryError, "text.read_bytes"):
        text.read_bytes(tmp_path)
    with refused(OSError, "a device or a pipe"):
        text.read_bytes("/dev/zero")
    with refused(TypeError, "a path"):
        text.read_bytes(3)
    monkeypatch.setattr(checks, "MOST_BYTES", 258)
    with refused(ValueError, "258 bytes at most"):
        text.read_bytes(tmp_path / "any.bin")


WORDS = "Don’t stop – it’s “fine” for now.\nA second line, and a third.\n"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (codecs.BOM_UTF16_LE + WORDS.encode("utf-16-le"), "as utf-16 it reads 'Don’t stop"),
        (codecs.BOM_UTF16_BE + WORDS.encode("utf-16-be"), "as utf-16 it reads"),
        (codecs.BOM_UTF32_LE + WORDS.encode("utf-32-le"), "as utf-32 it reads"),
        (codecs.BOM_UTF32_BE + WORDS.encode("utf-32-be"), "as utf-32 it reads"),
        (WORDS.encode("utf-16-le"), "as utf-16-le it reads"),  # without a byte order mark
        (WORDS.encode("utf-16-be"), "as utf-16-be it reads"),
        (WORDS.encode("utf-32-le"), "as utf-32-le it reads"),
        (WORDS.encode("utf-32-be"), "as utf-32-be it reads"),
        (WORDS.encode("cp1252"), "byte 0x92 at 3; as cp1252 it reads 'Don’t stop"),
        (gzip.compress(WORDS.encode(), mtime=0), "a gzip file"),
        (bz2.compress(WORDS.encode()), "a bzip2 file"),
        (lzma.compress(WORDS.encode()), "an xz file"),
    ],
    ids=range(12),
)
def test_the_hint_for_another_encoding_gives_the_text(tmp_path, data, kind):
    path = tmp_path / "it's.txt"
    path.write_bytes(data)
    with pytest.raises(ValueError, match="expected: text in UTF-8") as error:
        text.read(path)
    assert kind in str(error.value)
    call = str(error.value).partition("fix:      ")[2]
    assert eval(call, {"Path": Path, "gzip": gzip, "bz2": bz2, "lzma": lzma}) == WORDS


def test_hints_for_other_bytes(tmp_path):
    for data, call, read in (
        ("Grüße, Šárka".encode("cp1252"), 'encoding="cp1252"', "Grüße, Šárka"),
        ("Grüße".encode("latin-1"), 'encoding="latin1"', "Grüße"),
        ("Grüße, Ärger".encode() + b" \xff.", 'errors="replace"', "Grüße, Ärger \ufffd."),  # damaged, not latin-1
        ("Grüße, ü".encode()[:-1], 'errors="replace"', "Grüße, \ufffd"),  # cut off
        (b"abc\0def", '.replace("\\0", "")', "abcdef"),
    ):
        (tmp_path / "a").write_bytes(data)
        with pytest.raises(ValueError, match="expected: text in UTF-8") as error:
            text.read(tmp_path / "a")
        hint = str(error.value).partition("fix:      ")[2]
        assert call in hint and eval(hint, {"Path": Path}) == read


@pytest.mark.parametrize(
    "data",
    [
        "Привет, мир".encode("koi8-r"),
        "Привет, мир".encode("cp1251"),
        "こんにちは世界".encode("shift_jis"),
        "你好，世界。这是".encode("utf-16-le"),
        codecs.BOM_UTF16_LE + b"odd",
        b"abc \x81 def",  # no character of cp1252
        np.random.default_rng(0).bytes(300),
    ],
    ids=range(7),
)
def test_no_hint_makes_garbage(tmp_path, data):
    """The bytes do not show the encoding: the reader has to name it."""
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(ValueError, match="another encoding, or no text") as error:
        text.read(tmp_path / "a")
    assert "encoding=NAME" in str(error.value)


def test_files_that_are_no_text_are_named(tmp_path):
    for data, kind in (
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image"),
        (b"%PDF-1.4\nonly letters", "a PDF document"),
        (b"PK\x03\x04\x14\0", "a zip archive"),
    ):
        (tmp_path / "a").write_bytes(data)
        with refused(ValueError, f"got:      {kind}"):
            text.read(tmp_path / "a")
    with refused(ValueError, "a path"):
        text.read("a\0b")


def test_line_ends_and_marks_are_read(tmp_path):
    (tmp_path / "a").write_bytes("BZh\r\nb\rc\n".encode("utf-8-sig"))  # begins as bzip2 does, but is plain text
    assert text.read(tmp_path / "a") == "BZh\nb\nc\n"


def test_no_text_is_refused():
    with refused(ValueError, "Vocabulary: text"):
        Vocabulary("")
    with refused(TypeError, "Vocabulary: text"):
        Vocabulary(["a"])
    with refused(ValueError, "split: share"):
        text.split("a")
    with refused(ValueError, "split: text"):
        text.split("")
    with refused(ValueError, "split: share"):
        text.split("abc", 0)
    with refused(ValueError, "split: share"):
        text.split("abc", 1)
    with refused(ValueError, "split: share"):
        text.split("ab", 0.9)
    with refused(ValueError, "split: share"):
        text.split("abc", "0.1")
    with refused(ValueError, "windows: k"):
        text.windows(np.arange(5), 0)
    with refused(ValueError, "windows: text"):
        text.windows(np.arange(5), 5)
    with refused(TypeError, "windows: codes"):
        text.windows("abcdef", 2)
    with refused(TypeError, "windows: codes"):
        text.windows(np.zeros((10, 2), int), 2)
    with refused(TypeError, "windows: codes"):
        text.windows(np.arange(5.0), 2)


def test_split_holds_out_the_end():
    assert text.split("abcdefghij", 0.2) == ("abcdefgh", "ij") and text.split("ab", 0.4) == ("a", "b")
    x, y = text.windows(np.arange(5), 2)
    assert x.tolist() == [[0, 1], [1, 2], [2, 3]] and y.tolist() == [2, 3, 4]


def test_the_documentation_is_natural_text():
    found = text.documentation()
    assert len(found) > 100_000 and "minigen: generative models from scratch" in found
    assert all(found.count(c) >= 20 for c in set(found) - {" "}) and 60 < len(set(found)) < 140


# ---- strings that repeat themselves


def test_a_repeated_string_is_known_after_its_first_copy():
    codes, known = text.repeats(200, 16, characters=8, seed=3)
    assert codes.shape == known.shape == (200, 16) and codes.dtype.kind == "i" and known.dtype == bool
    periods = known.argmax(axis=1) - 1
    assert set(periods) == set(range(3, 8)) and set(codes.ravel()) == set(range(8))
    for row, is_known, period in zip(codes, known, periods, strict=True):
        assert len(set(row[:period])) == period
        np.testing.assert_array_equal(row[period:], row[:-period])
        for i in np.flatnonzero(is_known):
            last = max(j for j in range(i - 1) if row[j] == row[i - 1])
            assert row[i] == row[last + 1]
    again, other = text.repeats(200, 16, seed=3)[0], text.repeats(200, 16, seed=4)[0]
    assert (codes == again).all() and (codes != other).any()


def test_bad_sizes_of_repeats_are_refused():
    for name, value in {"rows": 0, "length": -1, "characters": 3, "seed": -1}.items():
        with refused(ValueError, f"text.repeats: {name}"):
            text.repeats(**{"rows": 2, "length": 8} | {name: value})
    with refused(TypeError, "repeats: unknown argument 'chars'"):
        text.repeats(2, 8, chars=8)
