"""Scaled dot-product attention: without a mask, causal, and with masks of which some rows may look at nothing."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from minigen import ops

from . import draws
from .case import Case

RULES = [(ops.Attention, "forward"), (ops.Attention, "backward")]


def draw(rng: draws.Rng) -> Case:
    heads, n, m, d, e = (int(size) for size in rng.integers(1, 7, size=5))
    batch = 0 if draws.chance(rng, 0.03) else int(rng.integers(1, 4))
    shapes = [(batch, heads, n, d), (batch, heads, m, d), (batch, heads, m, e)]
    size, scale = draws.one_of(rng, [1.0, 1.0, 5.0]), draws.one_of(rng, [None, None, 1.0, 0.3, -0.5])
    booleans = np.asarray(rng.random(draws.shrunk(rng, (batch, heads, n, m))) < 0.6)
    mask = draws.one_of(rng, [None, "causal", booleans])
    may_look = torch.ones((n, m), dtype=torch.bool) if mask is None else torch.tensor(np.tri(n, m, dtype=bool))
    if isinstance(mask, np.ndarray):
        may_look = torch.tensor(np.broadcast_to(mask, (batch, heads, n, m)))

    def theirs(q, k, v):  # PyTorch gives NaN for a row that may look at nothing, here it is 0
        some = may_look.any(dim=-1, keepdim=True)
        with sdpa_kernel(SDPBackend.MATH):  # the others have no second derivative
            return F.scaled_dot_product_attention(q, k, v, may_look | ~some, scale=scale) * some

    kind = f"booleans {mask.shape}" if isinstance(mask, np.ndarray) else repr(mask)
    program = f"attention(q {shapes[0]}, k {shapes[1]}, v {shapes[2]}, {kind}, scale={scale}), sizes {size:g}"
    arrays = [rng.normal(size=shape) * size for shape in shapes]
    order, terms = draws.order(rng), size**3  # a gradient is a sum of products of three
    return Case(program, arrays, lambda q, k, v: ops.attention(q, k, v, mask, scale), theirs, order, terms)
