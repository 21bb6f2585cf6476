"""Input validation for files: paths, places to write to, arrays to store, and the contents of archives."""

from __future__ import annotations

import errno
import math
import os
import re
import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..checks.values import raise_if_explained
from ..errors import message
from ..types import Shape

if TYPE_CHECKING:
    from zipfile import ZipInfo

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

META = "meta"  # the entry of an .npz file with everything that is not an array, as JSON text
ARRAYS = "arrays/"  # what the names of all other entries begin with
KINDS = "fiubcU"  # of the arrays that are stored: numbers and text, no Python objects
LONGEST_NAME = 65_535  # bytes, in a zip archive
STORED = 0  # the type of an entry that is not compressed: zipfile.ZIP_STORED


# ---- paths and places


def check_path(path: Any) -> None:
    """TypeError unless `path` is a string or a Path, ValueError for "" and for characters that no name can contain."""
    fix = '"out/name", or a Path'
    if not isinstance(path, (str, os.PathLike)) or isinstance(os.fspath(path), bytes):
        raise TypeError(message("a path", expected="the name of a file", got=repr(path), fix=fix))
    try:
        usable = path != "" and b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        usable = False
    if not usable:
        raise ValueError(message("a path", expected="a name, of characters that one can have", got=repr(path), fix=fix))


def check_readable(path: Path) -> None:
    """OSError for a device or a pipe, which may never end. A missing file and a folder are left to open()."""
    if os.path.exists(path) and not path.is_file() and not path.is_dir():
        got = "a device or a pipe"
        raise OSError(message(f"{path} is not read", expected="a file", got=got, fix="the path of a file"))


def check_place(path: Path, target: Path) -> None:
    """OSError unless `target`, which `path` resolves to, is a file that may be written or a new name in a folder."""
    where = f"{path} cannot be written"
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        if not target.parent.is_dir():
            got, fix = f"no folder {target.parent}", f"mkdir -p {target.parent}"
            if path.is_symlink():
                got = f"a link to {target}, whose folder is not there"
            raise FileNotFoundError(message(where, expected="an existing folder", got=got, fix=fix)) from None
        return
    if stat.S_ISDIR(mode):
        fix = f"the name of a file in it, such as {path / 'weights.npz'}"
        raise IsADirectoryError(message(where, expected="a file", got="a folder", fix=fix))
    if not stat.S_ISREG(mode):  # the rename would replace the device itself, such as /dev/null
        raise OSError(message(where, expected="a file", got="a device", fix="a name in a folder"))
    if not mode & 0o222 or not os.access(target, os.W_OK):
        fix = f"chmod u+w {path}, or another name"
        raise PermissionError(message(where, expected="a file that may be written", got="a read-only file", fix=fix))


def refuse_os_error(error: OSError, where: str, expected: str, fix: str) -> NoReturn:
    """An error of the same type that says which file and what to do; one that already does is raised unchanged."""
    raise_if_explained(error)
    explained = type(error)(message(where, expected=expected, got=error.strerror or str(error), fix=fix))
    explained.errno = error.errno
    raise explained from error


def refuse_unwritable(path: Path, error: OSError) -> NoReturn:
    """OSError for a file that could not be created or written."""
    expected, fix = "a place where files can be made", "a name in a folder that you may write in"
    if error.errno in DISK_FULL:
        expected, fix = "room for the file", "free room on the disk, or another folder; the old file is unchanged"
    refuse_os_error(error, f"{path} cannot be written", expected, fix)


# ---- files of arrays


def check_storable(path: str | os.PathLike[str], arrays: Mapping[str, np.ndarray]) -> None:
    """TypeError for an array of Python objects, ValueError for a name that check_names_storable() refuses."""
    for name, a in arrays.items():
        if a.dtype.kind not in KINDS:
            where, got = f"{path} is not written", f"{name}: {a.dtype}"
            raise TypeError(message(where, expected="arrays of numbers", got=got, fix="np.asarray(x, 'float32')"))
    check_names_storable(path, arrays)


def check_names_storable(path: str | os.PathLike[str], names: Iterable[str]) -> None:
    """ValueError for a name that a file cannot hold: too long for a zip archive, with NUL, or half a character."""
    for name in names:
        size = len(f"{ARRAYS}{name}.npy".encode(errors="surrogatepass"))
        if size > LONGEST_NAME or re.search("[\0\ud800-\udfff]", name):
            expected = f"names of at most {LONGEST_NAME:,} bytes, of characters other than NUL"
            got, fix = f"{ascii(name):.40}, {len(name):,} characters", "another name= of a layer, or key of a dict"
            raise ValueError(message(f"{path} is not written", expected=expected, got=got, fix=fix))


