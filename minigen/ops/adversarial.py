"""What two players say about a batch of logits, one op for each formula (section 9.1).

a is the logit of an image and σ(a) = D(x) the probability "it is real" that the discriminator gives it. Each op takes
the logits of one batch, of any shape, n numbers in all, and the label that they are measured against: 1 for "real" and
0 for "fake". On logits no gradient is lost, however sure the discriminator is: log σ(a) in two steps would be log 0.
"""

from __future__ import annotations

from typing import Any

from .. import backend
from ..autograd import Op
from .activation import sigmoid
from .elementwise import sqrt

TINY = 1e-12  # inside the root of a norm: a gradient of exactly 0 has no direction, and this gives it none


class LabelCrossentropy(Op):
    """y = mean of -t log σ(a) - (1 - t) log(1 - σ(a)),   dL/da = g (σ(a) - t) / n,   one label t for all of a

    Derivation: -log σ(a) = softplus(-a) and -log(1 - σ(a)) = softplus(a); softplus' = σ, and 1 - σ(a) = σ(-a). With
    t = 1 it is -log D, with t = 0 it is -log(1 - D), and the slopes are -(1 - D) and D. The two terms stay apart, as
    softplus(a) - t a would lose the small cost of a D that is sure and right.
    """

    def __init__(self, t: float) -> None:
        self.t = t

    def forward(self, a: Any) -> Any:
        zero = a.dtype.type(0)
        costs = self.t * backend.xp.logaddexp(-a, zero) + (1 - self.t) * backend.xp.logaddexp(a, zero)
        return costs.sum() / a.size

    def backward(self, g: Any, y: Any, a: Any) -> Any:
        return ((1 - self.t) * sigmoid(a) - self.t * sigmoid(-a)) * (g / a.size)  # σ(a) - t, as 1 - σ(a) = σ(-a)


class LabelSquaredError(Op):
    """y = mean of 1/2 (a - t)²,   dL/da = g (a - t) / n,   one label t for all of a"""

    def __init__(self, t: float) -> None:
        self.t = t

    def forward(self, a: Any) -> Any:
        d = a - self.t
        return (d * d).sum() / (2 * a.size)

    def backward(self, g: Any, y: Any, a: Any) -> Any:
        return (a - self.t) * (g / a.size)


class LabelHinge(Op):
    """y = mean of max(0, 1 - s a) with s = 2t - 1,   dL/da = -g s [s a < 1] / n,   0 at the hinge itself

    s is +1 for "real" and -1 for "fake": logits beyond the margin of 1 on the right side cost nothing.
    """

    def __init__(self, t: float) -> None:
        self.s = 2 * t - 1

    def forward(self, a: Any) -> Any:
        return backend.xp.maximum(1 - self.s * a, 0).sum() / a.size

    def backward(self, g: Any, y: Any, a: Any) -> Any:
        return (self.s * a < 1) * (-self.s * g / a.size)


class UnitNormPenalty(Op):
    """y = mean over the rows of (‖v‖ - 1)²,   dL/dv = g 2 (1 - 1/‖v‖) v / n

    v (n, dim); with v the gradients of a critic at n images it is the gradient penalty. Derivation: the gradient of
    ‖v‖ is v/‖v‖, and that of the square 2 (‖v‖ - 1) times it. ‖v‖ is taken as √(Σ v² + 1e-12), so that a row of zeros
    has the gradient 0 and not 0/0.
    """

    def forward(self, v: Any) -> Any:
        excess = backend.xp.sqrt((v * v).sum(axis=1) + TINY) - 1
        return (excess * excess).sum() / len(v)

    def backward(self, g: Any, y: Any, v: Any) -> Any:
        norm = sqrt((v * v).sum(axis=1, keepdims=True) + TINY)
        return v * (1 - 1 / norm) * (2 * g / len(v))
