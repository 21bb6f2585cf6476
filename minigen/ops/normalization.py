"""Batch, layer and group normalisation, each as one op."""

from __future__ import annotations

import math

from .. import backend, parallel
from ..arguments import checks_arguments
from ..autograd import Op, is_recorded, sum_over
from ..kernels import formulas, normalization
from ..kernels.sums import add_up
from ..types import Array, TensorLike
from .checks import check_normalization
from .elementwise import sqrt
from .reduction import mean, var


class BatchNorm(Op):
    """x̂ = (x - m) s,  y = γ x̂ + β,  with m, 1/s² = v + ε over the rows;   dL/dx = γ s (g - ⟨g⟩ - x̂ ⟨g x̂⟩)

    x (rows, channels); m and v are the mean and the (biased) variance of each column, ⟨.⟩ is the mean over the rows.
    Derivation: x̂ has mean 0 and variance 1 for every x, so that a shift or a stretch of a column does not change it.
    Therefore ⟨g⟩ and x̂ ⟨g x̂⟩, the components of g in these two directions, drop out of dL/dx̂ = γ g; for the rest
    dx̂/dx = s. dL/dγ = Σ g x̂ and dL/dβ = Σ g.
    synchronized: in a parallel training ⟨.⟩ is the mean over the rows of all ranks (OverRanks).
    Source: Ioffe and Szegedy 2015.
    """

    def __init__(self, epsilon: float, synchronized: bool = False) -> None:
        self.epsilon = epsilon
        self.of_all = over_ranks if synchronized else _as_it_is

    def forward(self, x: Array, gamma: Array, beta: Array) -> Array:
        self.mean = self.of_all(add_up(x, 0) / len(x))  # (channels,)
        y = x - self.mean
        self.var = self.of_all(add_up(y * y, 0) / len(y))
        formulas.scale_and_shift(y, gamma, self.var, self.epsilon, beta)
        return y

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike, gamma: TensorLike, beta: TensorLike) -> TensorLike:
        if is_recorded(x):  # the statistics depend on x
            m = self.of_all(mean(x, axis=0))
            v = self.of_all(mean((x - m) ** 2, axis=0))
        else:
            m, v = self.mean, self.var
        s = 1 / sqrt(v + self.epsilon)
        x_hat = (x - m) * s
        dgamma, dbeta = sum_over(g * x_hat, 0), sum_over(g, 0)  # (channels,)
        n = x.shape[0]
        dx = formulas.batch_norm_gradient(g, x_hat, s, gamma, self.of_all(dgamma), self.of_all(dbeta), n)
        return dx, dgamma, dbeta


class OverRanks(Op):
    """y = Σ w x over the ranks of a parallel training,   dL/dx = Σ w g

    w = rows of the rank / rows of the batch: of means over the rows of each rank, y is the mean over the batch. The
    loss is Σ w L too. So dL/dx = w Σ w g of the whole loss, where the sum comes from y, which all ranks use; and in
    units of the loss of this rank, whose gradients get their factor w in the optimizer, it is Σ w g.
    """

    def forward(self, x: Array) -> Array:
        return backend.asarray(parallel.mean(backend.to_numpy(x)))

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return over_ranks(g)


