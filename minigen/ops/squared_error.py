"""The squared error as one op: the mean over all elements, and half of the sum over each sample (Loss x̂ of a VAE)."""

from __future__ import annotations

from .. import backend
from ..autograd import Op
from ..kernels.formulas import error
from ..types import Array, TensorLike


class MeanSquaredError(Op):
    """y = mean of (x̂ - x)²,   dL/dx̂ = 2 g (x̂ - x) / n,   dL/dx = -dL/dx̂

    over all n elements of x and x̂, which have one shape. One op takes half the time of x̂ - x, square and mean.
    """

    def forward(self, x: Array, x_hat: Array) -> Array:
        d = x_hat - x
        d *= d
        total = d.sum(dtype=backend.xp.result_type(d, "float32"))  # of float16 in float32, where it does not overflow
        return (total / d.size).astype(d.dtype)  # (...) -> ()

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike, x_hat: TensorLike) -> TensorLike:
        d = error(x_hat, x, g * (2 / x.size))
        return -d if self.needs[0] else None, d


class HalfSquaredError(Op):
    """y = mean over the batch of 1/2 ‖x̂ - x‖²,   dL/dx̂ = g (x̂ - x) / n,   dL/dx = -g (x̂ - x) / n

    x and x̂ have one shape (n, ...); the norm is over all axes but the batch. Up to a constant y is the mean of
    -log N(x; x̂, Id).
    """

    def forward(self, x: Array, x_hat: Array) -> Array:
        d = x_hat - x
        d *= d
        return d.sum() / (2 * len(x))  # (n, ...) -> ()

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike, x_hat: TensorLike) -> TensorLike:
        d = error(x_hat, x, g / len(x))
        return -d if self.needs[0] else None, d
