"""Which op made the first NaN: backward() and grad() look for it where a training has asked them to.

The graph of a loss still holds the output of every op, so nothing has to be computed again to find the first one that
is not finite. The check comes before any weight is changed. It reads the loss, and the sum of each gradient.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .. import backend
from ..types import Array, TensorLike
from . import checks
from .node import Node, unwrap
from .op import Op
from .state import mode


@contextlib.contextmanager
def refusing_nan(wanted: bool = True) -> Iterator[None]:
    """In this block, backward() and grad() raise NonFiniteError for a loss or gradient that is NaN or infinite."""
    before, mode.refuses_nan = mode.refuses_nan, wanted or mode.refuses_nan
    try:
        yield
    finally:
        mode.refuses_nan = before


def check_loss(loss: Node, made: list[Node]) -> None:
    """NonFiniteError, with the first op whose output is not finite, unless the loss is. made: newest first."""
    if is_finite(loss.data):
        return
    for y in reversed(made):
        for x in y.op.inputs:
            if getattr(x, "op", None) is None and not is_finite(unwrap(x)):  # a leaf, or a constant
                checks.refuse_nonfinite_input(y.op, x)
        if not is_finite(y.data):
            checks.refuse_nonfinite_output(y.op, y.data)


def check_gradients(grads: Mapping[Any, TensorLike], again: Callable[[], Any]) -> None:
    """NonFiniteError unless every gradient is finite; `again` repeats the sweep, in which the op is found.

    If no rule has made it, finite gradients of one tensor were added up to an infinity.
    """
    if are_finite([unwrap(g) for g in grads.values()]):
        return
    before, mode.observer = mode.observer, _Finder()
    try:
        again()
    finally:
        mode.observer = before
    for x, g in grads.items():
        if not is_finite(unwrap(g)):
            checks.refuse_nonfinite_sum(f"the weight {x.name}" if x.name else "a tensor", unwrap(g))


class _Finder:
    """An observer of the sweep that raises at the first rule whose gradient is not finite."""

    def forward(self, op: Op, rule: Callable[..., Any], inputs: tuple[TensorLike, ...], arrays: list[Array]) -> Any:
        return rule(*arrays)  # an op that a rule calls

    def backward(self, op: Op, rule: Callable[..., Any], g: Array, y: Array) -> Any:
        if not is_finite(g):
            checks.refuse_nonfinite_sum(f"the output of {op}", g)
        gxs = rule(g, y, *op.arrays)
        for gx, needed in zip(gxs if isinstance(gxs, tuple) else (gxs,), op.needs, strict=False):
            if needed and gx is not None and not is_finite(gx):
                checks.refuse_nonfinite_gradient(op, gx)
        return gxs


def is_finite(a: Any) -> bool:
    """Whether all numbers of an array, or a number, are finite."""
    return are_finite([backend.asarray(a)])


def are_finite(arrays: Sequence[Array]) -> bool:
    """Whether all numbers of all arrays are finite. If their sum is, which is quick to compute, they are; else each is
    read. A GPU waits once."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = sum(a.sum() for a in arrays)
    return math.isfinite(total) or all(bool(backend.xp.isfinite(a).all()) for a in arrays)
