"""gradcheck: compare hand-written gradients with finite differences, at order 1 and at order 2.

    from minigen import gradcheck
    gradcheck(lambda x: Cube()(x), [np.linspace(-1, 1, 12).reshape(3, 4)], order=2)

The outputs y = f(x) are reduced to one number L = Σ v (y + c y²) with random v and c. A random v matters: with v = 1
the gradient of a softmax or of a batch normalization vanishes, so that a checker that uses ones accepts any rule. The
square makes dL/dy depend on x, so that order 2 tests how a rule treats its g; c has the sign of y, so that dL/dy is
nowhere 0. |v| is about 1 / (1 + |y|), so that no output dominates the sum. Then

    order 1   backward's dL/dx against the central difference (L(x + ε) - L(x - ε)) / 2ε
    order 2   create_graph's dL/dx against backward's, and the gradient of D = Σ d dL/dx (random d) against the central
              difference of D, where D is computed by the rule that order 1 has just checked

Each element is compared by itself; differences.py has the tolerance. In a tensor with more than `max_elements` elements
the corners and random places are compared one by one, and then all elements in random blocks: the elements of a block
move together, each by a random amount, and where the sum of their effects is wrong the block is halved until the wrong
element is found. So each element takes part, whatever the seed. Finally each custom op is checked alone, on the arrays
that f gave it: in f a small wrong gradient may be lost in the sum with a large correct one.

Gradients are checked, not values: a forward that computes something else than intended passes if its backward fits it.
compare() checks the forward pass.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

import numpy as np

from .. import autograd, backend
from ..arguments import checks_arguments
from ..autograd import Op
from ..checks.values import positive_integer, positive_number
from ..tensor import Tensor
from ..types import ArrayLike, Shape
from . import checks, recorded
from .differences import Comparison, Differences, Function, rounding_of
from .report import GradcheckError, KinkError, Worst


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
    f: Callable[..., Tensor | Sequence[Tensor]],
    inputs: Sequence[ArrayLike] = (),
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
                  (labels, indices, masks) have no gradient and are passed on unchanged
    params        float64 Tensors that f uses besides its inputs. Those that are not listed are found: a layer is built
                  first, and every Tensor on the way to the output that requires a gradient is checked
    order         1, or 2 to check second derivatives as well
    eps           step of the central difference, times max(1, |x|); where it is unsuitable, other steps are tried
    tol           largest accepted |analytic - numeric| / max(|analytic|, |numeric|) of each element, beyond the
                  rounding of the difference; ten times as much at order 2
    max_elements  of a larger tensor, half as many elements are compared one by one, all others in as many blocks
    seed          of v, c, d and the places; draws inside f (dropout, reparameterise) are replayed at each call

    Raises GradcheckError naming the op at fault, order, tensor, index, analytic, numeric and relative error; also where
    f uses none of its inputs and parameters, gives another result at each call, or writes into its inputs. KinkError
    where f has a corner (move the input off it). TypeError for float32 and for inputs that are no list.
    """
    checks.check_arguments(f, inputs, params, order)
    positive_number("gradcheck: eps", eps, "1e-6")
    positive_number("gradcheck: tol", tol, "1e-6")
    positive_integer("gradcheck: max_elements", max_elements, "200")
    backend.generator(seed, "gradcheck: seed")
    settings = _Settings(order, eps, tol, max_elements, seed)
    given = [checks.given_input(x, i) for i, x in enumerate(inputs)]
    xs = [x for x in given if isinstance(x, Tensor) and x.requires_grad]
    tensors = list(dict.fromkeys([*xs, *params]))

    def call() -> list[Tensor]:
        with backend.own_draws():  # the same dropout mask, the same noise, each time
            return checks.float_outputs(f(*given), floats=bool(tensors))

    before = [t.numpy().copy() for t in tensors]
    with checks.explaining_float32():
        call()  # builds the layers
        first, start, second = call(), recorded.current_order(), call()
    ops = recorded.ops_behind(second)
    checks.check_unchanged(tensors, before, ops)
    checks.check_repeats(first, second, "another one the second time")
    checks.check_finite(second)
    tensors += checks.unlisted_tensors(first, second, start, tensors)
    names = [t.name or f"parameter {i - len(xs)}" for i, t in enumerate(tensors)]
    checks.check_path(second, [*xs, *params], tensors, names)
    for op in ops:
        checks.check_signature(op)
    custom = [op for op in ops if recorded.is_custom(op)]
    for op in custom:
        checks.check_writes(op)

    try:
        worst = _examine(Function(call, tensors, names), settings)
    except GradcheckError as error:
        checks.check_stateless(call, tensors, second)
        op_at_fault = None if isinstance(error, KinkError) else _op_at_fault([*custom, *ops], settings)
        checks.refuse_again(error, op_at_fault, order)
    if len(ops) > 1:  # a small wrong gradient may have been lost in the sum with a large correct one
        for op in custom:
            try:
                _examine(_alone(op), replace(settings, max_elements=16))
            except GradcheckError as error:
                checks.refuse_again(error, op, order)
    for op in custom:
        _check_one_at_a_time(op, settings)
    return worst


