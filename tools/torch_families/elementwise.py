"""Elementwise functions and activations, powers and quotients, at ordinary and at extreme points.

relu'(0) = 0 and |x|' = 0 at 0, as in PyTorch; a tie of maximum or minimum gives half of the gradient to each input.
"""

from __future__ import annotations

import operator

import numpy as np
import torch
from torch.nn import functional as F

from minigen import ops

from . import draws
from .case import Case
from .reference import ACTIVATIONS

OPS = "Abs Clip Divide Elu Exp Gelu LeakyRelu Log Maximum Negative NormalCdf Power Relu Sigmoid Silu Softplus Sqrt Tanh"
RULES = [(getattr(ops, name), rule) for name in OPS.split() for rule in ("forward", "backward")]
EXTREMES = [0.0, 1e-300, 1e-8, 0.5, 1.0, 2.0, 20.0, 36.0, 700.0, 1e4, 1e150, np.inf]
POSITIVE = ("log", "sqrt")
SIMPLE = {
    "abs": torch.abs,
    "exp": torch.exp,
    "gelu": F.gelu,
    "log": torch.log,
    "negative": torch.neg,
    "normal_cdf": torch.special.ndtr,
    "silu": F.silu,
    "sqrt": torch.sqrt,
    "square": torch.square,
} | {name: ACTIVATIONS[name] for name in ("relu", "sigmoid", "tanh", "softplus")}
NUMBERS = (0, 0.0, 1, 1.0, 2, 2.0, 3, -1, -2, 0.5, 1.5, -0.5, 2.7, -1.3, 5)


def points(rng: draws.Rng, shape: tuple[int, ...], extreme: bool) -> np.ndarray:
    x = rng.normal(size=shape) * 2
    if extreme:
        x = np.where(rng.random(shape) < 0.7, rng.choice(EXTREMES, size=shape) * rng.choice([-1, 1], size=shape), x)
    return np.asarray(x)


def draw(rng: draws.Rng) -> Case:
    case = draws.one_of(rng, [simple, simple, sloped, clip, power, power, of_two])(rng)
    case.scale = 1e-3  # there are no long sums, so that small numbers can be compared as well
    return case


def start(rng: draws.Rng) -> tuple[tuple[int, ...], bool, int, str]:
    """(shape, whether points are extreme, order, "x (2, 3), extreme"); second order at ordinary points only."""
    shape, extreme = draws.shape(rng, 2, (0, 1, 2, 3, 5)), draws.chance(rng)
    return shape, extreme, 1 if extreme else draws.order(rng), f"x {shape}{', extreme' if extreme else ''}"


def simple(rng: draws.Rng) -> Case:
    (shape, extreme, order, text), name = start(rng), draws.one_of(rng, list(SIMPLE))
    x = points(rng, shape, extreme)
    x = np.abs(x) if name in POSITIVE and not extreme else x
    return Case(f"{name}({text})", [x], getattr(ops, name), SIMPLE[name], order)


def sloped(rng: draws.Rng) -> Case:
    (shape, extreme, order, text), name = start(rng), draws.one_of(rng, ["elu", "leaky_relu"])
    a = draws.one_of(rng, [0.0, 0.01, 0.2, 0.3, 0.5]) if name == "leaky_relu" else draws.one_of(rng, [1.0, 0.3, 2.0])
    ours, x = getattr(ops, name), points(rng, shape, extreme)

    def theirs(x):
        return F.relu(x) if name == "leaky_relu" and a == 0 else getattr(F, name)(x, a)  # 0 · -∞ is NaN in PyTorch

    return Case(f"{name}({text}, {a})", [x], lambda x: ours(x, a), theirs, order)


def clip(rng: draws.Rng) -> Case:
    """At a limit the gradient is 1, as in PyTorch."""
    shape, extreme, order, text = start(rng)
    x = np.round(points(rng, shape, extreme))
    low, high = sorted(float(n) for n in rng.integers(-3, 4, size=2))
    return Case(
        f"clip({text}, {low}, {high})",
        [x],
        lambda x: ops.clip(x, low, high),
        lambda x: torch.clamp(x, low, high),
        order,
    )


def power(rng: draws.Rng) -> Case:
    """A number or a tensor as exponent or as base, or both as tensors.

    -0 and -∞ are excluded: there NumPy's x ** 0.5 is √x, PyTorch's x ** -0.5 is 1/√x, and pow() differs from both.
    """
    shape, extreme, order, text = start(rng)
    x, k = points(rng, shape, extreme), draws.one_of(rng, NUMBERS)
    x = np.where(x == -np.inf, np.inf, x) + 0.0 if extreme else np.abs(x) + 0.1
    kind = draws.one_of(rng, ["number", "number", "base", "both"])
    if kind == "number":
        x = -x if draws.chance(rng, 0.3) and not extreme else x
        return Case(f"({text}) ** {k!r}", [x], lambda x: x**k, lambda x: x**k, order)
    if kind == "base":
        base = float(k) if extreme else abs(float(k)) + 0.5
        x = np.clip(x, -50, 50)
        return Case(f"({base!r}) ** ({text})", [x], lambda x: base**x, lambda x: base**x, order)
    ks = np.asarray(rng.choice(NUMBERS, size=draws.shrunk(rng, shape)).astype(np.float64))
    theirs = operator.pow if extreme else power_of_positive
    return Case(f"({text}) ** (k {ks.shape})", [x, ks], operator.pow, theirs, order)


def power_of_positive(x: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
    """xᵏ for x > 0. torch.pow gives 0 for the derivative of k xᵏ⁻¹ by k at k = 0; correct is 1/x."""
    return torch.exp(k * torch.log(x))


def of_two(rng: draws.Rng) -> Case:
    (shape, extreme, order, text), name = start(rng), draws.one_of(rng, ["divide", "maximum", "minimum", "multiply"])
    x, y = points(rng, shape, extreme), points(rng, draws.shrunk(rng, shape), extreme)
    if name == "divide" and not extreme:
        y = np.sign(y) * (np.abs(y) + 0.3)
    return Case(f"{name}({text}, y {y.shape})", [x, y], getattr(ops, name), getattr(torch, name), order)
