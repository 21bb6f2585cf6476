"""The gradient of what was broadcast: a sum over the copies."""

from __future__ import annotations

from ..kernels.sums import add_up
from ..types import Axis, Shape, TensorLike
from .node import is_recorded


def sum_over(x: TensorLike, axis: Axis, keepdims: bool = False) -> TensorLike:
    """Σ x over some axes, for rules: of an array in a tree (kernels/sums.py says why), of a Tensor recorded."""
    return x.sum(axis, keepdims) if is_recorded(x) else add_up(x, axis, keepdims)


def sum_to(g: TensorLike, shape: Shape) -> TensorLike:
    """Undo broadcasting: the gradient of a repeated value is the sum over its copies. (The one place that does.)"""
    lead = len(g.shape) - len(shape)
    axes = tuple(range(lead)) + tuple(lead + i for i, n in enumerate(shape) if n == 1 != g.shape[lead + i])
    return sum_over(g, axes, keepdims=True).reshape(shape) if axes else g
