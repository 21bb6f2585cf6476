"""A GAN on the line, whose two densities are known, and what theory says about it (Goodfellow et al. 2014, section 4).

For data of density p and fakes of density q the discriminator that does best is D* = p/(p + q). With it the value of
the game, V = E[log D(x)] + E[log(1 - D(G(z)))], is -2 log 2 + 2 JSD(p, q), and that is least where q = p: -2 log 2.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import backend
from ...checks import number, positive_number
from ...errors import message
from ...layers import Dense, Input
from ...model import Sequential
from .gan import GAN


def toy_gan(mean: float = 0.0, deviation: float = 1.0) -> GAN:
    """G(z) = deviation z + mean, so that the fakes start as N(mean, deviation²) and stay normal; D is 1 → 32 → 32 → 1.

    toy_fakes(gan) says where they are. D has elu activations: it has to follow a smooth curve.
    """
    mean = number("toy_gan: mean", mean, "a number", "models.toy_gan(0.0, 1.0)", low=-math.inf)
    deviation = number("toy_gan: deviation", deviation, "a number >= 0", "models.toy_gan(0.0, 1.0)")
    generator = Sequential([Input(shape=(1,)), Dense(1)])
    generator.set_weights([np.array([[deviation]]), np.array([mean])])
    discriminator = Sequential([Input(shape=(1,)), Dense(32, "elu"), Dense(32, "elu"), Dense(1)])
    return GAN(generator, discriminator, data_range=None)


def toy_fakes(gan: GAN) -> tuple[float, float]:
    """(mean, deviation) of what a toy_gan() draws."""
    kernel, bias = gan.generator.get_weights()
    return float(bias[0]), abs(float(kernel[0, 0]))


def optimal_discriminator(p: Any, q: Any) -> np.ndarray:
    """D*(x) = p/(p + q), of two densities at the same places, (n,).

    Derivation: at each x, D maximises p log D + q log(1 - D), whose derivative p/D - q/(1 - D) is 0 there. Raises
    ValueError for densities below 0, and where both are 0: there is nothing to tell apart.
    """
    p, q = _densities("optimal_discriminator", p, q)
    if ((p + q) == 0).any():
        got, fix = f"both 0 at {((p + q) == 0).sum()} places", "places where there is data or fakes"
        raise ValueError(message("optimal_discriminator", expected="p + q above 0", got=got, fix=fix))
    return p / (p + q)


def jensen_shannon(p: Any, q: Any, dx: float) -> float:
    """JSD = 1/2 KL(p, m) + 1/2 KL(q, m) with m = (p + q)/2, in nats: 0 for p = q, log 2 for densities that never meet.

    p, q: densities at places dx apart, (n,); the integral is taken as a sum over them.
    """
    p, q = _densities("jensen_shannon", p, q)
    dx = positive_number("jensen_shannon: dx", dx, "x[1] - x[0]")
    halves = []
    for density in (p, q):
        there = density > 0  # 0 log 0 = 0
        ratio = 2 * density[there] / (p + q)[there]
        halves.append((density[there] * np.log(ratio)).sum() * dx / 2)
    return float(sum(halves))


def value_of_the_game(p: Any, q: Any, dx: float) -> float:
    """V = -2 log 2 + 2 JSD(p, q), for the best discriminator; -V is the least loss that D can have."""
    return -2 * math.log(2) + 2 * jensen_shannon(p, q, dx)


def _densities(where: str, p: Any, q: Any) -> tuple[np.ndarray, np.ndarray]:
    fix = "toys.Mixture([0.0], [1.0]).density(x)"
    p, q = (backend.finite_array(where, a, 1, fix).astype("float64") for a in (p, q))
    if p.shape != q.shape or len(p) == 0 or min(p.min(), q.min()) < 0:
        expected, got = "two densities >= 0 at the same places", f"shapes {p.shape} and {q.shape}"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))
    return p, q
