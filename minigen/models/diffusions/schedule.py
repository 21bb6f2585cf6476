"""Noise schedules: how much of the data and how much noise there is at each step of a diffusion."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ... import backend
from ...checks.values import by_name, number
from ...configured import Configured
from ...types import Array, ArrayLike, DType
from . import checks


class Rates(NamedTuple):
    """a, s and their slopes a', s' at the steps of a batch: arrays (n, 1, ...) that broadcast against its samples."""

    signal: Array
    noise: Array
    signal_slope: Array
    noise_slope: Array


class Schedule(Configured):
    """x_t = a_t x₀ + s_t ε,   a_t = √ᾱ_t,   s_t = √(1 - ᾱ_t),   ᾱ_t = Π (1 - β_i) over i ≤ t

    One step adds noise of variance β_t and shrinks what is there so that the variance is kept:
    x_t = √(1 - β_t) x_{t-1} + √β_t ε. After t of them the noises, independent Gaussians, add up to the one line above.

    betas         β_1, ..., β_T, numbers between 0 and 1
    steps         T, how many they are
    signal        a_t at t = 0, 1, ..., T, (T + 1,) in float64; a_0 = 1: at t = 0 the data is untouched
    noise         s_t, (T + 1,); s_0 = 0
    signal_slope  a' and noise_slope s', (T + 1,): along the path of x_t, the direction of dx = a' x₀ + s' ε. Here a is
                  the cosine and s the sine of an angle, so a' = -s and s' = a. Every schedule has a s' - s a' = 1

    Raises ValueError for betas outside of (0, 1), for none, and for so many or large ones that float32 has no digits
    left of the data. Source: Ho, Jain and Abbeel 2020, equation 4.
    """

    def __init__(self, betas: ArrayLike) -> None:
        self.betas = checks.checked_betas(betas)  # (T,): β_t is betas[t - 1]
        log_alpha_bar = np.concatenate([[0.0], np.log1p(-self.betas).cumsum()])  # (T + 1,)
        self.signal, self.noise = np.exp(log_alpha_bar / 2), np.sqrt(abs(np.expm1(log_alpha_bar)))
        self.signal_slope, self.noise_slope = -self.noise, self.signal

    @property
    def steps(self) -> int:
        """T"""
        return len(self.signal) - 1

    @property
    def signal_to_noise(self) -> np.ndarray:
        """a_t² / s_t² at t = 0, ..., T, (T + 1,): it falls from infinity."""
        with np.errstate(divide="ignore"):
            return self.signal**2 / self.noise**2

    def rates(self, t: ArrayLike, axes: int = 2, dtype: DType = "float32") -> Rates:
        """The rates at the steps t (n,), 1..T, as arrays with this number of axes: (n, 1, ..., 1).

        Raises ValueError for a step outside of 1..T, TypeError unless they are integers.
        """
        t = checks.checked_times(f"{type(self).__name__}.rates: t", t, self.steps)
        arrays = self.signal[t], self.noise[t], self.signal_slope[t], self.noise_slope[t]
        return Rates(*[backend.asarray(a.reshape(-1, *[1] * (axes - 1)), dtype) for a in arrays])

    def deviation(self, t: int, r: int) -> float:
        """The standard deviation of x_r given x_t and x₀, r < t.

            σ² = s_r² / s_t² (s_t² - (a_t / a_r)² s_r²),   with r = t - 1 the β̃_t of the DDPM paper

        Derivation: x_t = (a_t / a_r) x_r + noise of variance s_t² - (a_t / a_r)² s_r²; the precision of x_r given both
        is 1/s_r² + (a_t / a_r)² / (s_t² - (a_t / a_r)² s_r²). At r = 0 it is 0: there x₀ itself is known.
        """
        added = self.noise[t] ** 2 - (self.signal[t] / self.signal[r] * self.noise[r]) ** 2
        return float(self.noise[r] / self.noise[t] * math.sqrt(max(added, 0.0)))

    def times(self, steps: int) -> list[int]:
        """The steps that a path of so many steps visits: T, ..., 0, as evenly spaced as integers are."""
        return [int(t) for t in np.rint(np.linspace(self.steps, 0, steps + 1))]


class LinearSchedule(Schedule):
    """β_t grows evenly from `first` to `last`, both in (0, 1). Source: Ho, Jain and Abbeel 2020, for steps=1000."""

    def __init__(self, steps: int = 1000, first: float = 1e-4, last: float = 0.02) -> None:
        fix, between = "LinearSchedule(1000, first=1e-4, last=0.02)", "a number between 0 and 1"
        steps = checks.number_of_steps("LinearSchedule", steps, fix)
        first = number("LinearSchedule: first", first, between, fix, low=math.ulp(0.0), below=1.0)
        last = number("LinearSchedule: last", last, between, fix, low=math.ulp(0.0), below=1.0)
        super().__init__(np.linspace(first, last, steps))


class CosineSchedule(Schedule):
    """ᾱ_t = f(t) / f(0),   f(t) = cos²(π/2 (t/T + o) / (1 + o)),   with every β_t at most 0.999

    ᾱ falls almost evenly, where the linear schedule spends a quarter of its steps on what is noise already. The offset
    o keeps the first steps from being too small to be seen. Source: Nichol and Dhariwal 2021.

    At t = T almost nothing is left of the data: a_T is 0.00005 with 1000 steps. A network that predicts the noise says
    little about x₀ there, since its error is divided by a_T; predict the velocity or the data where few steps are to
    do, or where no data_range bounds x̂₀.
    """

    def __init__(self, steps: int = 1000, offset: float = 0.008) -> None:
        steps = checks.number_of_steps("CosineSchedule", steps, "CosineSchedule(1000)")
        offset = number("CosineSchedule: offset", offset, "0 or more, below 1", "CosineSchedule(offset=0.008)", below=1)
        f = np.cos((np.arange(steps + 1) / steps + offset) / (1 + offset) * math.pi / 2) ** 2  # (T + 1,)
        super().__init__(np.minimum(1 - f[1:] / f[:-1], 0.999))


class StraightSchedule(Schedule):
    """x_t = (1 - t/T) x₀ + t/T ε: straight lines from the data to the noise, with a' = -1 and s' = 1

    The velocity of x_t along its line is ε - x₀; a model that predicts it is flow matching, and a DDIM step is then a
    step of Euler's method: x_r = x_t + (r - t)/T v. At t = T nothing is left of the data, so that the noise cannot be
    the prediction. Source: Lipman et al. 2023; Liu, Gong and Liu 2023.
    """

    def __init__(self, steps: int = 1000) -> None:
        steps = checks.number_of_steps("StraightSchedule", steps, "StraightSchedule(1000)")
        self.noise = np.arange(steps + 1) / steps
        self.signal = 1 - self.noise
        self.signal_slope, self.noise_slope = -np.ones(steps + 1), np.ones(steps + 1)


SCHEDULES: dict[str, Any] = {"cosine": CosineSchedule, "linear": LinearSchedule, "straight": StraightSchedule}


def get_schedule(schedule: str | Schedule) -> Schedule:
    """A Schedule itself, or that of a name, with 1000 steps. ValueError for an unknown name, TypeError for others."""
    expected, fix = "a name or a Schedule", 'schedule="cosine", or models.CosineSchedule(200)'
    found: Any = by_name("schedule", schedule, SCHEDULES, _is_schedule, expected, fix)
    made: Schedule = found() if isinstance(found, type) else found
    return made


def _is_schedule(schedule: Any) -> bool:
    return isinstance(schedule, Schedule)
