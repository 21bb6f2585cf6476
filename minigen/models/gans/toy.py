"""A GAN on the real line with two known densities, and the theory of its game (Goodfellow et al. 2014, section 4).

For data of density p and fakes of density q the optimal discriminator is D* = p/(p + q). With it the value of the game,
V = E[log D(x)] + E[log(1 - D(G(z)))], is -2 log 2 + 2 JSD(p, q). Its minimum, -2 log 2, is at q = p.
"""

from __future__ import annotations

import math

import numpy as np

from ...checks.values import number, positive_number
from ...layers import Dense, Input
from ...model import Sequential
from ...types import ArrayLike
from ..checks import check_sum_is_positive, two_densities
from .gan import GAN


def toy_gan(mean: float = 0.0, deviation: float = 1.0) -> GAN:
    """G(z) = deviation z + mean, whose fakes are N(mean, deviation²) and stay normal in training; D is 1 → 32 → 32 → 1.

    toy_fakes(gan) returns their mean and deviation. D has elu activations, because D* is smooth. Raises ValueError
    unless both numbers are finite and deviation >= 0.
    """
    mean = number("toy_gan: mean", mean, "a number", "models.toy_gan(0.0, 1.0)", low=-math.inf)
    deviation = number("toy_gan: deviation", deviation, "a number >= 0", "models.toy_gan(0.0, 1.0)")
    generator = Sequential([Input(shape=(1,)), Dense(1)])
    generator.set_weights([np.array([[deviation]]), np.array([mean])])
    discriminator = Sequential([Input(shape=(1,)), Dense(32, "elu"), Dense(32, "elu"), Dense(1)])
    return GAN(generator, discriminator, data_range=None)


def toy_fakes(gan: GAN) -> tuple[float, float]:
    """(mean, deviation) of the fakes of a toy_gan()."""
    kernel, bias = gan.generator.get_weights()
    return float(bias[0]), abs(float(kernel[0, 0]))


def optimal_discriminator(p: ArrayLike, q: ArrayLike) -> np.ndarray:
    """D*(x) = p/(p + q) for the densities p of the data and q of the fakes at the same places, (n,).

    Derivation: at each x, D maximises p log D + q log(1 - D), and the derivative p/D - q/(1 - D) is 0 at D = p/(p + q).
    Raises ValueError for densities below 0 and for places where both are 0: D* is not defined there.
    """
    p, q = two_densities("optimal_discriminator", p, q)  # (n,)
    check_sum_is_positive("optimal_discriminator", p, q)
    return p / (p + q)


def jensen_shannon(p: ArrayLike, q: ArrayLike, dx: float) -> float:
    """JSD = 1/2 KL(p, m) + 1/2 KL(q, m) with m = (p + q)/2, in nats: 0 for p = q, log 2 for disjoint supports.

    p, q: densities at places dx apart, (n,); the integral is approximated by the sum over them. Raises ValueError for
    densities below 0 and unless dx > 0. Source: Lin 1991.
    """
    p, q = two_densities("jensen_shannon", p, q)  # (n,)
    dx = positive_number("jensen_shannon: dx", dx, "x[1] - x[0]")
    halves = []
    for density in (p, q):
        support = density > 0  # 0 log 0 = 0
        ratio = 2 * density[support] / (p + q)[support]
        halves.append((density[support] * np.log(ratio)).sum() * dx / 2)
    return float(sum(halves))


def value_of_the_game(p: ArrayLike, q: ArrayLike, dx: float) -> float:
    """V = -2 log 2 + 2 JSD(p, q) of the optimal discriminator, in nats; -V is the minimum of the loss of D."""
    return -2 * math.log(2) + 2 * jensen_shannon(p, q, dx)
