"""Batch normalisation as one op."""

from __future__ import annotations

from typing import Any

from ..autograd import Op, sum_over
from ..kernels.sums import add_up
from .elementwise import sqrt
from .reduction import mean, var


class BatchNorm(Op):
    """x̂ = (x - m) s,  y = γ x̂ + β,  with m, 1/s² = v + ε over the rows;   dL/dx = γ s (g - ⟨g⟩ - x̂ ⟨g x̂⟩)

    m and v are the mean and (biased) variance of each column of x, shape (rows, channels). Derivation: x̂ has mean 0 and
    variance 1 whatever x is, so of dL/dx̂ = γ g only the part that is neither a shift (⟨g⟩, the mean over rows) nor a
    stretch (x̂ ⟨g x̂⟩) of the column can pass; s is dx̂/dx for that part. dL/dγ = Σ g x̂ and dL/dβ = Σ g.
    Source: Ioffe and Szegedy 2015.
    """

    def __init__(self, epsilon: float) -> None:
        self.epsilon = epsilon

    def forward(self, x: Any, gamma: Any, beta: Any) -> Any:
        self.mean = add_up(x, 0) / len(x)
        y = x - self.mean
        self.var = add_up(y * y, 0) / len(y)
        y *= gamma / (self.var + self.epsilon) ** 0.5
        y += beta
        return y

    def backward(self, g: Any, y: Any, x: Any, gamma: Any, beta: Any) -> Any:
        if x is self.arrays[0]:
            m, v = self.mean, self.var
        else:  # Tensors: the statistics depend on x, so they are recorded too
            m, v = mean(x, axis=0), var(x, axis=0)
        s = 1 / sqrt(v + self.epsilon)
        x_hat = (x - m) * s
        dgamma, dbeta = sum_over(g * x_hat, 0), sum_over(g, 0)
        n = x.shape[0]
        dx = gamma * s * (g - dbeta / n - x_hat * (dgamma / n))
        return dx, dgamma, dbeta


def batch_norm(x: Any, gamma: Any, beta: Any, epsilon: float = 1e-3) -> Any:
    """Every channel (last axis) of x shifted to mean 0, scaled to variance 1, then γ x̂ + β."""
    return BatchNorm(epsilon)(x.reshape((-1, x.shape[-1])), gamma, beta).reshape(x.shape)
