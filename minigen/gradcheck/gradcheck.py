"""gradcheck: compare hand-written gradients with finite differences, at order 1 and at order 2.

    from minigen import gradcheck
    gradcheck(lambda x: Cube()(x), [np.linspace(-1, 1, 12).reshape(3, 4)], order=2)

How it looks for a mistake. The outputs y = f(x) are turned into one number L = Σ v (y + c y²) with random v and c. A
random v matters: with v = 1 the gradient of a softmax or of a batch norm vanishes, and a checker that uses ones passes
whatever their rules say. The square makes dL/dy depend on x, so that order 2 sees how a rule treats its g; c has the
sign of y, so that dL/dy is nowhere 0. v is of the size 1 / (1 + |y|), so that no output drowns the others. Then

    order 1   backward's dL/dx against the central difference (L(x + ε) - L(x - ε)) / 2ε
    order 2   create_graph's dL/dx against backward's, and the gradient of D = Σ d dL/dx (random d) against the central
              difference of D, where D is computed by the rule that order 1 has just checked

Each element is compared by itself; differences.py has the tolerance. Of a tensor with more than `max_elements` elements
its corners and random places are compared one by one, and then all elements in random blocks: the elements of a block
move together, each by a random amount, and where the sum of their effects is wrong the block is halved until the wrong
element is found. So each element takes part, whatever the seed. Last, each op that was written outside of minigen is
checked alone, on the arrays that f gave it: in f a small wrong gradient may be lost in the sum with a large right one.

It checks gradients, not values: a forward that computes something else than was meant passes if its backward fits it.
For the forward pass there is compare().
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import autograd, backend, checks
from ..arguments import checks_arguments
from ..autograd import Node, Op
from ..errors import message
from ..tensor import Tensor
from . import checks as misuse
from .differences import Comparison, Differences, Function, GradcheckError, KinkError, Worst, fields


@dataclass(frozen=True)
class _Settings:
    order: int
    eps: float
    tol: float
    max_elements: int
    seed: int


@np.errstate(all="ignore")  # log(x - h) may be NaN
@checks_arguments
def gradcheck(
    f: Callable[..., Any],
    inputs: Sequence[Any] = (),
    params: Sequence[Tensor] = (),
    *,
    order: int = 1,
    eps: float = 1e-6,
    tol: float = 1e-6,
    max_elements: int = 200,
    seed: int = 0,
) -> Worst:
    """Check the gradients of f(*inputs) with respect to every input and every weight; returns the worst element.

    f             a function of Tensors: an op, a layer, a loss, a whole model; it may return a list of Tensors
    inputs        a list of float64 arrays (or Tensors), each becomes a Tensor with requires_grad; integers and booleans
                  (labels, indices, masks) have no gradient and are handed on as they are
    params        float64 Tensors that f uses besides its inputs. What is not listed is found: a layer is built first,
                  and every Tensor on the way to the output that requires a gradient is checked
    order         1, or 2 to check second derivatives as well
    eps           step of the central difference, times max(1, |x|); where it does not fit, others are tried
    tol           largest accepted |analytic - numeric| / max(|analytic|, |numeric|) of each element, beyond the
                  rounding of the difference; ten times as much at order 2
    max_elements  of a tensor with more, half as many are compared one by one, and all the others in as many blocks
    seed          of v, c, d and the places; draws inside f (dropout, reparameterise) are replayed at each call

    Raises GradcheckError naming the op at fault, order, tensor, index, analytic, numeric and relative error; also where
    f uses none of its inputs and parameters, gives another result at each call, or writes into its inputs. KinkError
    where f has a corner (move the input off it). TypeError for float32 and for inputs that are no list.
    """
    misuse.check_arguments(f, inputs, params, order)
    checks.positive_number("gradcheck: eps", eps, "1e-6")
    checks.positive_number("gradcheck: tol", tol, "1e-6")
    checks.positive_integer("gradcheck: max_elements", max_elements, "200")
    backend.generator(seed, "gradcheck: seed")
    settings = _Settings(order, eps, tol, max_elements, seed)
    given = [misuse.given_input(x, i) for i, x in enumerate(inputs)]
    xs = [x for x in given if isinstance(x, Tensor) and x.requires_grad]
    tensors = list(dict.fromkeys([*xs, *params]))

    def call() -> list[Tensor]:
        with backend.own_draws():  # the same dropout mask, the same noise, each time
            return misuse.outputs(f(*given), floats=bool(tensors))

    before = [t.numpy().copy() for t in tensors]
    try:
        call()  # builds the layers
        first, start, second = call(), misuse.clock(), call()
    except TypeError as error:
        if "precisions are mixed" not in str(error):
            raise
        raise TypeError(misuse.float64_needed("float32 inside of f", 'layer.astype("float64")')) from error
    ops = misuse.ops_behind(second)
    for t, old in zip(tensors, before, strict=True):
        if not misuse.same(t.data, old):
            for op in ops:
                misuse.check_writes(op)
            raise GradcheckError(misuse.changed("f", t.name or "a parameter"))
    misuse.check_repeats(first, second, "another one the second time")
    misuse.check_finite(second)
    tensors += misuse.unlisted(first, second, start, tensors)
    names = [t.name or f"parameter {i - len(xs)}" for i, t in enumerate(tensors)]
    misuse.check_path(second, [*xs, *params], tensors, names)
    for op in ops:
        misuse.check_signature(op)
    own = [op for op in ops if misuse.is_own(op)]
    for op in own:
        misuse.check_writes(op)

    try:
        worst = _examine(Function(call, tensors, names), settings)
    except GradcheckError as error:
        _check_memory(call, tensors, second)
        if isinstance(error, KinkError):
            raise
        raise _with_op(error, _op_at_fault([*own, *ops], settings), order) from None
    if len(ops) > 1:  # a small wrong gradient may have been lost in the sum with a large right one
        for op in own:
            try:
                _examine(_alone(op), replace(settings, max_elements=16))
            except GradcheckError as error:
                raise _with_op(error, op, order) from None
    for op in own:
        _check_one_at_a_time(op, settings)
    return worst


# ---- the comparison


def _examine(f: Function, s: _Settings) -> Worst:
    """Compare at order 1 and, if asked for, at order 2. Raises GradcheckError where a gradient is wrong."""
    rng = backend.generator(s.seed)
    factors = []  # v and c
    for y in f.call():
        v = _weights(y.numpy(), rng)
        factors.append((v, np.where(y.numpy() < 0, -1, 1) * np.abs(v)))
    on_device = [(backend.asarray(v), backend.asarray(c)) for v, c in factors]

    def loss() -> Any:
        parts = []
        for y, (v, c) in zip(f.call(), on_device, strict=True):
            parts.append(((y + y * y * c) * v).sum())
        return _total(parts)

    def outputs() -> np.ndarray:
        parts = []
        for t, (v, c) in zip(f.call(), factors, strict=True):
            y = t.numpy()
            parts.append((y + y * y * c) * v)
        return _flat(parts)

    places = [_places(t.shape, s.max_elements, rng) for t in f.tensors]
    first = _gradients(loss(), f.tensors)
    worst = Comparison(1, Differences(outputs, first, s.eps, s.tol), f).run(places, rng)
    if s.order == 1:
        return worst

    recorded = autograd.grad(loss(), f.tensors, create_graph=True)
    for t, name, one, two in zip(f.tensors, f.names, first, recorded, strict=True):
        _agree(t, name, one, two.numpy(), s.tol)
    directions = [_weights(g, rng) for g in first]

    def slopes() -> np.ndarray:
        return _flat([g * d for g, d in zip(_gradients(loss(), f.tensors), directions, strict=True)])

    along = _total([(g * backend.asarray(d)).sum() for g, d in zip(recorded, directions, strict=True)])
    if along.op is None:  # f does not depend on its inputs twice: the second derivative is zero
        second = [np.zeros(t.shape) for t in f.tensors]
    else:
        second = _gradients(along, f.tensors)
    other = Comparison(2, Differences(slopes, second, 10 * s.eps, 10 * s.tol), f).run(places, rng)
    return max(worst, other, key=error_of)


def error_of(w: Worst) -> float:
    return w.error


def _weights(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Random factors of either sign that leave no entry out and let none drown the others."""
    return rng.choice([-1.0, 1.0], y.shape) * rng.uniform(0.5, 1.5, y.shape) / (1 + np.abs(y))


