"""Batch, layer and group normalisation."""

from __future__ import annotations

import math
from typing import Any

from .. import backend, ops
from ..checks.values import number, switch
from ..ops.checks import check_groups
from ..tensor import Tensor
from ..types import TensorLike
from .base import Layer
from .checks import check_last_axis, groups_or_all
from .input_spec import FEATURES


class BatchNormalization(Layer):
    """y = γ (x - m) / √(v + ε) + β for every channel (last axis).

    In training m and v are the batch's mean and (biased) variance, and the moving statistics follow them:
    moving = momentum moving + (1 - momentum) batch. In prediction m and v are the moving statistics.
    Shapes: x and y (batch, ..., channels); γ, β and both moving statistics (channels,).
    Keras defaults: momentum 0.99, epsilon 1e-3. Source: Ioffe and Szegedy 2015.

    synchronized: in a parallel training, m and v are those of the whole batch. Without it each rank normalises its
    share of the batch by itself, so that the result depends on the number of ranks. In one process it changes nothing.
    Raises ValueError unless 0 <= momentum <= 1 and epsilon >= 0, TypeError unless synchronized is a bool.
    """

    input_spec = FEATURES

    def __init__(
        self, *, momentum: float = 0.99, epsilon: float = 1e-3, synchronized: bool = False, name: str | None = None
    ) -> None:
        super().__init__(name)
        expected, fix = "a number from 0 to 1", "momentum=0.99"
        self.momentum = number(f"{self.label}: momentum", momentum, expected, fix, below=math.nextafter(1.0, 2.0))
        self.epsilon = number(f"{self.label}: epsilon", epsilon, "a number >= 0", "epsilon=1e-3")
        self.synchronized = switch(f"{self.label}: synchronized", synchronized)

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
        norm = ops.BatchNorm(self.epsilon, self.synchronized)
        y = norm(x.reshape((-1, x.shape[-1])), self.gamma, self.beta)
        for moving, batch in ((self.moving_mean, norm.mean), (self.moving_variance, norm.var)):
            moving.assign(moving.data * self.momentum + batch * (1 - self.momentum))
        return y.reshape(x.shape)

    def local_statistics(self) -> list[Tensor]:
        return [] if self.synchronized or not self.built else [self.moving_mean, self.moving_variance]


class SampleNormalization(Layer):
    """Base of the layers that normalise each sample by its own statistics: the same in training and in prediction.

    γ (with scale) and β (with center) are one number for each channel, the last axis. Raises ValueError for another
    axis than the last and unless epsilon >= 0, TypeError unless center and scale are bools.
    """

    input_spec = FEATURES

    def __init__(
        self, axis: int, epsilon: float, center: bool, scale: bool, beta: Any, gamma: Any, name: str | None
    ) -> None:
        super().__init__(name)
        check_last_axis(self.label, axis)
        self.epsilon = number(f"{self.label}: epsilon", epsilon, "a number >= 0", "epsilon=1e-3")
        self.center, self.scale = switch(f"{self.label}: center", center), switch(f"{self.label}: scale", scale)
        self.beta_initializer, self.gamma_initializer = beta, gamma

    def build(self, input_shape: tuple[int, ...]) -> None:
        self.input_spec = FEATURES.with_features(self.label, input_shape)
        channels = (input_shape[-1],)
        self.gamma = self.add_weight("gamma", channels, self.gamma_initializer) if self.scale else None
        self.beta = self.add_weight("beta", channels, self.beta_initializer) if self.center else None

    def gamma_and_beta(self, x: Tensor) -> tuple[TensorLike, TensorLike]:
        """The weights, or 1 and 0 in their places."""
        gamma = backend.xp.ones(x.shape[-1], x.dtype) if self.gamma is None else self.gamma
        return gamma, backend.xp.zeros(x.shape[-1], x.dtype) if self.beta is None else self.beta


class LayerNormalization(SampleNormalization):
    """y = γ (x - m) / √(v + ε) + β, where m and v are the mean and the (biased) variance of x along the last axis.

    Each row of features is normalised by itself: it depends on no other sample, in training and in prediction alike.
    Shapes: x (batch, ..., features); γ and β (features,). Keras' default for epsilon is 1e-3, PyTorch's 1e-5.
    Raises ValueError for another axis than the last, and unless epsilon >= 0. Source: Ba, Kiros and Hinton 2016.
    """

    def __init__(
        self,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(axis, epsilon, center, scale, beta_initializer, gamma_initializer, name)

    def call(self, x: Tensor) -> Tensor:
        return ops.layer_norm(x, *self.gamma_and_beta(x), self.epsilon)


class GroupNormalization(SampleNormalization):
    """y = γ (x - m) / √(v + ε) + β, where m and v are the mean and the (biased) variance of a group of channels.

    A group is channels / groups neighbouring channels of one sample, at all its positions. groups=1 takes all channels
    together, and groups=-1 each by itself: instance normalisation (Ulyanov et al. 2016). Samples do not meet, so that
    it works with batches of any size, in training and in prediction alike.
    Shapes: x (batch, ..., channels); γ and β (channels,). Keras' default for epsilon is 1e-3, PyTorch's 1e-5.
    Raises ValueError for groups that do not divide the channels, another axis than the last, and unless epsilon >= 0.
    Source: Wu and He 2018.
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(axis, epsilon, center, scale, beta_initializer, gamma_initializer, name)
        self.groups = groups_or_all(self.label, groups)

    def build(self, input_shape: tuple[int, ...]) -> None:
        super().build(input_shape)
        self.groups = input_shape[-1] if self.groups == -1 else self.groups
        check_groups(self.label, self.groups, input_shape[-1])

    def call(self, x: Tensor) -> Tensor:
        return ops.group_norm(x, *self.gamma_and_beta(x), self.groups, self.epsilon)
