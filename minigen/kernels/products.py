"""Products of matrices, by BLAS or, in a recorded step, by cuTENSOR.

CuPy 14.2 refuses to call cuBLAS while a stream is recorded (graph.py): NotImplementedError, "calling cuBLAS API during
stream capture is currently unsupported". cuTENSOR may be called, and takes arrays of any strides. It is a library of
its own (pip install cutensor-cu12), which CuPy finds.
"""

from __future__ import annotations

import contextlib
import string
from collections.abc import Iterator

from .. import backend
from ..types import Array, Shape

_chosen = False  # cuTENSOR


@contextlib.contextmanager
def by_cutensor() -> Iterator[None]:
    """Inside, matmul() calls cuTENSOR."""
    global _chosen
    before, _chosen = _chosen, True
    try:
        yield
    finally:
        _chosen = before


def matmul(a: Array, b: Array, out: Array = None) -> Array:
    """a @ b for matrices or stacks of them, into `out` if it is given."""
    if _chosen:
        return _contraction(a, b, out)
    return a @ b if out is None else backend.xp.matmul(a, b, out=out)


def _contraction(a: Array, b: Array, out: Array = None) -> Array:
    """Σₖ aᵢₖ bₖⱼ, with a letter for each axis: (..., i, k), (..., k, j) -> (..., i, j)"""
    from cupyx import cutensor

    xp = backend.xp
    lead = max(a.ndim, b.ndim) - 2
    stack = string.ascii_lowercase[:lead]
    if out is None:
        n = max(a.shape[:-2], b.shape[:-2], key=len) if a.ndim != b.ndim else tuple(map(max, a.shape, b.shape))[:-2]
        out = xp.empty((*n, a.shape[-2], b.shape[-1]), xp.result_type(a, b))
    if 0 in (a.size, b.size):
        out[...] = 0
        return out
    (a, of_a), (b, of_b) = _named(a, stack, out.shape), _named(b, stack, out.shape)
    cutensor.contraction(1.0, a, f"{of_a}IK", b, f"{of_b}KJ", 0.0, out, f"{stack}IJ")
    return out


def _named(x: Array, stack: str, shape: Shape) -> tuple[Array, str]:
    """x without the axes along which it is repeated, and the letters of its stack; no step of 0 bytes."""
    letters = stack[len(stack) - (x.ndim - 2) :]
    sizes = shape[len(stack) - (x.ndim - 2) : len(stack)]
    kept = [have == want for have, want in zip(x.shape[:-2], sizes, strict=True)]
    x = x[tuple(slice(None) if keep else 0 for keep in kept)]
    x = x.copy() if 0 in x.strides else x
    return x, "".join(letter for letter, keep in zip(letters, kept, strict=True) if keep)
