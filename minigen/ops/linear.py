"""Matrix products."""

from __future__ import annotations

import math
import operator
from typing import Any

from ..autograd import Node, Op, sum_over, sum_to, unwrap
from ..errors import message
from ..kernels import blocks


def _swap(x: Any) -> Any:
    """The last two axes exchanged: the transpose of each matrix in a stack."""
    n = len(x.shape)
    return x.transpose((*range(n - 2), n - 1, n - 2))


def times(a: Any, b: Any) -> Any:
    """a @ b of two matrices or stacks of them, for rules: arrays as kernels/blocks.py says, Tensors recorded."""
    return a @ b if isinstance(a, Node) or isinstance(b, Node) else blocks.undisturbed(operator.matmul, a, b)


class MatMul(Op):
    """y = a b,   dL/da = g bᵀ,   dL/db = aᵀ g"""

    def forward(self, a: Any, b: Any) -> Any:
        return times(a, b)

    def backward(self, g: Any, y: Any, a: Any, b: Any) -> Any:
        da = sum_to(times(g, _swap(b)), a.shape) if self.needs[0] else None  # a stack of matrices may broadcast
        db = sum_to(times(_swap(a), g), b.shape) if self.needs[1] else None
        return da, db


class Linear(Op):
    """y = x W + b,   dL/dx = g Wᵀ,   dL/dW = xᵀ g,   dL/db = Σ over rows of g"""

    def __init__(self, beside_convolutions: bool = False) -> None:
        self.beside_convolutions = beside_convolutions

    def forward(self, x: Any, w: Any, b: Any) -> Any:
        y = self.times(x, w)  # (n, in) (in, out) -> (n, out)
        y += b
        return y

    def backward(self, g: Any, y: Any, x: Any, w: Any, b: Any) -> Any:
        dx = self.times(g, w.transpose()) if self.needs[0] else None  # (n, out) (out, in) -> (n, in)
        dw = self.times(x.transpose(), g) if self.needs[1] else None  # (in, n) (n, out) -> (in, out)
        return dx, dw, sum_over(g, 0) if self.needs[2] else None

    def times(self, a: Any, b: Any) -> Any:
        """a b; arrays beside convolutions with the threads of these (kernels/blocks.py says why)"""
        if self.beside_convolutions and unwrap(a) is a and unwrap(b) is b:
            return blocks.product(a, b)
        return times(a, b)


def matmul(a: Any, b: Any) -> Any:
    """a @ b as NumPy has it: matrices, stacks of matrices (they broadcast), and vectors.

    Shapes: (..., n, k) (..., k, m) -> (..., n, m); a vector counts as one row on the left, one column on the right.
    """
    if not (hasattr(a, "shape") and hasattr(b, "shape")):
        got = f"{type(a).__name__} and {type(b).__name__}"
        fix = "a * b for a number, np.asarray(b) for a list"
        raise TypeError(message("matmul", expected="tensors or arrays", got=got, fix=fix))
    if 0 in (len(a.shape), len(b.shape)):
        got, fix = f"{a.shape} and {b.shape}", "a * b for a number"
        raise ValueError(message("matmul: axes", expected="vectors, matrices or stacks of them", got=got, fix=fix))
    if len(a.shape) == 1:
        y = matmul(a.reshape((1, a.shape[0])), b)
        return y.reshape((*y.shape[:-2], y.shape[-1]) if len(b.shape) > 1 else ())
    if len(b.shape) == 1:
        return matmul(a, b.reshape((b.shape[0], 1))).reshape(a.shape[:-1])
    if a.shape[-1] != b.shape[-2]:
        raise ValueError(
            message(
                "matmul: inner sizes differ",
                expected=f"({a.shape[-1]}, ...) on the right of {a.shape}",
                got=f"{b.shape}",
                fix="a @ b with a.shape[-1] == b.shape[-2]",
            )
        )
    if len(a.shape) > 2 and len(b.shape) == 2:  # one tall product instead of a stack of small ones
        rows = a.reshape((math.prod(a.shape[:-1]), a.shape[-1]))
        return MatMul()(rows, b).reshape((*a.shape[:-1], b.shape[-1]))
    return MatMul()(a, b)


def dense(x: Any, w: Any, b: Any, beside_convolutions: bool = False) -> Any:
    """x W + b along the last axis of x, as one op; between convolutions with their threads, not with BLAS's.

    Shapes: x (..., in), w (in, out), b (out,) -> (..., out).
    """
    if len(x.shape) == 2:
        return Linear(beside_convolutions)(x, w, b)
    rows = x.reshape((math.prod(x.shape[:-1]), x.shape[-1]))
    return Linear(beside_convolutions)(rows, w, b).reshape((*x.shape[:-1], w.shape[-1]))
