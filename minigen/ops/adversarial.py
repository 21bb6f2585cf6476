"""The losses of a discriminator or critic on a batch of logits, one op for each formula (section 9.1).

a is the logit of an image and D(x) = σ(a) the probability with which the discriminator takes it for real. Each op takes
the logits of one batch, n numbers of any shape, and their common label: 1 for "real" and 0 for "fake". Computed
from logits, losses and gradients stay exact for a confident discriminator; log σ(a) in two steps would be log 0.
"""

from __future__ import annotations

from .. import backend
from ..autograd import Op
from ..types import Array, TensorLike
from .activation import sigmoid
from .elementwise import sqrt

TINY = 1e-12  # inside the root of a norm: the derivative at a vector of zeros is then 0 and not 0/0


class LabelCrossentropy(Op):
    """y = mean of -t log σ(a) - (1 - t) log(1 - σ(a)),   dL/da = g (σ(a) - t) / n,   one label t for all of a

    Derivation: -log σ(a) = softplus(-a) and -log(1 - σ(a)) = softplus(a); softplus' = σ, and 1 - σ(a) = σ(-a). With
    t = 1 it is -log D, with t = 0 it is -log(1 - D), and the derivatives are -(1 - D) and D. The two terms are computed
    separately: softplus(a) - t a would round away the small loss of a D that is confident and right.
    """

    def __init__(self, t: float) -> None:
        self.t = t

    def forward(self, a: Array) -> Array:
        zero = a.dtype.type(0)
        costs = self.t * backend.xp.logaddexp(-a, zero) + (1 - self.t) * backend.xp.logaddexp(a, zero)
        return costs.sum() / a.size

    def backward(self, g: TensorLike, y: TensorLike, a: TensorLike) -> TensorLike:
        return ((1 - self.t) * sigmoid(a) - self.t * sigmoid(-a)) * (g / a.size)  # = σ(a) - t, as 1 - σ(a) = σ(-a)


class LabelSquaredError(Op):
    """y = mean of 1/2 (a - t)²,   dL/da = g (a - t) / n,   one label t for all of a"""

    def __init__(self, t: float) -> None:
        self.t = t

    def forward(self, a: Array) -> Array:
        d = a - self.t
        return (d * d).sum() / (2 * a.size)

    def backward(self, g: TensorLike, y: TensorLike, a: TensorLike) -> TensorLike:
        return (a - self.t) * (g / a.size)


class LabelHinge(Op):
    """y = mean of max(0, 1 - s a) with s = 2t - 1,   dL/da = -g s [s a < 1] / n,   0 at the hinge itself

    s is +1 for "real" and -1 for "fake": the loss is 0 for logits on the right side beyond the margin of 1.
    """

    def __init__(self, t: float) -> None:
        self.s = 2 * t - 1

    def forward(self, a: Array) -> Array:
        return backend.xp.maximum(1 - self.s * a, 0).sum() / a.size

    def backward(self, g: TensorLike, y: TensorLike, a: TensorLike) -> TensorLike:
        return (self.s * a < 1) * (-self.s * g / a.size)


class UnitNormPenalty(Op):
    """y = mean over the rows of (‖v‖ - 1)²,   dL/dv = g 2 (1 - 1/‖v‖) v / n

    v (n, dim); if v holds the gradients of a critic at n images, y is the gradient penalty. Derivation: the gradient of
    ‖v‖ is v/‖v‖, and that of the square is 2 (‖v‖ - 1) v/‖v‖. ‖v‖ is computed as √(Σ v² + 1e-12), so that a row of
    zeros has the gradient 0 and not 0/0.
    """

    def forward(self, v: Array) -> Array:
        excess = backend.xp.sqrt((v * v).sum(axis=1) + TINY) - 1  # (n,)
        return (excess * excess).sum() / len(v)

    def backward(self, g: TensorLike, y: TensorLike, v: TensorLike) -> TensorLike:
        norm = sqrt((v * v).sum(axis=1, keepdims=True) + TINY)  # (n, 1)
        return v * (1 - 1 / norm) * (2 * g / len(v))
