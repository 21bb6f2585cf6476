"""One array of numbers from an .npz archive that another program has written; no Python object is ever unpickled."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from ...storage.npz import read_array
from . import checks


def read_npz(path: Path, names: Sequence[str]) -> np.ndarray:
    """The array under one of these names, or the only one that there is, compressed or not.

    Raises OSError if the file cannot be opened, ValueError if it is damaged or no archive, if an array has other
    elements than numbers, or another size than its header states, and if none has such a name.
    """
    import zipfile

    with checks.explained(path, "a complete .npz archive of arrays of numbers"):
        with zipfile.ZipFile(path) as archive:
            entries = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            name = checks.chosen_array(path, list(entries), names)
            with archive.open(entries[name]) as entry:
                return read_array(entry, name, entries[name].file_size)


def may_have(path: Path, names: Collection[str]) -> bool:
    """Whether an archive lists an array of these names. True if it is damaged: an error names it when it is read."""
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.removesuffix(".npy") in names for name in archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return True