def refuse_unreadable(path: Path, error: OSError) -> NoReturn:
    """The error of open() with a text that says what to do; ValueError for a folder."""
    where, expected = f"{path} cannot be read", "a readable file written by minigen"
    fix = "the path of a file that model.save, save_weights or fit(checkpoint=...) wrote"
    if isinstance(error, IsADirectoryError):
        raise ValueError(message(where, expected=expected, got="a folder", fix=fix)) from error
    refuse_os_error(error, where, expected, fix)


def _fix_of_unreadable(path: Any, fix: str) -> str:
    """`fix`, or for a file of PyTorch how it is read with PyTorch."""
    if str(path).endswith((".pt", ".pth")):
        return f'minigen.interchange.load_state_dict(model, torch.load("{path}", map_location="cpu"))'
    return fix


def refuse_foreign(path: Any, kind: str, error: Exception) -> NoReturn:
    """ValueError for a file in the format of another library that is damaged; `error` says what was found."""
    where, got = (
        f"{path} cannot be read",
        str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}",
    )
    fix = "the file once more, from where it was made: this one is truncated, damaged or of another kind"
    fix = _fix_of_unreadable(path, fix)
    raise ValueError(message(where, expected=f"{kind}, complete", got=got, fix=fix)) from error


def check_opens(path: Path, kind: str) -> None:
    """The error of open() with a text that says what to do; ValueError for a folder."""
    check_readable(path)
    try:
        open(path, "rb").close()
    except IsADirectoryError as error:
        refuse_foreign(path, kind, error)
    except OSError as error:
        refuse_os_error(error, f"{path} cannot be read", f"a readable file: {kind}", "the path of such a file")


def refuse_missing_package(where: str, package: str, extra: str, error: ImportError) -> NoReturn:
    """ImportError for a format whose package is not installed."""
    fix = f'pip install {package}, or pip install "minigen[{extra}]"'
    raise ImportError(message(f"{where} needs a package", expected=package, got=str(error), fix=fix)) from error


SUPERBLOCK = b"\x89HDF\r\n\x1a\n"  # how an HDF5 file begins; the size of the file stands in the first 64 bytes


def check_superblock(path: Any, data: bytes) -> None:
    """ValueError unless the bytes begin as an HDF5 file does, and are as many as it says."""
    version = data[8] if len(data) > 64 and data.startswith(SUPERBLOCK) else -1
    end = {0: 40, 1: 44, 2: 28, 3: 28}.get(version)  # where the end of the file is written
    if end is None or int.from_bytes(data[end : end + 8], "little") != len(data):
        size = f"{len(data):,} bytes, which begin with {data[:8]!r}"
        refuse_foreign(path, "an HDF5 file", ValueError(f"{size}; its size is another one" if end else size))


def refuse_damaged(path: Path, error: Exception) -> NoReturn:
    """ValueError for a file that is not exactly as write() left it; `error` says what was found."""
    where, expected = f"{path} cannot be read", "a complete .npz file written by minigen"
    got = str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
    fix = "train again, or load an older file: this one is truncated, damaged or from another program"
    fix = _fix_of_unreadable(path, fix)
    raise ValueError(message(where, expected=expected, got=got, fix=fix)) from error


def check_entries(entries: Sequence[ZipInfo], size: int) -> None:
    """ValueError unless an archive of `size` bytes has uncompressed arrays and META as entries, each name once."""
    names = [entry.filename.removesuffix(".npy") for entry in entries]
    declared = sum(entry.file_size for entry in entries)
    strange = [name for name in names if name != META and not name.startswith(ARRAYS)]
    if any(entry.compress_type != STORED for entry in entries):
        raise ValueError("compressed arrays; np.savez(path, **np.load(path)) stores them uncompressed")
    if declared > size:  # entries may overlap
        raise ValueError(f"entries of {declared:,} bytes in a file of {size:,}")
    if len(set(names)) < len(names):
        raise ValueError("two entries of one name")
    if strange or META not in names:
        raise ValueError(f"{f'an entry {strange[0]!r}' if strange else 'no entry meta'}: not written by minigen")


def check_header(name: str, shape: Shape, dtype: np.dtype, size: int) -> None:
    """ValueError unless `size` bytes are exactly the numbers that the header of an array declares."""
    if dtype.kind not in KINDS or dtype.itemsize == 0:
        raise ValueError(f"{name} of type {dtype}, not numbers")
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != size:
        raise ValueError(f"{name} of shape {shape} and type {dtype} in {size:,} bytes")


def check_meta(meta: Any) -> None:
    """ValueError unless the JSON text of META was that of a dict."""
    if not isinstance(meta, dict):
        raise ValueError(f"meta is a {type(meta).__name__}, not a dict")


def check_checksum(stored: Any, computed: str) -> None:
    """ValueError unless the checksum in the file is that of its contents."""
    if stored != computed:
        raise ValueError("another checksum than when the file was written")
