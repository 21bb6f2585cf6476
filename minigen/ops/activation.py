"""Activation functions."""

from __future__ import annotations

import math
from typing import Any

from .. import backend
from ..arguments import checks_arguments
from ..autograd import Op
from ..checks import number
from .elementwise import exp, where
from .reduction import checked_axis


class Relu(Op):
    """y = max(x, 0),   dL/dx = g [y > 0],   0 at 0"""

    def forward(self, x: Any) -> Any:
        return backend.xp.maximum(x, 0)

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return g * (y > 0)


class LeakyRelu(Op):
    """y = max(x, s x),   dL/dx = g ([x > 0] (1 - s) + s),   for a slope s of 0 to 1"""

    def __init__(self, negative_slope: float) -> None:
        self.negative_slope = negative_slope

    def forward(self, x: Any) -> Any:
        return backend.xp.maximum(x, x * self.negative_slope)

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        s = x.dtype.type(self.negative_slope)
        return g * ((x > 0) * (1 - s) + s)  # half the time of where(x > 0, g, s g)


class Elu(Op):
    """y = x if x > 0 else a (eˣ - 1),   dL/dx = g if x > 0 else g (y + a)"""

    def __init__(self, alpha: float) -> None:
        self.alpha = alpha

    def forward(self, x: Any) -> Any:
        return backend.xp.where(x > 0, x, self.alpha * backend.xp.expm1(backend.xp.minimum(x, 0)))

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return where(x > 0, g, g * (y + self.alpha))


class Sigmoid(Op):
    """y = 1 / (1 + e⁻ˣ),   dL/dx = g y (1 - y)"""

    def forward(self, x: Any) -> Any:
        with backend.ignore_overflow():  # e⁻ˣ = inf gives y = 0, as it should
            return 1 / (1 + backend.xp.exp(-x))

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return g * y * (1 - y)


class Tanh(Op):
    """y = tanh x,   dL/dx = g (1 - y²)"""

    def forward(self, x: Any) -> Any:
        return backend.xp.tanh(x)

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return g * (1 - y * y)


class Softplus(Op):
    """y = log(1 + eˣ),   dL/dx = g sigmoid(x)"""

    def forward(self, x: Any) -> Any:
        return backend.xp.logaddexp(x, x.dtype.type(0))

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return g * sigmoid(x)


class Softmax(Op):
    """yᵢ = e^xᵢ / Σⱼ e^xⱼ,   dL/dx = y (g - Σⱼ gⱼ yⱼ)"""

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        if x.size == 0:
            return x.copy()
        self.largest = x.max(axis=self.axis, keepdims=True)  # these two are for SoftmaxCrossentropy
        e = backend.xp.exp(x - self.largest)  # the largest exponent is 0: no overflow
        self.total = e.sum(axis=self.axis, keepdims=True)
        e /= self.total
        return e

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return y * (g - (g * y).sum(axis=self.axis, keepdims=True))


class LogSoftmax(Op):
    """yᵢ = xᵢ - log Σⱼ e^xⱼ,   dL/dx = g - e^y Σⱼ gⱼ"""

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        if x.size == 0:
            return x.copy()
        x = x - x.max(axis=self.axis, keepdims=True)
        return x - backend.xp.log(backend.xp.exp(x).sum(axis=self.axis, keepdims=True))

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return g - exp(y) * g.sum(axis=self.axis, keepdims=True)


def relu(x: Any) -> Any:
    """max(x, 0); the gradient at 0 is 0."""
    return Relu()(x)


@checks_arguments
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """x above 0, negative_slope x below. (Keras: 0.2 for this function, 0.3 for the layer LeakyReLU.)

    Raises ValueError unless 0 <= negative_slope < 1.
    """
    expected = "a number from 0 up to, but not including, 1"
    slope = number("leaky_relu: negative_slope", negative_slope, expected, "negative_slope=0.2", below=1)
    return LeakyRelu(slope)(x) if slope else relu(x)  # 0 · ∞ would be NaN


@checks_arguments
def elu(x: Any, alpha: float = 1.0) -> Any:
    """x above 0, alpha (eˣ - 1) below. Raises ValueError unless alpha is a number."""
    fix = "elu(x, 1.0); for an alpha that is learned where(x > 0, x, alpha * (exp(minimum(x, 0)) - 1))"
    return Elu(number("elu: alpha", alpha, "a finite number, not a tensor", fix, low=-math.inf))(x)


def sigmoid(x: Any) -> Any:
    """1 / (1 + e⁻ˣ)."""
    return Sigmoid()(x)


def tanh(x: Any) -> Any:
    """Hyperbolic tangent."""
    return Tanh()(x)


def softplus(x: Any) -> Any:
    """log(1 + eˣ), a smooth relu, without overflow."""
    return Softplus()(x)


@checks_arguments
def softmax(x: Any, axis: int = -1) -> Any:
    """Exponentials that sum to 1 along `axis`. ValueError for an axis that x does not have."""
    return Softmax(checked_axis("softmax", x, axis))(x)


@checks_arguments
def log_softmax(x: Any, axis: int = -1) -> Any:
    """log(softmax(x)), exact where softmax would round to 0. ValueError for an axis that x does not have."""
    return LogSoftmax(checked_axis("log_softmax", x, axis))(x)


def identity(x: Any) -> Any:
    """x itself: no activation."""
    return x
