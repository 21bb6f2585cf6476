"""A configuration: the same function in minigen and in PyTorch, and their comparison."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import minigen
from minigen import Tensor

from .compare import difference


@dataclass
class Case:
    """ours(*tensors) and theirs(*tensors) of the same arrays; each returns a tensor or a list of them."""

    program: str  # what it computes, to be printed
    arrays: list[np.ndarray]
    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    order: int = 1  # of the highest derivative that is compared; 0: values only
    scale: float = 1.0  # of the terms of sums that cancel

    @classmethod
    def refused(cls, program: str, error: Exception) -> Case:
        """A configuration that minigen refused while it was built."""

        def ours() -> Any:
            raise error

        return cls(program, [], ours, lambda: torch.zeros(()), order=0)

    @property
    def size(self) -> int:
        return sum(a.size for a in self.arrays)

    def problem(self, rng: np.random.Generator) -> str:
        """A description of the first difference, or "". If one library alone raises an error, that is a difference."""
        theirs = _try(_in_torch, self, rng)
        ours = _try(_in_minigen, self, theirs)
        if isinstance(theirs, str) or isinstance(ours, str):
            refused = [f"minigen refuses: {ours}"] * isinstance(ours, str)
            refused += [f"PyTorch refuses: {theirs}"] * isinstance(theirs, str)
            return "" if len(refused) == 2 else refused[0]
        for (what, order, a), (_, _, b) in zip(ours.found, theirs.found, strict=False):
            wrong = difference(a, b, order, self.scale)
            if wrong:
                return f"{what}: {wrong}"
        if len(ours.found) != len(theirs.found):
            return f"{len(ours.found)} results in place of {len(theirs.found)}"
        return ""


class Results:
    """(name, order of derivative, array) of everything compared, and the random weights v and u.

    First derivatives are those of Σ v y. For second derivatives L = Σ v (y + y²/2), whose gradient depends on y even if
    y is linear, and Σ u dL/dx is differentiated again.
    """

    def __init__(self) -> None:
        self.found: list[tuple[str, int, Any]] = []
        self.v: list[np.ndarray] = []
        self.u: list[np.ndarray] = []

    def add(self, what: str, order: int, arrays: list[Any]) -> None:
        self.found += [(f"{what} {i + 1}", order, a) for i, a in enumerate(arrays)]


def _try(run: Callable[..., Results], *args: Any) -> Results | str:
    """The result of run(), or its exception in one line."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):  # 1 / 0, the mean of an empty array
            return run(*args)
    except ImportError:  # a missing package is not a mismatch
        raise
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]


def _as_list(y: Any) -> list[Any]:
    return list(y) if isinstance(y, (list, tuple)) else [y]


def _in_torch(case: Case, rng: np.random.Generator) -> Results:
    results = Results()
    xs = [torch.tensor(a, requires_grad=True) for a in case.arrays]
    ys = _as_list(case.theirs(*xs))
    results.v = [np.asarray(rng.normal(size=tuple(y.shape))) for y in ys]
    results.u = [np.asarray(rng.normal(size=a.shape)) for a in case.arrays]
    results.add("value", 0, [y.detach().numpy() for y in ys])

    if case.order == 0:
        return results

    def gradients(loss: Any, again: bool = False) -> list[Any]:
        if not loss.requires_grad:
            return [torch.zeros_like(x) for x in xs]
        gs = torch.autograd.grad(loss, xs, create_graph=again, retain_graph=True, allow_unused=True)
        return [torch.zeros_like(x) if g is None else g for x, g in zip(xs, gs, strict=True)]

    vs, us = [torch.from_numpy(v) for v in results.v], [torch.from_numpy(u) for u in results.u]
    results.add("gradient", 1, [g.numpy() for g in gradients(sum((v * y).sum() for v, y in zip(vs, ys, strict=True)))])
    if case.order == 2:
        gs = gradients(sum((v * (y + y * y / 2)).sum() for v, y in zip(vs, ys, strict=True)), again=True)
        results.add("gradient on tensors", 1, [g.detach().numpy() for g in gs])
        again = gradients(sum((u * g).sum() for u, g in zip(us, gs, strict=True)))
        results.add("second derivative", 2, [g.numpy() for g in again])
    return results


def _in_minigen(case: Case, theirs: Results | str) -> Results:
    results = Results()
    xs = [Tensor(a, requires_grad=True) for a in case.arrays]
    ys = _as_list(case.ours(*xs))
    results.add("value", 0, [y.numpy() for y in ys])
    if case.order == 0 or isinstance(theirs, str) or [y.shape for y in ys] != [v.shape for v in theirs.v]:
        return results  # nothing to differentiate, or the shapes differ
    total = sum(((y * v).sum() for v, y in zip(theirs.v, ys, strict=True)), Tensor(np.zeros(())))
    if total.requires_grad:
        total.backward(wrt=xs, retain_graph=True)
    results.add("gradient", 1, [np.zeros(x.shape) if x.grad is None else x.grad for x in xs])
    if case.order == 2:
        gs = minigen.grad(sum((v * (y + y * y / 2)).sum() for v, y in zip(theirs.v, ys, strict=True)), xs, True)
        results.add("gradient on tensors", 1, [g.numpy() for g in gs])
        total = sum((u * g).sum() for u, g in zip(theirs.u, gs, strict=True))
        again = minigen.grad(total, xs) if total.requires_grad else [Tensor(np.zeros(x.shape)) for x in xs]
        results.add("second derivative", 2, [g.numpy() for g in again])
    return results
