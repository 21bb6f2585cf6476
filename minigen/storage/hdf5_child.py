"""Reads an HDF5 file from standard input and writes its arrays to standard output as an .npz file.

It runs as a process of its own: on a damaged file the HDF5 library, which is written in C, may crash, use up the memory
or never end. hdf5.py starts it, and ends it after a while. Nothing of minigen is imported here.
"""

from __future__ import annotations

import contextlib
import io
import sys
from typing import Any

import numpy as np

ENTRY = 16  # bytes that an entry of a group takes at least


def main() -> None:
    """The whole program. What is wrong with the file stands in the last line on standard error."""
    data = sys.stdin.buffer.read()
    limit_memory(4 * 2**30 + 4 * len(data))
    out = io.BytesIO()
    np.savez(out, **arrays_in(data))  # type: ignore[arg-type]
    sys.stdout.buffer.write(out.getbuffer())


def limit_memory(size: int) -> None:
    """At most so many bytes for this process, where the system knows such limits."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (size, size))


def arrays_in(data: bytes) -> dict[str, np.ndarray]:
    """The arrays by path. ValueError for links, for arrays that lie outside of the file, and for compressed ones."""
    import h5py

    found: dict[str, np.ndarray] = {}
    entries, size = len(data) // ENTRY, len(data)
    with h5py.File(io.BytesIO(data), "r") as file:
        todo: list[tuple[str, Any]] = [("", file)]
        while todo:
            path, group = todo.pop()
            for name in group:
                entries -= 1
                if entries < 0:
                    raise ValueError("groups that contain each other")
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    raise ValueError(f"{path}{name} is a link")
                thing = group[name]
                if isinstance(thing, h5py.Group):
                    todo.append((f"{path}{name}/", thing))
                elif isinstance(thing, h5py.Dataset):
                    size -= check_dataset(f"{path}{name}", thing, size)
                    found[f"{path}{name}"] = thing[()]
    return found


def check_dataset(name: str, dataset: Any, room: int) -> int:
    """The bytes that it takes; ValueError unless it holds numbers that lie as they are in so many bytes of the file."""
    if dataset.dtype.kind not in "fiub":
        raise ValueError(f"{name} of type {dataset.dtype}, not numbers")
    stored, size = dataset.id.get_storage_size(), dataset.nbytes
    if dataset.chunks is not None or dataset.external or dataset.is_virtual or stored != size or size > room:
        raise ValueError(f"{name} of {size:,} bytes, {stored:,} of them as they are in the file")
    return int(size)


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {' '.join(str(error).split())}")
