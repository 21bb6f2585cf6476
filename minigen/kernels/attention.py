"""Attention in blocks of query rows: the weights of one block exist at a time, never all of them for long sequences.

The weights of a block are used while they are in the cache, and the backward pass computes them again from the
logarithm of their sum, one number a row. With a causal mask a block is multiplied by the keys that it can see.

q (batch, heads, n, d), k (batch, heads, m, d), v (batch, heads, m, e). They may be views, such as the transpose of
(batch, n, heads, d): BLAS takes rows at any distance, and the results have the layout of q, k and v.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .. import backend
from ..types import Array
from . import blocks
from .blocks import in_blocks

CAUSAL_ROWS = 64  # of a block under a causal mask, at most: half of the scores of its rows among themselves are hidden
GPU_BLOCKS = 64  # a block on a GPU, in units of BLOCK_BYTES
Mask = Any  # None, "causal", or a boolean array (batch, heads, n, m), True = may look
Part = tuple[slice, slice, slice]  # samples, heads, query rows


def attention(q: Array, k: Array, v: Array, mask: Mask, scale: float) -> tuple[Array, Array]:
    """(softmax(scale q kᵀ) v, the logarithm of the sum in each softmax (batch, heads, n, 1)).

    A row that may look at nothing is 0, and its sum is noted as ∞, so that its weights come out as 0 again.
    """
    xp = backend.xp
    y = xp.empty_like(q, shape=(*q.shape[:3], v.shape[3]))
    log_sum = xp.empty((*q.shape[:3], 1), q.dtype)
    scores = Scores(q, k, mask, scale)

    def work(pieces: list[slice]) -> None:
        for part, keys in scores.parts(pieces):
            p = scores.of(part, keys)
            largest = xp.maximum(p.max(axis=3, keepdims=True), scores.lowest)
            p -= largest
            xp.exp(p, out=p)
            total = p.sum(axis=3, keepdims=True)
            total[total == 0] = xp.inf
            xp.matmul(p, v[(*part[:2], keys)], out=y[part])
            y[part] /= total
            log_sum[part] = largest + xp.log(total)

    scores.share_out(work)
    return y, log_sum


def attention_gradients(
    q: Array, k: Array, v: Array, g: Array, log_sum: Array, mask: Mask, scale: float
) -> tuple[Array, Array, Array]:
    """(dL/dq, dL/dk, dL/dv) for g = dL/dy.

    Σⱼ Pⱼ dPⱼ is g · y, a shorter sum; but as it stands it gives exactly 0 for a query that can see one key alone.
    """
    xp = backend.xp
    dq, dk, dv = xp.empty_like(q), xp.zeros_like(k), xp.zeros_like(v)
    scores = Scores(q, k, mask, scale)

    def work(pieces: list[slice]) -> None:
        for part, keys in scores.parts(pieces):
            seen = (*part[:2], keys)
            p = scores.of(part, keys)
            p -= log_sum[part]
            xp.exp(p, out=p)
            dv[seen] += xp.swapaxes(p, 2, 3) @ g[part]
            ds = g[part] @ xp.swapaxes(v[seen], 2, 3)
            ds -= xp.einsum("bhij,bhij->bhi", p, ds)[..., None]
            ds *= p
            ds *= scale
            xp.matmul(ds, k[seen], out=dq[part])
            dk[seen] += xp.swapaxes(ds, 2, 3) @ q[part]

    scores.share_out(work)
    return dq, dk, dv


class Scores:
    """scale q kᵀ with -∞ where the mask hides a key, in parts that fit into a block."""

    def __init__(self, q: Array, k: Array, mask: Mask, scale: float) -> None:
        xp = backend.xp
        self.q, self.k, self.mask, self.scale = q, k, mask, scale
        self.lowest = float(xp.finfo(q.dtype).min)  # stands for the largest of a row that may look at nothing
        self.axis = 0 if q.shape[0] >= q.shape[1] else 1  # samples are divided among the threads, or heads
        self.is_causal = isinstance(mask, str)
        if self.is_causal:
            rows = min(CAUSAL_ROWS, q.shape[2])
            self.hidden = xp.triu(xp.full((rows, rows), -xp.inf, q.dtype), 1)  # of a block's own rows among the keys

    def share_out(self, work: Callable[[list[slice]], None]) -> None:
        """work(slices of the axis) on the threads."""
        count = self.q.shape[self.axis]
        numbers = self.q.shape[0] * self.q.shape[1] * self.q.shape[2] * self.k.shape[2]
        in_blocks(work, count, numbers * self.q.itemsize // max(count, 1))

    def parts(self, pieces: list[slice]) -> Iterator[tuple[Part, slice]]:
        """(samples, heads, rows) whose scores fit into a block, and the keys that they can see."""
        n, m = self.q.shape[2], self.k.shape[2]
        room = blocks.BLOCK_BYTES * (GPU_BLOCKS if backend.active() == "cupy" else 1)
        for piece in pieces:
            pairs = (piece.stop - piece.start) * self.q.shape[1 - self.axis]
            rows = max(1, room // max(1, pairs * m * self.q.itemsize))
            if self.is_causal:
                rows = min(rows, CAUSAL_ROWS)
            lead = (piece, slice(None)) if self.axis == 0 else (slice(None), piece)
            for start in range(0, n, rows):
                stop = min(start + rows, n)
                yield (*lead, slice(start, stop)), slice(0, min(stop, m) if self.is_causal else m)

    def of(self, part: Part, keys: slice) -> Array:
        """The scores of these rows and keys: a new array (samples, heads, rows, keys)."""
        xp = backend.xp
        s = (self.q[part] * self.scale) @ xp.swapaxes(self.k[(*part[:2], keys)], 2, 3)
        if self.is_causal:
            start, stop = part[2].start, part[2].stop
            own = s[:, :, :, start:]  # the keys before the first row are seen by all rows
            own += self.hidden[: stop - start, : own.shape[3]]
        elif self.mask is not None:
            xp.copyto(s, -xp.inf, where=~self.mask[part])
        return s
