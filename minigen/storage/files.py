"""Atomic writes: a file is written under a temporary name and renamed, so a reader finds the old file or the new one.

This holds even if the writing program is killed, or the power fails. In a parallel job rank 0 alone writes: on other
ranks these functions leave all files as they are.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .. import parallel
from .checks import check_path, check_place, refuse_os_error, refuse_unwritable

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

TEMPORARY = re.compile(r"\.part-[0-9a-f]{16}(\..*)?")  # the names of temporary files


def as_path(path: str | os.PathLike[str]) -> Path:
    """`path` as a Path, with ~ expanded to the user's home.

    Raises TypeError unless it is a string or a Path, ValueError for characters that no file name can contain.
    """
    check_path(path)
    return Path(os.path.expanduser(path))


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str], by_all_ranks: bool = False) -> Iterator[Path]:
    """`with replacing(path) as temporary:` write to `temporary`, which is renamed to `path` when the block ends.

    If the block fails, the temporary file is removed and `path` is unchanged. Each writer has its own temporary file,
    in the same folder and with the same suffix, and holds a lock on it. Several programs may therefore write to one
    path; the last to finish wins. A killed program leaves a temporary file without a lock behind; the next writer in
    that folder removes it. On Windows, which lacks these locks, it stays.

    by_all_ranks: every rank of a parallel job writes the file, for what may be on one machine only, such as a download.

    Raises OSError, with the path and what to do, if the file cannot be written.
    """
    if parallel.rank() and not by_all_ranks:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder) / as_path(path).name
        return
    with _temporary_file(path) as (temporary, target):
        yield temporary
        with open(temporary, "rb+") as file:
            if target.exists():
                os.chmod(temporary, stat.S_IMODE(target.stat().st_mode))  # who may read it does not change
            os.fsync(file.fileno())  # on the disk before the name is: after a power cut the file is whole
        os.replace(temporary, target)


def check_writable(path: str | os.PathLike[str]) -> None:
    """OSError, before hours of training, if no file can be written to `path`. An existing file is unchanged."""
    if parallel.rank() == 0:
        with _temporary_file(path):
            pass


def make_folder(path: str | os.PathLike[str]) -> Path:
    """Create the folder and its parents where they are missing; returns its path. Raises OSError if it cannot."""
    path = as_path(path)
    if parallel.rank():
        return path
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        refuse_os_error(error, f"{path} cannot be made", "a place for a folder", "another folder, such as out")
    return path


def set_aside(path: Path) -> Path | None:
    """Rename a file that is in the way, so that nothing is lost: its name gets ".old", or ".old2", ... at its end.

    Returns the new path, or None if there is no such file.
    """
    if parallel.rank() or not path.is_file():
        return None
    names = (Path(f"{path}.old{i}" if i > 1 else f"{path}.old") for i in itertools.count(1))
    return path.rename(next(name for name in names if not name.exists()))


@contextlib.contextmanager
def _temporary_file(path: str | os.PathLike[str]) -> Iterator[tuple[Path, Path]]:
    """(an empty file beside the target, the target). At the end the file is removed, unless it has been renamed."""
    path = as_path(path)
    target = Path(os.path.realpath(path))  # of a symbolic link, the file that it points to is replaced
    try:
        check_place(path, target)
        _remove_leftovers(target)
        temporary, lock = _new_file(target)
        try:
            yield temporary, target
        finally:
            if lock is not None:
                os.close(lock)
            temporary.unlink(missing_ok=True)
    except OSError as error:
        refuse_unwritable(path, error)


def _new_file(target: Path) -> tuple[Path, int | None]:
    """An empty file beside the target, and the lock on it, which the system releases when this program ends."""
    suffix = target.suffix if len(target.suffix) <= 10 else ""
    while True:
        temporary = target.with_name(f".part-{secrets.token_hex(8)}{suffix}")
        file = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        if fcntl is None:
            os.close(file)  # Windows cannot rename an open file
            return temporary, None
        with contextlib.suppress(OSError):  # a file system without locks: no leftovers are ever removed there
            fcntl.flock(file, fcntl.LOCK_EX)
        if temporary.exists():
            return temporary, file
        os.close(file)  # another writer removed it before it was locked: try again


def _remove_leftovers(target: Path) -> None:
    """Remove what killed programs left in the folder: temporary files on which no running program holds a lock."""
    if fcntl is None:
        return
    for path in target.parent.glob(".part-*"):
        if TEMPORARY.fullmatch(path.name) or path.name == f".part-{target.name}":  # the name in an earlier version
            with contextlib.suppress(OSError):
                file = os.open(path, os.O_RDWR)
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
                finally:
                    os.close(file)
