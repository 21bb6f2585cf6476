"""Arrays in a file: .npz, written aside and renamed, with a checksum of all that is in it.

The file is what np.savez writes: a zip archive of .npy files, stored and not compressed. Beside the arrays it has an
entry `meta`, JSON text, for everything that is no array; in it stands the SHA-256 of all names, types, shapes, numbers
and of the rest of meta.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from .. import backend
from ..errors import message
from .files import as_path, check_readable, check_writable, explained, replacing

__all__ = ["check_writable", "read", "write"]

META = "meta"  # the entry that holds everything that is no array, as JSON text
CHECKSUM = "sha256"  # its key in meta
ARRAYS = "arrays/"
KINDS = "fiubcU"  # of arrays that go into a file: numbers and text, no objects
LONGEST_NAME = 65_535  # bytes


def write(path: str | os.PathLike[str], arrays: Mapping[str, Any], meta: Mapping[str, Any]) -> None:
    """Write arrays (moved to the host if need be) and meta (JSON-able) to `path`, exactly this name.

    The file is written beside its place and renamed when complete: whoever reads `path`, even after a kill, finds the
    old file or the new one, never half of one. Raises OSError if it cannot be written, TypeError for arrays of
    Python objects, and ValueError for a name that is too long for the file.
    """
    host = {k: backend.to_numpy(a) for k, a in arrays.items()}
    objects = [k for k, a in host.items() if a.dtype.kind not in KINDS]
    if objects:
        where, got = f"{path} is not written", f"{objects[0]}: {host[objects[0]].dtype}"
        raise TypeError(message(where, expected="arrays of numbers", got=got, fix="np.asarray(x, 'float32')"))
    too_long = [k for k in host if len(f"{ARRAYS}{k}.npy".encode()) > LONGEST_NAME]
    if too_long:
        where, got = f"{path} is not written", f"{too_long[0]:.40}..., {len(too_long[0]):,} characters"
        expected, fix = f"names of at most {LONGEST_NAME:,} bytes, as in a zip file", "a shorter name= of a layer"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))
    text = json.dumps({**meta, CHECKSUM: _checksum(host, json.dumps(dict(meta)))})
    entries = {META: np.array(text)} | {f"{ARRAYS}{k}": a for k, a in host.items()}
    with replacing(path) as aside, open(aside, "wb") as f:
        np.savez(f, **entries)  # type: ignore[arg-type]
        f.flush()
        os.fsync(f.fileno())


def read(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """(arrays, meta) as write() stored them.

    Raises OSError if the file cannot be opened, and ValueError if it is truncated, damaged or not minigen's, or holds
    pickled objects (never executed). Every size that it declares is compared with the size of the file before anything
    is read. A file without a checksum, by an earlier version, is read all the same.
    """
    path = as_path(path)
    check_readable(path)
    try:
        f = open(path, "rb")
    except IsADirectoryError as error:
        raise ValueError(_not_ours(path, "a folder")) from error
    except OSError as error:
        fix = "the path of a file that save_weights or fit(checkpoint=...) wrote"
        raise explained(error, f"{path} cannot be read", "a file that can be opened", fix) from error
    with f:
        try:
            entries = _entries(f)
            meta = json.loads(str(entries.pop(META, None)))
            arrays = {k.removeprefix(ARRAYS): a for k, a in entries.items()}
            _check_checksum(arrays, meta)
        except MemoryError:
            raise
        except Exception as error:  # a damaged archive fails in a dozen ways, deep in zipfile and NumPy
            got = str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
            raise ValueError(_not_ours(path, got)) from error
    return arrays, meta


def _not_ours(path: Path, got: str) -> str:
    fix = "train again, or load an older file: this one is truncated, damaged or another program's"
    return message(f"{path} cannot be read", expected="a whole .npz file written by minigen", got=got, fix=fix)


def _entries(f: BinaryIO) -> dict[str, np.ndarray]:
    """Every array of the archive, none of them before its declared size has been compared with that of the file."""
    with zipfile.ZipFile(f) as archive:
        infos, size = archive.infolist(), os.fstat(f.fileno()).st_size
        names = [info.filename.removesuffix(".npy") for info in infos]
        if any(info.compress_type != zipfile.ZIP_STORED for info in infos):
            raise ValueError("compressed arrays; np.savez(path, **np.load(path)) stores them")
        if sum(info.file_size for info in infos) > size:  # entries may lie in one another
            raise ValueError(f"entries of {sum(info.file_size for info in infos):,} bytes in a file of {size:,}")
        if len(set(names)) < len(names):
            raise ValueError("two entries of one name")
        strange = [name for name in names if name != META and not name.startswith(ARRAYS)]
        if strange or META not in names:
            raise ValueError(f"{f'an entry {strange[0]!r}' if strange else 'no entry meta'}: not written by minigen")
        entries = {}
        for name, info in zip(names, infos, strict=True):
            with archive.open(info) as entry:
                entries[name] = _array(entry, name, info.file_size)
        return entries


def _array(entry: Any, name: str, size: int) -> np.ndarray:
    """One .npy file of so many bytes: its header is checked, then the numbers are read."""
    version = np.lib.format.read_magic(entry)
    if version == (1, 0):
        shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(entry)
    else:
        shape, fortran_order, dtype = np.lib.format.read_array_header_2_0(entry)
    if dtype.kind not in KINDS or dtype.itemsize == 0:
        raise ValueError(f"{name} of type {dtype}, no numbers")
    expected, got = math.prod(shape) * dtype.itemsize, size - entry.tell()
    if min(shape, default=0) < 0 or expected != got:
        raise ValueError(f"{name} of shape {shape} and type {dtype} in {got:,} bytes")
    numbers = entry.read()  # all of them: at the end zipfile compares the entry's own checksum
    return np.ndarray(shape, dtype, numbers, order="F" if fortran_order else "C").copy(order="K")


def _checksum(arrays: Mapping[str, np.ndarray], meta: str) -> str:
    """SHA-256 of all names, types, shapes, numbers and the text of meta. 9 million numbers take 40 ms."""
    digest = hashlib.sha256(meta.encode())
    for name, a in arrays.items():
        digest.update(f"{name}\0{a.dtype.str}{a.shape}".encode())
        digest.update(np.ascontiguousarray(a).data)
    return digest.hexdigest()


def _check_checksum(arrays: Mapping[str, np.ndarray], meta: Any) -> None:
    """Take the checksum out of meta; ValueError if it is another than that of the file."""
    if not isinstance(meta, dict):
        raise ValueError(f"meta is a {type(meta).__name__}, no dict")
    if CHECKSUM in meta and meta.pop(CHECKSUM) != _checksum(arrays, json.dumps(meta)):
        raise ValueError("another checksum than at writing")
