"""gradcheck: compare hand-written gradients with finite differences, at order 1 and at order 2.

    from minigen import gradcheck
    gradcheck(lambda x: Cube()(x), [np.linspace(-1, 1, 12).reshape(3, 4)], order=2)

How it looks for a mistake. The output y = f(x) is turned into one number L = Σ v (y + y²/2) with random v. A random v
matters: with v = 1 the gradient of a softmax or of a batch norm vanishes, and a checker that uses ones passes whatever
their rules say. The square makes dL/dy depend on x, so that order 2 sees how a rule treats its g. Then

    order 1   backward's dL/dx against the central difference (L(x + ε) - L(x - ε)) / 2ε
    order 2   create_graph's dL/dx against backward's, and the gradient of D = Σ d dL/dx (random d) against the central
              difference of D, where D is computed by the rule that order 1 has just checked

Everything runs in float64: in float32 the difference L(x + ε) - L(x - ε) keeps about two digits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import autograd, backend
from .errors import message
from .tensor import Tensor


class GradcheckError(AssertionError):
    """A gradient differs from its finite difference; the text names the worst element."""


class KinkError(GradcheckError):
    """The function has a corner at the point: slopes from the left and from the right differ."""


@dataclass(frozen=True)
class Worst:
    """The element where a gradient differs most from its finite difference."""

    order: int
    tensor: str
    index: tuple[int, ...]
    value: float
    analytic: float
    numeric: float
    error: float  # |analytic - numeric| / (scale of this tensor's gradient)

    def __str__(self) -> str:
        place = f"{self.tensor}[{', '.join(map(str, self.index))}]"
        return f"ok: worst relative error {self.error:.1e}, at {place}, order {self.order}"


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
    """Check the gradients of f(*inputs) with respect to every input and every parameter; returns the worst element.

    f             a function of Tensors: an op, a layer, a loss, a whole model
    inputs        float64 arrays (or Tensors); each becomes a Tensor with requires_grad
    params        float64 Tensors that f uses besides its inputs, such as layer.parameters()
    order         1, or 2 to check second derivatives as well
    eps           step of the central difference
    tol           largest accepted |analytic - numeric|, relative to the tensor's largest gradient
    max_elements  larger tensors are checked at this many random places
    seed          of v, d and the places; draws inside f (dropout, reparameterise) are replayed at each call

    Raises GradcheckError naming order, tensor, index, analytic, numeric and relative error, and where f uses none of
    its inputs and params; KinkError where f has a corner (move the input off it); TypeError for anything but float64.
    """
    rng = backend.generator(seed, "gradcheck: seed")
    xs = [Tensor(autograd.raw(x), requires_grad=True, name=f"input {i}") for i, x in enumerate(map(_float64, inputs))]
    tensors = xs + [_float64(p) for p in params]
    names = [t.name or f"parameter {i - len(xs)}" for i, t in enumerate(tensors)]

    def call() -> Any:
        with backend.own_draws():  # the same dropout mask, the same noise, each time
            y = f(*xs)
        if not isinstance(y, Tensor):
            raise TypeError(
                message(
                    "gradcheck: f must return a Tensor",
                    expected="Tensor",
                    got=type(y).__name__,
                    write="a function built from minigen ops",
                )
            )
        return y

    v = backend.asarray(rng.standard_normal(call().shape))

    def loss() -> Any:
        y = call()
        return ((y + y * y * 0.5) * v).sum()

    y = loss()
    if y not in autograd.leading_to(autograd.made_by_ops(y), tensors):
        raise GradcheckError(
            message(
                "gradcheck: f uses none of its inputs and parameters, so there is nothing to compare",
                expected="a function of the Tensors that it is given",
                got=f"a result without a path to any of {', '.join(names)}",
                write="gradcheck(model, [x], params=model.parameters())",
            )
        )
    first = [backend.to_numpy(g) for g in autograd.grad(y, tensors)]
    places = [_places(t, max_elements, rng) for t in tensors]
    worst = _compare(1, loss, tensors, names, places, first, eps, tol)
    if order == 1:
        return worst

    recorded = autograd.grad(loss(), tensors, create_graph=True)
    for t, name, one, two in zip(tensors, names, first, recorded, strict=True):
        _agree(t, name, one, two.numpy(), tol)
    directions = [backend.asarray(rng.standard_normal(t.shape)) for t in tensors]

    def slope(create_graph: bool = False) -> Any:
        gs = autograd.grad(loss(), tensors, create_graph)
        total = (gs[0] * directions[0]).sum()
        for g, d in zip(gs[1:], directions[1:], strict=True):
            total = total + (g * d).sum()
        return total

    along = slope(create_graph=True)
    if along.op is None:  # f does not depend on its inputs twice: the second derivative is zero
        second = [np.zeros(t.shape) for t in tensors]
    else:
        second = [backend.to_numpy(g) for g in autograd.grad(along, tensors)]
    return max(
        worst,
        _compare(2, slope, tensors, names, places, second, 10 * eps, 10 * tol),
        key=lambda w: w.error,
    )


def _float64(x: Any) -> Any:
    if str(getattr(x, "dtype", "a list")) != "float64":
        raise TypeError(
            message(
                "gradcheck: float64 is needed, float32 differences keep two digits only",
                expected="float64",
                got=str(getattr(x, "dtype", type(x).__name__)),
                write='x.astype("float64"); for a layer or model: layer.astype("float64")',
            )
        )
    return x


def _places(t: Tensor, most: int, rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Every index of t, or `most` random ones."""
    flat = np.arange(t.size) if t.size <= most else rng.choice(t.size, most, replace=False)
    return [tuple(int(k) for k in np.unravel_index(i, t.shape)) for i in flat]


