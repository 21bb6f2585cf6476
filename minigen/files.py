"""Files are written aside and renamed: whoever reads the path, even after a kill, finds the old file or the new one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import message


def as_path(path: Any) -> Path:
    """`path` as a Path; TypeError for what is none, such as a number."""
    if isinstance(path, (str, os.PathLike)):
        return Path(path)
    raise TypeError(message("a path", expected="the name of a file", got=repr(path), write='"run.npz", or a Path'))


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """`with replacing(path) as aside:` write to `aside`; it becomes `path` when the block ends, and goes if it fails.

    The name of `aside` is always the same and ends as that of `path`, so what a kill leaves behind is overwritten next
    time.
    """
    path = Path(path)
    aside = path.with_name(f".part-{path.name}")
    try:
        yield aside
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
