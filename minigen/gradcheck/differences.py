"""Central differences of a function, and the verdict whether a gradient agrees with them.

F is a sum of many terms, F = Σ_j z_j, and its difference is taken term by term: what does not depend on the element
that moves cancels exactly, so that a small entry is not lost beside a large output. What is left is the rounding of the
terms that do change. With the step h, and u = 2.2e-16,

    numeric  n = Σ_j (z_j(x + h) - z_j(x - h)) / 2h
    noise      = 4 u (Σ_j |z_j| + max_j |z_j|) / 2h           the sum over the terms that change
    agreement:   |analytic - n| ≤ tol max(|analytic|, |n|) + noise

One step is enough for nearly all elements. The others (a steep function wants smaller steps, an entry that the noise
drowns wants larger ones) are looked at with a whole ladder of steps, and a gradient counts as wrong only where several
neighbouring steps agree with each other and not with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import backend
from ..errors import message
from ..tensor import Tensor

ROUNDING = float(np.finfo(np.float64).eps)
LADDER = [3.7**k for k in range(-4, 6)]  # times eps max(1, |x|); with powers of 2 rounding would repeat itself


class GradcheckError(AssertionError):
    """A gradient differs from its finite difference, or cannot be compared with one; the text names the worst element.

    The fields say what the text says, and are None where they do not apply. op is the name of the op at fault (None if
    each rule is right by itself), input a name such as "input 0" or "dense/kernel", relative the relative error.
    """

    op: str | None = None
    input: str | None = None
    index: tuple[int, ...] | None = None
    analytic: float | None = None
    numeric: float | None = None
    relative: float | None = None
    tolerance: float | None = None
    checked: int | None = None
    total: int | None = None

    def __init__(self, text: str, **fields: Any) -> None:
        super().__init__(text)
        vars(self).update(fields)


class KinkError(GradcheckError):
    """The function has a corner at the point: slopes from the left and from the right differ."""


@dataclass(frozen=True)
class Worst:
    """The element where a gradient differs most from its finite difference, and how many were compared."""

    order: int
    tensor: str
    index: tuple[int, ...]
    value: float
    analytic: float
    numeric: float
    error: float  # |analytic - numeric|, relative to the larger one and to the noise of the difference
    checked: int = 0  # elements compared one by one
    total: int = 0  # elements of all tensors
    unclear: int = 0  # elements whose differences are all noise

    @property
    def relative(self) -> float:
        """|analytic - numeric| / max(|analytic|, |numeric|)."""
        return abs(self.analytic - self.numeric) / (max(abs(self.analytic), abs(self.numeric)) or 1.0)

    @property
    def place(self) -> str:
        return f"{self.tensor}[{', '.join(map(str, self.index))}]"

    @property
    def extent(self) -> str:
        blocks = "" if self.checked == self.total else ", the others in blocks"
        unclear = f"; {self.unclear} could not be told from rounding" if self.unclear else ""
        return f"checked {self.checked} of {self.total} elements{blocks}{unclear}"

    def __str__(self) -> str:
        return f"ok: worst relative error {self.error:.1e}, at {self.place}, order {self.order}; {self.extent}"


@dataclass(frozen=True)
class Look:
    """One element, moved by one step."""

    analytic: float
    numeric: float
    noise: float  # what rounding may do to `numeric`
    jump: float  # slope from the right minus slope from the left: goes to 0 with the step, but for a kink
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
        """The noise is small beside the entry, so that agreeing says something."""
        return self.analytic == self.numeric or self.noise <= 0.01 * self.size

    @property
    def bends(self) -> bool:
        return abs(self.jump) > 1e-3 * self.size + 10 * self.noise


class Differences:
    """The differences of Σ terms(), a NumPy array that depends on tensors that are moved one after the other."""

    def __init__(self, terms: Callable[[], np.ndarray], gradients: list[np.ndarray], eps: float, tol: float) -> None:
        self.terms, self.gradients, self.eps, self.tol = terms, gradients, eps, tol
        self.here = terms()
        finite = [np.abs(g[np.isfinite(g)]).max(initial=0) for g in gradients]
        self.floor = 16 * ROUNDING * float(max(finite))  # the analytic gradients are rounded as well

    def move(self, t: Tensor, where: Any, step: Any) -> tuple[Any, float, float, float]:
        """t[where] goes up and down by `step` and back: (the way, what F changes by, the noise of that, F's bend)."""
        before = t.data[where].copy()
        up, down = before + step, before - step
        try:
            t.writable()[where] = up
            right = self.terms()
            t.writable()[where] = down
            left = self.terms()  # of log(x - h) it may be NaN: then the step was too large
        finally:
            t.writable()[where] = before
        rise, size = right - left, np.abs(right)
        noise = 4 * ROUNDING * float(size[rise != 0].sum() + size.max())  # the largest may have swallowed a change
        bend = float((right + left - 2 * self.here).sum())
        return backend.to_numpy(up - down), float(rise.sum()), noise, bend

    def look(self, t: Tensor, index: tuple[int, ...], analytic: float, step: float) -> Look:
        way, rise, noise, bend = self.move(t, index, step)
        h = float(way)
        return Look(analytic, rise / h, noise / h + self.floor, 2 * bend / h, self.tol)

    def step(self, t: Tensor, index: tuple[int, ...]) -> float:
        """eps, in proportion where x is large: x + h must not be rounded to x."""
        return self.eps * max(1.0, abs(float(t.data[index])))

    def first_look(self, k: int, t: Tensor, index: tuple[int, ...]) -> Look:
        """Tensor number k, with the step eps."""
        return self.look(t, index, float(self.gradients[k][index]), self.step(t, index))

    def closer_look(self, k: int, t: Tensor, index: tuple[int, ...]) -> tuple[str, Look]:
        """("right", "wrong" or "unclear", the step that shows it best): the verdict of many steps together."""
        analytic = float(self.gradients[k][index])
        x, step = abs(float(t.data[index])), self.step(t, index)
        steps = [step * k for k in LADDER]
        if 0 < x < 64 * self.eps:  # as for the square root near 0
            steps = sorted([*steps, *(x / 4.0**k for k in range(5, 9))])
        looks = [self.look(t, index, analytic, h) for h in steps]
        best = min(looks, key=_error)
        agree = [k.agrees and (k.clear or k in looks[-2:]) for k in looks]
        if any(a and b for a, b in zip(agree, agree[1:], strict=False)):
            return "right", best
        if not np.isfinite(analytic):
            return "wrong", looks[len(steps) // 2]
        largest = 1.0 + float(np.abs(backend.to_numpy(t.data)).max())
        swallowed = 8 * ROUNDING * largest / steps[-1]  # inside of f a small change may be lost: 1e-17 beside 30 is 0
        for i in range(len(looks) - 3):
            four = looks[i : i + 4]
            slopes = [k.numeric for k in four]
            apart = min(abs(analytic - n) for n in slopes)
            if not any(slopes) and abs(analytic) < swallowed:
                continue
            if not any(k.agrees for k in four) and apart > 30 * (max(slopes) - min(slopes)):
                return "wrong", four[1]
        return "unclear", best

    def is_kink(self, t: Tensor, index: tuple[int, ...], look: Look) -> bool:
        """Whether the slopes from the left and from the right stay apart however small the step."""
        near = self.look(t, index, look.analytic, self.step(t, index) / 256)
        return near.bends and abs(near.jump) > 0.5 * abs(look.jump)

    def suspects(self, k: int, t: Tensor, block: np.ndarray, rng: np.random.Generator) -> Iterator[int]:
        """The flat indices of `block` that may be wrong, found by moving all together and halving the block.

        Each element moves by a random amount, and less where its gradient is larger: so none hides behind another.
        """
        where = np.unravel_index(block, t.shape)
        slopes = self.gradients[k][where]
        typical = np.median(np.abs(slopes)) or 1.0
        amount = rng.choice([-1.0, 1.0], block.size) * rng.uniform(0.5, 1.5, block.size)
        step = amount * self.eps * np.maximum(1.0, np.abs(backend.to_numpy(t.data[where])))
        step *= typical / (typical + np.abs(slopes))
        way, rise, noise, _ = self.move(t, where, backend.asarray(step))
        parts = slopes * way
        allowed = self.tol * np.abs(parts).sum() + noise + self.floor * np.abs(way).sum()
        if abs(rise - parts.sum()) <= allowed:
            return
        if block.size == 1:
            yield int(block[0])
        else:
            half = block.size // 2
            yield from self.suspects(k, t, block[:half], rng)
            yield from self.suspects(k, t, block[half:], rng)


def _error(look: Look) -> float:
    return look.error


@dataclass(frozen=True)
class Function:
    """What is differentiated: call() gives the outputs, which depend on `tensors`."""

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
        """Every place of every tensor. Raises KinkError, or GradcheckError with the worst wrong gradient."""
        self.compare([(k, i) for k, (singles, _) in enumerate(places) for i in singles])
        for k, (_, blocks) in enumerate(places):
            for block in blocks:
                for i in self.differences.suspects(k, self.f.tensors[k], block, rng):
                    self.compare([(k, i)])
        if self.order == 1 and self.unclear == self.checked > 0 and self.f.kinks:
            raise GradcheckError(
                message(
                    "gradcheck: no gradient can be told from the rounding of f, so that nothing was compared",
                    expected="inputs where f changes with them",
                    got=f"{self.unclear} gradients of 0 or nearly so",
                    fix="other inputs, such as smaller ones",
                )
            )
        return replace(self.worst, checked=self.checked, total=self.total, unclear=self.unclear)

    def compare(self, elements: Sequence[tuple[int, int]]) -> None:
        """Element i of tensor k, for each (k, i)."""
        doubtful = []
        self.checked += len(elements)
        for k, i in elements:
            t = self.f.tensors[k]
            index = tuple(int(n) for n in np.unravel_index(i, t.shape))
            look = self.differences.first_look(k, t, index)
            if look.bends and self.differences.is_kink(t, index, look):
                if self.f.kinks:
                    w = self.element(k, index, look)
                    raise KinkError(_kink(w, look.jump), **fields(w, look.tol))
            elif look.agrees and look.clear:
                if look.error > self.worst.error or not self.worst.index:
                    self.worst = self.element(k, index, look)
            else:
                doubtful.append((look.error if look.clear else 0.0, k, index))
        doubtful.sort(reverse=True)
        for n, (_, k, index) in enumerate(doubtful):
            verdict, look = self.differences.closer_look(k, self.f.tensors[k], index)
            w = self.element(k, index, look)
            if verdict == "wrong":
                bad = 1 + sum(error > look.tol for error, _, _ in doubtful[n + 1 :])
                raise GradcheckError(_differ(w, bad, look.tol), **fields(w, look.tol))
            if verdict == "unclear":
                self.unclear += 1
            elif w.error > self.worst.error:
                self.worst = w

    def element(self, k: int, index: tuple[int, ...], look: Look) -> Worst:
        value, name = float(self.f.tensors[k].data[index]), self.f.names[k]
        found = (value, look.analytic, look.numeric, look.error)
        return Worst(self.order, name, index, *found, checked=self.checked, total=self.total)


def fields(w: Worst, tol: float) -> dict[str, Any]:
    """The fields of a GradcheckError."""
    return {
        "input": w.tensor,
        "index": w.index,
        "analytic": w.analytic,
        "numeric": w.numeric,
        "relative": w.relative,
        "tolerance": tol,
        "checked": w.checked,
        "total": w.total,
    }


def _differ(w: Worst, bad: int, tol: float) -> str:
    return (
        f"gradcheck: {bad} of {w.checked} gradients differ at order {w.order}. The worst:\n"
        f"  {w.place} = {w.value:.6g}\n"
        f"  analytic        {w.analytic:+.9e}   (your backward)\n"
        f"  numeric         {w.numeric:+.9e}   (central difference)\n"
        f"  relative error  {w.relative:.1e}            (accepted: {tol:.0e})\n"
        f"  {w.extent}"
    )


def _kink(w: Worst, jump: float) -> str:
    return (
        f"gradcheck: {w.place} = {w.value:.6g} sits on a kink: the slopes from\n"
        f"  the left and from the right differ by {abs(jump):.3g}\n"
        f"  fix: move the input away from the corner (add 0.1 to it)"
    )
