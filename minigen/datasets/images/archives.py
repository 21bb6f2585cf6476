"""One array of numbers from an .npz archive that another program has written; no Python object is ever unpickled."""

from __future__ import annotations

from collections.abc import Sequence
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