# ---- the comparison


def _examine(f: Function, s: _Settings) -> Worst:
    """Compare at order 1 and, if asked for, at order 2. Raises GradcheckError where a gradient is wrong."""
    rng = backend.generator(s.seed)
    here = [t.numpy() for t in f.call()]
    vs = [_weights(y, rng) for y in here]
    factors = [(v, np.where(y < 0, -1, 1) * np.abs(v)) for v, y in zip(vs, here, strict=True)]  # v and c
    on_device = [(backend.asarray(v), backend.asarray(c)) for v, c in factors]

    def loss() -> Tensor:
        """L = Σ v (y + c y²)"""
        parts = [((y + y * y * c) * v).sum() for y, (v, c) in zip(f.call(), on_device, strict=True)]
        return sum(parts[1:], start=parts[0])

    def terms() -> np.ndarray:
        """The terms of L, computed in NumPy."""
        ys = [t.numpy() for t in f.call()]
        return _flat([(y + y * y * c) * v for y, (v, c) in zip(ys, factors, strict=True)])

    places = [_places(t.shape, s.max_elements, rng) for t in f.tensors]
    first = _gradients(loss(), f.tensors)
    worst = Comparison(1, Differences(terms, first, s.eps, s.tol), f).run(places, rng)
    if s.order == 1:
        return worst

    by_graph = autograd.grad(loss(), f.tensors, create_graph=True)
    floor = rounding_of(first)
    for t, name, on_arrays, on_tensors in zip(f.tensors, f.names, first, by_graph, strict=True):
        _check_same_rule(t, name, on_arrays, on_tensors.numpy(), s.tol, floor)
    directions = [_weights(g, rng) for g in first]

    def slopes() -> np.ndarray:
        """The terms of D = Σ d dL/dx."""
        return _flat([g * d for g, d in zip(_gradients(loss(), f.tensors), directions, strict=True)])

    parts = [(g * backend.asarray(d)).sum() for g, d in zip(by_graph, directions, strict=True)]
    along = sum(parts[1:], start=parts[0])
    is_constant = along.op is None  # dL/dx does not depend on x: the second derivative is zero
    second = [np.zeros(t.shape) for t in f.tensors] if is_constant else _gradients(along, f.tensors)
    other = Comparison(2, Differences(slopes, second, 10 * s.eps, 10 * s.tol), f).run(places, rng)
    return max(worst, other, key=attrgetter("error"))


