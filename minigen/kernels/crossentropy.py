"""The numbers inside the binary cross-entropy, and their sum with one logarithm for 64 numbers instead of for each."""

from __future__ import annotations

import numpy as np

from .. import backend
from ..types import Array
from .fused import fused

FACTORS = 64  # 2⁻⁶⁴ is far above the smallest float32, so a product of 64 numbers of [1/2, 1] keeps its precision


def nats(x: Array, p: Array, t: Array) -> Array:
    """Σ softplus(x) - t x over all elements, for logits x, p = sigmoid(x) and targets t of one shape.

    softplus(x) = max(x, 0) - log max(p, 1 - p) holds in both tails, and max(p, 1 - p) = |p - 1/2| + 1/2 lies in
    [1/2, 1], so that Σ log can be computed as the log of products. It takes half the time of the plain formula on
    256 x 784 numbers.
    """
    xp = backend.xp
    if xp is not np:  # one kernel, and a sum
        return nats_of_each(x, p, t).sum()
    x, p, t = x.reshape(-1), p.reshape(-1), t.reshape(-1)
    u = xp.maximum(x, 0)
    with np.errstate(invalid="ignore"):  # 0 · ∞
        u -= t * x
        total = u.sum()
    if not np.isfinite(total):  # an infinite logit costs 0 if it is right, otherwise ∞
        right = t == (x > 0)
        u = xp.where(xp.isinf(x) & right, 0, u)
        total = xp.where(xp.isinf(x) & ~right, xp.inf, u).sum()
    xp.subtract(p, 0.5, out=u)
    xp.abs(u, out=u)
    u += 0.5
    return total - sum_of_logs(u)


@fused
def nats_of_each(x: Array, p: Array, t: Array) -> Array:
    """softplus(x) - t x of each element, by the formula of nats()."""
    xp = backend.xp
    with np.errstate(invalid="ignore"):  # 0 · ∞
        u = xp.maximum(x, 0) - t * x
    u -= xp.log(xp.abs(p - 0.5) + 0.5)
    right_or_not = xp.where(t == (x > 0), 0, xp.abs(x))  # what an infinite logit costs: 0 or ∞
    return xp.where(xp.isinf(x), right_or_not, u)


def sum_of_logs(q: Array) -> Array:
    """Σ log q for a vector q in [1/2, 1]."""
    xp = backend.xp
    n = q.size // FACTORS * FACTORS
    products = xp.prod(q[:n].reshape(FACTORS, -1), axis=0)
    return xp.log(products).sum() + xp.log(q[n:]).sum()