class GroupNorm(Op):
    """x̂ = (x - m) s,  y = γ x̂ + β,  with m, 1/s² = v + ε of a group;   dL/dx = s (h - ⟨h⟩ - x̂ ⟨h x̂⟩),  h = γ g

    x (samples, positions, channels); m and v are the mean and the (biased) variance over the positions and channels of
    one group of one sample, and ⟨.⟩ is the mean over the same numbers. The samples do not meet.
    Derivation: that of BatchNorm, with groups in place of columns, in which γ differs from number to number: it stands
    inside of the means. dL/dγ = Σ g x̂ and dL/dβ = Σ g over samples and positions.
    Source: Wu and He 2018.
    """

    def __init__(self, groups: int, epsilon: float) -> None:
        self.groups, self.epsilon = groups, epsilon

    def forward(self, x: Array, gamma: Array, beta: Array) -> Array:
        y, self.mean, self.scale = normalization.normalise(x, gamma, beta, self.groups, self.epsilon)
        return y

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike, gamma: TensorLike, beta: TensorLike) -> TensorLike:
        if is_recorded(g, x):  # the statistics depend on x
            return self.on_tensors(g, x, gamma)
        return normalization.gradients(g, x, gamma, self.mean, self.scale)

    def on_tensors(self, g: TensorLike, x: TensorLike, gamma: TensorLike) -> tuple[TensorLike, TensorLike, TensorLike]:
        """The formula, recorded."""
        by_group, over = (*x.shape[:2], self.groups, x.shape[2] // self.groups), (1, 3)
        u, h = x.reshape(by_group), (g * gamma).reshape(by_group)
        s = 1 / sqrt(var(u, over, keepdims=True) + self.epsilon)
        x_hat = (u - mean(u, over, keepdims=True)) * s
        dx = s * (h - mean(h, over, keepdims=True) - x_hat * mean(h * x_hat, over, keepdims=True))
        return dx.reshape(x.shape), sum_over(g * x_hat.reshape(x.shape), (0, 1)), sum_over(g, (0, 1))


class LayerNorm(GroupNorm):
    """x̂ = (x - m) s,  y = γ x̂ + β,  with m, 1/s² = v + ε of a row;   dL/dx = s (h - ⟨h⟩ - x̂ ⟨h x̂⟩),  h = γ g

    x (rows, 1, features): one group, of one position. Source: Ba, Kiros and Hinton 2016.
    """

    def __init__(self, epsilon: float) -> None:
        super().__init__(1, epsilon)


def over_ranks(x: TensorLike) -> TensorLike:
    """The mean over the batch from means over the rows of each rank; outside of a parallel step x itself."""
    return x if parallel.current() is None else OverRanks()(x)


def _as_it_is(x: TensorLike) -> TensorLike:
    return x


def batch_norm(x: TensorLike, gamma: TensorLike, beta: TensorLike, epsilon: float = 1e-3) -> TensorLike:
    """γ x̂ + β, where x̂ is x with mean 0 and variance 1 in every channel: x (..., channels), γ and β (channels,)."""
    return BatchNorm(epsilon)(x.reshape((-1, x.shape[-1])), gamma, beta).reshape(x.shape)


@checks_arguments
def layer_norm(x: TensorLike, gamma: TensorLike, beta: TensorLike, epsilon: float = 1e-3) -> TensorLike:
    """γ x̂ + β, where x̂ is x with mean 0 and variance 1 in every row: x (..., features), γ and β (features,).

    ε is added to the variance. Raises TypeError unless all are floats, and ValueError for other shapes and for ε < 0.
    """
    check_normalization("layer_norm", x, gamma, beta, 1, epsilon)
    return LayerNorm(epsilon)(x.reshape((-1, 1, x.shape[-1])), gamma, beta).reshape(x.shape)


@checks_arguments
def group_norm(
    x: TensorLike, gamma: TensorLike, beta: TensorLike, groups: int = 32, epsilon: float = 1e-3
) -> TensorLike:
    """γ x̂ + β, where x̂ is x with mean 0 and variance 1 in every group of channels of every sample.

    Shapes: x (samples, ..., channels), γ and β (channels,). A group is channels / groups neighbours, at all positions;
    with as many groups as channels this is instance normalisation (Ulyanov et al. 2016).
    Raises TypeError unless all are floats, ValueError for other shapes, for ε < 0, and for groups that do not divide
    the channels.
    """
    check_normalization("group_norm", x, gamma, beta, groups, epsilon)
    positions = math.prod(x.shape[1:-1])
    return GroupNorm(groups, epsilon)(x.reshape((len(x), positions, x.shape[-1])), gamma, beta).reshape(x.shape)
