"""Matrix products of vectors, matrices and stacks, and arithmetic with broadcasting; sizes 0 and 1 included."""

from __future__ import annotations

import operator

import numpy as np
import torch

from minigen import ops

from . import draws
from .case import Case

RULES = [
    (ops.MatMul, "forward"),
    (ops.MatMul, "backward"),
    (ops.Add, "backward"),
    (ops.Subtract, "forward"),
    (ops.Multiply, "backward"),
    (ops.Divide, "backward"),
    (ops.Maximum, "forward"),
    (ops.Where, "backward"),
    (ops.BroadcastTo, "backward"),
    (ops.Linear, "backward"),
    (ops.Linear, "forward"),
]
SIZES = (0, 1, 1, 2, 2, 3, 4)
ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}


def draw(rng: draws.Rng) -> Case:
    return draws.one_of(rng, [products, products, dense, arithmetic, arithmetic, larger, where, broadcast_to])(rng)


def products(rng: draws.Rng) -> Case:
    n, k, m = (draws.one_of(rng, SIZES) for _ in range(3))
    stack = draws.shape(rng, 2, SIZES)
    a = (k,) if draws.chance(rng, 0.2) else (*draws.shrunk(rng, stack), n, k)
    b = (k,) if draws.chance(rng, 0.2) else (*draws.shrunk(rng, stack), k, m)
    arrays = [rng.normal(size=a), rng.normal(size=b)]
    return Case(f"a {a} @ b {b}", arrays, operator.matmul, operator.matmul, draws.order(rng))


def dense(rng: draws.Rng) -> Case:
    rows, k, m = draws.shape(rng, 3, SIZES, 1), draws.one_of(rng, SIZES), draws.one_of(rng, SIZES)
    if k == m == 0 or 0 in rows:
        rows, k, m = (2,), 3, max(m, 1)
    arrays = [rng.normal(size=s) for s in ((*rows, k), (k, m), (m,))]

    def theirs(x, w, b):
        return x @ w + b

    return Case(f"ops.dense(x {(*rows, k)}, w {(k, m)}, b)", arrays, ops.dense, theirs, draws.order(rng))


def two(rng: draws.Rng) -> list[np.ndarray]:
    """Two arrays that broadcast, without zeros and without equal elements."""
    full = draws.shape(rng, 4, SIZES)
    signs = [rng.choice([-1, 1], size=draws.shrunk(rng, full)) for _ in range(2)]
    return [np.asarray(s * (0.3 + rng.random(s.shape))) for s in signs]


def arithmetic(rng: draws.Rng) -> Case:
    sign, (a, b) = draws.one_of(rng, list(ARITHMETIC)), two(rng)
    number = float(b.flat[0]) if b.size and draws.chance(rng, 0.2) else None
    f, order = ARITHMETIC[sign], draws.order(rng)
    if number is None:
        return Case(f"a {a.shape} {sign} b {b.shape}", [a, b], f, f, order)
    if draws.chance(rng):
        return Case(f"a {a.shape} {sign} {number}", [a], lambda a: f(a, number), lambda a: f(a, number), order)
    return Case(f"{number} {sign} a {a.shape}", [a], lambda a: f(number, a), lambda a: f(number, a), order)


def larger(rng: draws.Rng) -> Case:
    """A tie gives half of the gradient to each input, as in PyTorch."""
    name, (a, b) = draws.one_of(rng, ["maximum", "minimum"]), two(rng)
    if draws.chance(rng, 0.3):
        a, b = np.sign(a), np.sign(b)
    return Case(f"{name}(a {a.shape}, b {b.shape})", [a, b], getattr(ops, name), getattr(torch, name), draws.order(rng))


def where(rng: draws.Rng) -> Case:
    a, b = two(rng)
    condition = rng.random(draws.shrunk(rng, np.broadcast_shapes(a.shape, b.shape))) < 0.5

    def ours(a, b):
        return ops.where(condition, a, b)

    def theirs(a, b):
        return torch.where(torch.tensor(condition), a, b)

    return Case(f"where({condition.shape}, a {a.shape}, b {b.shape})", [a, b], ours, theirs, draws.order(rng))


def broadcast_to(rng: draws.Rng) -> Case:
    full = draws.shape(rng, 4, SIZES)
    x = rng.normal(size=draws.shrunk(rng, full))

    def ours(x):
        return ops.broadcast_to(x, full)

    def theirs(x):
        return torch.broadcast_to(x, full)

    return Case(f"broadcast_to(x {x.shape}, {full})", [x], ours, theirs, draws.order(rng))
