"""The reverse sweep: from the loss through every op that led to it, newest first; backward() and grad()."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

from .. import backend
from ..arguments import checks_arguments
from ..checks.values import switch
from ..kernels.fused import fused_rule
from ..types import Array, TensorLike
from . import checks, nan
from .broadcasting import sum_to
from .guard import guarded
from .node import FREED, Node
from .op import Op
from .state import mode

_ORDER = operator.attrgetter("op.order")


def reverse_topological_order(y: Node) -> list[Node]:
    """Every tensor between y and its leaves that an op made, newest first: each comes after all that use it."""
    if y.op is None:
        checks.refuse_unrecorded(y)
    found, stack = {y}, [y]
    while stack:  # a loop, not a recursion: a chain of 100,000 ops is fine
        op = stack.pop().op
        if op is FREED:
            checks.refuse_freed()
        for x in op.tensors:
            if x.op is not None and x not in found:
                found.add(x)
                stack.append(x)
    return sorted(found, key=_ORDER, reverse=True)


def on_path_to(made: list[Node], wrt: Iterable[Node]) -> set[Node]:
    """The tensors of `made` on a path to `wrt`, and `wrt` itself: the only ones whose gradient is worth computing."""
    useful = set(wrt)
    for t in reversed(made):
        if not useful.isdisjoint(t.op.tensors):
            useful.add(t)
    return useful


def sweep(
    made: list[Node], seed: TensorLike, wrt: Iterable[Node] | None = None, create_graph: bool = False
) -> dict[Node, TensorLike]:
    """Send seed = dL/dL = 1 back from made[0] through every op, newest first: {leaf, or tensor in `wrt`: gradient}."""
    useful = None if wrt is None else on_path_to(made, wrt)
    keep = () if wrt is None else set(wrt)
    grads = {made[0]: seed}
    on_gpu = backend.active() == "cupy"
    for y in made:
        if y not in grads:
            if useful is None or y in useful:
                checks.refuse_lost_gradient(y)
            continue  # not on a path to wrt
        op = y.op
        g = grads[y] if y in keep else grads.pop(y)
        g = g if isinstance(g, Node) else backend.xp.asarray(g)  # NumPy makes a scalar of a () array
        if y.writes[0] != op.output_version or op.versions != [x.writes[0] for x in op.tensors]:
            checks.check_fresh(y)
        op.needs = [isinstance(x, Node) and x.requires_grad and (useful is None or x in useful) for x in op.inputs]
        if create_graph:
            checks.check_same_arrays(op)
            gxs = op.backward(g, y, *op.inputs)  # Tensors: the rule records itself
        elif op.guarded or mode.observer is not None:
            gxs = _watched_rule(op, g, y.data)
        elif on_gpu and op.one_kernel:
            gxs = fused_rule(op.__class__, backend.xp)(g, y.data, *op.arrays)
        else:
            gxs = op.backward(g, y.data, *op.arrays)  # arrays: the rule is plain NumPy
        gxs = gxs if isinstance(gxs, tuple) else (gxs,)
        if len(gxs) != len(op.inputs):
            checks.refuse_number_of_gradients(op, gxs)
        for x, gx, needed in zip(op.inputs, gxs, op.needs):  # noqa: B905  (strict= would take 2 % of a small step)
            if needed:
                if op.guarded or gx is None or gx.shape != x.data.shape:
                    gx = _of_shape_of(x.data, gx, op)
                grads[x] = grads[x] + gx if x in grads else gx
    return grads


def _watched_rule(op: Op, g: Array, y: Array) -> Any:
    """op.backward(g, y, *op.arrays) by the observer, if there is one; a user-defined rule on read-only views."""
    rule = guarded(op, op.backward) if op.guarded else op.backward
    return rule(g, y, *op.arrays) if mode.observer is None else mode.observer.backward(op, rule, g, y)


def _of_shape_of(x: Array, gx: TensorLike, op: Op) -> TensorLike:
    """gx summed over what an elementwise op has broadcast; GraphError unless it then has the shape of x."""
    if op.guarded or gx is None:
        checks.check_is_gradient(op, x, gx)
    gx = sum_to(gx, x.shape) if op.elementwise else gx
    if gx.shape != x.shape:
        checks.refuse_gradient(op, f"shape {x.shape}", gx.shape)
    return gx


def _one(loss: Node) -> Array:
    """dL/dL = 1. A GPU makes it, since asarray() would move a number there; for NumPy that is the faster way."""
    shape, dtype = loss.data.shape, loss.data.dtype
    if backend.active() == "numpy":
        return backend.xp.asarray(1.0, dtype).reshape(shape)
    return backend.xp.ones(shape, dtype)


def backward(loss: Node, wrt: Iterable[Node] | None = None, retain_graph: bool = False) -> None:
    """Set x.grad = d loss / d x for every leaf x, or for those in `wrt` only; then free the graph.

    It sets and does not add up, so there is nothing to zero. With `wrt` only the paths that reach it are walked and no
    other tensor is touched; a tensor in `wrt` that the loss does not reach gets grad None. retain_graph=True frees
    nothing: for several losses of one forward pass, all but the last.
    """
    checks.check_loss(loss, "backward")
    if retain_graph is not False:
        retain_graph = switch("backward: retain_graph", retain_graph)
    wrt = None if wrt is None else checks.recorded_tensors("backward: wrt", wrt)
    if wrt == []:
        checks.refuse_no_tensors()
    made = reverse_topological_order(loss)
    if mode.refuses_nan:
        nan.check_loss(loss, made)
    grads = sweep(made, _one(loss), wrt)
    if mode.refuses_nan:
        nan.check_gradients(grads, lambda: sweep(made, _one(loss), wrt))
    owned: set[int] = set()
    for x in grads if wrt is None else wrt:
        x.grad = _own_array(grads[x], owned) if x in grads else None
    if not retain_graph:
        for t in made:
            t.op = FREED


def _own_array(g: Array, owned: set[int]) -> Array:
    """g as an array that belongs to one tensor alone: a + b gives both the same, and to clip a's must not clip b's."""
    g = backend.xp.asarray(g)
    if g.base is not None or id(g) in owned:
        g = g.copy()
    owned.add(id(g))
    return g


@checks_arguments
def grad(y: Node, xs: Iterable[Node], create_graph: bool = False) -> list[Any]:
    """[dy/dx for x in xs] as Tensors, for a scalar y. The graph stays, and no .grad is touched.

    With create_graph=True the gradients are themselves recorded and can be differentiated again: gradient penalties,
    Hessian-vector products, second order. An x that y does not reach has gradient zero.
    """
    checks.check_loss(y, "grad")
    create_graph = switch("grad: create_graph", create_graph)
    xs = checks.recorded_tensors("grad: xs", xs)
    made = reverse_topological_order(y)
    if mode.refuses_nan:
        nan.check_loss(y, made)
    one = _one(y)
    grads = sweep(made, y.around(one) if create_graph else one, xs, create_graph)
    if mode.refuses_nan:
        nan.check_gradients(grads, lambda: sweep(made, one, xs))
    gxs = [grads[x] if x in grads else backend.xp.zeros_like(x.data) for x in xs]
    owned: set[int] = set()
    return [_own_tensor(g, owned) if isinstance(g, Node) else y.around(_own_array(g, owned)) for g in gxs]


def _own_tensor(g: TensorLike, owned: set[int]) -> TensorLike:
    """g as a tensor that belongs to one x alone, as _own_array() has it for arrays."""
    g = g * 1.0 if id(g) in owned else g
    owned.add(id(g))
    return g
