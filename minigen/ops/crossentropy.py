"""Cross-entropies of logits: one op each, because log(sigmoid(x)) in two steps is -∞ where sigmoid(x) rounds to 0."""

from __future__ import annotations

import numpy as np

from .. import backend
from ..autograd import Op, is_recorded
from ..kernels import crossentropy
from ..kernels.formulas import error
from ..types import Array, TensorLike
from .activation import Softmax, log_softmax, sigmoid, softmax
from .shape import PutItem, broadcast_to


class BinaryCrossentropy(Op):
    """y = mean of softplus(x) - t x,   dL/dx = g (sigmoid(x) - t) / n,   dL/dt = -g x / n

    x are logits, p = sigmoid(x), t targets in [0, 1]. Derivation: -t log p - (1 - t) log(1 - p), with
    log p = x - softplus(x) and log(1 - p) = -softplus(x), is softplus(x) - t x; softplus' = sigmoid.
    """

    def __init__(self, p: Array | None = None) -> None:
        self.p = p  # sigmoid(x), if it is already computed

    def forward(self, x: Array, t: Array) -> Array:
        if self.p is None:
            self.p = sigmoid(x)
        return crossentropy.nats(x, self.p, t) / x.size

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike, t: TensorLike) -> TensorLike:
        p = sigmoid(x) if is_recorded(x) else self.p
        g = g / x.size
        return error(p, t, g), -x * g if self.needs[1] else None


class SigmoidCrossentropy(Op):
    """y = softplus(x) - t x,   dL/dx = g (sigmoid(x) - t),   dL/dt = -g x

    BinaryCrossentropy without the mean: a number for each element.
    """

    def __init__(self, p: Array | None = None) -> None:
        self.p = p  # sigmoid(x), if it is already computed

    def forward(self, x: Array, t: Array) -> Array:
        if self.p is None:
            self.p = sigmoid(x)
        return crossentropy.nats_of_each(x, self.p, t)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike, t: TensorLike) -> TensorLike:
        p = sigmoid(x) if is_recorded(x) else self.p
        return error(p, t, g), -x * g if self.needs[1] else None


class SoftmaxCrossentropy(Op):
    """y = mean over rows of -Σₖ tₖ log softmax(x)ₖ,   dL/dx = g (softmax(x) Σₖ tₖ - t) / rows,
    dL/dt = -g log softmax(x) / rows

    x (..., classes) are logits, t of the same shape target probabilities, usually one-hot. Derivation: log softmax(x)ₖ
    = xₖ - logsumexp(x), and the gradient of logsumexp is softmax.
    """

    def __init__(self, made_by: Softmax | None = None, p: Array | None = None) -> None:
        self.softmax, self.p = made_by or Softmax(-1), p  # p and the op that made it, if it is already computed

    def forward(self, x: Array, t: Array) -> Array:
        if self.p is None:
            self.p = self.softmax.forward(x)
        log_p = x - self.softmax.largest
        log_p -= backend.xp.log(self.softmax.total)
        backend.xp.copyto(log_p, 0, where=t == 0)  # 0 log 0 = 0 where t and softmax(x) are 0
        return -(t * log_p).sum() / (x.size // x.shape[-1])

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike, t: TensorLike) -> TensorLike:
        p = softmax(x) if is_recorded(x) else self.p
        g = g / (x.size // x.shape[-1])
        dx = (p * t.sum(axis=-1, keepdims=True) - t) * g  # (..., classes)
        return dx, -log_softmax(x) * g if self.needs[1] else None


class SparseSoftmaxCrossentropy(Op):
    """y = mean over rows of -log softmax(x)ₖ for the label k of the row,   dL/dx = g (softmax(x) - [k]) / rows

    SoftmaxCrossentropy for a target that is 1 at the label and 0 elsewhere, [k]. x (..., classes) are logits, the
    labels (...) integers in 0..classes-1.
    """

    def __init__(self, labels: np.ndarray, made_by: Softmax | None = None, p: Array | None = None) -> None:
        self.labels, self.softmax, self.p = labels, made_by or Softmax(-1), p

    def forward(self, x: Array) -> Array:
        if self.p is None:
            self.p = self.softmax.forward(x)
        labels = backend.asarray(self.labels.reshape(-1)).copy()  # the caller may write to his before backward()
        self.rows, self.key = len(labels), (backend.xp.arange(len(labels)), labels)
        log_p = x.reshape(self.rows, -1)[self.key] - self.softmax.largest.reshape(-1)
        log_p -= backend.xp.log(self.softmax.total).reshape(-1)
        return -log_p.sum() / self.rows

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        p = softmax(x) if is_recorded(x) else self.p
        g = g / self.rows
        at_labels = PutItem(self.key, (self.rows, x.shape[-1]))(broadcast_to(g, (self.rows,)))
        return p * g - at_labels.reshape(x.shape)
