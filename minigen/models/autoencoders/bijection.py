"""Fig 9.8: a code without loss and without meaning. Two numbers become one by interleaving their bits."""

from __future__ import annotations

import numpy as np

from ...checks.values import switch
from ...types import ArrayLike
from ..checks import integer_up_to
from .checks import in_unit_interval

MOST_BITS = 26  # 2 x 26 binary digits fit the 53 of a float64


class BitInterleaving:
    """An encoder 2-D → 1-D and its exact inverse: the bits of x₁ and x₂ alternate in z.

        x₁ = 0.a₁a₂a₃...,   x₂ = 0.b₁b₂b₃...   (binary)   →   z = 0.a₁b₁a₂b₂a₃b₃...

    x (n, 2) in [0, 1), z (n, 1) in [0, 1). Each coordinate is truncated to `bits` binary digits. The error of decode is
    therefore below 2^-bits, and coordinates of `bits` digits are recovered exactly. Neighbours in x may be far apart in
    z, for example on the two sides of the line x₁ = 1/2. The curve through the cells in the order of z is Morton's
    (1966). backwards=True reverses the digits of z, the finest first: this code is as exact, but most neighbours in x
    are far apart in z.

    Raises ValueError for data outside [0, 1) and for bits outside 1..26.
    """

    def __init__(self, bits: int = MOST_BITS, backwards: bool = False) -> None:
        self.backwards = switch("BitInterleaving: backwards", backwards)
        fix = "BitInterleaving(bits=8), or bits=26, the default"
        self.bits = integer_up_to("BitInterleaving: bits", bits, MOST_BITS, f"at most {MOST_BITS}", fix)

    def encode(self, x: ArrayLike) -> np.ndarray:
        """z (n, 1) of x (n, 2)."""
        fix = "0.999 * (x - x.min()) / (x.max() - x.min())"
        x = in_unit_interval("BitInterleaving.encode", x, 2, fix)
        cells = _digits(x, self.bits)  # (n, 2)
        z = np.zeros(len(cells), np.int64)  # (n,)
        for i in range(self.bits):
            for axis in (0, 1):
                digit = cells[:, axis] >> i & 1
                z |= digit << self._place(i, axis)
        return z[:, None] / 4.0**self.bits  # (n, 1)

    def decode(self, z: ArrayLike) -> np.ndarray:
        """x̂ (n, 2) of z (n, 1): the lower left corner of the cell with code z."""
        z = in_unit_interval("BitInterleaving.decode", z, 1, "codes that encode() made")
        z = _digits(z, 2 * self.bits)  # (n, 1)
        cells = np.zeros((len(z), 2), np.int64)  # (n, 2)
        for i in range(self.bits):
            for axis in (0, 1):
                digit = z[:, 0] >> self._place(i, axis) & 1
                cells[:, axis] |= digit << i
        return cells / 2.0**self.bits  # (n, 2)

    def _place(self, i: int, axis: int) -> int:
        """The place in z of digit i of a coordinate; both are counted from the last digit."""
        place = 2 * i + 1 - axis
        return 2 * self.bits - 1 - place if self.backwards else place


def _digits(a: np.ndarray, n: int) -> np.ndarray:
    """The first n binary digits of numbers in [0, 1), as integers."""
    return np.floor(a * 2.0**n).astype(np.int64)
