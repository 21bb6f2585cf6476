"""Arrays in a file: .npz, written aside and renamed, checked when read."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from . import backend
from .errors import message
from .files import as_path, replacing

META = "meta"  # the entry that holds everything that is no array, as JSON text


def write(path: str | os.PathLike[str], arrays: Mapping[str, Any], meta: Mapping[str, Any]) -> None:
    """Write arrays (moved to the host if need be) and meta (JSON-able) to `path`, exactly this name.

    The file is written beside its place and renamed when complete: whoever reads `path`, even after a kill, finds the
    old file or the new one, never half of one. Raises OSError if the folder cannot be written.
    """
    check_writable(path)
    path = as_path(path)
    host = {f"arrays/{k}": backend.to_numpy(a) for k, a in arrays.items()}
    with replacing(path) as aside, open(aside, "wb") as f:
        np.savez(f, **{META: np.array(json.dumps(dict(meta))), **host})  # type: ignore[arg-type]
        f.flush()
        os.fsync(f.fileno())


def read(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """(arrays, meta) as write() stored them.

    Raises FileNotFoundError, or ValueError for a file that is truncated, damaged (every entry's CRC is checked), not
    minigen's, or holds pickled objects (never executed).
    """
    path = as_path(path)
    try:
        if path.is_file() and not zipfile.is_zipfile(path):
            raise ValueError("no .npz archive")
        with open(path, "rb") as f, np.load(f, allow_pickle=False) as file:
            entries = {k: file[k] for k in file.files}
        meta = dict(json.loads(str(entries.pop(META))))
    except FileNotFoundError:
        raise
    except Exception as error:  # a damaged archive fails in a dozen ways, deep in zipfile and NumPy
        raise ValueError(
            message(
                f"{path} cannot be read",
                expected="a whole .npz file written by minigen",
                got=f"{type(error).__name__}: {error}",
                write="train again, or load an older checkpoint: this file is truncated, damaged or another program's",
            )
        ) from error
    return {k.removeprefix("arrays/"): a for k, a in entries.items()}, meta


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise OSError, before hours of training, if `path` is a folder or lies in one that does not exist."""
    path = as_path(path)
    if path.is_dir():
        raise IsADirectoryError(
            message(f"{path} cannot be written", expected="a file", got="a folder", write=f"{path / 'run.npz'}")
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(
            message(
                f"{path} cannot be written",
                expected="an existing folder",
                got=f"no folder {path.parent}",
                write=f"mkdir {path.parent}",
            )
        )
