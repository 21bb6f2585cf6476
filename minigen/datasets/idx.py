"""The idx format of the MNIST files, gzipped or not.

======== ======================================================
bytes    meaning
======== ======================================================
2        0 0
1        element type: 08 uint8, 09 int8, 0b int16, 0c int32,
         0d float32, 0e float64
1        rank: how many sizes follow
4 * rank the sizes, each a big-endian uint32
the rest the elements in C order, big-endian
======== ======================================================
"""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import message
from ..storage.files import as_path, check_readable
from .kinds import PACKED, SIGNATURES, how_to_open, kind_of

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
BLOCK = 2**20  # bytes read at a time


class ChecksumError(ValueError):
    """A whole idx file with another checksum than the one asked for."""


def read_idx(path: str | os.PathLike[str], sha256: str | None = None) -> NDArray[Any]:
    """The array in an idx or idx.gz file, in the shape and the element type that the file states.

    Whether the file is gzipped is seen from its first bytes, not from its name. Of a gzipped file no more is unpacked
    than its header states, and one byte. With `sha256` (hexadecimal), the uncompressed bytes must have that checksum.

    Raises OSError (FileNotFoundError, PermissionError, ...) if the file cannot be read, ValueError if it is not exactly
    one whole idx array or has another checksum, and TypeError for a path that is none.
    """
    path = as_path(path)
    check_readable(path)
    file = _open(path)
    try:
        with file:
            is_gzip = file.read(2) == SIGNATURES["a gzip file"]
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            if is_gzip:
                with gzip.GzipFile(fileobj=file) as unpacked:
                    return _read(path, unpacked, None, sha256)
            return _read(path, file, size, sha256)
    except EOFError as error:
        raise _damaged(path, "is a damaged gzip file, cut off", "a whole gzip stream", error) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise _damaged(path, "is a damaged gzip file", "a whole gzip stream", error) from error
    except OSError as error:
        raise _unreadable(path, error) from error


def _read(path: Path, file: Any, size: int | None, sha256: str | None) -> NDArray[Any]:
    """The array in an open file of so many bytes; None if the size is not known, as that of a gzipped one."""
    start = file.read(4)
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in TYPES:
        raise _other_kind(path, start + file.read(508), size is None)

    rank = start[3]
    sizes = file.read(4 * rank)
    if len(sizes) < 4 * rank:
        raise _damaged(path, "is truncated", f"{rank} sizes", f"{len(sizes)} bytes for them")
    shape = tuple(int.from_bytes(sizes[i : i + 4], "big") for i in range(0, 4 * rank, 4))
    dtype = np.dtype(TYPES[start[2]])
    header, length = 4 + 4 * rank, math.prod(shape) * dtype.itemsize
    more = ""
    if size is None:
        elements = _read_up_to(file, length + 1)
        size, more = header + len(elements), " or more"
    elif size == header + length:
        elements = _read_up_to(file, length)
    if size != header + length:
        what = "is truncated" if size < header + length else "has trailing bytes"
        got = f"{size} bytes" + (more if size > header + length else "")
        raise _damaged(path, what, f"{header + length} bytes for {dtype.name} {shape}", got)

    if sha256 is not None:
        digest = hashlib.sha256(start + sizes)
        digest.update(elements)
        if digest.hexdigest() != sha256:
            got = f"{digest.hexdigest()}, a whole idx file: {dtype.name} {shape}"
            where, fix = f"{path} has the wrong checksum", f"read_idx({str(path)!r}) for the array that is in it"
            raise ChecksumError(message(where, expected=f"SHA-256 {sha256}", got=got, fix=fix))

    array = np.frombuffer(elements, dtype)
    try:
        array = array.reshape(shape)
    except ValueError as error:  # more than 64 axes, or sizes such as (0, 2³² - 1, 2³² - 1, 2³² - 1)
        raise _damaged(path, "has a shape that no array can have", "at most 64 axes and 2⁶³ bytes", shape) from error
    return array.astype(dtype.newbyteorder("="), copy=False)


def _read_up_to(file: Any, n: int) -> bytearray:
    """The next n bytes, or all that there are, block by block: a size that is too large costs no memory."""
    data = bytearray()
    while len(data) < n and (block := file.read(min(BLOCK, n - len(data)))):
        data += block
    return data


def _open(path: Path) -> BinaryIO:
    try:
        return open(path, "rb")
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError | ValueError) -> Exception:
    reason = getattr(error, "strerror", None) or error
    kind = type(error) if isinstance(error, OSError) else ValueError
    expected, fix = "a readable idx or idx.gz file", "the path of such a file"
    return kind(message(f"cannot read {path}: {reason}", expected=expected, got=repr(error), fix=fix))


def _other_kind(path: Path, first: bytes, in_gzip: bool) -> ValueError:
    """The error for a file that starts like no idx file: what it is, and how to come to one."""
    kind = kind_of(first)
    got = kind or first[:4].hex(" ") or "an empty file"
    if first.lstrip()[:1] == b"<":
        got = "a web page (HTML)"
    how = "which gunzips it once more" if in_gzip and kind == "a gzip file" else "which unpacks it"
    if in_gzip and how_to_open(path, kind):
        kind = "a gzip file"
    fix = how_to_open(path, kind) or "the path of an idx or idx.gz file"
    if kind in PACKED:
        unpacked = f"{path}.unpacked"
        fix = f"Path({unpacked!r}).write_bytes({fix}), {how},\n            then read_idx({unpacked!r})"
    got = f"{got} inside of a gzip file" if in_gzip else got
    where, expected = f"{path} is not an idx file", "the first bytes 00 00, then 08, 09, 0b, 0c, 0d or 0e"
    return ValueError(message(where, expected=expected, got=got, fix=fix))


def _damaged(path: Path, what: str, expected: str, got: object) -> ValueError:
    return ValueError(message(f"{path} {what}", expected=expected, got=got, fix="a whole copy of this file"))
