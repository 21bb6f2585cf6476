"""Activations as layers, and the table of their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import ops
from ..checks import by_name, number
from ..tensor import Tensor
from .base import Layer

ActivationLike = str | Callable[[Any], Any] | None

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "elu": ops.elu,
    "exponential": ops.exp,
    "leaky_relu": ops.leaky_relu,
    "linear": ops.identity,
    "log_softmax": ops.log_softmax,
    "relu": ops.relu,
    "sigmoid": ops.sigmoid,
    "softmax": ops.softmax,
    "softplus": ops.softplus,
    "tanh": ops.tanh,
}


def get(activation: ActivationLike) -> Callable[[Any], Any]:
    """The function of that name; None is linear; a function is itself. Raises TypeError for anything else."""
    expected, fix = "a name, a function of a Tensor, or None", 'activation="relu"'
    given = ops.identity if activation is None else activation
    return by_name("activation", given, ACTIVATIONS, callable, expected, fix)


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
    """y = x above 0, negative_slope x below. Keras' layer has slope 0.3; GAN papers use 0.2.

    Raises ValueError unless 0 <= negative_slope < 1.
    """

    def __init__(self, negative_slope: float = 0.3, name: str | None = None) -> None:
        super().__init__(name)
        self.negative_slope = number(
            f"{self.label}: negative_slope", negative_slope, "0 <= negative_slope < 1", "LeakyReLU(0.2)", below=1
        )

    def call(self, x: Tensor) -> Tensor:
        return ops.leaky_relu(x, self.negative_slope)
