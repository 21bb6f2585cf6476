"""Arrays in an .npz file: written atomically, with a checksum of the whole content.

The file is what np.savez writes: a zip archive of .npy files, without compression. Besides the arrays it has an entry
`meta`, JSON text, for everything that is not an array. It includes the SHA-256 of all names, types, shapes and numbers
and of the rest of `meta`. json and zipfile are imported on use, so that `import minigen` takes less time.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from typing import IO, Any, BinaryIO

import numpy as np

from .. import backend
from ..types import Array
from . import checks
from .checks import ARRAYS, KINDS, META
from .files import as_path, check_writable, replacing

__all__ = ["KINDS", "check_writable", "read", "write"]

CHECKSUM = "sha256"  # its key in meta


def write(path: str | os.PathLike[str], arrays: Mapping[str, Array], meta: Mapping[str, Any]) -> None:
    """Write arrays (of either library) and `meta` (what JSON can hold) to `path`, under exactly this name.

    The file is written under a temporary name and renamed when complete: a reader finds the old file or the new one,
    never half of one, even if the writer is killed. Raises OSError if the file cannot be written, TypeError for arrays
    of Python objects, and ValueError for a name that is too long for a zip archive.
    """
    import json

    host = {k: backend.to_numpy(a) for k, a in arrays.items()}
    checks.check_storable(path, host)
    text = json.dumps({**meta, CHECKSUM: checksum(host, json.dumps(dict(meta)))})
    entries = {META: np.array(text)} | {f"{ARRAYS}{k}": a for k, a in host.items()}
    with replacing(path) as temporary, open(temporary, "wb") as f:
        np.savez(f, **entries)  # type: ignore[arg-type]


def read(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """(arrays, meta) as write() stored them.

    Raises OSError if the file cannot be opened, and ValueError if it is truncated, damaged, not minigen's, or holds
    pickled objects, which are never executed. The sizes that it declares are compared with the size of the file before
    any array is read. A file without a checksum, from an earlier version, is read as well.
    """
    import json

    path = as_path(path)
    checks.check_readable(path)
    try:
        f = open(path, "rb")
    except OSError as error:
        checks.refuse_unreadable(path, error)
    with f:
        try:
            entries = _entries(f)
            meta = json.loads(str(entries.pop(META, None)))
            checks.check_meta(meta)
            arrays = {k.removeprefix(ARRAYS): a for k, a in entries.items()}
            if CHECKSUM in meta:
                checks.check_checksum(meta.pop(CHECKSUM), checksum(arrays, json.dumps(meta)))
        except MemoryError:
            raise
        except Exception as error:  # a damaged archive fails in a dozen ways, deep in zipfile and NumPy
            checks.refuse_damaged(path, error)
    return arrays, meta


def _entries(f: BinaryIO) -> dict[str, np.ndarray]:
    """Every array of the archive by name, with META among them."""
    import zipfile

    with zipfile.ZipFile(f) as archive:
        infos, entries = archive.infolist(), {}
        checks.check_entries(infos, os.fstat(f.fileno()).st_size)
        for info in infos:
            name = info.filename.removesuffix(".npy")
            with archive.open(info) as entry:
                entries[name] = read_array(entry, name, info.file_size)
        return entries


def read_array(entry: IO[bytes], name: str, size: int) -> np.ndarray:
    """The array of an open .npy file of `size` bytes. Its header is checked before the numbers are read."""
    version = np.lib.format.read_magic(entry)
    if version == (1, 0):
        shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(entry)
    else:
        shape, fortran_order, dtype = np.lib.format.read_array_header_2_0(entry)
    checks.check_header(name, shape, dtype, size - entry.tell())
    numbers = entry.read()  # to the end, where zipfile compares the checksum of the entry
    return np.ndarray(shape, dtype, numbers, order="F" if fortran_order else "C").copy(order="K")


def checksum(arrays: Mapping[str, np.ndarray], meta: str) -> str:
    """SHA-256 of all names, types, shapes, numbers and the text of meta. 9 million numbers take 40 ms."""
    digest = hashlib.sha256(meta.encode())
    for name, a in arrays.items():
        digest.update(f"{name}\0{a.dtype.str}{a.shape}".encode())
        digest.update(np.ascontiguousarray(a).data)
    return digest.hexdigest()
