"""Normalisation of groups of channels of each sample: the statistics, the values and the gradients, in blocks.

A sample is (positions, channels), and group k of its channels, with all positions, has one mean and one variance. One
pixel after the other, a row of 32 channels is a short loop for NumPy. So as many pixels as make LONG numbers are taken
as one row, and what is multiplied by them, one number for each channel, is repeated as often.
"""

from __future__ import annotations

from .. import backend
from ..types import Array
from .blocks import in_blocks
from .sums import add_up

LONG = 2048


class Groups:
    """How samples (positions, channels) lie as rows, and what is computed for each group of channels."""

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

    def spread(self, a: Array) -> Array:
        """One number for each group (samples, groups) -> (samples, 1, numbers in a row), or (samples, 1, 1)."""
        if self.groups > 1:
            a = self.row(backend.xp.repeat(a, self.channels // self.groups, axis=1))
        return a[:, None]

    def sum_of_channels(self, rows: Array) -> Array:
        """Σ over the positions: (samples, channels)"""
        total = add_up(rows, 1) if rows.shape[1] > 1 else rows[:, 0]
        return total if self.pixels == 1 else add_up(total.reshape(len(rows), self.pixels, self.channels), 1)

    def mean_of_groups(self, sums: Array) -> Array:
        """The mean over each group from the sums over the positions: (samples, channels) -> (samples, groups)"""
        return sums.reshape(len(sums), self.groups, -1 if len(sums) else self.channels).sum(axis=2) / self.size


def normalise(x: Array, gamma: Array, beta: Array, groups: int, epsilon: float) -> tuple[Array, Array, Array]:
    """(y, m, s): y = γ (x - m) s + β, where m is the mean and 1/s² = variance + ε of each group of each sample.

    Shapes: x and y (samples, positions, channels), γ and β (channels,), m and s (samples, groups).
    """
    xp, lay = backend.xp, Groups(*x.shape[1:], groups)
    y = xp.empty(x.shape, xp.result_type(x, gamma, beta))
    m, s = xp.empty((len(x), groups), y.dtype), xp.empty((len(x), groups), y.dtype)
    gamma, beta = lay.row(gamma), lay.row(beta)

    def work(slices: list[slice]) -> None:
        for block in slices:
            u, out = lay.rows(x[block]), lay.rows(y[block])
            m[block] = lay.mean_of_groups(lay.sum_of_channels(u))
            xp.subtract(u, lay.spread(m[block]), out=out)
            s[block] = 1 / (lay.mean_of_groups(lay.sum_of_channels(out * out)) + epsilon) ** 0.5
            out *= lay.spread(s[block]) * gamma
            out += beta

    in_blocks(work, len(x), 3 * x[:1].nbytes)
    return y, m, s


def gradients(g: Array, x: Array, gamma: Array, m: Array, s: Array) -> tuple[Array, Array, Array]:
    """(dL/dx, dL/dγ, dL/dβ) from g = dL/dy and the m and s of the forward pass.

    dL/dx = s (h - ⟨h⟩ - x̂ ⟨h x̂⟩) with h = γ g and x̂ = (x - m) s. The means need Σ g and Σ g x̂ of each channel over the
    positions, from which dL/dβ and dL/dγ come as well.
    """
    xp, lay = backend.xp, Groups(*x.shape[1:], s.shape[1])
    dx, row = xp.empty(x.shape, g.dtype), lay.row(gamma)

    def work(slices: list[slice]) -> list[Array]:
        sums = [xp.zeros_like(gamma), xp.zeros_like(gamma)]
        for block in slices:
            h, out, scale = lay.rows(g[block]), lay.rows(dx[block]), s[block]
            u = lay.rows(x[block]) - lay.spread(m[block])
            u *= lay.spread(scale)
            xp.multiply(h, u, out=out)
            of_gamma, of_beta = lay.sum_of_channels(out), lay.sum_of_channels(h)
            sums[0] += add_up(of_gamma, 0)
            sums[1] += add_up(of_beta, 0)
            u *= lay.spread(scale * lay.mean_of_groups(of_gamma * gamma))
            mean = lay.mean_of_groups(of_beta * gamma)
            xp.multiply(h, lay.spread(scale) * row, out=out)
            out -= u
            out -= lay.spread(scale * mean)
        return sums

    shares = in_blocks(work, len(x), 4 * x[:1].nbytes)
    dgamma, dbeta = (sum(share[i] for share in shares) for i in range(2))
    return dx, dgamma, dbeta
