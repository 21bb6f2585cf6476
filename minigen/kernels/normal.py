"""The standard normal distribution: Φ(x), the share of it below x, and its density φ(x).

Φ(x) = (1 + tanh u) / 2 with u = x R(x²). The function R is smooth: √(2/π) at 0, and close to √(2/π) (1 + 0.044715 x²)
for small x, which is the approximation in Hendrycks and Gimpel 2016. Here R is a quotient of two polynomials, as usual
for such functions since Hastings 1955 (Approximations for Digital Computers). Their coefficients are a fit, in 40
digits, with the smallest largest error of Φ: 5e-8 for float32 and 6e-17 for float64, each the rounding of 1. They are
positive, so that nothing cancels.
"""

from __future__ import annotations

import math

import numpy as np

from .. import backend
from ..types import Array

FAR = 1600.0  # x² from which Φ(x) is 0 or 1, and e^(-x²/2) is 0
NUMERATOR = {  # of R, by the bytes of a number; the highest power of x² first
    4: (5.78583862e-5, 0.005030699062, 0.0915998077, 0.7978852311),
    8: (
        7.73679805633944448e-12, 2.42671479828942368e-9, 1.60852996091734951e-7, 5.63617392220946801e-6,
        0.000132521915803845031, 0.00210887541658051268, 0.0241898351318307455, 0.172242863079330709,
        0.797884560802863874,
    ),
}  # fmt: skip
DENOMINATOR = {
    4: (0.003189719395, 0.06926829313, 1.0),
    8: (
        5.94993298606529841e-13, 7.05243837531084736e-10, 8.49562957841478088e-8, 3.45705791899800688e-6,
        9.78824781269584063e-5, 0.00168683943733303953, 0.0226067910251426756, 0.170334491226454712, 1.0,
    ),
}  # fmt: skip


def square(x: Array) -> Array:
    """x², at most FAR."""
    w = x * x
    far = FAR if backend.xp is not np else np.full_like(w, FAR)  # with an array NumPy's loop is vectorised
    return backend.xp.minimum(w, far, out=w)


def share_below(x: Array, w: Array) -> Array:
    """Φ(x) for an array in float32 or float64, w = square(x). On a GPU CuPy's function."""
    if backend.xp is not np:
        from cupyx.scipy.special import ndtr

        return ndtr(x)
    u = polynomial(NUMERATOR[w.itemsize], w)
    u /= polynomial(DENOMINATOR[w.itemsize], w)
    u *= x
    return half_of_tanh(u)


def density(w: Array) -> Array:
    """φ(x) = e^(-x²/2) / √(2π), in place of w = square(x)."""
    w *= -0.5
    backend.xp.exp(w, out=w)
    w *= 1 / math.sqrt(2 * math.pi)
    return w


def half_of_tanh(u: Array) -> Array:
    """(1 + tanh u) / 2, which is sigmoid(2u), in place of u."""
    backend.xp.tanh(u, out=u)
    u += 1
    u *= 0.5
    return u


def polynomial(coefficients: tuple[float, ...], w: Array) -> Array:
    """c₀ wⁿ + c₁ wⁿ⁻¹ + ... + cₙ, from the left (Horner), in one array."""
    y = w * coefficients[0]
    for c in coefficients[1:-1]:
        y += c
        y *= w
    y += coefficients[-1]
    return y
