"""Formulas of several ops, element by element; see fused.py. Those made of operators alone serve Tensors too."""

from __future__ import annotations

from .. import backend
from ..types import Array, TensorLike
from .fused import fused


@fused
def sigmoid(x: Array) -> Array:
    """1 / (1 + e⁻ˣ)"""
    return 1 / (1 + backend.xp.exp(-x))


@fused
def leaky_relu_gradient(g: TensorLike, x: TensorLike, slope: float, rest: float) -> TensorLike:
    """g ([x > 0] (1 - s) + s), for the slope s and the rest 1 - s"""
    return g * ((x > 0) * rest + slope)


@fused
def error(a: TensorLike, b: TensorLike, g: TensorLike) -> TensorLike:
    """(a - b) g"""
    return (a - b) * g


@fused
def sample(mu: Array, logvar: Array, eps: Array) -> Array:
    """μ + Σ^½ ε"""
    return mu + backend.xp.exp(logvar / 2) * eps


@fused
def excess(mu: Array, logvar: Array) -> Array:
    """Σ - 1 - log Σ + μ²; expm1 is exact near Σ = 1"""
    return backend.xp.expm1(logvar) - logvar + mu * mu


@fused
def scale_and_shift(x: Array, gamma: Array, variance: Array, epsilon: float, beta: Array) -> None:
    """x ← γ x / √(v + ε) + β"""
    x *= gamma / (variance + epsilon) ** 0.5
    x += beta


@fused
def batch_norm_gradient(
    g: TensorLike,
    x_hat: TensorLike,
    s: TensorLike,
    gamma: TensorLike,
    dgamma: TensorLike,
    dbeta: TensorLike,
    n: int,
) -> TensorLike:
    """γ s (g - Σg / n - x̂ Σ(g x̂) / n)"""
    return gamma * s * (g - dbeta / n - x_hat * (dgamma / n))
