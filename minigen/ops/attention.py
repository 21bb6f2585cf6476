"""Scaled dot-product attention as one op."""

from __future__ import annotations

from typing import Any

from .. import backend
from ..autograd import Op, is_recorded, unwrap
from ..kernels import attention as kernel
from ..types import Array, Shape, TensorLike
from .activation import softmax
from .checks import attention_mask, attention_scale, check_attention
from .elementwise import where
from .linear import product

Mask = Any  # None, "causal", or a boolean array, True = may look
HIDDEN = -1e30  # a score whose weight rounds to 0, and that can be subtracted from


class Attention(Op):
    """y = P v,  P = softmax(s q kᵀ);   dL/dv = Pᵀ g,  dL/dq = s dS k,  dL/dk = s dSᵀ q,  dS = P (g vᵀ - Σⱼ P (g vᵀ))

    q (batch, heads, n, d), k (batch, heads, m, d), v (batch, heads, m, e), s the scale; the softmax runs along the m
    keys that the mask leaves. Derivation: y is linear in v, with dL/dP = g vᵀ. In a row of P the derivative of
    Pⱼ = e^Sⱼ / Σ e^S is dPⱼ/dSᵢ = Pⱼ ([i = j] - Pᵢ), softmax's Jacobian, so that dL/dSᵢ = Pᵢ (dL/dPᵢ - Σⱼ Pⱼ dL/dPⱼ).
    S = s q kᵀ is a product of q and k. P is not kept: kernels/attention.py computes it again from the logarithm of
    Σ e^S, a number for each row. Source: Vaswani et al. 2017, Dao et al. 2022.
    """

    def __init__(self, mask: Mask, scale: float) -> None:
        self.mask, self.scale = mask, scale

    def forward(self, q: Array, k: Array, v: Array) -> Array:
        y, self.log_sum = kernel.attention(q, k, v, self.mask, self.scale)
        return y

    def backward(self, g: TensorLike, y: TensorLike, q: TensorLike, k: TensorLike, v: TensorLike) -> TensorLike:
        if not is_recorded(g):
            return kernel.attention_gradients(q, k, v, g, self.log_sum, self.mask, self.scale)
        p = weights(q, k, self.mask, self.scale)  # (batch, heads, n, m)
        dp = product(g, transposed(v))
        ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True)) * self.scale
        return product(ds, k), product(transposed(ds), q), product(transposed(p), g)


def transposed(x: TensorLike) -> TensorLike:
    """The matrices of a stack (batch, heads, rows, columns), each transposed."""
    return x.transpose((0, 1, 3, 2))


def weights(q: TensorLike, k: TensorLike, mask: Mask, scale: float) -> TensorLike:
    """softmax(scale q kᵀ) along the keys that the mask leaves, as recorded ops; a row that may see none is 0."""
    s = product(q * scale, transposed(k))
    if mask is None:
        return softmax(s)
    may_look = seen_before(s.shape) if isinstance(mask, str) else mask
    return where(may_look, softmax(where(may_look, s, HIDDEN)), 0.0)


def seen_before(shape: Shape) -> Array:
    """The causal mask (n, m): True for the keys j <= i of row i."""
    return backend.xp.tri(shape[-2], shape[-1], dtype=bool)


def attention(q: TensorLike, k: TensorLike, v: TensorLike, mask: Mask = None, scale: float | None = None) -> TensorLike:
    """softmax(scale q kᵀ) v: for each query the mean of the values, weighted by how well their keys fit it.

    mask   None: every query may look at every key; "causal": query i at the keys j <= i; or a boolean array that
           broadcasts to (batch, heads, n, m), True where it may look. A query that may look at nothing gives 0.
    scale  None: 1 / √d, so that the scores of random queries and keys have variance 1

    Shapes: q (batch, heads, n, d), k (batch, heads, m, d), v (batch, heads, m, e) -> (batch, heads, n, e). Raises
    ValueError for shapes that do not fit and a scale that is no number, TypeError for integer data and a mask that is
    not boolean. Source: Vaswani et al. 2017.
    """
    check_attention("attention", q=q, k=k, v=v)
    return Attention(as_mask("attention", mask, q, k), attention_scale("attention", scale, q.shape[3]))(q, k, v)


def attention_weights(q: TensorLike, k: TensorLike, mask: Mask = None, scale: float | None = None) -> TensorLike:
    """softmax(scale q kᵀ): the weights by which attention() takes the mean, each row with the sum 1, or 0 if it may
    look at nothing.

    Shapes: q (batch, heads, n, d), k (batch, heads, m, d) -> (batch, heads, n, m). Arguments and errors as in
    attention().
    """
    name = "attention_weights"
    check_attention(name, q=q, k=k)
    return weights(q, k, as_mask(name, mask, q, k), attention_scale(name, scale, q.shape[3]))


def as_mask(where: str, mask: Any, q: TensorLike, k: TensorLike) -> Mask:
    """None, "causal", or the mask as an array (batch, heads, n, m)."""
    shape = (*q.shape[:3], k.shape[2])
    found = attention_mask(f"{where}: mask", unwrap(mask), shape)
    return found if found is None or isinstance(found, str) else backend.xp.broadcast_to(found, shape)
