"""Jobs and results as bytes. A frame is the length of a header, 8 bytes, the header in JSON, and the bytes of arrays.

Nothing is pickled: what a student's code has sent can only be numbers and texts.
"""

from __future__ import annotations

import json
from typing import Any, BinaryIO

import numpy as np

from .child import MOST_PRINTED, MOST_TEXT, Result


def encode(header: dict[str, Any], arrays: dict[str, np.ndarray | str]) -> bytes:
    """A frame. An array is described by [name, dtype, shape], anything else by [name, null, description]."""
    listed: list[Any] = []
    data = b""
    for name, a in arrays.items():
        if isinstance(a, str):
            listed.append([name, None, a])
        else:
            listed.append([name, a.dtype.str, list(a.shape)])
            data += np.ascontiguousarray(a).tobytes()
    head = json.dumps({**header, "arrays": listed}).encode()
    return len(head).to_bytes(8, "big") + head + data


def decode(frame: bytes) -> Result:
    """The result in a frame. Raises ValueError for anything that encode() does not write."""
    size = int.from_bytes(frame[:8], "big")
    try:
        header = json.loads(frame[8 : 8 + size])
        rest, arrays = memoryview(frame)[8 + size :], dict[str, Any]()
        for name, dtype, shape in header["arrays"]:
            if dtype is None:
                arrays[str(name)] = str(shape)[:MOST_TEXT]
                continue
            kind = np.dtype(dtype)
            n = int(np.prod([int(k) for k in shape], dtype=object)) * kind.itemsize
            if kind.kind not in "biuf" or not 0 <= n <= len(rest):
                raise ValueError("an array that is not whole")
            arrays[str(name)] = np.frombuffer(rest[:n], kind).reshape(shape).copy()
            rest = rest[n:]
        texts = {key: str(header[key])[:MOST_PRINTED] for key in ("kind", "text", "printed")}
        return {**texts, "line": int(header["line"]), "arrays": arrays}
    except (KeyError, TypeError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise ValueError("no result") from error


def read_frame(stream: BinaryIO) -> bytes:
    """The next frame of a stream of jobs (they have no arrays), b"" at its end."""
    head = stream.read(8)
    return head + stream.read(int.from_bytes(head, "big")) if len(head) == 8 else b""
