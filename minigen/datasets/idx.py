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
from io import BufferedIOBase
from pathlib import Path

import numpy as np

from ..storage.checks import check_readable
from ..storage.files import as_path
from . import checks
from .checks import ChecksumError
from .kinds import SIGNATURES

__all__ = ["ChecksumError", "checksum", "read_idx"]

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
BLOCK = 2**20  # bytes read at a time


def read_idx(path: str | os.PathLike[str], sha256: str | None = None) -> np.ndarray:
    """The array in an idx or idx.gz file, in the shape and the element type that its header states.

    The first bytes, not the name, decide whether the file is gzipped. Of a gzipped file at most one byte more is
    unpacked than the header states. With `sha256` (hexadecimal), the uncompressed bytes must have that checksum.

    Raises OSError (FileNotFoundError, PermissionError, ...) if the file cannot be read, ValueError if it is not exactly
    one complete idx array, ChecksumError, a ValueError, for another checksum, and TypeError unless `path` is a path.
    """
    path = as_path(path)
    check_readable(path)
    try:
        with open(path, "rb") as file:
            is_gzip = file.read(2) == SIGNATURES["a gzip file"]
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            if not is_gzip:
                return _read(path, file, size, sha256)
            with gzip.GzipFile(fileobj=file) as unpacked:
                return _read(path, unpacked, None, sha256)
    except (OSError, EOFError, zlib.error) as error:
        checks.refuse_unreadable(path, error)


def checksum(array: np.ndarray) -> str:
    """The SHA-256 of the idx file of an array, whatever file it comes from; "" for a type that idx does not have."""
    code = next((code for code, name in TYPES.items() if np.dtype(name).newbyteorder("=") == array.dtype), None)
    if code is None:
        return ""
    sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
    digest = hashlib.sha256(bytes((0, 0, code, array.ndim)) + sizes)
    digest.update(np.ascontiguousarray(array, TYPES[code]).data)
    return digest.hexdigest()


def _read(path: Path, file: BufferedIOBase, size: int | None, sha256: str | None) -> np.ndarray:
    """The array in an open file of `size` bytes; None for a gzipped one, whose unpacked size is unknown."""
    start = file.read(4)
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in TYPES:
        checks.refuse_other_kind(path, start + file.read(508), in_gzip=size is None)
    rank = start[3]
    sizes = file.read(4 * rank)
    checks.check_header(path, sizes, rank)
    shape = tuple(int.from_bytes(sizes[i : i + 4], "big") for i in range(0, 4 * rank, 4))
    dtype = np.dtype(TYPES[start[2]])
    header, length, content = 4 + 4 * rank, math.prod(shape) * dtype.itemsize, f"{dtype.name} {shape}"
    if size is not None:
        checks.check_size(path, size, header + length, content)
    elements = _read_up_to(file, length + 1)
    checks.check_size(path, header + len(elements), header + length, content, more=" or more")

    if sha256 is not None:
        digest = hashlib.sha256(start + sizes)
        digest.update(elements)
        checks.check_checksum(path, digest.hexdigest(), sha256, content)
    try:
        array = np.frombuffer(elements, dtype).reshape(shape)
    except ValueError:  # more than 64 axes, or sizes such as (0, 2³² - 1, 2³² - 1, 2³² - 1)
        checks.refuse_damaged(path, "has a shape that no array can have", "at most 64 axes and 2⁶³ bytes", shape)
    return array.astype(dtype.newbyteorder("="), copy=False)


def _read_up_to(file: BufferedIOBase, n: int) -> bytearray:
    """The next n bytes, or all that remain, block by block: a header that states too large a size costs no memory."""
    data = bytearray()
    while len(data) < n and (block := file.read(min(BLOCK, n - len(data)))):
        data += block
    return data
