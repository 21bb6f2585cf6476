"""Files in the idx format, their numbers written one by one by struct, and files in their place."""

import hashlib
import struct

import numpy as np

HTML = b"<!DOCTYPE html><html><body>404: try another page</body></html>"
CODES = {"uint8": 0x08, "int8": 0x09, "int16": 0x0B, "int32": 0x0C, "float32": 0x0D, "float64": 0x0E}


def idx_bytes(array):
    """The file of an array, its numbers written one by one by struct."""
    letter = {"uint8": "B", "int8": "b", "int16": "h", "int32": "i", "float32": "f", "float64": "d"}[array.dtype.name]
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, CODES[array.dtype.name], array.ndim, *array.shape)
    return head + struct.pack(f">{array.size}{letter}", *array.ravel().tolist())


DIGITS = np.arange(24, dtype="uint8").reshape(4, 3, 2)
WHOLE = idx_bytes(DIGITS)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def refuse_to_open(path, *args):
    raise PermissionError(13, "Permission denied", str(path))
