"""A relu inside another op: its gradient exists one block of images at a time, while the block is in the cache."""

from __future__ import annotations

from .. import backend
from ..types import Array
from .blocks import Lazy


class ThroughRelu(Lazy):
    """u = g [y > 0], for y = max(z, 0), computed when a block of it is needed; and its sum, for the bias."""

    def __init__(self, g: Array, y: Array) -> None:
        super().__init__(g.shape, g.dtype, lambda block: g[block] * (y[block] > 0))
        self.sums: dict[int, Array] = {}  # of each block: threads come to them in any order

    def __getitem__(self, block: slice) -> Array:
        u = super().__getitem__(block)
        self.sums[block.start] = sum_of_rows(u.reshape(-1, u.shape[-1]))
        return u

    def sum(self) -> Array:
        """Σ u over all axes but the last, in the order of the images; every block was computed once."""
        if not self.sums:
            self[: len(self)]
        return sum(self.sums[start] for start in sorted(self.sums))


def sum_of_rows(rows: Array) -> Array:
    """rows.sum(axis=0) as a product: for (50,000, 32) it takes a quarter of the time."""
    return backend.xp.ones(len(rows), rows.dtype) @ rows
