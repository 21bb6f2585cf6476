"""The idx format of the MNIST files, gzipped or not.

======== ======================================================
bytes    meaning
======== ======================================================
2        0 0
1        element type: 8 for uint8, the only one read here
1        rank: how many sizes follow
4 * rank the sizes, each a big-endian uint32
the rest the elements in C order
======== ======================================================
"""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import message

UINT8_MAGIC = b"\x00\x00\x08"
GZIP_MAGIC = b"\x1f\x8b"


def read_idx(path: str | os.PathLike[str], sha256: str | None = None) -> NDArray[np.uint8]:
    """The uint8 array in an idx or idx.gz file, in the shape that the file states.

    Whether the file is gzipped is seen from its first bytes, not from its name. With `sha256`
    (hexadecimal), the uncompressed bytes must have that checksum.

    Raises OSError (FileNotFoundError, PermissionError, ...) if the file cannot be read, and
    ValueError if it is not exactly one whole uint8 idx array or has another checksum.
    """
    path = Path(path)
    data = _uncompressed(path)

    if len(data) < 4 or data[:3] != UINT8_MAGIC:
        is_html = data.lstrip()[:1] == b"<"
        got = "a web page (HTML)" if is_html else data[:4].hex(" ") or "an empty file"
        raise _damaged(path, "is not a uint8 idx file", "the first bytes 00 00 08", got)

    rank = data[3]
    header = 4 + 4 * rank
    shape = tuple(int.from_bytes(data[i : i + 4], "big") for i in range(4, header, 4))
    length = header + math.prod(shape)
    if len(data) != length:
        what = "is truncated" if len(data) < length else "has trailing bytes"
        raise _damaged(path, what, f"{length} bytes for shape {shape}", f"{len(data)} bytes")

    if sha256 is not None:
        digest = hashlib.sha256(data).hexdigest()
        if digest != sha256:
            raise _damaged(path, "has the wrong checksum", f"SHA-256 {sha256}", digest)

    return np.frombuffer(data, np.uint8)[header:].reshape(shape).copy()  # copy: writable


def _uncompressed(path: Path) -> bytes:
    """All bytes of the file, gunzipped if they are a gzip stream."""
    try:
        data = path.read_bytes()
    except OSError as error:
        text = message(
            f"cannot read {path}: {error.strerror}",
            expected="a readable idx or idx.gz file",
            got=repr(error),
            write="the path of such a file",
        )
        raise type(error)(text) from error

    if not data.startswith(GZIP_MAGIC):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(path, "is a damaged gzip file", "a whole gzip stream", error) from error


def _damaged(path: Path, what: str, expected: str, got: object) -> ValueError:
    write = "delete this file and fetch it again"
    return ValueError(message(f"{path} {what}", expected=expected, got=got, write=write))