def _total(parts: Sequence[Any]) -> Any:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _flat(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return arrays[0].ravel() if len(arrays) == 1 else np.concatenate([a.ravel() for a in arrays])


def _gradients(loss: Any, tensors: Sequence[Tensor]) -> list[np.ndarray]:
    return [g.numpy() for g in autograd.grad(loss, tensors)]


def _places(shape: tuple[int, ...], most: int, rng: np.random.Generator) -> tuple[list[int], list[np.ndarray]]:
    """(the places to compare one by one, blocks that hold all of them), as numbers in the flat tensor."""
    size = int(np.prod(shape))
    if size <= most:
        return list(range(size)), []
    half = (most + 1) // 2
    ends = [sorted({0, n - 1}) for n in shape]
    corners = [int(np.ravel_multi_index(c, shape)) for c in itertools.islice(itertools.product(*ends), half)]
    others = [int(i) for i in rng.choice(size, half, replace=False)]
    return list(dict.fromkeys(corners + others))[:half], np.array_split(rng.permutation(size), half)


def _agree(t: Tensor, name: str, arrays: np.ndarray, tensors: np.ndarray, tol: float) -> None:
    """The rule must say the same on arrays (backward) and on Tensors (create_graph)."""
    rounding = 1e-11 * float(np.abs(arrays).max(initial=0))
    error = np.abs(arrays - tensors) / (np.maximum(np.abs(arrays), np.abs(tensors)) + rounding + 1e-300)
    if not (error <= tol).all():
        index = tuple(int(k) for k in np.unravel_index(int(np.argmax(error)), error.shape))
        w = Worst(
            2, name, index, float(t.data[index]), float(tensors[index]), float(arrays[index]), float(error[index])
        )
        raise GradcheckError(
            "gradcheck: the rule gives another gradient on Tensors than on arrays (order 2)\n"
            f"  {w.place} = {w.value:.6g}\n"
            f"  on arrays       {arrays[index]:+.9e}\n  on Tensors      {tensors[index]:+.9e}",
            **fields(w, tol),
        )


# ---- which op


def _alone(op: Op) -> Function:
    """One op by itself, on the arrays that it got."""
    inputs = [
        Tensor(x.data.copy(), requires_grad=True) if isinstance(x, Node) and x.requires_grad else x for x in op.inputs
    ]
    followed = [i for i, x in enumerate(op.inputs) if isinstance(x, Node) and x.requires_grad]

    def call() -> list[Tensor]:
        with backend.own_draws():
            return misuse.outputs(misuse.fresh(op)(*inputs), floats=True)

    names = [f"input {i} of {type(op).__name__}" for i in followed]
    return Function(call, [inputs[i] for i in followed], names, kinks=False)


def _check_one_at_a_time(op: Op, s: _Settings) -> None:
    """GradcheckError if what a rule gives to one input depends on whether the others want a gradient: `self.needs`."""
    followed = [i for i, x in enumerate(op.inputs) if isinstance(x, Node) and x.requires_grad]
    if len(followed) < 2:
        return
    arrays = [autograd.unwrap(x) for x in op.inputs]

    def gradients(wanted: Sequence[int]) -> list[np.ndarray]:
        xs = [Tensor(a.copy(), requires_grad=i in wanted) if i in followed else a for i, a in enumerate(arrays)]
        with backend.own_draws():
            (y,) = misuse.outputs(misuse.fresh(op)(*xs), floats=True)
        v = _weights(y.numpy(), backend.generator(s.seed))  # the same at each call
        return _gradients((y * backend.asarray(v)).sum(), [xs[i] for i in wanted])

    for i, together in zip(followed, gradients(followed), strict=True):
        if not misuse.same(gradients([i])[0], together):
            name = type(op).__name__
            raise GradcheckError(
                message(
                    f"gradcheck: {name}.backward gives input {i} another gradient if the others want none",
                    expected="one gradient, whatever self.needs says of the other inputs",
                    got="two",
                    fix="self.needs[i] only to leave out the gradient of input i itself",
                )
            )


def _op_at_fault(ops: Iterable[Op], s: _Settings) -> Op | None:
    """The first op whose rule is wrong by itself."""
    for op in ops:
        order = s.order if misuse.is_own(op) else 1  # at order 2 some of minigen's ops need what their caller knows
        try:
            _examine(_alone(op), replace(s, order=order, max_elements=16))
        except GradcheckError:
            return op
    return None


def _with_op(error: GradcheckError, op: Op | None, order: int) -> GradcheckError:
    """The same error with the op at fault, or with what to look for where no op is."""
    if op is None:
        hint = (
            "  op              none: every rule is right by itself\n"
            "  fix:            f without x.numpy(), x.data and detach(): there a value leaves the graph"
        )
        return GradcheckError(f"{error}\n{hint}", **vars(error))
    name, kept = type(op).__name__, misuse.kept_arrays(op) if order == 2 else []
    hint = f"  op              {name}\n  fix:            b {name}.backward in pdb"
    if kept and order == 2:
        hint += f"; at order 2 it must compute from g, y and its inputs, not from {', '.join(kept)}"
    return GradcheckError(f"{error}\n{hint}", **{**vars(error), "op": name})


def _check_memory(call: Callable[[], list[Tensor]], tensors: Sequence[Tensor], ys: Sequence[Tensor]) -> None:
    """GradcheckError if f remembers a call for other inputs."""
    before = [t.data.copy() for t in tensors]
    with np.errstate(all="ignore"):
        for t, old in zip(tensors, before, strict=True):
            t.writable()[...] = old * 1.0001 + 0.0001
        try:
            call()
        finally:
            for t, old in zip(tensors, before, strict=True):
                t.writable()[...] = old
    misuse.check_repeats(ys, call(), "another one after a call with other inputs")


# ---- the forward pass


@checks_arguments
def compare(
    f: Callable[..., Any], reference: Callable[..., Any], inputs: Sequence[Any], *, tol: float | None = None
) -> str:
    """Compare f(*inputs), computed by minigen, with reference(*inputs), plain NumPy, element by element.

        compare(ops.softplus, lambda x: np.log1p(np.exp(x)), [x])

    f gets Tensors and the reference gets NumPy arrays, copies of the inputs. Accepted is |y - reference| ≤ tol
    |reference| + tol / 1000, with tol = 1e-8, or 1e-4 where y is float32. Returns a line with the largest difference;
    raises AssertionError naming the worst element, and for a result of another shape.
    """
    if not isinstance(inputs, (list, tuple)):
        raise TypeError(message("compare: inputs", expected="a list", got=type(inputs).__name__, fix="[x]"))
    for what, given in (("f", f), ("reference", reference)):
        if not callable(given):
            where, fix = f"compare: {what}", "compare(ops.softplus, lambda x: np.log1p(np.exp(x)), [x])"
            raise TypeError(message(where, expected="a function", got=type(given).__name__, fix=fix))
    tol = None if tol is None else checks.positive_number("compare: tol", tol, "tol=1e-6")
    arrays = [backend.to_numpy(x) for x in inputs]
    with backend.own_draws():
        y = f(*[Tensor(backend.asarray(a.copy())) for a in arrays])
    got, wanted = backend.to_numpy(y), np.asarray(reference(*[a.copy() for a in arrays]))
    if got.shape != wanted.shape:
        raise AssertionError(
            message(
                "compare: f and the reference have different shapes",
                expected=wanted.shape,
                got=got.shape,
                fix="keepdims=True or reshape in one of them",
            )
        )
    tol = tol if tol is not None else 1e-4 if got.dtype == np.float32 else 1e-8
    same = (got == wanted) | (np.isnan(got) & np.isnan(wanted))
    with np.errstate(invalid="ignore"):
        excess = np.where(same, 0.0, np.abs(got - wanted) / (tol * np.abs(wanted) + tol / 1000))
    excess = np.where(np.isnan(excess), np.inf, excess)
    bad = int((excess > 1).sum())
    if not got.size:
        return "ok: no elements"
    index = tuple(int(k) for k in np.unravel_index(int(np.argmax(excess)), got.shape))
    if bad:
        raise AssertionError(
            message(
                f"compare: {bad} of {got.size} elements differ from the reference. The worst is {list(index)}",
                expected=f"{wanted[index]:.9g}, within {tol:g}",
                got=f"{got[index]:.9g}",
                fix="breakpoint() in forward",
            )
        )
    return f"ok: {got.size} elements, largest difference {np.abs(got - wanted).max():.1e} at {list(index)}"
