"""CosineDecay: a learning rate that rises at the beginning and falls along a cosine."""

from __future__ import annotations

import math

from ..checks.values import natural_number, number, positive_integer
from ..configured import Configured


class CosineDecay(Configured):
    """η(t) = η₀ (α + (1 - α) (1 + cos(π t / decay_steps)) / 2) for the steps t = 0, 1, ..., and α η₀ after them.

    With warmup_steps w the rate first rises along a line, from initial_learning_rate at t = 0 to warmup_target at
    t = w, and then falls from there in place of η₀, with t - w in place of t. Adam's averages of the gradients are of
    few numbers in the first steps, and a Transformer with large steps then is slow to recover.

        AdamW(CosineDecay(0.0, steps - 100, warmup_target=1e-3, warmup_steps=100))

    Arguments as in Keras; alpha is the share of the rate that is left at the end. Raises ValueError unless the rates
    are numbers >= 0, alpha is in [0, 1], decay_steps a positive integer and warmup_steps one or 0. Source: Loshchilov
    and Hutter 2017.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        fix, rate = "CosineDecay(1e-3, decay_steps=epochs * batches)", "a number >= 0"
        where = "CosineDecay: initial_learning_rate"
        self.initial_learning_rate = number(where, initial_learning_rate, rate, fix)
        self.decay_steps = positive_integer("CosineDecay: decay_steps", decay_steps, fix)
        below = math.nextafter(1.0, 2.0)
        self.alpha = number("CosineDecay: alpha", alpha, "a number from 0 to 1", "alpha=0.1", below=below)
        fix = "CosineDecay(0.0, 1000, warmup_target=1e-3, warmup_steps=100)"
        given = warmup_target is not None
        self.warmup_target = number("CosineDecay: warmup_target", warmup_target, rate, fix) if given else None
        self.warmup_steps = natural_number("CosineDecay: warmup_steps", warmup_steps, fix)

    def __call__(self, t: int) -> float:
        first, top, w = self.initial_learning_rate, self.warmup_target, self.warmup_steps
        if top is None:
            top, w = first, 0
        elif t < w:
            return first + (top - first) * t / w
        share = min(t - w, self.decay_steps) / self.decay_steps
        return top * (self.alpha + (1 - self.alpha) * (1 + math.cos(math.pi * share)) / 2)
