"""Reverse-mode automatic differentiation: Op, the sweep over the recorded graph, grad(), no_grad().

A rule is the textbook formula, written twice: `forward` on arrays and `backward` on whatever it is given. The sweep
of `loss.backward()` gives it plain arrays; `grad(..., create_graph=True)` gives the same rule Tensors, so that it
records itself and second derivatives come for free. A minigen function called on plain arrays returns a plain array.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import threading
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Self

import numpy as np

from . import backend
from .errors import checks_arguments, message, switch
from .kernels.sums import add_up

_clock = itertools.count()  # numbers the operations: the creation order is a topological order


class _Mode(threading.local):
    """What holds for the ops of one thread. Each thread begins with these two values, whatever the others do."""

    recording = True  # False inside no_grad()
    observer: Any = None  # minigen.trace() puts itself here to watch every op

    def __init__(self) -> None:  # in each thread
        self.before: list[bool] = []  # what no_grad() goes back to, block by block


mode = _Mode()


class GraphError(RuntimeError):
    """The graph cannot be differentiated: freed, stale, not recorded, or an op was used wrongly."""


class Node:
    """What the graph knows of a tensor: its array, its gradient, and the op that made it."""

    __slots__ = ("data", "grad", "applied_grad", "name", "requires_grad", "op", "variable", "writes", "__weakref__")

    def __init__(self, data: Any, requires_grad: bool = False, name: str | None = None) -> None:
        self.data = data
        self.requires_grad, self.name = requires_grad, name
        self.grad: Any = None  # dL/d(this), an array, set by backward()
        self.applied_grad: Any = None  # the gradient that an optimizer has already applied
        self.op: Any = None  # the op that made it; None for a leaf
        self.variable = False  # True if it was made of data: then x += 1 is an update in place, and needs own memory
        self.writes = [0]  # how often its memory was written to; tensors that share memory share this list

    @property
    def version(self) -> int:
        """The number of updates in place so far, those of tensors with the same memory among them."""
        return self.writes[0]

    @classmethod
    def around(cls, array: Any) -> Self:
        """A tensor around this very array, not around a copy of it: for arrays that minigen has made itself."""
        t = cls.__new__(cls)
        Node.__init__(t, array)
        return t

    def __reduce__(self) -> Any:
        """What copy, deepcopy and pickle keep: the numbers, and no graph. GraphError for a tensor that has one."""
        if self.op is not None:
            raise GraphError(
                message(
                    "copy or pickle of a tensor that an op has made",
                    expected="a leaf: a copy would have no history, and no gradient would pass through it",
                    got=f"shape {self.data.shape}, made by {self.op}",
                    fix="x.numpy() for its numbers, x.detach() for a tensor of them, float(loss) for one",
                )
            )
        return _restored, (type(self), self.data, self.requires_grad, self.name, self.grad, self.applied_grad)


def _restored(cls: Any, data: Any, requires_grad: bool, name: str | None, grad: Any, applied_grad: Any) -> Node:
    """The tensor that __reduce__ has taken apart."""
    t = cls.around(data.copy())  # copy.copy() would share it
    t.requires_grad, t.name, t.grad, t.applied_grad, t.variable = requires_grad, name, grad, applied_grad, True
    return t


def unwrap(x: Any) -> Any:
    """The array inside a tensor; anything else as it is."""
    return x.data if isinstance(x, Node) else x


KEPT_BY_OPS = ("order", "inputs", "arrays", "tensors", "versions", "output_version", "needs")  # what the graph needs


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
    gradient is wanted; an unwanted one may be None. Own attributes may have any names but those below.
    """

    elementwise: ClassVar[bool] = False  # True: the inputs broadcast, and the sweep undoes that
    guarded: ClassVar[bool] = False  # True for an op that minigen does not know: its rules may not write into arrays
    order: int | None = None
    inputs: tuple[Any, ...]
    arrays: list[Any]
    tensors: list[Node]
    versions: list[int]  # of the inputs, and of the output, when the op ran
    output_version: int
    needs: list[bool]

    def __init_subclass__(cls) -> None:
        cls.guarded = not cls.__module__.startswith(f"{__package__}.")

    def forward(self, *arrays: Any) -> Any:
        raise NotImplementedError(self._unwritten("forward(self, x)"))

    def backward(self, g: Any, y: Any, *inputs: Any) -> Any:
        raise NotImplementedError(self._unwritten("backward(self, g, y, x)"))

    def _unwritten(self, rule: str) -> str:
        name = type(self).__name__
        return message(
            f"{name} has no such rule", expected=rule, got="none in this class", fix=f"def {rule}: return ..."
        )

    def __repr__(self) -> str:
        return type(self).__name__

    def __call__(self, *inputs: Any) -> Any:
        if self.guarded:
            self._check_names()
        if self.order is not None:
            raise GraphError(self._called_twice())
        ndarray = backend.xp.ndarray
        arrays = [x.data if isinstance(x, Node) else x for x in inputs]
        for i, a in enumerate(arrays):
            if type(a) is not ndarray:
                arrays[i] = self._constant(i, a, inputs)
        forward = self.forward if not self.guarded else self._read_only(self.forward)
        try:
            y = forward(*arrays) if mode.observer is None else mode.observer.forward(self, forward, inputs, arrays)
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            self._check_arrays(arrays, error)
            raise
        if type(y) is not ndarray:
            y = self._as_array(y, "forward")
        tensors = [x for x in inputs if isinstance(x, Node)]
        if not tensors:  # plain arrays in, plain array out
            return y
        out = tensors[0].around(y)
        for x in tensors:
            if x.data.dtype is not out.data.dtype:
                self._check_precision(tensors, arrays, out)
        if out.data.base is not None:
            _share_writes(out, tensors)
        if mode.recording and any([x.requires_grad for x in tensors]):
            self.inputs, self.arrays, self.order = inputs, arrays, next(_clock)
            self.tensors, self.versions, self.output_version = tensors, [x.writes[0] for x in tensors], out.writes[0]
            out.op, out.requires_grad, out.variable = self, True, False
        return out

    def _check_names(self) -> None:
        """GraphError for attributes that the engine writes to. (Once it has, `order` says so.)"""
        taken = [name for name in KEPT_BY_OPS if name in vars(self)]
        recorded = "inputs" in taken and type(self.order) is int
        if taken and not recorded:
            where, fix = f"{type(self).__name__}: self.{taken[0]}", f"self.my_{taken[0]}"
            expected, got = f"other names than {', '.join(KEPT_BY_OPS)}: the engine keeps these", f"self.{taken[0]}"
            raise GraphError(message(where, expected=expected, got=got, fix=fix))

    def _read_only(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """forward or backward with arrays that cannot be written into: other ops use the same ones. (NumPy only.)"""

        def guarded(*arrays: Any) -> Any:
            try:
                result = rule(*map(_locked, arrays))
            except TypeError as error:
                self._check_signature(rule, arrays, error)
                raise
            except ValueError as error:
                if "read-only" not in str(error):
                    raise
                raise GraphError(
                    message(
                        f"{type(self).__name__}.{rule.__name__} changed its input",
                        expected="new arrays: others use the same input",
                        got=f"{error}",
                        fix="y = 2 * x in place of x *= 2, or x = x.copy() first",
                    )
                ) from error
            return _unlocked(result)

        return guarded

    def _check_signature(self, rule: Callable[..., Any], arrays: Any, error: TypeError) -> None:
        """TypeError with the right arguments if `rule` takes another number of them."""
        try:
            inspect.signature(rule).bind(*arrays)
        except TypeError:
            name, n = f"{type(self).__name__}.{rule.__name__}", len(arrays) - 2
            expected = f"{len(arrays)} inputs" if rule.__name__ == "forward" else f"g = dL/dy, y and {n} inputs"
            fix = "def forward(self, x)" if rule.__name__ == "forward" else "def backward(self, g, y, x)"
            raise TypeError(message(f"{name}: arguments", expected=expected, got=f"{error}", fix=fix)) from None

    def _as_array(self, y: Any, rule: str) -> Any:
        """What `rule` returned as an array of the active library, NumPy's numbers too; TypeError for anything else."""
        if isinstance(y, (backend.xp.ndarray, np.generic)) or (isinstance(y, float) and not self.guarded):
            return backend.asarray(y)
        fix = "return y" if y is None else "np.asarray(y, x.dtype), or an op for each of several outputs"
        raise TypeError(
            message(
                f"{type(self).__name__}.{rule} returned no array",
                expected=f"a {backend.active()} array",
                got="None" if y is None else f"a {type(y).__name__}",
                fix="return y.data" if isinstance(y, Node) else fix,
            )
        )

    def _check_arrays(self, arrays: list[Any], error: Exception) -> None:
        """What forward() could not do with the arrays, where it is their shapes or types: ValueError or TypeError."""
        name, shapes = type(self).__name__, [getattr(a, "shape", ()) for a in arrays]
        if self.elementwise and not fits(*shapes):
            where, got = f"{name}: shapes do not fit", " and ".join(map(str, shapes))
            expected = "equal sizes on every axis, counted from the last, or 1"
            fix = "x.reshape(...) to put an axis of size 1 where the other has more"
            raise ValueError(message(where, expected=expected, got=got, fix=fix)) from error
        others = [a.dtype for a in arrays if getattr(getattr(a, "dtype", None), "kind", "f") != "f"]
        if others and not self.guarded and "expected:" not in str(error):
            where, fix = f"{name} of {others[0]}", 'x.astype("float32")'
            raise TypeError(message(where, expected="floats", got=f"{others[0]}: {error}", fix=fix)) from error

    def _called_twice(self) -> str:
        name = type(self).__name__
        return message(
            f"{name}: one op object called twice",
            expected="a new op for every call: it keeps what backward needs",
            got="the same object again",
            fix=f"{name}()(x)",
        )

    def _constant(self, i: int, a: Any, inputs: Any) -> Any:
        """Input i where it is no array of the active library: a number becomes a Python one, which takes any dtype."""
        if type(a) in (bool, int, float):
            return a if len(inputs) > 1 else backend.asarray(a)  # exp(2.0)
        if isinstance(a, backend.xp.ndarray):  # a subclass, such as np.matrix, whose * is another one
            return backend.asarray(a)
        if isinstance(a, np.generic):
            alone = a.dtype == np.float32 and backend.xp is np  # NumPy turns a () result into a scalar: undo it
            alone = alone or len(inputs) == 1
            return backend.asarray(a) if alone else a.item()  # np.float64(2) would make everything float64
        if hasattr(a, "no_numbers"):  # a symbolic tensor knows better what to write
            raise TypeError(a.no_numbers(f"minigen's {type(self).__name__}"))
        where = f"{type(self).__name__}, argument {i + 1}"
        if hasattr(a, "dtype"):
            raise backend.BackendError(backend.mixed(where, a))
        of_tensors = isinstance(a, (list, tuple)) and any(isinstance(x, Node) for x in a)
        raise TypeError(
            message(
                where,
                expected=f"a Tensor, a number or a {backend.active()} array",
                got=type(a).__name__ + " of tensors" * of_tensors,
                fix="minigen.stack(xs)" if of_tensors else "minigen.Tensor(x)",
            )
        )

    def _check_precision(self, tensors: list[Node], arrays: list[Any], out: Node) -> None:
        """float32 in, float32 out: a stray float64 would halve the speed without a word."""
        floats = {str(x.data.dtype) for x in tensors if x.data.dtype.kind == "f"}
        if out.data.dtype.kind not in "fiub":
            got, fix = f"{out.data.dtype}", 'np.asarray(x, "float32")'
            raise TypeError(message(f"{type(self).__name__}: no numbers", expected="numbers", got=got, fix=fix))
        if out.data.dtype.kind == "f" and floats and floats != {str(out.data.dtype)}:
            dtypes = ", ".join(str(getattr(a, "dtype", type(a).__name__)) for a in arrays)
            raise TypeError(
                message(
                    f"{type(self).__name__}: precisions are mixed",
                    expected="every floating input of one dtype, and the output too",
                    got=f"inputs {dtypes}; output {out.data.dtype}",
                    fix='array.astype("float32") before the odd one becomes a Tensor (labels and counts too)',
                )
            )


def fits(*shapes: tuple[int, ...]) -> bool:
    """True if the shapes broadcast against each other."""
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return False
    return True


def _share_writes(out: Node, tensors: list[Node]) -> None:
    """A view, such as a reshaped weight, changes with the weight: both have one version."""
    for x in tensors:
        if out.data.base is x.data or (x.data.base is not None and out.data.base is x.data.base):
            out.writes, out.variable = x.writes, x.variable


def _locked(a: Any) -> Any:
    """A read-only view of a NumPy array; anything else as it is."""
    if not isinstance(a, np.ndarray):
        return a
    a = a.view()
    a.flags.writeable = False
    return a


def _unlocked(result: Any) -> Any:
    """Copies in place of read-only arrays: what a rule returns may be a view of what it got."""
    if isinstance(result, tuple):
        return tuple(map(_unlocked, result))
    return result.copy() if isinstance(result, np.ndarray) and not result.flags.writeable else result


class _Freed:
    """Stands where the op was, once backward() has run and let the arrays go."""

    def __repr__(self) -> str:
        return "freed"


FREED = _Freed()


# ---- the sweep


def sum_over(x: Any, axis: Any, keepdims: bool = False) -> Any:
    """Σ x over some axes, for rules: of an array in a tree (kernels/sums.py says why), of a Tensor recorded."""
    return add_up(x, axis, keepdims) if unwrap(x) is x else x.sum(axis, keepdims)


def sum_to(g: Any, shape: tuple[int, ...]) -> Any:
    """Undo broadcasting: the gradient of a repeated value is the sum over its copies. (The one place that does.)"""
    lead = len(g.shape) - len(shape)
    axes = tuple(range(lead)) + tuple(lead + i for i, n in enumerate(shape) if n == 1 != g.shape[lead + i])
    return sum_over(g, axes, keepdims=True).reshape(shape) if axes else g


def reverse_topological_order(y: Node) -> list[Node]:
    """Every tensor between y and its leaves that an op made, newest first: each comes after all that use it."""
    if y.op is None:
        raise GraphError(
            message(
                "backward: nothing was recorded",
                expected="a loss computed from a tensor with requires_grad=True, outside no_grad()",
                got=f"a leaf of shape {y.data.shape}",
                fix="Tensor(w, requires_grad=True), or a layer's parameters",
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
                    fix="loss.backward(wrt=..., retain_graph=True) for the first of two, or the forward pass again",
                )
            )
        for x in op.tensors:
            if x.op is not None and x not in found:
                found.add(x)
                stack.append(x)
    return sorted(found, key=_age, reverse=True)


def _age(t: Node) -> int:
    return t.op.order


def on_path_to(made: list[Node], wrt: Iterable[Node]) -> set[Node]:
    """The tensors of `made` on a path to `wrt`, and `wrt` itself: the only ones whose gradient is worth computing."""
    useful = set(wrt)
    for t in reversed(made):
        if not useful.isdisjoint(t.op.tensors):
            useful.add(t)
    return useful


def sweep(made: list[Node], g: Any, wrt: Iterable[Node] | None = None, create_graph: bool = False) -> dict[Node, Any]:
    """Send g = dL/dL = 1 back from made[0] through every op, newest first: {leaf, or tensor in `wrt`: its gradient}."""
    useful = None if wrt is None else on_path_to(made, wrt)
    keep = () if wrt is None else set(wrt)
    grads = {made[0]: g}
    for y in made:
        if y not in grads:
            if useful is None or y in useful:
                raise GraphError(_lost(y))
            continue  # not on a path to wrt
        op, g = y.op, grads[y] if y in keep else grads.pop(y)
        g = g if isinstance(g, Node) else backend.xp.asarray(g)  # NumPy makes a scalar of a () array
        check_fresh(y)
        op.needs = [isinstance(x, Node) and x.requires_grad and (useful is None or x in useful) for x in op.inputs]
        backward = op.backward if not op.guarded else op._read_only(op.backward)
        if create_graph:
            _check_same_arrays(op)
            gxs = op.backward(g, y, *op.inputs)  # Tensors: the rule records itself
        elif mode.observer is None:
            gxs = backward(g, y.data, *op.arrays)  # arrays: the rule is plain NumPy
        else:
            gxs = mode.observer.backward(op, backward, g, y.data)
        gxs = gxs if isinstance(gxs, tuple) else (gxs,)
        if len(gxs) != len(op.inputs):
            got = "a list" if gxs and isinstance(gxs[0], list) else f"{len(gxs)}"
            raise GraphError(_bad_rule(op, f"{len(op.inputs)} gradients, one per input: a tuple", got))
        for x, gx, needed in zip(op.inputs, gxs, op.needs, strict=True):
            if needed:
                if not hasattr(gx, "shape"):
                    raise GraphError(_bad_rule(op, f"an array of shape {x.data.shape}", type(gx).__name__))
                if op.elementwise and gx.shape != x.data.shape:
                    gx = sum_to(gx, x.data.shape)
                if gx.shape != x.data.shape:
                    raise GraphError(_bad_rule(op, f"shape {x.data.shape}", gx.shape))
                if op.guarded and gx.dtype != x.data.dtype:
                    raise GraphError(_bad_rule(op, f"{x.data.dtype}, as the input", gx.dtype))
                grads[x] = grads[x] + gx if x in grads else gx
    return grads


def _bad_rule(op: Op, expected: str, got: object) -> str:
    rule = f"{type(op).__name__}.backward"
    return message(f"{rule} returned a wrong gradient", expected=expected, got=got, fix=f"b {rule} in pdb")


def _lost(y: Node) -> str:
    return message(
        f"backward: the output of a {y.op} got no gradient, and so none passes to what is before it",
        expected="requires_grad as the forward pass has set it",
        got=f"requires_grad={y.requires_grad} for a tensor of shape {y.data.shape}",
        fix="y.detach() where no gradient is to pass",
    )


def _check_same_arrays(op: Op) -> None:
    """Rules on Tensors read the arrays that these hold now: GraphError if they have been exchanged since."""
    for x, a in zip(op.inputs, op.arrays, strict=True):
        if isinstance(x, Node) and x.data is not a:
            raise GraphError(_stale("backward through", op, x.name or "a tensor", "another array as its .data"))


def check_fresh(y: Node, doing: str = "backward through") -> None:
    """y and the inputs of the op that made it must still hold what the forward pass saw, or GraphError."""
    op = y.op
    if y.writes[0] != op.output_version:
        got = "new values (assign() to it, or to a tensor that shares its memory)"
        raise GraphError(_stale(doing, op, y.name or "its output", got))
    if op.versions != [x.writes[0] for x in op.tensors]:
        stale = [x.name or "a tensor" for x, v in zip(op.tensors, op.versions, strict=True) if x.writes[0] != v]
        raise GraphError(
            _stale(doing, op, ", ".join(stale), "new values (an optimizer step, assign(), set_weights or load_weights)")
        )


def _stale(doing: str, op: Op, names: str, got: str) -> str:
    return message(
        f"{doing} {type(op).__name__}: {names} changed after the forward pass used it",
        expected="the values of the forward pass",
        got=got,
        fix="forward, backward, step, in this order; detach() what the second loss must not reach",
    )


# ---- the two ways in


def check_scalar(y: Node, verb: str) -> None:
    if not isinstance(y, Node):
        got, fix = type(y).__name__, "loss = (y * y).sum(); grad(loss, [x])"
        raise TypeError(message(f"{verb}: the loss is no Tensor", expected="a Tensor of shape ()", got=got, fix=fix))
    if y.data.size != 1:
        raise GraphError(
            message(
                f"{verb}: the loss is not a single number",
                expected="shape ()",
                got=f"shape {y.data.shape}",
                fix="loss.mean() or loss.sum()",
            )
        )


def list_of_tensors(where: str, xs: Any, fix: str = "[x]") -> list[Any]:
    """`xs` as a list, from any iterable of tensors; TypeError for anything else."""
    got = "one tensor" if isinstance(xs, Node) else type(xs).__name__
    if isinstance(xs, dict) and all(isinstance(x, Node) for x in xs.values()):
        fix = "list(d.values())"
    elif isinstance(xs, Iterable) and not isinstance(xs, (Node, dict, str)) and not hasattr(xs, "dtype"):
        xs = list(xs)
        wrong = [type(x).__name__ for x in xs if not isinstance(x, Node)]
        if not wrong:
            return xs
        got, fix = f"a {wrong[0]} in it", "a.parameters() + b.parameters()" if "list" in wrong else fix
    raise TypeError(message(where, expected="a list of tensors", got=got, fix=fix))


def _followed(where: str, xs: Any) -> list[Node]:
    """`xs` as a list of tensors that the graph follows."""
    xs = list_of_tensors(where, xs)
    for x in xs:
        if not x.requires_grad:
            raise GraphError(
                message(
                    f"{where}: {x.name or 'a tensor'} was not followed, so its gradient would be a silent zero",
                    expected="requires_grad=True before the forward pass",
                    got="requires_grad=False",
                    fix="x = Tensor(data, requires_grad=True)",
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
    retain_graph = switch("backward: retain_graph", retain_graph)
    wrt = None if wrt is None else _followed("backward: wrt", wrt)
    if wrt == []:
        expected, fix = "a tensor or more", "backward() for all; a layer has parameters() once it is built"
        raise ValueError(message("backward: wrt", expected=expected, got="an empty list", fix=fix))
    made = reverse_topological_order(loss)
    grads = sweep(made, backend.xp.ones_like(loss.data), wrt)
    owned: set[int] = set()
    for x in grads if wrt is None else wrt:
        x.grad = _own(grads[x], owned) if x in grads else None
    if not retain_graph:
        for t in made:
            t.op = FREED


def _own(g: Any, owned: set[int]) -> Any:
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
    check_scalar(y, "grad")
    create_graph = switch("grad: create_graph", create_graph)
    xs = _followed("grad: xs", xs)
    made = reverse_topological_order(y)
    seed = backend.xp.ones_like(y.data)
    grads = sweep(made, y.around(seed) if create_graph else seed, xs, create_graph)
    gxs = [grads[x] if x in grads else backend.xp.zeros_like(x.data) for x in xs]
    owned: set[int] = set()
    return [_recorded(g, owned) if isinstance(g, Node) else y.around(_own(g, owned)) for g in gxs]


def _recorded(g: Any, owned: set[int]) -> Any:
    """g as a tensor that belongs to one x alone, as _own() has it for arrays."""
    g = g * 1.0 if id(g) in owned else g
    owned.add(id(g))
    return g


class no_grad:  # noqa: N801  (a function to its users)
    """Nothing that this thread computes inside is recorded: predictions and samples cost no memory.

    with no_grad(): ..., or @no_grad() above a function. Raises TypeError above a generator, which runs outside of it.
    """

    def __enter__(self) -> None:
        mode.before.append(mode.recording)
        mode.recording = False

    def __exit__(self, *error: object) -> None:
        mode.recording = mode.before.pop()

    def __call__(self, function: Any) -> Any:
        kinds = (inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction)
        if any(is_kind(function) for is_kind in kinds) or not callable(function):
            where, fix = "@no_grad()", "with no_grad(): inside of the function, around what computes"
            got = f"{function!r:.60}, which runs later" if callable(function) else type(function).__name__
            raise TypeError(message(where, expected="a function that returns its results", got=got, fix=fix))

        @functools.wraps(function)
        def unrecorded(*args: Any, **keywords: Any) -> Any:
            with no_grad():
                return function(*args, **keywords)

        return unrecorded


def recording() -> bool:
    """False inside no_grad()."""
    return mode.recording
