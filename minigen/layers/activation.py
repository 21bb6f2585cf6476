"""Activations as layers, and the table of their names."""

from __future__ import annotations

from collections.abc import Callable

from .. import elsewhere, ops
from ..checks.values import by_name, number
from ..tensor import Tensor
from ..types import TensorLike
from .base import Layer

Function = Callable[[TensorLike], TensorLike]
ActivationLike = str | Function | None

ACTIVATIONS: dict[str, Function] = {
    "elu": ops.elu,
    "exponential": ops.exp,
    "gelu": ops.gelu,
    "leaky_relu": ops.leaky_relu,
    "linear": ops.identity,
    "log_softmax": ops.log_softmax,
    "relu": ops.relu,
    "sigmoid": ops.sigmoid,
    "silu": ops.silu,
    "softmax": ops.softmax,
    "softplus": ops.softplus,
    "swish": ops.silu,
    "tanh": ops.tanh,
}


def get(activation: ActivationLike) -> Function:
    """The function of that name; None is linear; a function is itself. Raises TypeError for anything else."""
    given = ops.identity if activation is None else activation
    expected, fix = "a name, a function of a Tensor, or None", 'activation="relu"'
    return by_name("activation", given, ACTIVATIONS, callable, expected, fix, elsewhere.ACTIVATIONS)


class Activation(Layer):
    """y = activation(x): a name such as "relu" or any function of a Tensor."""

    def __init__(self, activation: ActivationLike, name: str | None = None) -> None:
        super().__init__(name)
        self.activation = get(activation)

    def call(self, x: Tensor) -> Tensor:
        return self.activation(x)


class ReLU(Layer):
    """y = max(x, 0)."""

    def call(self, x: Tensor) -> Tensor:
        return ops.relu(x)


class LeakyReLU(Layer):
    """y = x where x > 0, else negative_slope x; the gradient at 0 is negative_slope.

    Keras' layer has slope 0.3; GANs usually have 0.2 (Radford et al. 2016). Raises ValueError unless
    0 <= negative_slope < 1. Source: Maas et al. 2013.
    """

    def __init__(self, negative_slope: float = 0.3, name: str | None = None) -> None:
        super().__init__(name)
        where, expected = f"{self.label}: negative_slope", "0 <= negative_slope < 1"
        self.negative_slope = number(where, negative_slope, expected, "LeakyReLU(0.2)", below=1)

    def call(self, x: Tensor) -> Tensor:
        return ops.leaky_relu(x, self.negative_slope)
