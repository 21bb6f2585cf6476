"""Arrays in an HDF5 file, the format of Keras' weights. It needs h5py: pip install "minigen[keras]"."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from . import checks

SECONDS, BYTES_PER_SECOND = 20, 20e6  # the time that reading may take, and more for a large file


def content(arrays: Mapping[str, np.ndarray], names: Mapping[str, str]) -> bytes:
    """The bytes of a file with these arrays by path, and with an attribute `name` for some groups.

    Raises ImportError without h5py, ValueError for a name that a file cannot hold.
    """
    checks.check_names_storable("an HDF5 file", [*arrays, *names.values()])
    try:
        import h5py
    except ImportError as error:
        checks.refuse_missing_package("an .h5 or .keras file", "h5py", "keras", error)
    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        for path, name in names.items():
            file.require_group(path).attrs["name"] = name
        for path, a in arrays.items():
            file.create_dataset(path, data=a)
    return out.getvalue()


def read(data: bytes, path: Any) -> dict[str, np.ndarray]:
    """The arrays of the file with these bytes, by path. Groups without arrays, and attributes, are left out.

    Raises ValueError, which names the file `path`, if it is damaged; ImportError without h5py. The HDF5 library runs in
    a process of its own (hdf5_child.py), which cannot harm this one.
    """
    import subprocess  # takes 3 ms, which `import minigen` should not

    checks.check_superblock(path, data)
    child = Path(__file__).with_name("hdf5_child.py")
    try:
        seconds = SECONDS + len(data) / BYTES_PER_SECOND
        done = subprocess.run([sys.executable, "-P", child], input=data, capture_output=True, timeout=seconds)
    except (subprocess.TimeoutExpired, OSError, TypeError) as error:  # the last two where there is no Python to start
        checks.refuse_foreign(path, "an HDF5 file", error)
    said = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    if said.startswith("ModuleNotFoundError"):
        checks.refuse_missing_package(f"{path}, an HDF5 file,", "h5py", "keras", ImportError(said))
    if done.returncode:
        stopped = f"the HDF5 library stopped on it, exit status {done.returncode}"
        checks.refuse_foreign(path, "an HDF5 file", ValueError(said if done.returncode == 1 else stopped))
    with np.load(io.BytesIO(done.stdout)) as arrays:
        return dict(arrays)
