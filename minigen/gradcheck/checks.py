"""What gradcheck looks at first: is f a function of what it is given, and do its ops keep the rules?"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .. import autograd, backend
from ..autograd import Node, Op
from ..autograd.op import KEPT_BY_OPS
from ..errors import message
from ..tensor import Tensor
from .differences import GradcheckError

# ---- what gradcheck is given


def check_arguments(f: Any, inputs: Any, params: Any, order: Any) -> None:
    """Raise where f cannot be called with the inputs, for inputs and params that are no lists, and inside no_grad()."""
    for what, given in (("inputs", inputs), ("params", params)):
        if not isinstance(given, (list, tuple)):
            fix = "gradcheck(f, [x])" if what == "inputs" else "gradcheck(f, [x], params=layer.parameters())"
            got = type(given).__name__
            raise TypeError(message(f"gradcheck: {what} in a list", expected="a list", got=got, fix=fix))
    if not callable(f):
        fix = "lambda x: Cube()(x)"
        raise TypeError(message("gradcheck: f", expected="a function", got=type(f).__name__, fix=fix))
    try:
        inspect.signature(f).bind(*inputs)
    except TypeError as error:
        where, fix = "gradcheck: f does not fit the inputs", "gradcheck(lambda a, b: ..., [a, b])"
        expected = f"a function of {len(inputs)} input{'s' * (len(inputs) != 1)}"
        raise TypeError(message(where, expected=expected, got=f"{error}", fix=fix)) from None
    except ValueError:  # a function written in C does not tell
        pass
    for p in params:
        if not isinstance(p, Tensor):
            got, fix = type(p).__name__, "it among the inputs, gradcheck(f, [x, w])"
            raise TypeError(message("gradcheck: params", expected="Tensors", got=got, fix=fix))
        check_float64(p, "params")
    if order not in (1, 2):
        raise ValueError(message("gradcheck: order", expected="1 or 2", got=repr(order), fix="order=2"))
    if not autograd.recording():
        raise autograd.GraphError(
            message(
                "gradcheck inside no_grad(): nothing is recorded",
                expected="a call outside of no_grad()",
                got="one inside",
                fix="gradcheck(...) before the with block",
            )
        )


def given_input(x: Any, i: int) -> Any:
    """What f gets for input i: a Tensor with requires_grad for float64, integers and booleans as they are."""
    kind = getattr(getattr(x, "dtype", None), "kind", "")
    if kind in ("i", "u", "b"):
        return x if isinstance(x, Tensor) else backend.asarray(x)
    if isinstance(x, (bool, int)):
        return x
    check_float64(x, f"input {i}")
    return Tensor(autograd.unwrap(x), requires_grad=True, name=f"input {i}")


def check_float64(x: Any, what: str) -> None:
    """TypeError for other floats, lists and what is no array."""
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
    raise TypeError(float64_needed(f"{what}: {dtype}", fix))


def float64_needed(got: str, fix: str) -> str:
    where = "gradcheck: float64 is needed, float32 differences keep two digits only"
    return message(where, expected="float64", got=got, fix=fix)


def outputs(y: Any, floats: bool) -> list[Tensor]:
    """The float Tensors that f returned, alone or in a list: others have no gradient. TypeError for anything else."""
    ys = list(y) if isinstance(y, (list, tuple)) else [y]
    for one in ys:
        if not isinstance(one, Tensor):
            if not floats:
                raise TypeError(float64_needed("integers only, which have no gradient", 'x.astype("float64")'))
            raise TypeError(
                message(
                    "gradcheck: f must return a Tensor, or a list of them",
                    expected="Tensor",
                    got=type(one).__name__,
                    fix="a function built from minigen ops",
                )
            )
    return [one for one in ys if one.dtype.kind == "f"]


def check_finite(ys: Sequence[Tensor]) -> None:
    """GradcheckError for a NaN or an infinity among the results."""
    for y in ys:
        if not np.isfinite(y.numpy()).all():
            where, fix = "gradcheck: f is not finite here", "inputs where f is defined, such as x + 0.1"
            raise GradcheckError(message(where, expected="finite numbers", got="NaN or infinity", fix=fix))


# ---- whether f is a function of what it is given


def check_repeats(first: Sequence[Tensor], second: Sequence[Tensor], got: str) -> None:
    """GradcheckError unless both calls gave the same."""
    if len(first) == len(second) and all(same(a.data, b.data) for a, b in zip(first, second, strict=True)):
        return
    raise GradcheckError(
        message(
            "gradcheck: f is not deterministic",
            expected="one result for the same inputs, at each call",
            got=got,
            fix="random numbers drawn by minigen (they are replayed) or once, before f; nothing kept between calls",
        )
    )


def same(a: Any, b: Any) -> bool:
    """Equal but for the last digits: a product may be summed in another order at another address."""
    a, b = backend.to_numpy(a), backend.to_numpy(b)
    return a.shape == b.shape and bool(np.allclose(a, b, 1e-10, 1e-13 * np.abs(a).max(initial=0), equal_nan=True))


def behind(ys: Iterable[Tensor]) -> dict[Node, None]:
    """Every tensor from which ys were computed and that requires a gradient, and ys themselves."""
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
    """The ops that made ys, in the order in which they ran."""
    return sorted({t.op for t in behind(ys) if isinstance(t.op, Op)}, key=_order)


def _order(op: Op) -> int:
    return op.order or 0


def clock() -> int:
    """Ops that are recorded from now on have a higher order."""
    return _order((Tensor(np.ones(()), requires_grad=True) * 1.0).op)


def unlisted(first: Sequence[Tensor], second: Sequence[Tensor], start: int, listed: Sequence[Tensor]) -> list[Any]:
    """The tensors behind both results that require a gradient and are not listed: weights, and what a closure holds.

    `start` is the clock before the second call. Raises GradcheckError for a tensor that was computed before it, since
    moving its own inputs does not change it, and for weights that are made anew at each call; TypeError for other
    floats than float64.
    """
    old, new = behind(first), behind(second)
    for t in new:
        if t.op is not None and not (isinstance(t.op, Op) and _order(t.op) > start):
            raise GradcheckError(
                message(
                    "gradcheck: f uses a tensor that was computed before",
                    expected="everything computed from the inputs and the weights at each call",
                    got=f"the result of an earlier {t.op}, shape {t.data.shape}, kept with its history",
                    fix="tensor.detach() to keep its numbers, or compute it inside of f",
                )
            )
    for t in new:
        if t.op is None and t not in old:
            made = t.name or f"a tensor of shape {t.data.shape} that requires a gradient"
            raise GradcheckError(
                message(
                    f"gradcheck: f makes {made} anew at each call, so that it cannot be moved",
                    expected="tensors that stay: weights, and what is listed",
                    got="new ones",
                    fix="layer = ..., or w = Tensor(..., requires_grad=True), before f, so that f only uses it",
                )
            )
    found = [t for t in new if t.op is None and t in old and t not in set(listed)]
    for t in found:
        if str(t.data.dtype) != "float64":
            raise TypeError(float64_needed(f"{t.name or 'a tensor of f'}: {t.data.dtype}", 'layer.astype("float64")'))
    return found


def check_path(ys: Sequence[Tensor], listed: Sequence[Tensor], tensors: Sequence[Tensor], names: Sequence[str]) -> None:
    """GradcheckError where there is nothing to compare."""
    there = behind(ys)
    used = [t for t in listed or tensors if t in there]
    if not used:
        raise GradcheckError(
            message(
                "gradcheck: f uses none of its inputs and parameters, so there is nothing to compare",
                expected="a function of the Tensors that it is given, without numpy(), detach() or no_grad()",
                got=f"a result without a path to any of {', '.join(names) or 'them'}",
                fix="gradcheck(model, [x], params=model.parameters())",
            )
        )
    if not any(t.size for t in tensors) or not any(y.size for y in ys):
        raise GradcheckError(
            message(
                "gradcheck: there is nothing to compare",
                expected="inputs and results with one element at least",
                got=f"inputs of shape {[t.shape for t in tensors]}, results of shape {[y.shape for y in ys]}",
                fix="np.ones((1, 3)) in place of np.ones((0, 3))",
            )
        )


# ---- whether an op keeps the rules


def is_own(op: Op) -> bool:
    """Whether the rule was written outside of minigen."""
    return not type(op).__module__.startswith("minigen.") or "backward" in vars(op)


def fresh(op: Op) -> Op:
    """The same op, not called yet."""
    clone = copy.copy(op)
    for name in KEPT_BY_OPS:
        vars(clone).pop(name, None)
    return clone


def check_signature(op: Op) -> None:
    """TypeError unless op.backward takes g, y and every input."""
    name, inputs = type(op).__name__, list(inspect.signature(op.forward).parameters.values())
    fix = f"def backward(self, g, y, {', '.join(map(str, inputs))}):"
    has = inspect.signature(op.backward)
    try:
        has.bind(None, None, *op.inputs)
    except TypeError:
        got = f"backward(self, {', '.join(map(str, has.parameters.values()))})"
        expected = f"g = dL/dy, the output y and {len(op.inputs)} input{'s' * (len(op.inputs) > 1)}"
        raise TypeError(message(f"{name}.backward: arguments", expected=expected, got=got, fix=fix)) from None
    if type(op).backward is Op.backward and "backward" not in vars(op):
        raise TypeError(message(f"{name} has no backward", expected="a rule", got="none", fix=fix))


def check_writes(op: Op) -> None:
    """GradcheckError if forward writes into an input, or backward into g, y or an input."""
    clone, name = fresh(op), type(op).__name__
    clone.needs = op.needs = [isinstance(x, Node) and x.requires_grad for x in op.inputs]
    arrays = [a.copy() if hasattr(a, "shape") else a for a in op.arrays]
    with backend.own_draws():
        y = clone.forward(*arrays)
    for i, (a, b) in enumerate(zip(arrays, op.arrays, strict=True)):
        if not same(a, b):
            raise GradcheckError(changed(f"{name}.forward", f"input {i}"), op=name)
    y = backend.xp.asarray(y)
    given = [backend.xp.ones_like(y), y.copy(), *arrays]
    wanted = [a.copy() if hasattr(a, "shape") else a for a in given]
    clone.backward(*given)
    for what, a, b in zip(["g", "y", *(f"input {i}" for i in range(len(arrays)))], given, wanted, strict=True):
        if not same(a, b):
            raise GradcheckError(changed(f"{name}.backward", what), op=name)


def changed(where: str, what: str) -> str:
    return message(
        f"gradcheck: {where} changed {what}",
        expected="arrays that are read only: others use them too",
        got="new numbers in the same array",
        fix="y = x * 2, which makes a new array, in place of x *= 2",
    )


def kept_arrays(op: Op) -> list[str]:
    """The attributes of an op in which forward keeps arrays that depend on its inputs."""
    a, b = fresh(op), fresh(op)
    with backend.own_draws(), np.errstate(all="ignore"):
        a.forward(*op.arrays)
    with backend.own_draws(), np.errstate(all="ignore"):
        b.forward(*[x * 1.001 if getattr(getattr(x, "dtype", None), "kind", "") == "f" else x for x in op.arrays])
    return [f"self.{k}" for k, v in vars(a).items() if getattr(v, "shape", ()) and not same(v, vars(b)[k])]
