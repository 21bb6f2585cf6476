"""Three things that a network can predict about x_t = a x₀ + s ε, and how each gives both x₀ and ε.

    "noise"     ε
    "data"      x₀
    "velocity"  v = a' x₀ + s' ε, the direction in which x_t moves on its path from the data to the noise

With x_t known, each of the three says the same. What differs is the loss: an error e of x̂₀ is one of size e a / s in ε̂
and of e / s in v̂. So the loss of the noise is that of the data times the ratio of signal to noise, a² / s², and where
a² + s² = 1 that of the velocity is the sum of both. Source: Ho, Jain and Abbeel 2020; Salimans and Ho 2022.
"""

from __future__ import annotations

from ...types import Array, TensorLike
from .schedule import Rates

PREDICTIONS = ("noise", "data", "velocity")


def target(prediction: str, x_0: TensorLike, noise: TensorLike, rates: Rates) -> TensorLike:
    """What a network that predicts this should say, for the data x₀ and the noise ε, each (n, ...)."""
    if prediction == "noise":
        return noise
    if prediction == "data":
        return x_0
    return rates.signal_slope * x_0 + rates.noise_slope * noise


def data_and_noise(prediction: str, output: Array, x_t: Array, rates: Rates) -> tuple[Array, Array]:
    """(x̂₀, ε̂) of what a network says about x_t, (n, ...): the solution of x_t = a x̂₀ + s ε̂ and of its prediction.

    noise     x̂₀ = (x_t - s ε̂) / a
    data      ε̂ = (x_t - a x̂₀) / s
    velocity  x̂₀ = s' x_t - s v,   ε̂ = a v - a' x_t, where the determinant a s' - s a' is 1
    """
    a, s, da, ds = rates
    if prediction == "noise":
        return (x_t - s * output) / a, output
    if prediction == "data":
        return output, (x_t - a * output) / s
    return ds * x_t - s * output, a * output - da * x_t
