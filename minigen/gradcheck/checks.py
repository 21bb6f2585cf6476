"""What gradcheck and compare refuse: wrong arguments, functions that cannot be differentiated, and wrong gradients."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

import numpy as np

from .. import autograd, backend
from ..autograd import Op
from ..checks.values import as_list, check_is_callable, check_is_list
from ..errors import message
from ..tensor import Tensor
from ..types import ArrayLike
from . import recorded
from .report import GradcheckError, KinkError, Worst

# ---- the arguments


def check_arguments(f: Any, inputs: Any, params: Any, order: Any) -> None:
    """TypeError unless f takes the inputs; ValueError for another order than 1 and 2; GraphError inside no_grad()."""
    check_is_list("gradcheck: inputs in a list", inputs, "gradcheck(f, [x])")
    check_is_list("gradcheck: params in a list", params, "gradcheck(f, [x], params=layer.parameters())")
    check_is_callable("gradcheck: f", f, "lambda x: Cube()(x)")
    try:
        inspect.signature(f).bind(*inputs)
    except TypeError as error:
        where, fix = "gradcheck: f does not fit the inputs", "gradcheck(lambda a, b: ..., [a, b])"
        expected = f"a function of {len(inputs)} input{'s' * (len(inputs) != 1)}"
        raise TypeError(message(where, expected=expected, got=f"{error}", fix=fix)) from None
    except ValueError:  # a function written in C may have no signature
        pass
    for p in params:
        if not isinstance(p, Tensor):
            got, fix = type(p).__name__, "it among the inputs, gradcheck(f, [x, w])"
            raise TypeError(message("gradcheck: params", expected="Tensors", got=got, fix=fix))
        check_float64(p, "params")
    if order not in (1, 2):
        raise ValueError(message("gradcheck: order", expected="1 or 2", got=repr(order), fix="order=2"))
    if not autograd.recording():
        where, fix = "gradcheck inside no_grad(): nothing is recorded", "gradcheck(...) before the with block"
        raise autograd.GraphError(message(where, expected="a call outside of no_grad()", got="one inside", fix=fix))


def check_comparison(f: Any, reference: Any, inputs: Any) -> None:
    """TypeError unless both are functions and the inputs are a list."""
    check_is_list("compare: inputs", inputs, "[x]")
    for what, given in (("f", f), ("reference", reference)):
        check_is_callable(f"compare: {what}", given, "compare(ops.softplus, lambda x: np.log1p(np.exp(x)), [x])")


def given_input(x: ArrayLike, i: int) -> Any:
    """What f gets for input i: a Tensor with requires_grad for float64, integers and booleans as they are."""
    kind = getattr(getattr(x, "dtype", None), "kind", "")
    if kind in ("i", "u", "b"):
        return x if isinstance(x, Tensor) else backend.asarray(x)
    if isinstance(x, (bool, int)):
        return x
    check_float64(x, f"input {i}")
    return Tensor(autograd.unwrap(x), requires_grad=True, name=f"input {i}")


def check_float64(x: Any, what: str) -> None:
    """TypeError for other floats, for lists, and for anything that is no array."""
    dtype = str(getattr(x, "dtype", type(x).__name__))
    if dtype == "float64":
        return
    if what == "params":
        fix = 'layer.astype("float64")'
    elif isinstance(x, Tensor):
        fix = 'x.numpy().astype("float64")'
    elif dtype.startswith("complex"):
        fix = "x.real and x.imag as two inputs"
    elif hasattr(x, "dtype"):
        fix = 'x.astype("float64"); for a layer or model: layer.astype("float64")'
    else:
        fix = 'np.asarray(x, "float64")'
    raise TypeError(_float64_needed(f"{what}: {dtype}", fix))


@contextlib.contextmanager
def explaining_float32() -> Iterator[None]:
    """A TypeError for mixed precisions in this block says that gradcheck needs float64."""
    try:
        yield
    except TypeError as error:
        if "precisions are mixed" not in str(error):
            raise
        raise TypeError(_float64_needed("float32 inside of f", 'layer.astype("float64")')) from error


def _float64_needed(got: str, fix: str) -> str:
    where = "gradcheck: float64 is needed, differences in float32 have two correct digits only"
    return message(where, expected="float64", got=got, fix=fix)


# ---- the results of f


def float_outputs(y: Any, floats: bool) -> list[Tensor]:
    """The float Tensors that f returned, alone or in a list: others have no gradient. TypeError for anything else."""
    ys = as_list(y)
    for one in ys:
        if not isinstance(one, Tensor):
            if not floats:
                raise TypeError(_float64_needed("integers only, which have no gradient", 'x.astype("float64")'))
            where, fix = "gradcheck: f must return a Tensor, or a list of them", "a function built from minigen ops"
            raise TypeError(message(where, expected="Tensor", got=type(one).__name__, fix=fix))
    return [one for one in ys if one.dtype.kind == "f"]


def check_finite(ys: Sequence[Tensor]) -> None:
    """GradcheckError for a NaN or an infinity among the results."""
    for y in ys:
        if not np.isfinite(y.numpy()).all():
            where, fix = "gradcheck: f is not finite here", "inputs where f is defined, such as x + 0.1"
            raise GradcheckError(message(where, expected="finite numbers", got="NaN or infinity", fix=fix))


def check_repeats(first: Sequence[Tensor], second: Sequence[Tensor], got: str) -> None:
    """GradcheckError unless both calls gave the same results."""
    if len(first) == len(second) and all(map(recorded.nearly_equal, first, second)):
        return
    where, expected = "gradcheck: f is not deterministic", "the same result for the same inputs, at each call"
    fix = "random numbers drawn by minigen (they are replayed) or once, before f; no values kept between calls"
    raise GradcheckError(message(where, expected=expected, got=got, fix=fix))


def check_stateless(call: Callable[[], list[Tensor]], tensors: Sequence[Tensor], ys: Sequence[Tensor]) -> None:
    """GradcheckError if a call with other inputs changes the result of the next one."""
    before = [t.data.copy() for t in tensors]
    with np.errstate(all="ignore"):
        for t, old in zip(tensors, before, strict=True):
            t.writable()[...] = old * 1.0001 + 0.0001
        try:
            call()
        finally:
            for t, old in zip(tensors, before, strict=True):
                t.writable()[...] = old
    check_repeats(ys, call(), "another one after a call with other inputs")


def unlisted_tensors(
    first: Sequence[Tensor], second: Sequence[Tensor], start: int, listed: Sequence[Tensor]
) -> list[Any]:
    """The tensors behind both results that require a gradient and are not listed: weights, and what a closure holds.

    `start` is the order of the last op before the second call. Raises GradcheckError for a tensor that was computed
    before it, since moving its own inputs does not change it, and for weights that are created at each call; TypeError
    for other floats than float64.
    """
    old, new = recorded.tensors_behind(first), recorded.tensors_behind(second)
    for t in new:
        if t.op is not None and not (isinstance(t.op, Op) and recorded.order_of(t.op) > start):
            where = "gradcheck: f uses a tensor that was computed before"
            expected = "everything computed from the inputs and the weights at each call"
            got = f"the result of an earlier {t.op}, shape {t.data.shape}, kept with its history"
            fix = "tensor.detach() to keep its numbers, or compute it inside of f"
            raise GradcheckError(message(where, expected=expected, got=got, fix=fix))
    for t in new:
        if t.op is None and t not in old:
            made = t.name or f"a tensor of shape {t.data.shape} that requires a gradient"
            where = f"gradcheck: f makes {made} anew at each call, so that it cannot be perturbed"
            expected = "tensors that exist before the call: weights, and those that are listed"
            fix = "layer = ..., or w = Tensor(..., requires_grad=True), before f, so that f only uses it"
            raise GradcheckError(message(where, expected=expected, got="new ones", fix=fix))
    found = [t for t in new if t.op is None and t in old and t not in set(listed)]
    for t in found:
        if str(t.data.dtype) != "float64":
            raise TypeError(_float64_needed(f"{t.name or 'a tensor of f'}: {t.data.dtype}", 'layer.astype("float64")'))
    return found


def check_path(ys: Sequence[Tensor], listed: Sequence[Tensor], tensors: Sequence[Tensor], names: Sequence[str]) -> None:
    """GradcheckError where there is nothing to compare."""
    behind = recorded.tensors_behind(ys)
    if not any(t in behind for t in listed or tensors):
        where = "gradcheck: f uses none of its inputs and parameters, so there is nothing to compare"
        expected = "a function of the Tensors that are passed to it, without numpy(), detach() or no_grad()"
        got = f"a result without a path to any of {', '.join(names) or 'them'}"
        fix = "gradcheck(model, [x], params=model.parameters())"
        raise GradcheckError(message(where, expected=expected, got=got, fix=fix))
    if not any(t.size for t in tensors) or not any(y.size for y in ys):
        where, expected = "gradcheck: there is nothing to compare", "inputs and results with one element at least"
        got = f"inputs of shape {[t.shape for t in tensors]}, results of shape {[y.shape for y in ys]}"
        raise GradcheckError(message(where, expected=expected, got=got, fix="np.ones((1, 3)) for np.ones((0, 3))"))


# ---- the rules of an op


def check_signature(op: Op) -> None:
    """TypeError unless op.backward takes g, y and every input."""
    name, inputs = type(op).__name__, list(inspect.signature(op.forward).parameters.values())
    fix = f"def backward(self, g, y, {', '.join(map(str, inputs))}):"
    signature = inspect.signature(op.backward)
    try:
        signature.bind(None, None, *op.inputs)
    except TypeError:
        got = f"backward(self, {', '.join(map(str, signature.parameters.values()))})"
        expected = f"g = dL/dy, the output y and {len(op.inputs)} input{'s' * (len(op.inputs) > 1)}"
        raise TypeError(message(f"{name}.backward: arguments", expected=expected, got=got, fix=fix)) from None
    if type(op).backward is Op.backward and "backward" not in vars(op):
        raise TypeError(message(f"{name} has no backward", expected="a rule", got="none", fix=fix))


def check_unchanged(tensors: Sequence[Tensor], before: Sequence[np.ndarray], ops: Sequence[Op]) -> None:
    """GradcheckError if f has written into its tensors: it names the op that did, if there is one."""
    for t, old in zip(tensors, before, strict=True):
        if not recorded.nearly_equal(t.data, old):
            for op in ops:
                check_writes(op)
            _refuse_change("f", t.name or "a parameter")


def check_writes(op: Op) -> None:
    """GradcheckError if forward writes into an input, or backward into g, y or an input."""
    clone, name = recorded.uncalled(op), type(op).__name__
    clone.needs = op.needs = recorded.requires_gradient(op)
    arrays = [a.copy() if hasattr(a, "shape") else a for a in op.arrays]
    with backend.own_draws():
        y = clone.forward(*arrays)
    for i, (a, b) in enumerate(zip(arrays, op.arrays, strict=True)):
        if not recorded.nearly_equal(a, b):
            _refuse_change(f"{name}.forward", f"input {i}", name)
    y = backend.xp.asarray(y)
    given = [backend.xp.ones_like(y), y.copy(), *arrays]
    copies = [a.copy() if hasattr(a, "shape") else a for a in given]
    clone.backward(*given)
    for what, a, b in zip(["g", "y", *(f"input {i}" for i in range(len(arrays)))], given, copies, strict=True):
        if not recorded.nearly_equal(a, b):
            _refuse_change(f"{name}.backward", what, name)


def _refuse_change(function: str, what: str, op: str | None = None) -> NoReturn:
    where, expected = f"gradcheck: {function} changed {what}", "arrays that are only read: other ops use them too"
    got, fix = "new numbers in the same array", "y = x * 2, which makes a new array, in place of x *= 2"
    raise GradcheckError(message(where, expected=expected, got=got, fix=fix), op=op)


def refuse_dependence_on_needs(op: Op, i: int) -> NoReturn:
    """GradcheckError for a gradient of input i that depends on whether the others are wanted."""
    where = f"gradcheck: {type(op).__name__}.backward gives input {i} another gradient if the others want none"
    expected = "the same gradient, whatever self.needs is for the other inputs"
    fix = "self.needs[i] only to leave out the gradient of input i itself"
    raise GradcheckError(message(where, expected=expected, got="two different ones", fix=fix))


# ---- gradients that differ


def refuse_rounding_only(unclear: int) -> NoReturn:
    """GradcheckError where every difference is dominated by rounding."""
    where = "gradcheck: no gradient can be distinguished from the rounding of f, so that nothing was compared"
    expected, got = "inputs where f changes with them", f"{unclear} gradients of 0 or nearly so"
    raise GradcheckError(message(where, expected=expected, got=got, fix="other inputs, such as smaller ones"))


def refuse_kink(w: Worst, jump: float, tol: float) -> NoReturn:
    """KinkError for an element at a corner of f."""
    function = "f" if w.order == 1 else "its gradient"
    raise KinkError(
        f"gradcheck: {w.place} = {w.value:.6g} sits on a kink of {function}: the slopes\n"
        f"  from the left and from the right differ by {abs(jump):.3g}\n"
        f"  fix: move the input away from the corner (add 0.1 to it)",
        **w.fields(tol),
    )


def refuse_gradient(w: Worst, wrong: int, tol: float) -> NoReturn:
    """GradcheckError for `wrong` gradients that differ from their differences, w the worst of them."""
    raise GradcheckError(
        f"gradcheck: {wrong} of {w.checked} gradients differ at order {w.order}. The worst:\n"
        f"  {w.place} = {w.value:.6g}\n"
        f"  analytic        {w.analytic:+.9e}   (your backward)\n"
        f"  numeric         {w.numeric:+.9e}   (central difference)\n"
        f"  relative error  {w.relative:.1e}            (accepted: {tol:.0e})\n"
        f"  {w.extent}",
        **w.fields(tol),
    )


def refuse_two_gradients(w: Worst, tol: float) -> NoReturn:
    """GradcheckError for a rule that gives w.numeric on arrays and w.analytic on Tensors."""
    raise GradcheckError(
        "gradcheck: the rule gives another gradient on Tensors than on arrays (order 2)\n"
        f"  {w.place} = {w.value:.6g}\n"
        f"  on arrays       {w.numeric:+.9e}\n  on Tensors      {w.analytic:+.9e}",
        **w.fields(tol),
    )


def refuse_again(error: GradcheckError, op: Op | None, order: int) -> NoReturn:
    """The same error with the op at fault, or with a hint where every op is right by itself. A KinkError as it is."""
    if isinstance(error, KinkError):
        raise error
    if op is None:
        hint = (
            "  op              none: every rule is right by itself\n"
            "  fix:            f without x.numpy(), x.data and detach(): there a value leaves the graph"
        )
        raise GradcheckError(f"{error}\n{hint}", **vars(error)) from None
    name, kept = type(op).__name__, recorded.kept_arrays(op) if order == 2 else []
    hint = f"  op              {name}\n  fix:            b {name}.backward in pdb"
    if kept:
        hint += f"; at order 2 it must compute from g, y and its inputs, not from {', '.join(kept)}"
    raise GradcheckError(f"{error}\n{hint}", **{**vars(error), "op": name}) from None


# ---- values that differ


def check_same_shape(y: np.ndarray, reference: np.ndarray) -> None:
    """AssertionError if a result and its reference have different shapes."""
    if y.shape != reference.shape:
        where, fix = "compare: f and the reference have different shapes", "keepdims=True or reshape in one of them"
        raise AssertionError(message(where, expected=reference.shape, got=y.shape, fix=fix))


def refuse_values(y: np.ndarray, reference: np.ndarray, bad: int, index: tuple[int, ...], tol: float) -> NoReturn:
    """AssertionError for `bad` values that differ from the reference, the one at `index` most."""
    where = f"compare: {bad} of {y.size} elements differ from the reference. The worst is {list(index)}"
    expected, got = f"{reference[index]:.9g}, within {tol:g}", f"{y[index]:.9g}"
    raise AssertionError(message(where, expected=expected, got=got, fix="breakpoint() in forward"))
