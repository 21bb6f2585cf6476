"""A relu inside another op, block by block, while the block is in the cache."""

from __future__ import annotations

from .. import backend
from ..types import Array
from .blocks import Lazy
from .sums import add_up


def finish(y: Array, b: Array | None, relu: bool) -> None:
    """Add the bias b, and set what is negative to 0."""
    xp = backend.xp
    if b is not None:
        y += b
    if relu:  # with an array of zeros NumPy's loop uses the vector unit: a third of the time that the number 0 takes
        xp.maximum(y, xp.zeros_like(y), out=y)


class ThroughRelu(Lazy):
    """u = g [y > 0], for y = max(z, 0), each block computed when it is needed; and Σ u, the gradient of the bias.

    The convolutions ask for every block once. Threads come to the blocks in any order, and the sum is taken in the
    order of the images, so that it is the same each time.
    """

    def __init__(self, g: Array, y: Array) -> None:
        super().__init__(g.shape, g.dtype, lambda block: g[block] * (y[block] > 0))
        self.sums: dict[int, Array] = {}  # Σ u of a block, by its first image

    def __getitem__(self, block: slice) -> Array:
        u = super().__getitem__(block)
        self.sums[block.start] = add_up(u, (0, 1, 2))
        return u

    def sum(self) -> Array:
        """Σ u over all axes but the last: (channels,)"""
        if not self.sums:  # no other gradient was needed
            self[slice(0, len(self))]
        return sum(self.sums[start] for start in sorted(self.sums))