def _weights(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Random factors of either sign, none near 0, and smaller where |y| is large."""
    return rng.choice([-1.0, 1.0], y.shape) * rng.uniform(0.5, 1.5, y.shape) / (1 + np.abs(y))


def _flat(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return arrays[0].ravel() if len(arrays) == 1 else np.concatenate([a.ravel() for a in arrays])


def _gradients(loss: Tensor, tensors: Sequence[Tensor]) -> list[np.ndarray]:
    return [g.numpy() for g in autograd.grad(loss, tensors)]


def _places(shape: Shape, most: int, rng: np.random.Generator) -> tuple[list[int], list[np.ndarray]]:
    """(the elements to compare one by one, blocks that hold all of them), as indices into the flat tensor."""
    size = int(np.prod(shape))
    if size <= most:
        return list(range(size)), []
    half = (most + 1) // 2
    ends = [sorted({0, n - 1}) for n in shape]
    corners = [int(np.ravel_multi_index(c, shape)) for c in itertools.islice(itertools.product(*ends), half)]
    others = [int(i) for i in rng.choice(size, half, replace=False)]
    return list(dict.fromkeys(corners + others))[:half], np.array_split(rng.permutation(size), half)


def _check_same_rule(
    t: Tensor, name: str, on_arrays: np.ndarray, on_tensors: np.ndarray, tol: float, floor: float
) -> None:
    """GradcheckError unless the rule gives the same on arrays (backward) and on Tensors (create_graph).

    `floor`: the rounding of a gradient that is a sum of larger terms, such as that of the bias of an attention's keys,
    which is 0.
    """
    size = np.maximum(np.abs(on_arrays), np.abs(on_tensors))
    error = np.abs(on_arrays - on_tensors) / (size + floor / tol + 1e-300)
    if not (error <= tol).all():
        index = tuple(int(k) for k in np.unravel_index(int(np.argmax(error)), error.shape))
        value, analytic, numeric, worst = (float(a[index]) for a in (t.data, on_tensors, on_arrays, error))
        checks.refuse_two_gradients(Worst(2, name, index, value, analytic, numeric, worst), tol)


# ---- which op


def _alone(op: Op) -> Function:
    """One op by itself, on the arrays that f gave it."""
    followed = [i for i, needed in enumerate(recorded.requires_gradient(op)) if needed]
    inputs = list(op.inputs)
    for i in followed:
        inputs[i] = Tensor(inputs[i].data.copy(), requires_grad=True)

    def call() -> list[Tensor]:
        with backend.own_draws():
            return checks.float_outputs(recorded.uncalled(op)(*inputs), floats=True)

    names = [f"input {i} of {type(op).__name__}" for i in followed]
    return Function(call, [inputs[i] for i in followed], names, kinks=False)


def _check_one_at_a_time(op: Op, s: _Settings) -> None:
    """GradcheckError if the gradient of one input depends on whether the others want one (`self.needs`)."""
    followed = [i for i, needed in enumerate(recorded.requires_gradient(op)) if needed]
    if len(followed) < 2:
        return
    arrays = [autograd.unwrap(x) for x in op.inputs]

    def gradients(wanted: Sequence[int]) -> list[np.ndarray]:
        xs: list[Any] = [
            Tensor(a.copy(), requires_grad=i in wanted) if i in followed else a for i, a in enumerate(arrays)
        ]
        with backend.own_draws():
            (y,) = checks.float_outputs(recorded.uncalled(op)(*xs), floats=True)
        v = _weights(y.numpy(), backend.generator(s.seed))  # the same at each call
        return _gradients((y * backend.asarray(v)).sum(), [xs[i] for i in wanted])

    for i, together in zip(followed, gradients(followed), strict=True):
        if not recorded.nearly_equal(gradients([i])[0], together):
            checks.refuse_dependence_on_needs(op, i)


def _op_at_fault(ops: Iterable[Op], s: _Settings) -> Op | None:
    """The first op whose rule is wrong by itself."""
    for op in ops:
        order = s.order if recorded.is_custom(op) else 1  # at order 2 some of minigen's ops are right only inside f
        try:
            _examine(_alone(op), replace(s, order=order, max_elements=16))
        except GradcheckError:
            return op
    return None
