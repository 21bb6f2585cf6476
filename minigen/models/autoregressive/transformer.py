"""The Transformer: blocks of attention and of a small network, in which no position sees its future."""

from __future__ import annotations

import math

from ... import backend, ops
from ...initializers import RandomNormal
from ...layers import Dense, Dropout, Layer, LayerNormalization, MultiHeadAttention, PositionEmbedding
from ...tensor import Tensor
from ...types import Array, Shape

STDDEV = 0.02  # of the initial weights
EPSILON = 1e-5  # of the normalisations


class Cache:
    """The keys and values of the positions that a Transformer has read: of each block (batch, heads, room, size).

    They depend on earlier positions alone, so they stay as they are when later ones come: to read one more position
    takes one query for each block and head.
    """

    def __init__(self, blocks: int, shape: Shape, dtype: str) -> None:
        self.keys = [backend.xp.empty(shape, dtype) for _ in range(blocks)]
        self.values = [backend.xp.empty(shape, dtype) for _ in range(blocks)]
        self.length = 0  # the positions read so far


class TransformerBlock(Layer):
    """h = x + attention(norm(x)),   y = h + W₂ gelu(W₁ norm(h) + b₁) + b₂

    Position i of the attention sees positions 0..i. Each part adds to x, and what it adds is computed from a normalised
    copy ("pre-norm"), so that the gradient flows back through the sums unchanged. W₁ makes the features four times as
    many.

    heads    the heads of the attention, of width / heads features each
    width    the number of features
    blocks   how many blocks the Transformer has. Each adds to x twice, so the two kernels that do it start smaller by
             1 / √(2 blocks): then the variance of the sum does not grow with the number of blocks
    dropout  the share of what is added to x that is dropped while training

    Shapes: (batch, n, width) -> (batch, n, width). Source: Radford et al. 2019 (GPT-2).
    """

    def __init__(self, heads: int, width: int, blocks: int = 1, dropout: float = 0.0, name: str | None = None) -> None:
        super().__init__(name)
        small, smaller = RandomNormal(stddev=STDDEV), RandomNormal(stddev=STDDEV / math.sqrt(2 * blocks))
        self.attention_norm = LayerNormalization(epsilon=EPSILON)
        self.attention = MultiHeadAttention(heads, width // heads, kernel_initializer=small)
        self.attention.attention_output.kernel_initializer = smaller
        self.mlp_norm = LayerNormalization(epsilon=EPSILON)
        self.wide = Dense(4 * width, "gelu", kernel_initializer=small)
        self.narrow = Dense(width, kernel_initializer=smaller)
        self.dropout = Dropout(dropout)

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        h = self.attention_norm(x)
        return self.add(x, self.attention(h, h, use_causal_mask=True), training)

    def add(self, x: Tensor, attended: Tensor, training: bool = False) -> Tensor:
        """y from x and what the attention has found."""
        h = x + self.dropout(attended, training=training)
        return h + self.dropout(self.narrow(self.wide(self.mlp_norm(h))), training=training)

    def read(self, x: Tensor, keys: Array, values: Array, start: int) -> Tensor:
        """call(x), x (batch, n, width), for positions start, start + 1, ..., from the keys and values of those before.

        keys and values (batch, heads, room, size) are of a Cache: those of x are written into them.
        """
        h, stop = self.attention_norm(x), start + x.shape[1]
        keys[:, :, start:stop] = self.attention.key(h).data
        values[:, :, start:stop] = self.attention.value(h).data
        may_look = backend.xp.tri(x.shape[1], stop, start, dtype=bool)  # (n, stop): row i sees 0..start + i
        q, k, v = self.attention.query(h), Tensor(keys[:, :, :stop]), Tensor(values[:, :, :stop])
        return self.add(x, self.attention.attention_output(ops.attention(q, k, v, may_look)))

    def with_attention_map(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(y, the weights of the attention, (batch, heads, n, n))."""
        h = self.attention_norm(x)
        attended, p = self.attention(h, h, use_causal_mask=True, return_attention_scores=True)
        return self.add(x, attended), p


class Transformer(Layer):
    """x + positions → blocks, one after the other → normalisation. Output i depends on positions 0..i alone.

    positions  the most positions that a sequence may have; each has learned features that are added to x
    blocks, heads, width, dropout  as for TransformerBlock

    Shapes: (batch, n, width) -> (batch, n, width), n <= positions. Source: Vaswani et al. 2017, Radford et al. 2019.
    """

    computes_in_blocks = True

    def __init__(
        self, positions: int, blocks: int, heads: int, width: int, dropout: float = 0.0, name: str | None = None
    ) -> None:
        super().__init__(name)
        self.positions = PositionEmbedding(positions, RandomNormal(stddev=STDDEV))
        self.dropout = Dropout(dropout)
        self.blocks = [TransformerBlock(heads, width, blocks, dropout) for _ in range(blocks)]
        self.norm = LayerNormalization(epsilon=EPSILON)
        self.room = (heads, positions, width // heads)

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        x = self.dropout(x + self.positions(x), training=training)
        for block in self.blocks:
            x = block(x, training=training)
        return self.norm(x)

    def cache(self, batch: int) -> Cache:
        """An empty cache for so many sequences."""
        return Cache(len(self.blocks), (batch, *self.room), self.dtype)

    def read(self, x: Tensor, cache: Cache) -> Tensor:
        """The outputs for the next positions x (batch, n, width); the cache has those before, and gets these."""
        x = x + self.positions(x, start_index=cache.length)
        for block, keys, values in zip(self.blocks, cache.keys, cache.values, strict=True):
            x = block.read(x, keys, values, cache.length)
        cache.length += x.shape[1]
        return self.norm(x)

    def attention_maps(self, x: Tensor) -> list[Tensor]:
        """The weights of the attention in each block, (batch, heads, n, n): row i is what position i looks at."""
        x, maps = x + self.positions(x), []
        for block in self.blocks:
            x, p = block.with_attention_map(x)
            maps.append(p)
        return maps
