"""What the engine refuses: inputs of an op, its output, gradients of a wrong shape, graphs that are freed or stale."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from .. import backend
from ..checks.arrays import refuse_other_library
from ..errors import message
from ..types import Array, Shape
from .node import GraphError, Node

if TYPE_CHECKING:
    from .op import Op


class Placeholder:
    """Base of what stands for numbers that are not there yet: the output of Input()."""


def refuse_symbol(what: str) -> NoReturn:
    """TypeError for a computation with the output of Input(), which has no numbers."""
    where, expected = f"{what} met the output of Input(): it holds no numbers yet", "a layer called on it"
    fix = "Lambda(function)(x), such as Lambda(lambda x: x[:, :2])(x); a Layer for what has weights"
    raise TypeError(message(where, expected=expected, got=what, fix=fix))


# ---- NaN and infinity


class NonFiniteError(FloatingPointError):
    """A loss or a gradient that is NaN or infinite; the text names the op that made the first such number."""


def _kind(a: Any) -> str:
    """How many numbers are NaN, or else infinite."""
    a = backend.to_numpy(a)
    nans = int(np.isnan(a).sum())
    return f"{nans or int(np.isinf(a).sum())} of {a.size} are {'NaN' if nans else 'infinite'}"


def refuse_nonfinite_input(op: Op, x: Any) -> NoReturn:
    """NonFiniteError for a weight, or data, that is not finite before any op is computed."""
    name = f"the weight {x.name}" if isinstance(x, Node) and x.name else "the data"
    where, got = f"{name}, an input of {op}", _kind(x.data if isinstance(x, Node) else x)
    fix = "finite data and weights; a step before that was too large: a smaller learning rate, global_clipnorm=1.0"
    raise NonFiniteError(message(f"{where}: the first NaN or infinity", expected="finite numbers", got=got, fix=fix))


def refuse_nonfinite_output(op: Op, y: Array) -> NoReturn:
    """NonFiniteError for the first op whose output is not finite, though its inputs are."""
    where, got = f"{op}, {_formula(op)}: it made the first NaN or infinity", _kind(y)
    fix = "inputs inside the domain of the formula, such as log(x + 1e-7); a smaller learning rate; global_clipnorm=1.0"
    raise NonFiniteError(message(where, expected="finite numbers", got=got, fix=fix))


def refuse_nonfinite_gradient(op: Op, gx: Array) -> NoReturn:
    """NonFiniteError for the first rule whose gradient is not finite, while the loss is."""
    where, got = f"the gradient of {op}, {_formula(op)}: it made the first NaN or infinity", _kind(gx)
    fix = "inputs where the formula has a derivative, such as sqrt(x + 1e-7); a smaller learning rate"
    raise NonFiniteError(message(where, expected="finite numbers", got=got, fix=fix))


def refuse_nonfinite_sum(what: str, g: Array) -> NoReturn:
    """NonFiniteError for a tensor whose gradient is a sum that is too large, though each of its terms is finite."""
    where, got = f"the gradient of {what}: the first NaN or infinity", _kind(g)
    fix = "a loss of smaller numbers, such as a mean in place of a sum; a smaller learning rate"
    raise NonFiniteError(message(where, expected="a finite sum of finite terms", got=got, fix=fix))


def _formula(op: Op) -> str:
    return (type(op).__doc__ or "").strip().partition("\n")[0]


# ---- the inputs and the output of an op


def refuse_second_call(op: Op) -> NoReturn:
    """GraphError for an op object that has been called before: it keeps what its backward needs."""
    where, expected = f"{op}: one op object called twice", "a new op for every call: it keeps what backward needs"
    raise GraphError(message(where, expected=expected, got="the same object again", fix=f"{op}()(x)"))


def refuse_input(op: Op, i: int, a: Any) -> NoReturn:
    """TypeError or BackendError for input i of an op, which is neither a number nor an array of the active library."""
    where = f"{op}, argument {i + 1}"
    if isinstance(a, Placeholder):
        refuse_symbol(f"minigen's {op}")
    if hasattr(a, "dtype"):
        refuse_other_library(where, a, backend.active())
    of_tensors = holds_tensors(a)
    got, fix = type(a).__name__ + " of tensors" * of_tensors, "minigen.stack(xs)" if of_tensors else "minigen.Tensor(x)"
    raise TypeError(message(where, expected=f"a Tensor, a number or a {backend.active()} array", got=got, fix=fix))


def explain_failure(op: Op, arrays: Sequence[Any], error: Exception) -> None:
    """Where forward() failed because of the shapes or types of its inputs: ValueError or TypeError that says so."""
    shapes = [getattr(a, "shape", ()) for a in arrays]
    if op.elementwise and not broadcastable(*shapes):
        where, fix = f"{op}: shapes do not fit", "x.reshape(...) to put an axis of size 1 where the other has more"
        expected = "equal sizes on every axis, counted from the last, or 1"
        raise ValueError(message(where, expected=expected, got=" and ".join(map(str, shapes)), fix=fix)) from error
    others = [a.dtype for a in arrays if getattr(getattr(a, "dtype", None), "kind", "f") != "f"]
    if others and not op.guarded and "expected:" not in str(error):
        where, fix = f"{op} of {others[0]}", 'x.astype("float32")'
        raise TypeError(message(where, expected="floats", got=f"{others[0]}: {error}", fix=fix)) from error


def broadcastable(*shapes: Shape) -> bool:
    """True if the shapes broadcast against each other."""
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return False
    return True


def refuse_output(op: Op, y: Any) -> NoReturn:
    """TypeError for what forward() returned, which is no array."""
    where, got = f"{op}.forward returned no array", "None" if y is None else f"a {type(y).__name__}"
    fix = "return y" if y is None else "np.asarray(y, x.dtype), or an op for each of several outputs"
    fix = "return y.data" if isinstance(y, Node) else fix
    raise TypeError(message(where, expected=f"a {backend.active()} array", got=got, fix=fix))


def check_precision(op: Op, tensors: Sequence[Node], arrays: Sequence[Any], out: Node) -> None:
    """TypeError unless all floats have one precision: a stray float64 would silently halve the speed."""
    floats = {str(x.data.dtype) for x in tensors if x.data.dtype.kind == "f"}
    if out.data.dtype.kind not in "fiub":
        got, fix = f"{out.data.dtype}", 'np.asarray(x, "float32")'
        raise TypeError(message(f"{op}: no numbers", expected="numbers", got=got, fix=fix))
    if out.data.dtype.kind == "f" and floats and floats != {str(out.data.dtype)}:
        dtypes = ", ".join(str(getattr(a, "dtype", type(a).__name__)) for a in arrays)
        where, expected = f"{op}: precisions are mixed", "every floating input of one dtype, and the output too"
        fix = 'array.astype("float32") before the odd one becomes a Tensor (labels and counts too)'
        raise TypeError(message(where, expected=expected, got=f"inputs {dtypes}; output {out.data.dtype}", fix=fix))


# ---- ops that were written outside of minigen


def check_names(op: Op, kept: Sequence[str]) -> None:
    """GraphError for attributes of an op that the engine writes to. (Once it has, `order` says so.)"""
    taken = [name for name in kept if name in vars(op)]
    if taken and not ("inputs" in taken and type(op.order) is int):
        where, expected = f"{op}: self.{taken[0]}", f"other names than {', '.join(kept)}: the engine keeps these"
        raise GraphError(message(where, expected=expected, got=f"self.{taken[0]}", fix=f"self.my_{taken[0]}"))


def check_signature(op: Op, rule: Callable[..., Any], arrays: Sequence[Any]) -> None:
    """TypeError with the right arguments if `rule` takes another number of them."""
    try:
        inspect.signature(rule).bind(*arrays)
    except TypeError as error:
        where, n = f"{op}.{rule.__name__}: arguments", len(arrays) - 2
        expected = f"{len(arrays)} inputs" if rule.__name__ == "forward" else f"g = dL/dy, y and {n} inputs"
        fix = "def forward(self, x)" if rule.__name__ == "forward" else "def backward(self, g, y, x)"
        raise TypeError(message(where, expected=expected, got=f"{error}", fix=fix)) from None


def refuse_changed_input(op: Op, rule: Callable[..., Any], error: ValueError) -> NoReturn:
    """GraphError for a rule that writes into its inputs."""
    where, expected = f"{op}.{rule.__name__} changed its input", "new arrays: others use the same input"
    fix = "y = 2 * x in place of x *= 2, or x = x.copy() first"
    raise GraphError(message(where, expected=expected, got=f"{error}", fix=fix)) from error


# ---- what backward() of an op returns


def refuse_number_of_gradients(op: Op, gxs: tuple[Any, ...]) -> NoReturn:
    """GraphError for more or fewer gradients than the op has inputs."""
    got = "a list" if gxs and isinstance(gxs[0], list) else f"{len(gxs)}"
    refuse_gradient(op, f"{len(op.inputs)} gradients, one per input: a tuple", got)


def check_is_gradient(op: Op, x: Array, gx: Any) -> None:
    """GraphError unless the gradient of a user-defined op is an array with the dtype and, if nothing broadcasts, the
    shape of its input."""
    if not hasattr(gx, "shape"):
        refuse_gradient(op, f"an array of shape {x.shape}", type(gx).__name__)
    if gx.shape != x.shape and not op.elementwise:
        refuse_gradient(op, f"shape {x.shape}, or elementwise = True in the class if inputs broadcast", gx.shape)
    if gx.dtype != x.dtype:
        refuse_gradient(op, f"{x.dtype}, as the input", gx.dtype)


def refuse_gradient(op: Op, expected: str, got: object) -> NoReturn:
    """GraphError for a gradient that no rule may return."""
    rule = f"{op}.backward"
    raise GraphError(message(f"{rule} returned a wrong gradient", expected=expected, got=got, fix=f"b {rule} in pdb"))


# ---- the graph


def check_is_data(name: str | None, data: Any) -> None:
    """TypeError for data of a new Tensor that a gradient passes through: the copy would lose it."""
    expected = "an array or numbers"
    if isinstance(data, Node) and (data.requires_grad or data.op is not None):
        where = f"Tensor {name}: data" if name is not None else "Tensor: data"
        got, fix = "a tensor that a gradient may pass through", "x itself; x.detach() for its numbers"
        raise TypeError(message(where, expected=expected, got=got, fix=fix))
    if holds_tensors(data):
        where = f"Tensor {name}: data" if name is not None else "Tensor: data"
        raise TypeError(message(where, expected=expected, got="a list of tensors", fix="minigen.stack(xs)"))


def holds_tensors(x: Any) -> bool:
    """True for a list with a tensor in it, or in the lists in it."""
    return isinstance(x, (list, tuple)) and any(isinstance(v, Node) or holds_tensors(v) for v in x)


def check_in_place(x: Node, new: Node, recording: bool) -> None:
    """GraphError for `x -= ...` where the new value would lose its history, or become one of a leaf."""
    if x.op is not None and not recording:
        where, fix = "an update in place of a tensor that an op has made", "x = x.detach() * 2; w.assign(...)"
        expected, got = "recording, or its history would be lost", f"{x.op}, inside no_grad()"
        raise GraphError(message(where, expected=expected, got=got, fix=fix))
    if x.variable and new.op is not None:
        what = "a parameter" if x.requires_grad else "a variable with a recorded value"
        where, expected = f"an update in place of {what}", "no_grad() around it, or an optimizer"
        fix = "with minigen.no_grad(): p -= 0.1 * p.grad; total = total + loss for a sum that is recorded"
        raise GraphError(message(where, expected=expected, got=f"{x.name or 'a leaf'}, with recording on", fix=fix))


def check_has_no_graph(t: Node) -> None:
    """GraphError for a tensor that an op has made: copy and pickle would lose its graph."""
    if t.op is not None:
        where, expected = "copy or pickle of a tensor that an op has made", "a leaf: a copy would have no graph"
        fix = "x.numpy() for its numbers, x.detach() for a tensor of them, float(loss) for one"
        raise GraphError(message(where, expected=expected, got=f"shape {t.data.shape}, made by {t.op}", fix=fix))


def refuse_unrecorded(y: Node) -> NoReturn:
    """GraphError for a leaf: nothing was recorded that could be differentiated."""
    where, fix = "backward: nothing was recorded", "Tensor(w, requires_grad=True), or a layer's parameters"
    expected = "a loss computed from a tensor with requires_grad=True, outside no_grad()"
    raise GraphError(message(where, expected=expected, got=f"a leaf of shape {y.data.shape}", fix=fix))


def refuse_freed() -> NoReturn:
    """GraphError for a graph that an earlier backward() has freed."""
    where, expected = "backward: this graph was freed", "one backward() for each forward pass"
    fix = "loss.backward(wrt=..., retain_graph=True) for the first of two, or the forward pass again"
    raise GraphError(message(where, expected=expected, got="a second one: the first let the saved arrays go", fix=fix))


def refuse_lost_gradient(y: Node) -> NoReturn:
    """GraphError for a tensor that no gradient reached, though the loss depends on it."""
    where = f"backward: the output of a {y.op} got no gradient, and so none passes to what is before it"
    got = f"requires_grad={y.requires_grad} for a tensor of shape {y.data.shape}"
    expected, fix = "requires_grad as the forward pass has set it", "y.detach() where no gradient is to pass"
    raise GraphError(message(where, expected=expected, got=got, fix=fix))


def check_same_arrays(op: Op) -> None:
    """Rules on Tensors read the arrays that these hold now: GraphError if they have been exchanged since."""
    for x, a in zip(op.inputs, op.arrays, strict=True):
        if isinstance(x, Node) and x.data is not a:
            _refuse_stale("backward through", op, x.name or "a tensor", "another array as its .data")


def check_fresh(y: Node, doing: str = "backward through") -> None:
    """GraphError unless y and the inputs of the op that made it still hold what the forward pass saw."""
    op = y.op
    if y.writes[0] != op.output_version:
        got = "new values (assign() to it, or to a tensor that shares its memory)"
        _refuse_stale(doing, op, y.name or "its output", got)
    if op.versions != [x.writes[0] for x in op.tensors]:
        stale = [x.name or "a tensor" for x, v in zip(op.tensors, op.versions, strict=True) if x.writes[0] != v]
        got = "new values (an optimizer step, assign(), set_weights or load_weights)"
        _refuse_stale(doing, op, ", ".join(stale), got)


def _refuse_stale(doing: str, op: Op, names: str, got: str) -> NoReturn:
    where, expected = f"{doing} {op}: {names} changed after the forward pass used it", "the values of the forward pass"
    fix = "forward, backward, step, in this order; detach() what the second loss must not reach"
    raise GraphError(message(where, expected=expected, got=got, fix=fix))


# ---- the arguments of backward() and grad()


def check_loss(y: Any, verb: str) -> None:
    """TypeError or GraphError unless y is a Tensor of one number."""
    if not isinstance(y, Node):
        got, fix = type(y).__name__, "loss = (y * y).sum(); grad(loss, [x])"
        raise TypeError(message(f"{verb}: the loss is no Tensor", expected="a Tensor of shape ()", got=got, fix=fix))
    if y.data.size != 1:
        where, got = f"{verb}: the loss is not a single number", f"shape {y.data.shape}"
        raise GraphError(message(where, expected="shape ()", got=got, fix="loss.mean() or loss.sum()"))


def list_of_tensors(where: str, xs: Any, fix: str = "[x]") -> list[Any]:
    """`xs` as a list, from any iterable of tensors; TypeError for anything else."""
    got = "one tensor" if isinstance(xs, Node) else type(xs).__name__
    if isinstance(xs, dict) and all(isinstance(x, Node) for x in xs.values()):
        fix = "list(d.values())"
    elif isinstance(xs, Iterable) and not isinstance(xs, (Node, dict, str)) and not hasattr(xs, "dtype"):
        tensors = list(xs)
        wrong = [type(x).__name__ for x in tensors if not isinstance(x, Node)]
        if not wrong:
            return tensors
        got, fix = f"a {wrong[0]} in it", "a.parameters() + b.parameters()" if "list" in wrong else fix
    raise TypeError(message(where, expected="a list of tensors", got=got, fix=fix))


def recorded_tensors(where: str, xs: Any) -> list[Node]:
    """`xs` as a list of tensors that require a gradient; GraphError for one that does not."""
    tensors = list_of_tensors(where, xs)
    for x in tensors:
        if not x.requires_grad:
            where = f"{where}: {x.name or 'a tensor'} was not followed, so its gradient would be a silent zero"
            expected, fix = "requires_grad=True before the forward pass", "x = Tensor(data, requires_grad=True)"
            raise GraphError(message(where, expected=expected, got="requires_grad=False", fix=fix))
    return tensors


def refuse_no_tensors() -> NoReturn:
    """ValueError for an empty list of tensors: backward() would do nothing."""
    expected, fix = "a tensor or more", "backward() for all; a layer has parameters() once it is built"
    raise ValueError(message("backward: wrt", expected=expected, got="an empty list", fix=fix))


def check_returns_results(function: Any) -> None:
    """TypeError for what no_grad() cannot decorate: a generator or coroutine runs after the block has ended."""
    kinds = (inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction)
    if any(is_kind(function) for is_kind in kinds) or not callable(function):
        where, fix = "@no_grad()", "with no_grad(): inside of the function, around what computes"
        got = f"{function!r:.60}, which runs later" if callable(function) else type(function).__name__
        raise TypeError(message(where, expected="a function that returns its results", got=got, fix=fix))
