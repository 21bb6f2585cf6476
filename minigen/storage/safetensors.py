"""Arrays in a .safetensors file. It needs the package of that name: pip install "minigen[safetensors]".

The file is a JSON text with names, types and places, and then the numbers. Files of minigen have a checksum in it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import backend
from ..types import Array
from . import checks
from .files import as_path, replacing
from .npz import checksum


def write(path: str | os.PathLike[str], arrays: Mapping[str, Array]) -> None:
    """Write arrays of either library to `path`, aside and then renamed.

    Raises OSError if the file cannot be written, TypeError for arrays that are no numbers, ImportError without the
    package.
    """
    try:
        from safetensors.numpy import save
    except ImportError as error:
        checks.refuse_missing_package(f"{path}, a .safetensors file,", "safetensors", "safetensors", error)
    host = {name: np.asarray(backend.to_numpy(a), order="C") for name, a in arrays.items()}
    checks.check_storable(path, host)
    sums = {"format": "np", "minigen": checksum(dict(sorted(host.items())), "")}
    with replacing(path) as temporary:
        temporary.write_bytes(save(host, sums))


def read(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """The arrays by name, in the order of their names: the format keeps no other.

    Raises OSError if the file cannot be opened, ValueError if it is damaged or holds other types than NumPy's numbers,
    ImportError without the package.
    """
    try:
        from safetensors import safe_open
    except ImportError as error:
        checks.refuse_missing_package(f"{path}, a .safetensors file,", "safetensors", "safetensors", error)
    path, arrays = as_path(path), {}
    checks.check_opens(path, "a .safetensors file")
    try:
        with safe_open(path, framework="np") as file:
            metadata: dict[str, Any] = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in sorted(file.keys())}
        if "minigen" in metadata:
            checks.check_checksum(metadata["minigen"], checksum(arrays, ""))
    except MemoryError:
        raise
    except Exception as error:  # the package has an exception of its own, and NumPy lacks some types
        checks.refuse_foreign(path, "a .safetensors file", error)
    return arrays
