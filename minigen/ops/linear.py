"""Matrix products."""

from __future__ import annotations

import math
import operator

from ..autograd import Op, is_recorded, sum_over, sum_to
from ..kernels import blocks
from ..types import Array, TensorLike
from .checks import refuse_matmul


def _transposed(x: TensorLike) -> TensorLike:
    """The transpose of each matrix in a stack: the last two axes exchanged."""
    n = len(x.shape)
    return x.transpose((*range(n - 2), n - 1, n - 2))


def product(a: TensorLike, b: TensorLike) -> TensorLike:
    """a @ b of matrices or stacks of them, for rules: Tensors are recorded; for arrays see blocks.undisturbed()."""
    return a @ b if is_recorded(a, b) else blocks.undisturbed(operator.matmul, a, b)


class MatMul(Op):
    """y = a b,   dL/da = g bᵀ,   dL/db = aᵀ g"""

    def forward(self, a: Array, b: Array) -> Array:
        return product(a, b)

    def backward(self, g: TensorLike, y: TensorLike, a: TensorLike, b: TensorLike) -> TensorLike:
        da = sum_to(product(g, _transposed(b)), a.shape) if self.needs[0] else None  # a stack of matrices may broadcast
        db = sum_to(product(_transposed(a), g), b.shape) if self.needs[1] else None
        return da, db


class Linear(Op):
    """y = x W + b,   dL/dx = g Wᵀ,   dL/dW = xᵀ g,   dL/db = Σ over rows of g"""

    product = staticmethod(product)

    def forward(self, x: Array, w: Array, b: Array) -> Array:
        y = self.product(x, w)  # (n, in) (in, out) -> (n, out)
        y += b
        return y

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike, w: TensorLike, b: TensorLike) -> TensorLike:
        dx = self.product(g, w.transpose()) if self.needs[0] else None  # (n, out) (out, in) -> (n, in)
        dw = self.product(x.transpose(), g) if self.needs[1] else None  # (in, n) (n, out) -> (in, out)
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
    return Linear()(x, w, b) if len(shape) == 2 else on_rows(Linear(), x, w, b)


def on_rows(op: Linear, x: TensorLike, w: TensorLike, b: TensorLike) -> TensorLike:
    """`op` on the rows of x, which may have any number of axes."""
    rows = x.reshape((math.prod(x.shape[:-1]), x.shape[-1]))
    return op(rows, w, b).reshape((*x.shape[:-1], w.shape[-1]))
