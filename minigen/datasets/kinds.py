"""The kind of a file and the encoding of a text, from its bytes, for errors of readers that expected another one."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

SIGNATURES = {
    "a gzip file": b"\x1f\x8b",
    "a bzip2 file": b"BZh",
    "an xz file": b"\xfd7zXZ\x00",
    "a zip archive": b"PK\x03\x04",
    "a NumPy file (npy)": b"\x93NUMPY",
    "a PNG image": b"\x89PNG",
    "a JPEG image": b"\xff\xd8\xff",
    "a GIF image": b"GIF8",
    "a TIFF image": b"II*\0",
    "a TIFF image (big-endian)": b"MM\0*",
    "a PDF document": b"%PDF-",
    "an HDF5 file": b"\x89HDF",
    "a 7z archive": b"7z\xbc\xaf\x27\x1c",
    "a zstd file": b"\x28\xb5\x2f\xfd",
}
PACKED = {"a gzip file": "gzip", "a bzip2 file": "bz2", "an xz file": "lzma"}  # Python's module for it


def kind_of(first: bytes) -> str:
    """The kind of a file with these first bytes (a few hundred), such as "a gzip file", or ""."""
    for kind, signature in SIGNATURES.items():
        if first.startswith(signature):
            is_npz = kind == "a zip archive" and b".npy" in first[30:100]  # the name of the first file inside
            return "a NumPy archive (npz)" if is_npz else kind
    return ""


def name_of(first: bytes) -> str:
    """What a file with these first bytes is, in words: its kind, or else the bytes."""
    if first.lstrip()[:1] == b"<":
        return "a web page (HTML)"
    return kind_of(first) or first[:4].hex(" ") or "an empty file"


def how_to_open(path: Path, kind: str) -> str:
    """The Python expression that unpacks or loads a file of this kind, or ""."""
    if kind in PACKED:
        return f"{PACKED[kind]}.decompress(Path({str(path)!r}).read_bytes())"
    if kind == "a zip archive":
        return f"zipfile.ZipFile({str(path)!r}).extractall({f'{path}.unpacked'!r})"
    if kind.startswith("a NumPy"):
        return f"np.load({str(path)!r})"
    return ""


def encoding_of(data: bytes) -> str:
    """The most likely encoding of a text, or "" if the bytes do not show it."""
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32" if can_decode(data, "utf-32") else ""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16" if can_decode(data, "utf-16") else ""
    if b"\0" in data:  # half of the bytes of Latin letters in UTF-16, three quarters in UTF-32
        wide = [e for e in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be") if can_decode(data, e)]
        return next((e for e in wide if 2 * sum(map(str.isascii, data.decode(e))) > len(data.decode(e))), "")
    replaced = data.decode(errors="replace")
    damaged = replaced.count("\ufffd")
    if sum(not c.isascii() for c in replaced) > 2 * damaged:  # more valid characters than damaged ones
        return "utf-8"
    if re.search(rb"[\x80-\xff]{6}", data):  # no Western language has six such letters in a row
        return ""
    western = "cp1252" if re.search(rb"[\x80-\x9f]", data) else "latin1"
    return western if can_decode(data, western) else ""


def can_decode(data: bytes, encoding: str) -> bool:
    """True if `data` is text in this encoding, without a NUL."""
    try:
        return "\0" not in data.decode(encoding)
    except UnicodeDecodeError:
        return False
