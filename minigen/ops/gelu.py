"""The GELU, and the distribution function of the normal distribution that it is made of."""

from __future__ import annotations

import math

from ..arguments import checks_arguments
from ..autograd import Op, is_recorded
from ..checks.values import switch
from ..kernels import activation
from ..types import Array, TensorLike
from .activation import sigmoid
from .elementwise import exp


def density(x: TensorLike) -> TensorLike:
    """φ(x) = e^(-x²/2) / √(2π)"""
    return exp(-0.5 * x * x) * (1 / math.sqrt(2 * math.pi))


class NormalCdf(Op):
    """y = Φ(x), the share of N(0, 1) below x,   dL/dx = g φ(x),   φ(x) = e^(-x²/2) / √(2π)"""

    def forward(self, x: Array) -> Array:
        return activation.value(activation.normal_cdf, x)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        if not is_recorded(g, x):
            return activation.gradient(activation.normal_cdf, g, x)
        return g * density(x)


class Gelu(Op):
    """y = x Φ(x),   dL/dx = g (Φ(x) + x φ(x))

    Φ and φ are the distribution function and the density of N(0, 1). Source: Hendrycks and Gimpel 2016.
    """

    def forward(self, x: Array) -> Array:
        return activation.value(activation.gelu, x)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        if not is_recorded(g, x):
            return activation.gradient(activation.gelu, g, x)
        return g * (NormalCdf()(x) + x * density(x))


class GeluByTanh(Op):
    """y = x s, s = sigmoid(u),   dL/dx = g (s + y (1 - s) u'),   u = √(8/π) (x + 0.044715 x³)

    u is close to the logit of Φ(x): y differs from x Φ(x) by less than 0.0005. Source: Hendrycks and Gimpel 2016.
    """

    def forward(self, x: Array) -> Array:
        return activation.value(activation.gelu_by_tanh, x)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        if not is_recorded(g, x):
            return activation.gradient(activation.gelu_by_tanh, g, x)
        root, square = math.sqrt(8 / math.pi), x * x
        s = sigmoid(root * x * (1 + 0.044715 * square))
        return g * (s + y * (1 - s) * (root * (1 + 3 * 0.044715 * square)))


@checks_arguments
def gelu(x: TensorLike, approximate: bool = False) -> TensorLike:
    """x Φ(x), a smooth relu: Φ(x) is the share of the normal distribution below x.

    approximate=True: x sigmoid(√(8/π) (x + 0.044715 x³)), which Hendrycks and Gimpel 2016 write with tanh, and which
    takes less time. Raises TypeError for another `approximate`.
    """
    return GeluByTanh()(x) if switch("gelu: approximate", approximate) else Gelu()(x)


def normal_cdf(x: TensorLike) -> TensorLike:
    """Φ(x), the share of N(0, 1) below x: (1 + erf(x/√2)) / 2."""
    return NormalCdf()(x)
