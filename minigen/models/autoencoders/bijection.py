"""Fig 9.8: a code that loses nothing and means nothing. Two numbers become one by interleaving their bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...backend import finite_array
from ...checks import positive_integer, switch
from ...errors import message


class BitInterleaving:
    """An encoder 2-D → 1-D and its exact inverse: the bits of x₁ and x₂ in turn become the bits of z.

        x₁ = 0.a₁a₂a₃...,   x₂ = 0.b₁b₂b₃...   (binary)   →   z = 0.a₁b₁a₂b₂a₃b₃...

    x (n, 2) in [0, 1), z (n, 1) in [0, 1). Both are cut to `bits` binary digits for each coordinate, so that decode
    errs by less than 2^-bits, and codes with `bits` digits come back exactly. Neighbours in x may be far apart in z:
    across the line x₁ = 1/2, for one. The curve through the cells in the order of z is Morton's (1966). backwards=True
    writes the digits of z in the opposite order, the finest first: as exact, and most neighbours in x are nowhere near
    each other in z. Raises ValueError for data outside [0, 1) and for bits outside 1..26.
    """

    def __init__(self, bits: int = 26, backwards: bool = False) -> None:
        self.backwards = switch("BitInterleaving: backwards", backwards)
        self.bits = positive_integer("BitInterleaving: bits", bits, "BitInterleaving(bits=8)")
        if self.bits > 26:  # 2 x 26 digits fit the 53 of a float64
            raise ValueError(
                message("BitInterleaving: bits", expected="at most 26", got=bits, fix="BitInterleaving(bits=26)")
            )

    def encode(self, x: Any) -> np.ndarray:
        """z (n, 1) of x (n, 2)."""
        cells = self._digits("encode", x, 2, self.bits)
        z = np.zeros(len(cells), np.int64)
        for i in range(self.bits):
            for axis in (0, 1):
                digit = cells[:, axis] >> i & 1
                z |= digit << self._place(i, axis)
        return z[:, None] / 4.0**self.bits

    def decode(self, z: Any) -> np.ndarray:
        """x̂ (n, 2) of z (n, 1): the lower left corner of the cell that z names."""
        z = self._digits("decode", z, 1, 2 * self.bits)
        cells = np.zeros((len(z), 2), np.int64)
        for i in range(self.bits):
            for axis in (0, 1):
                digit = z[:, 0] >> self._place(i, axis) & 1
                cells[:, axis] |= digit << i
        return cells / 2.0**self.bits

    def _place(self, i: int, axis: int) -> int:
        """Where digit i of that coordinate stands in z, both counted from the last."""
        place = 2 * i + 1 - axis
        return 2 * self.bits - 1 - place if self.backwards else place

    def _digits(self, where: str, a: Any, width: int, digits: int) -> np.ndarray:
        """The first `digits` binary digits of numbers in [0, 1), as integers."""
        fix = "0.999 * (x - x.min()) / (x.max() - x.min())" if width == 2 else "codes that encode() made"
        a = finite_array(f"BitInterleaving.{where}", a, 2, fix).astype("float64")
        if a.shape[1] != width or not ((a >= 0) & (a < 1)).all():
            got = f"shape {a.shape}" + (f", numbers in [{a.min():g}, {a.max():g}]" if a.size else "")
            raise ValueError(
                message(f"BitInterleaving.{where}", expected=f"(n, {width}), numbers in [0, 1)", got=got, fix=fix)
            )
        return np.floor(a * 2.0**digits).astype(np.int64)
