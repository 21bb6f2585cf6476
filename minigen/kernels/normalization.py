"""Normalisation of groups of channels of each sample: the statistics, the values and the gradients, in blocks.

A sample is (positions, channels), and each group of its channels, over all positions, has one mean and one variance.
A row of 32 channels is a short loop for NumPy. So the pixels are taken together, as many as make LONG numbers, as one
row, and what is multiplied by them, one number for each channel, is repeated as often. Sums are products with ones:
BLAS needs half of the time of NumPy's sum. The blocks are larger than elsewhere, since the short calls for the
statistics of a block hold Python's lock: two threads take 0.5 of the time.
"""

from __future__ import annotations

from .. import backend
from ..types import Array
from .blocks import in_blocks
from .fused import fused
from .sums import add_up

LONG = 2048
FEW = 64  # rows that BLAS adds one after the other


class Groups:
    """How samples (positions, channels) lie as rows, and the sums and means over them."""

    def __init__(self, positions: int, channels: int, groups: int) -> None:
        self.channels, self.groups, self.size = channels, groups, positions * (channels // groups)
        most = max(1, min(positions, LONG // channels))
        self.pixels = next(n for n in range(most, 0, -1) if positions % n == 0)  # in a row
        self.shape = (positions // self.pixels, self.pixels * channels)

    def rows(self, x: Array) -> Array:
        """(samples, positions, channels) -> (samples, rows, numbers in a row), without a copy."""
        return x.reshape(len(x), *self.shape)

    def row(self, a: Array) -> Array:
        """One number for each channel (..., channels), repeated for the pixels of a row."""
        return a if self.pixels == 1 else backend.xp.tile(a, self.pixels)

    def for_channels(self, a: Array) -> Array:
        """One number for each group (samples, groups) -> one for each channel (samples, channels), or (samples, 1)."""
        return a if self.groups == 1 else backend.xp.repeat(a, self.channels // self.groups, axis=1)

    def for_rows(self, a: Array) -> Array:
        """(samples, groups) -> (samples, 1, numbers in a row), or (samples, 1, 1) for one group."""
        return a[:, None] if self.groups == 1 else self.row(self.for_channels(a))[:, None]

    def over_positions(self, rows: Array) -> Array:
        """Σ over the positions: (samples, rows, numbers in a row) -> (samples, channels)"""
        total = rows[:, 0] if rows.shape[1] == 1 else backend.xp.ones(rows.shape[1], rows.dtype) @ rows
        return total if self.pixels == 1 else add_up(total.reshape(len(rows), self.pixels, self.channels), 1)

    def mean(self, sums: Array, weights: Array) -> Array:
        """The mean over each group of weights times x, from x summed over the positions: (samples, groups)"""
        if self.groups == 1:
            return (sums @ weights)[:, None] / self.size
        by_group = (sums * weights).reshape(len(sums), self.groups, self.channels // self.groups)
        return by_group.sum(axis=2) / self.size

    def over_samples(self, scale: Array, sums: Array) -> Array:
        """Σ over the samples of scale (samples, groups) times sums (samples, channels): (channels,)"""
        if self.groups > 1:
            sums, scale = sums * self.for_channels(scale), backend.xp.ones_like(scale)
        n, scale = len(sums) // FEW * FEW, scale[:, 0]
        parts = scale[:n].reshape(-1, 1, FEW) @ sums[:n].reshape(-1, FEW, self.channels)
        return add_up(parts[:, 0], 0) + scale[n:] @ sums[n:]


@fused
def _scale_and_shift(x: Array, scale: Array, gamma: Array, beta: Array) -> None:
    """x ← γ s x + β"""
    x *= scale * gamma
    x += beta


@fused
def _without_mean_and_stretch(
    dx: Array, g: Array, u: Array, scale: Array, gamma: Array, mean: Array, along: Array
) -> None:
    """dx ← s γ g - u along - mean; u is overwritten"""
    u *= along
    backend.xp.multiply(g, scale * gamma, out=dx)
    dx -= u
    dx -= mean


def normalise(x: Array, gamma: Array, beta: Array, groups: int, epsilon: float) -> tuple[Array, Array, Array]:
    """(y, m, s): y = γ (x - m) s + β, where m is the mean and 1/s² = variance + ε of each group of each sample.

    Shapes: x and y (samples, positions, channels), γ and β (channels,), m and s (samples, groups).
    """
    xp, lay = backend.xp, Groups(x.shape[1], x.shape[2], groups)
    y = xp.empty(x.shape, xp.result_type(x, gamma, beta))
    m, s = xp.empty((len(x), groups), y.dtype), xp.empty((len(x), groups), y.dtype)
    ones, gamma, beta = xp.ones_like(gamma), lay.row(gamma), lay.row(beta)

    def work(slices: list[slice]) -> None:
        for block in slices:
            u, out = lay.rows(x[block]), lay.rows(y[block])
            m[block] = lay.mean(lay.over_positions(u), ones)
            xp.subtract(u, lay.for_rows(m[block]), out=out)
            s[block] = 1 / (lay.mean(lay.over_positions(out * out), ones) + epsilon) ** 0.5
            _scale_and_shift(out, lay.for_rows(s[block]), gamma, beta)

    in_blocks(work, len(x), x[:1].nbytes)
    return y, m, s


def gradients(g: Array, x: Array, gamma: Array, m: Array, s: Array) -> tuple[Array, Array, Array]:
    """(dL/dx, dL/dγ, dL/dβ) from g = dL/dy and the m and s of the forward pass.

    With u = x - m and h = γ g, dL/dx = s (h - ⟨h⟩ - u s² ⟨h u⟩), dL/dγ = Σ s g u and dL/dβ = Σ g. All means and sums
    come from Σ g and Σ g u over the positions, one number for each channel.
    """
    xp, lay = backend.xp, Groups(x.shape[1], x.shape[2], s.shape[1])
    dx, row = xp.empty(x.shape, g.dtype), lay.row(gamma)

    def work(slices: list[slice]) -> tuple[Array, Array]:
        dgamma, dbeta = xp.zeros_like(gamma), xp.zeros_like(gamma)
        for block in slices:
            h, u, out, scale = lay.rows(g[block]), lay.rows(x[block]), lay.rows(dx[block]), s[block]
            u = u - lay.for_rows(m[block])
            xp.multiply(h, u, out=out)
            gu, g_alone = lay.over_positions(out), lay.over_positions(h)
            dgamma += lay.over_samples(scale, gu)
            dbeta += lay.over_samples(xp.ones_like(scale), g_alone)
            along = lay.for_rows(scale**3 * lay.mean(gu, gamma))
            mean = lay.for_rows(scale * lay.mean(g_alone, gamma))
            _without_mean_and_stretch(out, h, u, lay.for_rows(scale), row, mean, along)
        return dgamma, dbeta

    shares = in_blocks(work, len(x), x[:1].nbytes)
    dgamma, dbeta = (sum(share[i] for share in shares) for i in range(2))
    return dx, dgamma, dbeta
