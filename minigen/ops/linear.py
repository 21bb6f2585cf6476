"""Matrix products."""

from __future__ import annotations

import math

from ..autograd import Op, is_recorded, sum_over, sum_to
from ..kernels import blocks, products
from ..types import Array, TensorLike
from .checks import refuse_matmul


def _transposed(x: TensorLike) -> TensorLike:
    """The transpose of each matrix in a stack: the last two axes exchanged."""
    n = len(x.shape)
    return x.transpose((*range(n - 2), n - 1, n - 2))


def product(a: TensorLike, b: TensorLike, in_blocks: bool = False) -> TensorLike:
    """a @ b of matrices or stacks of them, for rules: Tensors are recorded; for arrays see kernels/blocks.py."""
    if is_recorded(a, b):
        return a @ b
    if in_blocks and len(a.shape) == len(b.shape) == 2:
        return blocks.product(a, b)
    return blocks.undisturbed(products.matmul, a, b)


class MatMul(Op):
    """y = a b,   dL/da = g bᵀ,   dL/db = aᵀ g"""

    def __init__(self) -> None:
        self.in_blocks = blocks.are_used_throughout()

    def forward(self, a: Array, b: Array) -> Array:
        return product(a, b, self.in_blocks)

    def backward(self, g: TensorLike, y: TensorLike, a: TensorLike, b: TensorLike) -> TensorLike:
        da = product(g, _transposed(b), self.in_blocks) if self.needs[0] else None
        db = product(_transposed(a), g, self.in_blocks) if self.needs[1] else None
        return _summed(da, a), _summed(db, b)


def _summed(gradient: TensorLike | None, of: TensorLike) -> TensorLike | None:
    """The gradient of one of two stacks of matrices, which may have been broadcast."""
    return None if gradient is None else sum_to(gradient, of.shape)


class Linear(Op):
    """y = x W + b,   dL/dx = g Wᵀ,   dL/dW = xᵀ g,   dL/db = Σ over rows of g"""

    def __init__(self) -> None:
        self.in_blocks = blocks.are_used_throughout()

    def forward(self, x: Array, w: Array, b: Array) -> Array:
        y = product(x, w, self.in_blocks)  # (n, in) (in, out) -> (n, out)
        y += b
        return y

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike, w: TensorLike, b: TensorLike) -> TensorLike:
        dx = product(g, w.transpose(), self.in_blocks) if self.needs[0] else None  # (n, out) (out, in) -> (n, in)
        dw = product(x.transpose(), g, self.in_blocks) if self.needs[1] else None  # (in, n) (n, out) -> (in, out)
        return dx, dw, sum_over(g, 0) if self.needs[2] else None


def matmul(a: TensorLike, b: TensorLike) -> TensorLike:
    """a @ b as in NumPy, for matrices, stacks of matrices (which broadcast) and vectors.

    Shapes: (..., n, k) (..., k, m) -> (..., n, m); a vector is a row on the left and a column on the right. Raises
    ValueError for shapes that do not fit, TypeError for anything but tensors and arrays.
    """
    if not (hasattr(a, "shape") and hasattr(b, "shape")):
        refuse_matmul(a, b)
    left, right = a.shape, b.shape
    if not (left and right):
        refuse_matmul(a, b)
    if len(left) == 1:
        y = matmul(a.reshape((1, left[0])), b)  # (..., 1, m)
        return y.reshape((*y.shape[:-2], y.shape[-1]) if len(right) > 1 else ())
    if len(right) == 1:
        return matmul(a, b.reshape((right[0], 1))).reshape(left[:-1])
    if left[-1] != right[-2]:
        refuse_matmul(a, b)
    if len(left) > 2 and len(right) == 2:  # one product of two matrices is faster than a stack of small ones
        rows = a.reshape((math.prod(left[:-1]), left[-1]))  # (... n, k)
        return MatMul()(rows, b).reshape((*left[:-1], right[-1]))
    return MatMul()(a, b)


def dense(x: TensorLike, w: TensorLike, b: TensorLike) -> TensorLike:
    """x W + b along the last axis of x, as one op.

    Shapes: x (..., in), w (in, out), b (out,) -> (..., out). Raises ValueError if x has another number of features.
    """
    shape = x.shape
    if shape[-1:] != w.shape[:1]:
        refuse_matmul(x, w)
    if len(shape) == 2:
        return Linear()(x, w, b)
    rows = x.reshape((math.prod(shape[:-1]), shape[-1]))
    return Linear()(rows, w, b).reshape((*shape[:-1], w.shape[-1]))
