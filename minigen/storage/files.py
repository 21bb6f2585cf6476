"""Files are written aside and renamed: whoever reads the path, even after a kill, finds the old file or the new one."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import message

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

ASIDE = re.compile(r"\.part-[0-9a-f]{16}(\..*)?")  # the names of files aside
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def as_path(path: Any) -> Path:
    """`path` as a Path, ~ as the user's home.

    TypeError for what is none, such as a number, ValueError for characters that no name has.
    """
    fix = '"out/name", or a Path'
    if not isinstance(path, (str, os.PathLike)) or isinstance(os.fspath(path), bytes):
        raise TypeError(message("a path", expected="the name of a file", got=repr(path), fix=fix))
    try:
        unusable = b"\0" in os.fsencode(path)
    except UnicodeEncodeError:
        unusable = True
    if unusable:
        raise ValueError(message("a path", expected="characters that a name can have", got=repr(path), fix=fix))
    return Path(os.path.expanduser(path))


def check_readable(path: Path) -> None:
    """Raise OSError for a device such as /dev/zero, which has no end. What is not there is left to open()."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return
    if stat.S_ISCHR(mode):
        raise OSError(message(f"{path} is not read", expected="a file", got="a device", fix="the path of a file"))


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """`with replacing(path) as aside:` write to `aside`; it becomes `path` when the block ends, and goes if it fails.

    Each writer has an empty file of its own, in the same folder and with the same suffix, and holds a lock on it. So
    several programs may write to one path, and the last one to finish wins. What a kill leaves behind is a file without
    a lock: the next writer in that folder removes it (on Windows, which has no such locks, it stays).
    Raises OSError, with the path and what to do, if the file cannot be written.
    """
    with _aside(path) as (aside, target):
        yield aside
        os.replace(aside, target)


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise OSError, before hours of training, if no file can be written to `path`. What is there stays as it is."""
    with _aside(path):
        pass


def make_folder(path: str | os.PathLike[str]) -> Path:
    """The folder, made with those above it if need be. Raises OSError if that is not possible."""
    path = as_path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explained(
            error, f"{path} cannot be made", "a place for a folder", "another folder, such as out"
        ) from error
    return path


def explained(error: OSError, where: str, expected: str, fix: str) -> OSError:
    """The same error with a text that says which file, and what to do."""
    found = type(error)(message(where, expected=expected, got=error.strerror or str(error), fix=fix))
    found.errno = error.errno
    return found


@contextlib.contextmanager
def _aside(path: str | os.PathLike[str]) -> Iterator[tuple[Path, Path]]:
    """(an empty file beside the target, the target); in the end the file is removed, unless it has been renamed."""
    path = as_path(path)
    target = Path(os.path.realpath(path))  # of a link, the file that it leads to is replaced
    try:
        _check_place(path, target)
        _remove_leftovers(target)
        aside, lock = _new_file(target)
        try:
            yield aside, target
        finally:
            if lock is not None:
                os.close(lock)
            aside.unlink(missing_ok=True)
    except OSError as error:
        if "expected:" in str(error):  # it says already what to do
            raise
        where, expected = f"{path} cannot be written", "a place where files can be made"
        fix = "a name in a folder that is yours to write in"
        if error.errno in NO_ROOM:
            expected, fix = "room for the file", "room on the disk, or another folder; what was there is as before"
        raise explained(error, where, expected, fix) from error


def _check_place(path: Path, target: Path) -> None:
    """Raise OSError unless `target` is a file, or nothing in a folder."""
    where = f"{path} cannot be written"
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        if not target.parent.is_dir():
            got, fix = f"no folder {target.parent}", f"mkdir -p {target.parent}"
            if path.is_symlink():
                got, fix = f"a link to {target}, whose folder is not there", f"rm {path}, or mkdir -p {target.parent}"
            raise FileNotFoundError(message(where, expected="an existing folder", got=got, fix=fix)) from None
        return
    if stat.S_ISDIR(mode):
        fix = f"the name of a file in it, such as {path / 'weights.npz'}"
        raise IsADirectoryError(message(where, expected="a file", got="a folder", fix=fix))
    if not stat.S_ISREG(mode):  # a rename would remove it: there would be no /dev/null any more
        raise OSError(message(where, expected="a file", got="a device", fix="a name in a folder"))


def _new_file(target: Path) -> tuple[Path, int | None]:
    """An empty file beside the target, and the lock on it, which ends with this program however that ends."""
    suffix = target.suffix if len(target.suffix) <= 10 else ""
    while True:
        aside = target.with_name(f".part-{secrets.token_hex(8)}{suffix}")
        file = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        if fcntl is None:
            os.close(file)  # Windows cannot rename an open file
            return aside, None
        with contextlib.suppress(OSError):  # a file system without locks: nothing is ever removed there
            fcntl.flock(file, fcntl.LOCK_EX)
        if aside.exists():
            return aside, file
        os.close(file)  # between the last lines it was without a lock, and another writer has removed it


def _remove_leftovers(target: Path) -> None:
    """Remove what killed programs have left in the folder: files aside on which no running program holds a lock."""
    if fcntl is None:
        return
    for path in target.parent.glob(".part-*"):
        if ASIDE.fullmatch(path.name) or path.name == f".part-{target.name}":  # the name in an earlier version
            with contextlib.suppress(OSError):
                file = os.open(path, os.O_RDWR)
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
                finally:
                    os.close(file)
