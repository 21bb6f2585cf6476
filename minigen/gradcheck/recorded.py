"""What a function has recorded: the tensors and the ops behind its results, and an op by itself."""

from __future__ import annotations

import copy
from collections.abc import Iterable

import numpy as np

from .. import backend
from ..autograd import Node, Op
from ..autograd.op import KEPT_BY_OPS
from ..tensor import Tensor
from ..types import TensorLike


def tensors_behind(ys: Iterable[Tensor]) -> dict[Node, None]:
    """ys and every tensor from which they were computed, as far as they require a gradient: an ordered set."""
    found: dict[Node, None] = {}
    stack: list[Node] = list(ys)
    while stack:
        t = stack.pop()
        if t in found or not t.requires_grad:
            continue
        found[t] = None
        stack += getattr(t.op, "tensors", [])
    return found


def ops_behind(ys: Iterable[Tensor]) -> list[Op]:
    """The ops that computed ys, in the order in which they ran."""
    return sorted({t.op for t in tensors_behind(ys) if isinstance(t.op, Op)}, key=order_of)


def order_of(op: Op) -> int:
    return op.order or 0


def current_order() -> int:
    """Ops that are recorded from now on have a higher order."""
    return order_of((Tensor(np.ones(()), requires_grad=True) * 1.0).op)


def is_custom(op: Op) -> bool:
    """True if the rule was written outside of minigen."""
    return not type(op).__module__.startswith("minigen.") or "backward" in vars(op)


def uncalled(op: Op) -> Op:
    """A copy of the op as it was before its call."""
    clone = copy.copy(op)
    for name in KEPT_BY_OPS:
        vars(clone).pop(name, None)
    return clone


def requires_gradient(op: Op) -> list[bool]:
    """Of each input of the op: does it require a gradient?"""
    return [isinstance(x, Node) and x.requires_grad for x in op.inputs]


def kept_arrays(op: Op) -> list[str]:
    """The attributes of an op in which forward keeps arrays that depend on its inputs."""
    a, b = uncalled(op), uncalled(op)
    with backend.own_draws(), np.errstate(all="ignore"):
        a.forward(*op.arrays)
    with backend.own_draws(), np.errstate(all="ignore"):
        b.forward(*[x * 1.001 if getattr(getattr(x, "dtype", None), "kind", "") == "f" else x for x in op.arrays])
    return [f"self.{k}" for k, v in vars(a).items() if getattr(v, "shape", ()) and not nearly_equal(v, vars(b)[k])]


def nearly_equal(a: TensorLike, b: TensorLike) -> bool:
    """Equal except for rounding: the order of a sum may depend on the address of the array."""
    a, b = backend.to_numpy(a), backend.to_numpy(b)
    largest = np.abs(a[np.isfinite(a)]).max(initial=0)
    return a.shape == b.shape and bool(np.allclose(a, b, 1e-10, 1e-13 * largest, equal_nan=True))
