"""Sums over the first axes of an array, in a tree."""

from __future__ import annotations

import math

import numpy as np

from .. import backend
from ..types import Array, Axis

FEW, BRANCHES = 32, 16  # up to 32 rows are added one after the other; more in 16 groups, whose sums are added in turn


def add_up(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """x.sum(axis, keepdims) with a relative error of about 1e-7 in float32, independent of the number of rows.

    NumPy adds the rows of a row-major array one after the other, and each addition rounds: the sum of 0.1 over 200,704
    rows of 32 has an error of 2e-3. In a tree of 16 groups the error is 1e-7, and the inner loops are long: 1.0 ms in
    place of 3.3. Along the axis that is contiguous in memory NumPy itself sums pairwise, and so does a GPU.
    """
    if axis is None or x.size <= FEW or backend.xp is not np or x.dtype.kind != "f" or (axis == 0 and len(x) <= FEW):
        return x.sum(axis=axis, keepdims=keepdims)
    if axis == 0 and x.ndim == 2 and x.shape[1] > 1 and x.flags.c_contiguous and not keepdims:
        return _tree(x, 0)  # the gradient of a bias, without what follows: 4.8 us in place of 7.7 for 64 rows of 128
    axes = sorted({a % x.ndim for a in (axis if isinstance(axis, tuple) else (axis,))})
    repeated = [a for a in axes if x.strides[a] == 0 and x.shape[a] > 1]
    if repeated:  # a broadcast array, whose copies NumPy would add one after the other
        once = tuple(slice(0, 1) if a in repeated else slice(None) for a in range(x.ndim))
        return add_up(x[once], axis, keepdims) * math.prod(x.shape[a] for a in repeated)
    steps = [abs(step) if n > 1 else np.inf for step, n in zip(x.strides, x.shape, strict=True)]
    if not axes or steps.index(min(steps)) in axes:
        return x.sum(axis=axis, keepdims=keepdims)
    shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    if x.flags.c_contiguous and axes[-1] - axes[0] + 1 == len(axes):  # merged into one axis: longer inner loops
        y = _tree(x.reshape(*x.shape[: axes[0]], -1, *x.shape[axes[-1] + 1 :]), axes[0])
    else:
        y = x
        for a in reversed(axes):
            y = _tree(y, a)
    return y.reshape(shape) if keepdims else y


def _tree(x: Array, axis: int) -> Array:
    """Σ x over one axis, in groups."""
    n = x.shape[axis]
    if n <= FEW:
        return x.sum(axis=axis)
    each, before = n // BRANCHES, (slice(None),) * axis
    grouped = x[(*before, slice(BRANCHES * each))].reshape(*x.shape[:axis], BRANCHES, each, *x.shape[axis + 1 :])
    y = _tree(grouped.sum(axis=axis), axis)
    return y if BRANCHES * each == n else y + x[(*before, slice(BRANCHES * each, n))].sum(axis=axis)
