"""Batch normalisation as one op."""

from __future__ import annotations

from ..autograd import Op, is_recorded, sum_over
from ..kernels.sums import add_up
from ..types import Array, TensorLike
from .elementwise import sqrt
from .reduction import mean, var


class BatchNorm(Op):
    """x̂ = (x - m) s,  y = γ x̂ + β,  with m, 1/s² = v + ε over the rows;   dL/dx = γ s (g - ⟨g⟩ - x̂ ⟨g x̂⟩)

    x (rows, channels); m and v are the mean and the (biased) variance of each column, ⟨.⟩ is the mean over the rows.
    Derivation: x̂ has mean 0 and variance 1 for every x, so that a shift or a stretch of a column does not change it.
    Therefore ⟨g⟩ and x̂ ⟨g x̂⟩, the components of g in these two directions, drop out of dL/dx̂ = γ g; for the rest
    dx̂/dx = s. dL/dγ = Σ g x̂ and dL/dβ = Σ g.
    Source: Ioffe and Szegedy 2015.
    """

    def __init__(self, epsilon: float) -> None:
        self.epsilon = epsilon

    def forward(self, x: Array, gamma: Array, beta: Array) -> Array:
        self.mean = add_up(x, 0) / len(x)  # (channels,)
        y = x - self.mean
        self.var = add_up(y * y, 0) / len(y)
        y *= gamma / (self.var + self.epsilon) ** 0.5
        y += beta
        return y

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike, gamma: TensorLike, beta: TensorLike) -> TensorLike:
        if is_recorded(x):  # the statistics depend on x
            m, v = mean(x, axis=0), var(x, axis=0)
        else:
            m, v = self.mean, self.var
        s = 1 / sqrt(v + self.epsilon)
        x_hat = (x - m) * s
        dgamma, dbeta = sum_over(g * x_hat, 0), sum_over(g, 0)  # (channels,)
        n = x.shape[0]
        dx = gamma * s * (g - dbeta / n - x_hat * (dgamma / n))
        return dx, dgamma, dbeta


def batch_norm(x: TensorLike, gamma: TensorLike, beta: TensorLike, epsilon: float = 1e-3) -> TensorLike:
    """γ x̂ + β, where x̂ is x with mean 0 and variance 1 in every channel: x (..., channels), γ and β (channels,)."""
    return BatchNorm(epsilon)(x.reshape((-1, x.shape[-1])), gamma, beta).reshape(x.shape)
