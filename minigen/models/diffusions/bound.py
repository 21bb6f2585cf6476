"""The variational bound of a diffusion model: an upper bound of -log p(x), in nats, split into its terms.

    -log p(x) ≤ KL(q(x_T | x) ‖ N(0, Id)) + Σ KL(q(x_{t-1} | x_t, x) ‖ p(x_{t-1} | x_t)) - log p(x | x_1)
                       prior                             L_{t-1}, t = 2..T             reconstruction

Both Gaussians of L_{t-1} have the deviation of ancestral sampling, and means that differ by x₀ - x̂₀ alone. So

    L_{t-1} = 1/2 (a_{t-1}² / s_{t-1}² - a_t² / s_t²) ‖x₀ - x̂₀‖²

Derivation: the mean of x_r given x_t and x₀ has x₀ times c = a_r (s_t² - (a_t/a_r)² s_r²) / s_t², the variance is
σ² = s_r² (s_t² - (a_t/a_r)² s_r²) / s_t², and c² / σ² is the difference of the two ratios of signal to noise. Source:
Ho, Jain and Abbeel 2020, equation 5; Kingma et al. 2021.

The bound is close where the ratio of signal to noise falls little from step to step. On straight paths it falls by k²
with k = t / (t - 1), nearly: by 4 at t = 2, by 9/4 at t = 3, ... There x̂₀ of data with a density has a mean squared
error of s² / a² in each number, so that a step costs (k² - 1) / 2 nats, where many small steps in its place would cost
log k. The sum of (k² - 1) / 2 - log k over t is 1.4: so much more for each number.

The last step, at t = 1, draws x from N(x̂₀, s_1² / a_1²): the noise that x_1 still has, in units of the data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import backend
from ...types import Array
from .process import Process

SMALLEST = 1e-300  # a probability below it is taken for it: log 0 would be infinite


@dataclass(frozen=True)
class Bound:
    """The terms of the bound, means over the samples, in nats per sample.

    prior           what x_T still tells about x: 0 if the schedule ends in pure noise
    times           the t of the terms, (m,)
    terms           L_{t-1} at these times, (m,)
    weights         how many terms each of them stands for, (m,): 1 if they are all there
    reconstruction  what the last step has to add, -log p(x | x_1)
    """

    prior: float
    times: np.ndarray
    terms: np.ndarray
    weights: np.ndarray
    reconstruction: float

    @property
    def diffusion(self) -> float:
        """Σ L_{t-1}, estimated where not all terms are there."""
        return float(self.terms @ self.weights)

    @property
    def total(self) -> float:
        """The bound: prior + Σ L_{t-1} + reconstruction."""
        return self.prior + self.diffusion + self.reconstruction


def times_of_terms(steps: int, draws: int | None) -> tuple[np.ndarray, np.ndarray]:
    """(the t = 2..T of the terms, how many terms each stands for), (T - 1,) each, or (draws,).

    So many draws are one from each part of 2..T, which stands for its part. The parts begin with one t each and become
    longer as i³, because the terms fall: the large ones are all there.
    """
    if draws is None:
        return np.arange(2, steps + 1), np.ones(steps - 1)
    i = np.arange(draws + 1)
    ends = np.maximum(i, np.rint((steps - 1) * (i / draws) ** 3)).astype("int64")  # 0 to T - 1
    lengths = np.diff(ends)
    u = backend.uniform_on_host(draws)
    return 2 + ends[:-1] + np.floor(u * lengths).astype("int64"), lengths.astype("float64")


def variational_bound(process: Process, x_0: Array, rows: Any, levels: int | None, draws: int | None = None) -> Bound:
    """The bound for scaled samples x₀ (n, ...), with so many terms or all; one draw of the noise for each."""
    times, weights = times_of_terms(process.steps, draws)
    snr = process.schedule.signal_to_noise
    terms = [(snr[t - 1] - snr[t]) / 2 * _mean_norm(x_0 - _estimate(process, x_0, int(t), rows)) for t in times]
    sigma = float(process.schedule.noise[1] / process.schedule.signal[1])
    x_hat = _estimate(process, x_0, 1, rows)
    if levels is None:
        reconstruction = _density_nats(x_0 - x_hat, sigma) - _stretch(process)
    else:
        reconstruction = _level_nats(x_0, x_hat, sigma, 1 / (levels - 1))
    return Bound(_prior(process, x_0), times, np.array(terms), weights, reconstruction)


def _estimate(process: Process, x_0: Array, t: int, rows: Any) -> Array:
    """x̂₀ from x_t, for one draw of the noise."""
    return process.estimates(process.diffuse(x_0, t, backend.normal(x_0.shape, x_0.dtype)), t, rows)[0]


def _mean_norm(x: Array) -> float:
    """‖x‖², the mean over the samples (n, ...)."""
    return float((x.astype("float64") ** 2).sum()) / len(x)


def _prior(process: Process, x_0: Array) -> float:
    """KL(N(a_T x₀, s_T²) ‖ N(0, Id)) = 1/2 (‖a_T x₀‖² + d (s_T² - 1 - log s_T²))"""
    a, s = process.schedule.signal[-1], process.schedule.noise[-1]
    d = x_0[0].size
    return float(a**2 * _mean_norm(x_0) + d * (s**2 - 1 - math.log(s**2))) / 2


def _density_nats(error: Array, sigma: float) -> float:
    """-log N(x; x̂, σ²), the mean over the samples"""
    return _mean_norm(error) / (2 * sigma**2) + error[0].size * math.log(sigma * math.sqrt(2 * math.pi))


def _stretch(process: Process) -> float:
    """log |du/dx| of scaling a sample x to u: what a density of u has more, or less, than one of x."""
    if process.data_range is None:
        return 0.0
    low, high = process.data_range
    return math.prod(process.sample_shape) * math.log(2 / (high - low))


def _level_nats(x: Array, x_hat: Array, sigma: float, half: float) -> float:
    """-log of the share of N(x̂, σ²) within ± half of the level x, the mean over the samples (n, ...).

    The lowest and the highest level get the tails too, so that all levels together have probability 1.
    """
    x, x_hat = (backend.to_numpy(v).astype("float64") for v in (x, x_hat))
    below = np.where(x < -1 + half, -np.inf, (x - half - x_hat) / sigma)
    above = np.where(x > 1 - half, np.inf, (x + half - x_hat) / sigma)
    flipped = below + above > 0  # in the upper tail 1 - 1 would be left: the same interval in the lower one
    low, high = np.where(flipped, -above, below), np.where(flipped, -below, above)
    p = _normal_share(high) - _normal_share(low)
    return float(-np.log(np.maximum(p, SMALLEST)).sum()) / len(x)


def _normal_share(z: np.ndarray) -> np.ndarray:
    """Φ(z) = 1/2 erfc(-z / √2), which keeps its digits in the lower tail; kernels/normal.py has none below z = -8."""
    return np.asarray(np.vectorize(math.erfc, otypes=["float64"])(-z / math.sqrt(2)) / 2)
