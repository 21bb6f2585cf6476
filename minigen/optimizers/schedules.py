"""Learning rates that change with the number of steps."""

from __future__ import annotations

from collections.abc import Callable

from ..arguments import checks_arguments
from ..checks import number, positive_integer

Rate = float | Callable[[int], float]


class LinearDecay:
    """η(t) = η₀ (1 - t / steps) for the steps t = 0, 1, ..., and 0 after them. Adam(LinearDecay(1e-3, 9380))

    Any other function of t is a schedule as well. Raises ValueError unless η₀ >= 0 and steps is a positive integer.
    """

    @checks_arguments
    def __init__(self, learning_rate: float, steps: int) -> None:
        fix = "LinearDecay(1e-3, steps=epochs * batches)"
        self.learning_rate = number("LinearDecay: learning_rate", learning_rate, "a number >= 0", fix)
        self.steps = positive_integer("LinearDecay: steps", steps, fix)

    def __call__(self, t: int) -> float:
        return self.learning_rate * max(0.0, 1 - t / self.steps)
