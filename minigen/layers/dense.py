"""The fully connected layer."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..checks.values import positive_integer, switch
from ..tensor import Tensor
from . import activation as activations
from .base import Layer
from .input_spec import FEATURES


class Dense(Layer):
    """y = activation(x W + b) along the last axis.

    Shapes: x (batch, ..., in) -> (batch, ..., units); kernel W (in, units), bias b (units,).
    Raises ValueError for units < 1 or a wrong number of features, TypeError for integer data.
    """

    input_spec = FEATURES

    def __init__(
        self,
        units: int,
        activation: activations.ActivationLike = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.units = positive_integer(f"{self.label}: units", units, "Dense(32)")
        self.use_bias = switch(f"{self.label}: use_bias", use_bias)
        self.activation = activations.get(activation)
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer

    def build(self, input_shape: tuple[int, ...]) -> None:
        self.input_spec = FEATURES.with_features(self.label, input_shape)
        self.kernel = self.add_weight("kernel", (input_shape[-1], self.units), self.kernel_initializer)
        self.bias = self.add_weight("bias", (self.units,), self.bias_initializer) if self.use_bias else None

    def call(self, x: Tensor) -> Tensor:
        return self.activation(x @ self.kernel if self.bias is None else ops.dense(x, self.kernel, self.bias))
