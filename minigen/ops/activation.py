"""Activation functions."""

from __future__ import annotations

import math

from .. import backend
from ..arguments import checks_arguments
from ..autograd import Op, is_recorded
from ..checks.values import number
from ..kernels import activation, formulas
from ..types import Array, Axis, TensorLike
from .checks import reduced_axes
from .elementwise import exp, where

OF_ROWS = "axis=-1 for an array (n, classes), the default"


class Relu(Op):
    """y = max(x, 0),   dL/dx = g [y > 0],   0 at 0"""

    one_kernel = True

    def forward(self, x: Array) -> Array:
        return backend.xp.maximum(x, 0)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return g * (y > 0)


class LeakyRelu(Op):
    """y = max(x, s x),   dL/dx = g ([x > 0] (1 - s) + s),   for a slope s of 0 to 1"""

    def __init__(self, negative_slope: float) -> None:
        self.negative_slope = negative_slope

    def forward(self, x: Array) -> Array:
        return backend.xp.maximum(x, x * self.negative_slope)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        s = x.dtype.type(self.negative_slope)
        return formulas.leaky_relu_gradient(g, x, s, 1 - s)  # half the time of where(x > 0, g, s g)


class Elu(Op):
    """y = x if x > 0 else a (eˣ - 1),   dL/dx = g if x > 0 else g (y + a)"""

    def __init__(self, alpha: float) -> None:
        self.alpha = alpha

    def forward(self, x: Array) -> Array:
        return backend.xp.where(x > 0, x, self.alpha * backend.xp.expm1(backend.xp.minimum(x, 0)))

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return where(x > 0, g, g * (y + self.alpha))


class Sigmoid(Op):
    """y = 1 / (1 + e⁻ˣ),   dL/dx = g y (1 - y)"""

    one_kernel = True

    def forward(self, x: Array) -> Array:
        with backend.ignore_overflow():  # e⁻ˣ = inf gives y = 0
            return formulas.sigmoid(x)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return g * y * (1 - y)


class Tanh(Op):
    """y = tanh x,   dL/dx = g (1 - y²)"""

    one_kernel = True

    def forward(self, x: Array) -> Array:
        return backend.xp.tanh(x)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return g * (1 - y * y)


class Softplus(Op):
    """y = log(1 + eˣ),   dL/dx = g sigmoid(x)"""

    def forward(self, x: Array) -> Array:
        return backend.xp.logaddexp(x, x.dtype.type(0))

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return g * sigmoid(x)


class Silu(Op):
    """y = x s, s = sigmoid(x),   dL/dx = g (s + y (1 - s))"""

    def forward(self, x: Array) -> Array:
        return activation.value(activation.silu, x)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        if not is_recorded(g, x):
            return activation.gradient(activation.silu, g, x)
        s = sigmoid(x)
        return g * (s + y * (1 - s))


class Softmax(Op):
    """yᵢ = e^xᵢ / Σⱼ e^xⱼ,   dL/dx = y (g - Σⱼ gⱼ yⱼ)"""

    def __init__(self, axis: Axis) -> None:
        self.axis = axis

    def forward(self, x: Array) -> Array:
        if x.size == 0:
            return x.copy()
        self.largest = x.max(axis=self.axis, keepdims=True)  # this and the total are kept for SoftmaxCrossentropy
        e = backend.xp.exp(x - self.largest)  # the largest exponent is 0: no overflow
        self.total = e.sum(axis=self.axis, keepdims=True)
        e /= self.total
        return e

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return y * (g - (g * y).sum(axis=self.axis, keepdims=True))


class LogSoftmax(Op):
    """yᵢ = xᵢ - log Σⱼ e^xⱼ,   dL/dx = g - e^y Σⱼ gⱼ"""

    def __init__(self, axis: Axis) -> None:
        self.axis = axis

    def forward(self, x: Array) -> Array:
        if x.size == 0:
            return x.copy()
        x = x - x.max(axis=self.axis, keepdims=True)
        return x - backend.xp.log(backend.xp.exp(x).sum(axis=self.axis, keepdims=True))

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return g - exp(y) * g.sum(axis=self.axis, keepdims=True)


def relu(x: TensorLike) -> TensorLike:
    """max(x, 0); the gradient at 0 is 0."""
    return Relu()(x)


@checks_arguments
def leaky_relu(x: TensorLike, negative_slope: float = 0.2) -> TensorLike:
    """x where x > 0, else negative_slope x. (Keras has 0.2 for this function and 0.3 for the layer LeakyReLU.)

    Raises ValueError unless 0 <= negative_slope < 1. Source: Maas et al. 2013.
    """
    expected = "a number from 0 up to, but not including, 1"
    slope = number("leaky_relu: negative_slope", negative_slope, expected, "negative_slope=0.2", below=1)
    return LeakyRelu(slope)(x) if slope else relu(x)  # 0 · ∞ would be NaN


@checks_arguments
def elu(x: TensorLike, alpha: float = 1.0) -> TensorLike:
    """x where x > 0, else alpha (eˣ - 1). Raises ValueError unless alpha is a number. Source: Clevert et al. 2016."""
    fix = "elu(x, 1.0); for a trained alpha where(x > 0, x, alpha * (exp(minimum(x, 0)) - 1))"
    return Elu(number("elu: alpha", alpha, "a finite number, not a tensor", fix, low=-math.inf))(x)


def sigmoid(x: TensorLike) -> TensorLike:
    """1 / (1 + e⁻ˣ)"""
    return Sigmoid()(x)


def tanh(x: TensorLike) -> TensorLike:
    """Hyperbolic tangent."""
    return Tanh()(x)


def softplus(x: TensorLike) -> TensorLike:
    """log(1 + eˣ), a smooth relu, computed without overflow."""
    return Softplus()(x)


def silu(x: TensorLike) -> TensorLike:
    """x sigmoid(x), also called swish. Source: Elfwing et al. 2018, Ramachandran et al. 2017."""
    return Silu()(x)


@checks_arguments
def softmax(x: TensorLike, axis: Axis = -1) -> TensorLike:
    """e^xᵢ / Σⱼ e^xⱼ along `axis`. Raises ValueError for an axis that x does not have."""
    return Softmax(reduced_axes("softmax", x, axis, OF_ROWS))(x)


@checks_arguments
def log_softmax(x: TensorLike, axis: Axis = -1) -> TensorLike:
    """log(softmax(x)), exact where softmax would round to 0. Raises ValueError for an axis that x does not have."""
    return LogSoftmax(reduced_axes("log_softmax", x, axis, OF_ROWS))(x)


def identity(x: TensorLike) -> TensorLike:
    """x: no activation."""
    return x
