"""Batch normalisation."""

from __future__ import annotations

import math

from .. import ops
from ..checks.values import number
from ..tensor import Tensor
from .base import Layer
from .input_spec import FEATURES


class BatchNormalization(Layer):
    """y = γ (x - m) / √(v + ε) + β for every channel (last axis).

    In training m and v are the batch's mean and (biased) variance, and the moving statistics follow them:
    moving = momentum moving + (1 - momentum) batch. In prediction m and v are the moving statistics.
    Keras defaults: momentum 0.99, epsilon 1e-3. Source: Ioffe and Szegedy 2015.
    Raises ValueError unless 0 <= momentum <= 1 and epsilon >= 0.
    """

    input_spec = FEATURES

    def __init__(self, *, momentum: float = 0.99, epsilon: float = 1e-3, name: str | None = None) -> None:
        super().__init__(name)
        expected, fix = "a number from 0 to 1", "momentum=0.99"
        self.momentum = number(f"{self.label}: momentum", momentum, expected, fix, below=math.nextafter(1.0, 2.0))
        self.epsilon = number(f"{self.label}: epsilon", epsilon, "a number >= 0", "epsilon=1e-3")

    def build(self, input_shape: tuple[int, ...]) -> None:
        self.input_spec = FEATURES.with_features(self.label, input_shape)
        channels = (input_shape[-1],)
        self.gamma = self.add_weight("gamma", channels, "ones")
        self.beta = self.add_weight("beta", channels, "zeros")
        self.moving_mean = self.add_weight("moving_mean", channels, "zeros", trainable=False)
        self.moving_variance = self.add_weight("moving_variance", channels, "ones", trainable=False)

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        if not training:
            scale = self.gamma / ops.sqrt(self.moving_variance + self.epsilon)
            return (x - self.moving_mean) * scale + self.beta
        norm = ops.BatchNorm(self.epsilon)
        y = norm(x.reshape((-1, x.shape[-1])), self.gamma, self.beta)
        for moving, batch in ((self.moving_mean, norm.mean), (self.moving_variance, norm.var)):
            moving.assign(moving.data * self.momentum + batch * (1 - self.momentum))
        return y.reshape(x.shape)