def _compare(
    order: int,
    loss: Callable[[], Any],
    tensors: Sequence[Tensor],
    names: Sequence[str],
    places: Sequence[list[tuple[int, ...]]],
    analytic: Sequence[np.ndarray],
    eps: float,
    tol: float,
) -> Worst:
    """Central differences of `loss` at every place against the analytic gradients."""
    found, bad, checked = [], 0, 0
    here = float(loss())
    smallest = 1e-3 * max(1.0, abs(here))  # below it, rounding of the loss drowns the difference
    for t, name, where, gradient in zip(tensors, names, places, analytic, strict=True):
        numeric, jumps = {}, {}
        for index in where:
            right, left = _shifted(loss, t, index, eps), _shifted(loss, t, index, -eps)
            numeric[index] = (right - left) / (2 * eps)
            jumps[index] = (
                abs((right - here) - (here - left)) / eps
            )  # of the slope: of the order of eps, but for a kink
        scale = max([smallest, *(abs(n) for n in numeric.values())])
        for index, n in numeric.items():
            a = float(gradient[index])
            error = abs(a - n) / scale
            error = error if np.isfinite(error) else np.inf
            found.append(Worst(order, name, index, float(t.data[index]), a, n, error))
            bad, checked = bad + (error > tol), checked + 1
            if jumps[index] > 1e-3 * scale:
                _check_kink(loss, t, index, eps, found[-1], 1e-3 * scale)
    worst = max(found, key=lambda w: w.error)
    if bad:
        raise GradcheckError(
            f"gradcheck: {bad} of {checked} gradients differ at order {order}. The worst:\n" + _describe(worst, tol)
        )
    return worst


def _describe(w: Worst, tol: float) -> str:
    return (
        f"  {w.tensor}[{', '.join(map(str, w.index))}] = {w.value:.6g}\n"
        f"  analytic        {w.analytic:+.9e}   (your backward)\n"
        f"  numeric         {w.numeric:+.9e}   (central difference)\n"
        f"  relative error  {w.error:.1e}            (accepted: {tol:.0e})"
    )


def _shifted(loss: Callable[[], Any], t: Tensor, index: tuple[int, ...], by: float) -> float:
    """The loss with t[index] moved by `by`, and t put back."""
    before = float(t.data[index])
    t.writable()[index] = before + by
    try:
        return float(loss())
    finally:
        t.writable()[index] = before


def _check_kink(loss: Callable[[], Any], t: Tensor, index: tuple[int, ...], eps: float, w: Worst, least: float) -> None:
    """Raise KinkError if the slopes from the left and from the right stay apart however small the step."""
    here = float(loss())

    def jump(e: float) -> float:
        return abs(_shifted(loss, t, index, e) + _shifted(loss, t, index, -e) - 2 * here) / e

    wide, narrow = jump(100 * eps), jump(50 * eps)
    if narrow > max(least, 0.75 * wide):  # a curve halves its jump with the step, a corner keeps it
        raise KinkError(
            f"gradcheck: {w.tensor}[{', '.join(map(str, w.index))}] = {w.value:.6g} sits on a kink: the slopes from\n"
            f"  the left and from the right differ by {narrow:.3g}\n"
            f"  write: move the input away from the corner (add 0.1 to it)"
        )


def _agree(t: Tensor, name: str, arrays: np.ndarray, tensors: np.ndarray, tol: float) -> None:
    """The rule must say the same on arrays (backward) and on Tensors (create_graph)."""
    error = np.abs(arrays - tensors) / max(1.0, float(np.abs(arrays).max(initial=0)))
    if not (error <= tol).all():
        index = tuple(int(k) for k in np.unravel_index(int(np.argmax(error)), error.shape))
        raise GradcheckError(
            "gradcheck: the rule gives another gradient on Tensors than on arrays (order 2)\n"
            f"  {name}[{', '.join(map(str, index))}] = {float(t.data[index]):.6g}\n"
            f"  on arrays   {arrays[index]:+.9e}\n  on Tensors  {tensors[index]:+.9e}"
        )
