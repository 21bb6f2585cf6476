"""Arrays as text: weights in 16 bits and pictures in 8, compressed, in the characters of base64."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np

from .. import backend
from ..types import ArrayLike
from . import checks

LONG = 2_000  # bytes that are worth a Huffman code of their own


class Arrays:
    """The arrays of a page, numbered in the order in which they are added.

    `described` has the type and the shape of each; text() has their bytes, one array after the other without padding.
    An array "uint8" has its bytes in the order of its numbers, row by row. An array "float16" has the high bytes of all
    its numbers first and then the low ones. The high bytes, with sign, exponent and two bits of the mantissa, are much
    alike and become shorter; the low ones are noise.
    """

    def __init__(self) -> None:
        self.described: list[dict[str, Any]] = []  # {"type": "float16" or "uint8", "shape": [...]}
        self._bytes: list[bytes] = []  # of one array or of one half of an array

    def float16(self, name: str, values: ArrayLike) -> int:
        """Add an array in 16 bits; returns its number.

        Raises ValueError, with the name, for NaN and for numbers beyond ±65,504, the largest of 16 bits.
        """
        values = np.asarray(backend.to_numpy(values))
        checks.check_fits_float16(name, values)
        words = values.astype(">f2").reshape(-1)  # big-endian: the high byte comes first
        high, low = words.view("uint8").reshape(-1, 2).T  # (n,) each
        return self._add("float16", values.shape, high, low)

    def uint8(self, values: np.ndarray) -> int:
        """Add an array of bytes; returns its number."""
        return self._add("uint8", values.shape, values.astype("uint8"))

    def text(self) -> str:
        """All bytes, compressed by zlib, in base64.

        Noise and what is no noise stand in blocks of their own, each with its own Huffman code: 0.93 of the length that
        10,000 weights have in one block.
        """
        zipped, parts = zlib.compressobj(9), []
        for data in self._bytes:
            parts.append(zipped.compress(data))
            if len(data) > LONG:
                parts.append(zipped.flush(zlib.Z_BLOCK))
        parts.append(zipped.flush())
        return base64.b64encode(b"".join(parts)).decode("ascii")

    def _add(self, kind: str, shape: tuple[int, ...], *parts: np.ndarray) -> int:
        self.described.append({"type": kind, "shape": list(shape)})
        self._bytes += [part.tobytes() for part in parts]
        return len(self.described) - 1
