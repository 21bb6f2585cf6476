"""Central differences of a function, and the verdict whether a gradient agrees with them.

F = Σ_j z_j is a sum of many terms, and its difference is taken term by term: terms that do not depend on the perturbed
element cancel exactly, so that a small derivative is not lost beside a large output. What remains is the rounding of
the terms that do change. With the step h and the machine epsilon u = 2.2e-16,

    numeric  n = Σ_j (z_j(x + h) - z_j(x - h)) / 2h
    noise      = 4 u (Σ_j |z_j| + max_j |z_j|) / 2h           the sum over the terms that change
    agreement:   |analytic - n| ≤ tol max(|analytic|, |n|) + noise

One step is enough for nearly all elements. The others (a steep function needs smaller steps, a derivative below the
noise needs larger ones) are compared at many steps, and a gradient counts as wrong only where several neighbouring
steps agree with each other and not with the gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

import numpy as np

from .. import backend
from ..tensor import Tensor
from ..types import ArrayLike
from . import checks
from .report import Worst

ROUNDING = float(np.finfo(np.float64).eps)
STEPS = [3.7**k for k in range(-4, 6)]  # times eps max(1, |x|); powers of 2 would all be rounded in the same way


@dataclass(frozen=True)
class Quotient:
    """The difference quotient of one element at one step, beside the analytic gradient."""

    analytic: float
    numeric: float
    noise: float  # bound of the rounding error of `numeric`
    jump: float  # slope from the right minus slope from the left: vanishes with the step, except at a kink
    tol: float

    @property
    def size(self) -> float:
        return max(abs(self.analytic), abs(self.numeric))

    @property
    def error(self) -> float:
        """|analytic - numeric| relative to the larger of the two and the noise: at most `tol` where they agree."""
        error = abs(self.analytic - self.numeric)
        allowed = self.size + self.noise / self.tol
        return error / allowed if error and np.isfinite(error) else np.inf if error else 0.0

    @property
    def agrees(self) -> bool:
        return self.error <= self.tol

    @property
    def clear(self) -> bool:
        """The noise is small beside the derivative, so that an agreement is evidence."""
        return self.analytic == self.numeric or self.noise <= 0.01 * self.size

    @property
    def slopes_differ(self) -> bool:
        return abs(self.jump) > 1e-3 * self.size + 10 * self.noise


def rounding_of(gradients: list[np.ndarray]) -> float:
    """The error by which analytic gradients may be off, because they are rounded too: some u of the largest."""
    return 16 * ROUNDING * float(max(np.abs(g[np.isfinite(g)]).max(initial=0) for g in gradients))


class Differences:
    """The differences of Σ terms(), where terms() is a NumPy array that depends on tensors; one tensor is perturbed."""

    def __init__(self, terms: Callable[[], np.ndarray], gradients: list[np.ndarray], eps: float, tol: float) -> None:
        self.terms, self.gradients, self.eps, self.tol = terms, gradients, eps, tol
        self.here = terms()
        self.floor = rounding_of(gradients)

    def perturb(self, t: Tensor, where: Any, step: ArrayLike) -> tuple[np.ndarray, float, float, float]:
        """Move t[where] up and down by `step`, and back: (distance, change of F, its noise, second difference of F)."""
        before = t.data[where].copy()
        up, down = before + step, before - step
        try:
            t.writable()[where] = up
            right = self.terms()
            t.writable()[where] = down
            left = self.terms()  # log(x - h) may be NaN: then the step was too large
        finally:
            t.writable()[where] = before
        change, size = right - left, np.abs(right)
        noise = 4 * ROUNDING * float(size[change != 0].sum() + size.max())  # the largest may have absorbed a change
        second = float((right + left - 2 * self.here).sum())
        return backend.to_numpy(up - down), float(change.sum()), noise, second

    def quotient(self, t: Tensor, index: tuple[int, ...], analytic: float, step: float) -> Quotient:
        distance, change, noise, second = self.perturb(t, index, step)
        h = float(distance)
        return Quotient(analytic, change / h, noise / h + self.floor, 2 * second / h, self.tol)

    def step(self, t: Tensor, index: tuple[int, ...]) -> float:
        """eps max(1, |x|): x + h must not be rounded to x."""
        return self.eps * max(1.0, abs(float(t.data[index])))

    def at_one_step(self, k: int, t: Tensor, index: tuple[int, ...]) -> Quotient:
        """The quotient of an element of tensor number k, with the step eps."""
        return self.quotient(t, index, float(self.gradients[k][index]), self.step(t, index))

    def at_many_steps(self, k: int, t: Tensor, index: tuple[int, ...]) -> tuple[str, Quotient]:
        """(verdict, quotient that shows it best); the verdict is "right", "wrong" or "unclear"."""
        analytic = float(self.gradients[k][index])
        x, step = abs(float(t.data[index])), self.step(t, index)
        steps = [step * factor for factor in STEPS]
        if 0 < x < 64 * self.eps:  # such as a square root near 0
            steps = sorted([*steps, *(x / 4.0**n for n in range(5, 9))])
        quotients = [self.quotient(t, index, analytic, h) for h in steps]
        best = min(quotients, key=attrgetter("error"))
        agree = [q.agrees and (q.clear or q in quotients[-2:]) for q in quotients]
        if any(a and b for a, b in zip(agree, agree[1:], strict=False)):
            return "right", best
        if not np.isfinite(analytic):
            return "wrong", quotients[len(steps) // 2]
        largest = 1.0 + float(np.abs(backend.to_numpy(t.data)).max())
        absorbed = 8 * ROUNDING * largest / steps[-1]  # a small change may be lost inside f: 30 + 1e-17 is 30
        for i in range(len(quotients) - 3):
            four = quotients[i : i + 4]
            slopes = [q.numeric for q in four]
            distance = min(abs(analytic - n) for n in slopes)
            if not any(slopes) and abs(analytic) < absorbed:
                continue
            if not any(q.agrees for q in four) and distance > 30 * (max(slopes) - min(slopes)):
                return "wrong", four[1]
        return "unclear", best

    def is_kink(self, t: Tensor, index: tuple[int, ...], q: Quotient) -> bool:
        """True if the slopes from the left and from the right stay apart at a much smaller step."""
        near = self.quotient(t, index, q.analytic, self.step(t, index) / 256)
        return near.slopes_differ and abs(near.jump) > 0.5 * abs(q.jump)

    def suspects(self, k: int, t: Tensor, block: np.ndarray, rng: np.random.Generator) -> Iterator[int]:
        """The flat indices of `block` that may be wrong: all of them are perturbed together, and the block is halved.

        Each element moves by a random amount, and less where its gradient is larger, so that no error cancels another.
        """
        places = np.unravel_index(block, t.shape)
        slopes = self.gradients[k][places]
        where = tuple(map(backend.asarray, places))
        typical = np.median(np.abs(slopes)) or 1.0
        amount = rng.choice([-1.0, 1.0], block.size) * rng.uniform(0.5, 1.5, block.size)
        step = amount * self.eps * np.maximum(1.0, np.abs(backend.to_numpy(t.data[where])))
        step *= typical / (typical + np.abs(slopes))
        distance, change, noise, _ = self.perturb(t, where, backend.asarray(step))
        parts = slopes * distance
        allowed = self.tol * np.abs(parts).sum() + noise + self.floor * np.abs(distance).sum()
        if abs(change - parts.sum()) <= allowed:
            return
        if block.size == 1:
            yield int(block[0])
        else:
            half = block.size // 2
            yield from self.suspects(k, t, block[:half], rng)
            yield from self.suspects(k, t, block[half:], rng)


@dataclass(frozen=True)
class Function:
    """What is differentiated: call() returns the outputs, which depend on `tensors`."""

    call: Callable[[], list[Tensor]]
    tensors: list[Tensor]
    names: list[str]
    kinks: bool = True  # whether a kink is an error


class Comparison:
    """The gradients of all tensors against their differences, at one order."""

    def __init__(self, order: int, differences: Differences, f: Function) -> None:
        self.order, self.differences, self.f = order, differences, f
        self.checked, self.unclear, self.total = 0, 0, sum(t.size for t in f.tensors)
        self.worst = Worst(order, "nothing", (), 0.0, 0.0, 0.0, 0.0)

    def run(self, places: Sequence[tuple[list[int], list[np.ndarray]]], rng: np.random.Generator) -> Worst:
        """Compare every place of every tensor. KinkError, or GradcheckError with the worst wrong gradient."""
        self.compare([(k, i) for k, (singles, _) in enumerate(places) for i in singles])
        for k, (_, blocks) in enumerate(places):
            for block in blocks:
                for i in self.differences.suspects(k, self.f.tensors[k], block, rng):
                    self.compare([(k, i)])
        if self.order == 1 and self.unclear == self.checked > 0 and self.f.kinks:
            checks.refuse_rounding_only(self.unclear)
        return replace(self.worst, checked=self.checked, total=self.total, unclear=self.unclear)

    def compare(self, elements: Sequence[tuple[int, int]]) -> None:
        """Compare element i of tensor k, for each (k, i)."""
        doubtful = []
        self.checked += len(elements)
        for k, i in elements:
            t = self.f.tensors[k]
            index = tuple(int(n) for n in np.unravel_index(i, t.shape))
            q = self.differences.at_one_step(k, t, index)
            if q.slopes_differ and self.differences.is_kink(t, index, q):
                if self.f.kinks:
                    checks.refuse_kink(self.element(k, index, q), q.jump, q.tol)
            elif q.agrees and q.clear:
                if q.error > self.worst.error or not self.worst.index:
                    self.worst = self.element(k, index, q)
            else:
                doubtful.append((q.error if q.clear else 0.0, k, index))
        doubtful.sort(reverse=True)
        for n, (_, k, index) in enumerate(doubtful):
            verdict, q = self.differences.at_many_steps(k, self.f.tensors[k], index)
            w = self.element(k, index, q)
            if verdict == "wrong":
                checks.refuse_gradient(w, 1 + sum(error > q.tol for error, _, _ in doubtful[n + 1 :]), q.tol)
            if verdict == "unclear":
                self.unclear += 1
            elif w.error > self.worst.error:
                self.worst = w

    def element(self, k: int, index: tuple[int, ...], q: Quotient) -> Worst:
        value, name = float(self.f.tensors[k].data[index]), self.f.names[k]
        found = (value, q.analytic, q.numeric, q.error)
        return Worst(self.order, name, index, *found, checked=self.checked, total=self.total)
