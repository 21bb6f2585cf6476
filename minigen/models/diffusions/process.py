"""The formulas of a diffusion: data to noise, and what a network says about it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import backend, parallel
from ...autograd import no_grad, unwrap
from ...model import Model
from ...types import Array, ArrayLike, Shape
from ..generative import Conditional, GenerativeModel
from . import checks, denoiser
from .schedule import Rates, Schedule

PIXELS = 2**18  # in one pass of the network while drawing: 334 digits


class Process(Conditional, GenerativeModel):
    """x_t = a_t x₀ + s_t ε, and the way back as a network sees it: the base of Diffusion, which says what it is."""

    network: Model
    ema_network: Model
    schedule: Schedule
    prediction: str
    sample_shape: Shape
    image_network = "network"

    # ---- data, labels and times as the network takes them

    @property
    def steps(self) -> int:
        """T"""
        return self.schedule.steps

    @property
    def is_conditional(self) -> bool:
        """Whether the network takes a label."""
        return len(self.network.inputs) == 3

    @property
    def classes(self) -> int:
        """The number of classes, 0 for a model without labels."""
        return int(self.network.inputs[2].shape[-1]) if self.is_conditional else 0

    def with_condition(self, x: Any, given: Any) -> list[Any]:
        """[x], or in a conditional model [x, one-hot rows (n, classes)]. Errors as for any Conditional model."""
        if self.is_conditional:
            return super().with_condition(x, given)
        return [GenerativeModel.with_condition(self, x, given)]

    def scaled(self, x: Any) -> Array:
        """Data in data_range as numbers in [-1, 1], on the active library."""
        x = backend.asarray(unwrap(x), self.dtype)
        if self.data_range is None:
            return x
        low, high = self.data_range
        return 2 * (x - low) / (high - low) - 1

    def unscaled(self, x: Array) -> np.ndarray:
        """The inverse, as a NumPy array; what lies outside of data_range is clipped."""
        if self.data_range is None:
            return backend.to_numpy(x)
        low, high = self.data_range
        return backend.to_numpy((x.clip(-1, 1) + 1) / 2 * (high - low) + low)

    def rows(self, x: Any, given: Any) -> Array | None:
        """The one-hot rows (n, classes) of given = (labels,) for n samples x; None for a model without labels."""
        rows = self.with_condition(x, given)[1:]
        return backend.asarray(rows[0], self.dtype) if rows else None

    def draw_times(self, n: int) -> np.ndarray:
        """n steps t (n,), each uniform on 1..T, together spread evenly: t = ⌈T (1 - frac(u + i/n))⌉, one u ~ U[0, 1).

        The loss at one t differs from that at another far more than two samples do; with every part of 1..T in each
        batch, this part of the noise of the gradient is gone (Kingma et al. 2021, appendix I.1).
        """
        u = backend.uniform_on_host(1)
        whole, own = parallel.places(n)
        i = np.arange(whole)[own]  # (n,)
        return np.ceil(self.steps * (1 - (u + i / whole) % 1)).astype("int64")

    # ---- the formulas

    def diffuse(self, x_0: Array, t: ArrayLike, noise: Array) -> Array:
        """x_t = a_t x₀ + s_t ε

        x₀ and ε (n, ...), x₀ scaled; t (n,) or one number for all, 1..T. Raises ValueError for a t outside of it, and
        for arrays of two shapes.
        """
        checks.check_alike(f"{self.label}.diffuse", x_0, noise=noise)
        a, s, *_ = self.rates(t, x_0)
        return a * x_0 + s * noise

    def rates(self, t: ArrayLike, x: Array) -> Rates:
        """The rates of the schedule at t, (n,) or one for all, as arrays that broadcast against x (n, ...)."""
        checks.check_one_time_for_each(self.label, t, x)
        return self.schedule.rates(t, x.ndim, self.dtype)

    def target(self, x_0: Array, t: ArrayLike, noise: Array) -> Array:
        """What the network should predict: ε, x₀, or the velocity a' x₀ + s' ε."""
        return denoiser.target(self.prediction, x_0, noise, self.rates(t, x_0))

    def denoise(self, output: Array, x_t: Array, t: ArrayLike) -> tuple[Array, Array]:
        """(x̂₀, ε̂) of what the network predicts from x_t."""
        return denoiser.data_and_noise(self.prediction, output, x_t, self.rates(t, x_t))

    def predict_with(self, network: Any, x_t: Array, t: ArrayLike, rows: Any, training: bool = False) -> Any:
        """The network's output at x_t (n, ...) and the steps t, with one-hot rows where it takes them.

        Raises ValueError for an output of another shape than x_t.
        """
        times = np.broadcast_to(np.asarray(t) / self.steps, (len(x_t),)).reshape(-1, 1)
        inputs = [x_t, backend.asarray(times, self.dtype)]  # t/T, (n, 1)
        predicted = network(inputs if rows is None else [*inputs, rows], training=training)
        checks.check_prediction(self.label, predicted, x_t.shape)
        return predicted

    def step(self, x_0: Array, noise: Array, t: int, r: int, eta: float) -> Array:
        """x_r = a_r x̂₀ + √(s_r² - η²σ²) ε̂ + ησ z,   z ~ N(0, Id), from the estimates at t > r

        σ is the deviation of x_r given x_t and x₀. η = 0 is DDIM: no new noise, so that the noise at t = T decides
        about everything. η = 1 is ancestral sampling: a draw from q(x_r | x_t, x̂₀), which for r = t - 1 is the DDPM
        step x_{t-1} = (x_t - β_t / s_t ε̂) / √(1 - β_t) + σ z. At r = 0 it is x̂₀ itself: σ = 0, no noise is added.
        """
        sigma = eta * self.schedule.deviation(t, r)
        kept = max(float(self.schedule.noise[r]) ** 2 - sigma**2, 0.0) ** 0.5
        x_r = float(self.schedule.signal[r]) * x_0 + kept * noise
        return x_r + sigma * backend.normal(x_r.shape, x_r.dtype) if sigma > 0 else x_r

    def estimates(
        self, x_t: Array, t: int, rows: Any = None, guidance: float = 0.0, clips: bool = True
    ) -> tuple[Array, Array]:
        """(x̂₀, ε̂) by the averaged weights, with guidance w: (1 + w) of what they say with the label, less w without.

        x̂₀ of data with a range is clipped to it, since no data lies outside, and ε̂ then follows from x_t.
        """
        x_0, noise = self.denoise(self.guided(x_t, t, rows, guidance), x_t, t)
        if self.data_range is None or not clips:
            return x_0, noise
        x_0 = x_0.clip(-1, 1)
        return x_0, denoiser.data_and_noise("data", x_0, x_t, self.rates(t, x_t))[1]

    def guided(self, x_t: Array, t: int, rows: Any, guidance: float) -> Array:
        """The output of the averaged network, guided: (1 + w) f(x_t, label) - w f(x_t, no label)."""
        output = self._outputs(x_t, t, rows)
        if guidance == 0:
            return output
        return (1 + guidance) * output - guidance * self._outputs(x_t, t, 0 * rows)

    def _outputs(self, x_t: Array, t: int, rows: Any) -> Array:
        """The averaged network's output, so many samples at a time that their activations stay small."""
        parts, many = [], max(1, PIXELS // math.prod(self.sample_shape))
        with no_grad():
            for i in range(0, len(x_t), many):
                some = None if rows is None else rows[i : i + many]
                predicted = self.predict_with(self.ema_network, x_t[i : i + many], t, some)
                parts.append(backend.asarray(unwrap(predicted), self.dtype))
        return parts[0] if len(parts) == 1 else backend.xp.concatenate(parts)
