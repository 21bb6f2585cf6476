"""Reverse-mode automatic differentiation: Op, the sweep over the recorded graph, grad(), no_grad().

A rule is the textbook formula, written twice: `forward` on arrays and `backward` on whatever it is given. The sweep
of `loss.backward()` gives it plain arrays; `grad(..., create_graph=True)` gives the same rule Tensors, so that it
records itself and second derivatives come for free. A minigen function called on plain arrays returns a plain array.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import numpy as np

from . import backend
from .errors import message

_clock = itertools.count()  # numbers the operations: the creation order is a topological order
_recording = True
observer: Any = None  # minigen.trace() puts itself here to watch every op


class GraphError(RuntimeError):
    """The graph cannot be differentiated: freed, stale, not recorded, or an op was used wrongly."""


class Node:
    """What the graph knows of a tensor: its array, its gradient, and the op that made it."""

    __slots__ = ("data", "grad", "spent", "name", "requires_grad", "op", "version", "__weakref__")

    def __init__(self, data: Any, requires_grad: bool = False, name: str | None = None) -> None:
        self.data = data if isinstance(data, backend.xp.ndarray) else backend.asarray(data)
        self.requires_grad, self.name = requires_grad, name
        self.grad: Any = None  # dL/d(this), an array, set by backward()
        self.spent: Any = None  # the gradient that an optimizer has already applied
        self.op: Any = None  # the op that made it; None for a leaf
        self.version = 0  # counts the in-place updates


def raw(x: Any) -> Any:
    """The array inside a tensor; anything else as it is."""
    return x.data if isinstance(x, Node) else x


class Op:
    """A differentiable function: y = forward(*arrays), input gradients = backward(g, y, *inputs).

    Subclass it to write your own; the first docstring line is its formula, shown by trace():

        class Cube(Op):
            "y = x³,   dL/dx = g 3x²"

            def forward(self, x):
                return x**3

            def backward(self, g, y, x):
                return g * 3 * x**2

        y = Cube()(x)

    forward gets arrays and may use `backend.xp`. backward gets g = dL/dy, the output and the inputs, and returns one
    gradient per input (a tuple if there are several). It may use operators, `.sum .reshape .transpose .shape` and
    minigen functions only, because the same line also runs on Tensors. `self.needs[i]` tells whether input i's
    gradient is wanted; an unwanted one may be None.
    """

    elementwise: ClassVar[bool] = False  # True: the inputs broadcast, and the sweep undoes that
    order: int | None = None
    inputs: tuple[Any, ...]
    arrays: list[Any]
    tensors: list[Node]
    versions: list[int]
    needs: list[bool]

    def forward(self, *arrays: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__}.forward")

    def backward(self, g: Any, y: Any, *inputs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__}.backward")

    def __repr__(self) -> str:
        return type(self).__name__

    def __call__(self, *inputs: Any) -> Any:
        if self.order is not None:
            raise GraphError(self._called_twice())
        arrays = [raw(x) for x in inputs]
        for i, a in enumerate(arrays):
            if not isinstance(a, backend.xp.ndarray):
                arrays[i] = self._constant(i, a)
        try:
            y = self.forward(*arrays) if observer is None else observer.forward(self, inputs, arrays)
        except ValueError as error:
            if self.elementwise and not _broadcast(arrays):
                raise ValueError(self._do_not_broadcast(arrays)) from error
            raise
        tensors = [x for x in inputs if isinstance(x, Node)]
        if not tensors:  # plain arrays in, plain array out
            return y
        out = type(tensors[0])(y)
        for x in tensors:
            if x.data.dtype is not out.data.dtype:
                self._check_precision(tensors, arrays, out)
        if _recording and any([x.requires_grad for x in tensors]):
            self.inputs, self.arrays, self.order = inputs, arrays, next(_clock)
            self.tensors, self.versions = tensors, [x.version for x in tensors]
            out.op, out.requires_grad = self, True
        return out

    def _do_not_broadcast(self, arrays: list[Any]) -> str:
        return message(
            f"{type(self).__name__}: shapes do not fit",
            expected="equal sizes on every axis, counted from the last, or 1",
            got=" and ".join(str(getattr(a, "shape", ())) for a in arrays),
            write="x.reshape(...) to put an axis of size 1 where the other has more",
        )

    def _called_twice(self) -> str:
        name = type(self).__name__
        return message(
            f"{name}: one op object called twice",
            expected="a new op for every call: it keeps what backward needs",
            got="the same object again",
            write=f"{name}()(x)",
        )

    def _constant(self, i: int, a: Any) -> Any:
        """Input i where it is no array of the active library: a number becomes a Python one, which takes any dtype."""
        if type(a) in (bool, int, float):
            return a
        if isinstance(a, np.generic):
            is_float32 = a.dtype == np.float32 and backend.xp is np  # NumPy turns a () result into a scalar: undo it
            return np.asarray(a) if is_float32 else a.item()  # np.float64(2) would make everything float64
        if hasattr(a, "no_numbers"):  # a symbolic tensor knows better what to write
            raise TypeError(a.no_numbers(f"minigen's {type(self).__name__}"))
        where = f"{type(self).__name__}, argument {i + 1}"
        if hasattr(a, "dtype"):
            raise backend.BackendError(backend.mixed(where, a))
        raise TypeError(
            message(
                where,
                expected=f"a Tensor, a number or a {backend.active()} array",
                got=type(a).__name__,
                write="minigen.Tensor(x)",
            )
        )

    def _check_precision(self, tensors: list[Node], arrays: list[Any], out: Node) -> None:
        """float32 in, float32 out: a stray float64 would halve the speed without a word."""
        floats = {str(x.data.dtype) for x in tensors if x.data.dtype.kind == "f"}
        if out.data.dtype.kind == "f" and floats and floats != {str(out.data.dtype)}:
            dtypes = ", ".join(str(getattr(a, "dtype", type(a).__name__)) for a in arrays)
            raise TypeError(
                message(
                    f"{type(self).__name__}: precisions are mixed",
                    expected="every floating input of one dtype, and the output too",
                    got=f"inputs {dtypes}; output {out.data.dtype}",
                    write='array.astype("float32") before the odd one becomes a Tensor (labels and counts too)',
                )
            )


def _broadcast(arrays: list[Any]) -> bool:
    """True if the arrays have shapes that broadcast against each other."""
    try:
        np.broadcast_shapes(*(getattr(a, "shape", ()) for a in arrays))
    except ValueError:
        return False
    return True


class _Freed:
    """Stands where the op was, once backward() has run and let the arrays go."""

    def __repr__(self) -> str:
        return "freed"


FREED = _Freed()


# ---- the sweep


def sum_to(g: Any, shape: tuple[int, ...]) -> Any:
    """Undo broadcasting: the gradient of a repeated value is the sum over its copies. (The one place that does.)"""
    lead = len(g.shape) - len(shape)
    axes = tuple(range(lead)) + tuple(lead + i for i, n in enumerate(shape) if n == 1 != g.shape[lead + i])
    return g.sum(axis=axes, keepdims=True).reshape(shape) if axes else g


def made_by_ops(y: Node) -> list[Node]:
    """Every tensor between y and its leaves that an op made, newest first: each comes after all that use it."""
    if y.op is None:
        raise GraphError(
            message(
                "backward: nothing was recorded",
                expected="a loss computed from a tensor with requires_grad=True, outside no_grad()",
                got=f"a leaf of shape {y.data.shape}",
                write="Tensor(w, requires_grad=True), or a layer's parameters",
            )
        )
    found, stack = {y}, [y]
    while stack:  # a loop, not a recursion: a chain of 100,000 ops is fine
        op = stack.pop().op
        if op is FREED:
            raise GraphError(
                message(
                    "backward: this graph was freed",
                    expected="one backward() for each forward pass",
                    got="a second one: the first let the saved arrays go",
                    write="loss.backward(wrt=..., retain_graph=True) for the first of two, or the forward pass again",
                )
            )
        for x in op.tensors:
            if x.op is not None and x not in found:
                found.add(x)
                stack.append(x)
    return sorted(found, key=_age, reverse=True)


def _age(t: Node) -> int:
    return t.op.order


def leading_to(made: list[Node], wrt: Iterable[Node]) -> set[Node]:
    """The tensors of `made` on a path to `wrt`, and `wrt` itself: the only ones whose gradient is worth computing."""
    useful = set(wrt)
    for t in reversed(made):
        if not useful.isdisjoint(t.op.tensors):
            useful.add(t)
    return useful


def sweep(made: list[Node], g: Any, wrt: Iterable[Node] | None = None, create_graph: bool = False) -> dict[Node, Any]:
    """Send g = dL/dL = 1 back from made[0] through every op, newest first: {leaf, or tensor in `wrt`: its gradient}."""
    useful = None if wrt is None else leading_to(made, wrt)
    keep = () if wrt is None else set(wrt)
    grads = {made[0]: g}
    for y in made:
        if y not in grads:  # not on a path to wrt
            continue
        op, g = y.op, grads[y] if y in keep else grads.pop(y)
        g = g if isinstance(g, Node) else backend.xp.asarray(g)  # NumPy makes a scalar of a () array
        check_fresh(op)
        op.needs = [isinstance(x, Node) and x.requires_grad and (useful is None or x in useful) for x in op.inputs]
        if create_graph:
            gxs = op.backward(g, y, *op.inputs)  # Tensors: the rule records itself
        elif observer is None:
            gxs = op.backward(g, y.data, *op.arrays)  # arrays: the rule is plain NumPy
        else:
            gxs = observer.backward(op, g, y.data)
        gxs = gxs if isinstance(gxs, tuple) else (gxs,)
        if len(gxs) != len(op.inputs):
            raise GraphError(_bad_rule(op, f"{len(op.inputs)} gradients, one per input", f"{len(gxs)}"))
        for x, gx, needed in zip(op.inputs, gxs, op.needs, strict=True):
            if needed:
                if not hasattr(gx, "shape"):
                    raise GraphError(_bad_rule(op, f"an array of shape {x.data.shape}", type(gx).__name__))
                if op.elementwise and gx.shape != x.data.shape:
                    gx = sum_to(gx, x.data.shape)
                if gx.shape != x.data.shape:
                    raise GraphError(_bad_rule(op, f"shape {x.data.shape}", gx.shape))
                grads[x] = grads[x] + gx if x in grads else gx
    return grads


def _bad_rule(op: Op, expected: str, got: object) -> str:
    rule = f"{type(op).__name__}.backward"
    return message(f"{rule} returned a wrong gradient", expected=expected, got=got, write=f"b {rule} in pdb")


def check_fresh(op: Op, doing: str = "backward through") -> None:
    """The saved arrays must still hold what the forward pass saw, or GraphError."""
    if op.versions != [x.version for x in op.tensors]:
        stale = [x.name or "a tensor" for x, v in zip(op.tensors, op.versions, strict=True) if x.version != v]
        raise GraphError(
            message(
                f"{doing} {type(op).__name__}: {', '.join(stale)} changed after the forward pass used it",
                expected="the values of the forward pass",
                got="new values (an optimizer step, set_weights or load_weights)",
                write="forward, backward, step, in this order; detach() what the second loss must not reach",
            )
        )


# ---- the two ways in


def check_scalar(y: Node, verb: str) -> None:
    if y.data.size != 1:
        raise GraphError(
            message(
                f"{verb}: the loss is not a single number",
                expected="shape ()",
                got=f"shape {y.data.shape}",
                write="loss.mean() or loss.sum()",
            )
        )


def _list_of(where: str, xs: Any) -> list[Node]:
    """`xs` as a list of tensors that the graph follows."""
    if isinstance(xs, Node):
        raise TypeError(message(where, expected="a list of tensors", got="one tensor", write="[x]"))
    xs = list(xs) if isinstance(xs, Iterable) else [xs]
    for x in xs:
        if not isinstance(x, Node):
            raise TypeError(message(where, expected="a list of tensors", got=repr(x), write="[x]"))
        if not x.requires_grad:
            raise GraphError(
                message(
                    f"{where}: {x.name or 'a tensor'} was not followed, so its gradient would be a silent zero",
                    expected="requires_grad=True before the forward pass",
                    got="requires_grad=False",
                    write="x = Tensor(data, requires_grad=True)",
                )
            )
    return xs


def backward(loss: Node, wrt: Iterable[Node] | None = None, retain_graph: bool = False) -> None:
    """Set x.grad = d loss / d x for every leaf x, or for those in `wrt` only; then free the graph.

    It sets and does not add up, so there is nothing to zero. With `wrt` only the paths that reach it are walked and no
    other tensor is touched; a tensor in `wrt` that the loss does not reach gets grad None. retain_graph=True frees
    nothing: for several losses of one forward pass, all but the last.
    """
    check_scalar(loss, "backward")
    wrt = None if wrt is None else _list_of("backward: wrt", wrt)
    made = made_by_ops(loss)
    grads = sweep(made, backend.xp.ones_like(loss.data), wrt)
    owned: set[int] = set()
    for x in grads if wrt is None else wrt:
        g = grads.get(x)
        if g is not None:
            g = backend.xp.asarray(g)
            if g.base is not None or id(g) in owned:  # a + b hands one array to both: clipping a.grad must not clip b's
                g = g.copy()
            owned.add(id(g))
        x.grad = g
    if not retain_graph:
        for t in made:
            t.op = FREED


def grad(y: Node, xs: Iterable[Node], create_graph: bool = False) -> list[Any]:
    """[dy/dx for x in xs] as Tensors, for a scalar y. The graph stays, and no .grad is touched.

    With create_graph=True the gradients are themselves recorded and can be differentiated again: gradient penalties,
    Hessian-vector products, second order. An x that y does not reach has gradient zero.
    """
    check_scalar(y, "grad")
    xs = _list_of("grad: xs", xs)
    made = made_by_ops(y)
    seed = backend.xp.ones_like(y.data)
    grads = sweep(made, type(y)(seed) if create_graph else seed, xs, create_graph)
    gxs = [grads[x] if x in grads else backend.xp.zeros_like(x.data) for x in xs]
    return [g if isinstance(g, Node) else type(y)(g) for g in gxs]


@contextlib.contextmanager
def no_grad() -> Iterator[None]:
    """Nothing inside is recorded: predictions and samples cost no memory."""
    global _recording
    before, _recording = _recording, False
    try:
        yield
    finally:
        _recording = before


def recording() -> bool:
    """False inside no_grad()."""
    return _recording
