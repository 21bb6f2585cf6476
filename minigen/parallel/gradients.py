"""The gradients of one step, one behind the other in one array, which all ranks add up in one call."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..types import Array
from . import checks, job
from .share import current


class Gradients:
    """The array of an optimizer. It is kept from step to step."""

    def __init__(self) -> None:
        self.flat: Array = np.zeros(0, "float32")

    def add_up(self, gradients: Sequence[Array], xp: Any = np) -> list[Array]:
        """The gradients of the whole batch, as parts of the array: Σ w g over the ranks.

        g are the gradients of the means over the rows of a rank, w = rows / rows of the batch; all are arrays of xp,
        which is CuPy only if on_gpus() says so. Raises ValueError for gradients of two types, ParallelError for ranks
        that are out of step, and NonFiniteGradientError for NaN or infinity on any rank.
        """
        share, ranks = current(), job.running()
        assert share is not None and ranks is not None
        parts = self._parts(gradients, xp)
        for part, g in zip(parts, gradients, strict=True):
            xp.multiply(g, share.weight, out=part)
        ranks.meet(job.GRADIENTS, self.flat.size, not_finite(self.flat, xp))
        ranks.add_up(self.flat)
        return parts

    def _parts(self, gradients: Sequence[Array], xp: Any) -> list[Array]:
        """The place of each gradient."""
        checks.check_one_dtype(gradients)
        n, dtype = sum(g.size for g in gradients), gradients[0].dtype
        if self.flat.size != n or self.flat.dtype != dtype or isinstance(self.flat, np.ndarray) != (xp is np):
            self.flat = xp.zeros(n, dtype)
        ends = np.cumsum([g.size for g in gradients]).tolist()
        return [self.flat[end - g.size : end].reshape(g.shape) for g, end in zip(gradients, ends, strict=True)]


def on_gpus() -> bool:
    """Whether the ranks add up arrays of CuPy where they are, by NCCL."""
    ranks = job.running()
    return ranks is not None and ranks.adds_on_gpus()


def not_finite(flat: Array, xp: Any = np) -> int:
    """How many numbers are NaN or infinite: none, if the sum of their squares is finite, which is quick to compute."""
    with np.errstate(over="ignore", invalid="ignore"):
        return 0 if math.isfinite(float(xp.dot(flat, flat))) else int((~xp.isfinite(flat)).sum())
