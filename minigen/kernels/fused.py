"""Formulas that a GPU computes as one kernel.

CuPy computes 1 / (1 + exp(-x)) as four kernels. Each of them is launched, which takes some microseconds, and reads and
writes whole arrays. cupy.fuse calls a formula once with symbols in place of arrays, joins its steps in one kernel, and
keeps the kernel for arrays of these types. NumPy has nothing like it: there the formula is called as it stands.

    @fused
    def scale_and_shift(x, scale, shift):
        x *= scale
        x += shift

A formula has operators, in place too, and functions of backend.xp that work element by element; no shapes, no indices.
A number takes the type of the array that it meets. But numbers that meet each other first, or truth values, are
computed by cupy.fuse in half precision: 1 - beta, or (x > 0) * 0.5. So 1 - beta is an argument itself.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import backend


def fused(formula: Callable[..., Any]) -> Callable[..., Any]:
    """`formula`, as one kernel where all of its arguments are arrays on a GPU, and numbers; Tensors are recorded."""

    @functools.wraps(formula)
    def call(*arguments: Any) -> Any:
        library = backend.xp
        if library is np or not all(isinstance(a, (library.ndarray, int, float, np.generic)) for a in arguments):
            return formula(*arguments)
        return _kernel(formula, library)(*arguments)

    return call


@functools.cache
def _kernel(formula: Callable[..., Any], library: Any) -> Callable[..., Any]:
    """The kernel of a formula; it is compiled when it is called first."""
    kernel: Callable[..., Any] = library.fuse(formula)
    return kernel


@functools.cache
def fused_rule(op: type[Any], library: Any) -> Callable[..., Any]:
    """backward() of an op without settings as one kernel: for Op.one_kernel."""

    def rule(*arrays: Any) -> Any:
        return op.backward(None, *arrays)

    kernel: Callable[..., Any] = library.fuse(rule)
    return kernel
