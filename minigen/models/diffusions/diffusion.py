"""Diffusion models: a network that removes noise, and data drawn by removing all of it (DDPM, DDIM, flow matching)."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from ... import backend, losses
from ...autograd import no_grad, unwrap
from ...checks.values import check_name, positive_integer
from ...model import Model
from ...types import Array, ArrayLike, Data
from ..generative import Conditional, DataRange, GenerativeModel
from . import bound, checks, denoiser
from .sampling import path_down, path_down_around, path_up
from .schedule import Schedule, get_schedule

ROWS = 256  # samples in one pass of the network while drawing


class Diffusion(Conditional, GenerativeModel):
    """x_t = a_t x₀ + s_t ε; a network is trained to tell what of x_t is noise, and draws by removing it step by step.

    network      a Model of [x_t, time], or with labels of [x_t, time, one-hot row], to an array like x_t; time is t/T
                 (batch, 1), and a row of zeros says that no label is given
    schedule     "cosine", "linear" or "straight", or a Schedule
    prediction   what the network predicts: "noise" (ε), "data" (x₀) or "velocity"; denoiser.py has what that means
    drop_labels  the share of the labels that are left out in training, so that the network can do without them too
    ema          how slowly the weights are averaged: ē ← ema ē + (1 - ema) w after each step. Samples are drawn with
                 the averages, ema_network, since the weights themselves wander with the noise of the last steps. In
                 the first steps k the mean of all weights so far is taken in its place: (1 + k) / (10 + k) for ema
    data_range   (lowest, highest) pixel, which the model scales to [-1, 1]; None: the data is taken as it is

    With schedule "straight" and prediction "velocity" this is flow matching: the same loss, and Euler's method as DDIM.

    fit(x), or fit(x, labels), logs `loss`, the mean squared error of the prediction: no nats. bound(x) gives those.
    evaluate() draws times and noise as training does, so that its numbers differ a little from call to call; it takes
    the averaged weights.

    Raises ValueError or TypeError for a network of other inputs or outputs, an unknown schedule or prediction, numbers
    outside of [0, 1), and for the prediction of noise where the last step is noise alone. Source: Ho, Jain and Abbeel
    2020; Song, Meng and Ermon 2021 (DDIM); Ho and Salimans 2022 (guidance).
    """

    network: Model
    ema_network: Model
    image_network = drawing = "network"
    own_step_uses_compile = True
    usage = "model.fit(x, epochs=10), sample(10); with labels fit(x, labels), sample(10, labels=7)"

    def __init__(
        self,
        network: Model,
        schedule: str | Schedule = "cosine",
        prediction: str = "noise",
        drop_labels: float = 0.1,
        ema: float = 0.999,
        data_range: DataRange = (0.0, 1.0),
        name: str | None = None,
    ) -> None:
        self.sample_shape = checks.shape_of_samples(network)
        average = copy.deepcopy(network)
        average.name = None  # it becomes ema_network
        super().__init__(name, data_range, network=network, ema_network=average)
        for weight in average.weights():
            weight.requires_grad = False
        self.schedule, self.prediction = get_schedule(schedule), prediction
        check_name("prediction", prediction, denoiser.PREDICTIONS)
        checks.check_leaves_signal(prediction, self.schedule)
        self.drop_labels = checks.share("Diffusion: drop_labels", drop_labels, "Diffusion(network, drop_labels=0.1)")
        self.ema = checks.share("Diffusion: ema", ema, "Diffusion(network, ema=0.999)")
        self.averaged = 0  # how many steps are in the averages

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
        return super().with_condition(x, given) if self.is_conditional else [GenerativeModel.with_condition(self, x, given)]

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
        u = backend.to_numpy(backend.uniform((1,), "float64"))
        return np.ceil(self.steps * (1 - (u + np.arange(n) / n) % 1)).astype("int64")

    # ---- the formulas

    def diffuse(self, x_0: Array, t: ArrayLike, noise: Array) -> Array:
        """x_t = a_t x₀ + s_t ε

        x₀ and ε (n, ...), x₀ scaled; t (n,) or one number for all, 1..T. Raises ValueError for a t outside of it.
        """
        a, s, *_ = self.rates(t, x_0)
        return a * x_0 + s * noise

    def rates(self, t: ArrayLike, x: Array) -> Any:
        """The rates of the schedule at t, (n,) or one for all, as arrays that broadcast against x (n, ...)."""
        return self.schedule.rates(t, x.ndim, self.dtype)

    def target(self, x_0: Array, t: ArrayLike, noise: Array) -> Array:
        """What the network should predict: ε, x₀, or the velocity a' x₀ + s' ε."""
        return denoiser.target(self.prediction, x_0, noise, self.rates(t, x_0))

    def denoise(self, output: Array, x_t: Array, t: ArrayLike) -> tuple[Array, Array]:
        """(x̂₀, ε̂) of what the network predicts from x_t."""
        return denoiser.data_and_noise(self.prediction, output, x_t, self.rates(t, x_t))

    def predict_with(self, network: Any, x_t: Array, t: ArrayLike, rows: Any, training: bool = False) -> Any:
        """The network's output at x_t (n, ...) and the steps t, with one-hot rows where it takes them."""
        times = np.broadcast_to(np.asarray(t) / self.steps, (len(x_t),)).reshape(-1, 1)
        inputs = [x_t, backend.asarray(times, self.dtype)]  # t/T, (n, 1)
        return network(inputs if rows is None else [*inputs, rows], training=training)

    def step(self, x_0: Array, noise: Array, t: int, s: int, eta: float) -> Array:
        """x_s = a_s x̂₀ + √(s_s² - η²σ²) ε̂ + ησ z,   z ~ N(0, Id), from the estimates at t > s

        σ is the deviation of x_s given x_t and x₀. η = 0 is DDIM: no new noise, so that the noise at t = T decides
        about everything. η = 1 is ancestral sampling: a draw from q(x_s | x_t, x̂₀), which for s = t - 1 is the DDPM
        step x_{t-1} = (x_t - β_t / s_t ε̂) / √(1 - β_t) + σ z. At s = 0 it is x̂₀ itself: σ = 0, no noise is added.
        """
        sigma = eta * self.schedule.deviation(t, s)
        kept = max(float(self.schedule.noise[s]) ** 2 - sigma**2, 0.0) ** 0.5
        x_s = float(self.schedule.signal[s]) * x_0 + kept * noise
        return x_s + sigma * backend.normal(x_s.shape, x_s.dtype) if sigma > 0 else x_s

    # ---- training

    def compile(self, optimizer: Any = "adam", loss: Any = "mean_squared_error", metrics: Any = ()) -> None:  # type: ignore[override]
        """Configure the training: an optimizer, and a loss of (target, prediction) that is a mean over all elements.

        Raises ValueError for metrics: the loss is what there is to log.
        """
        checks.check_no_metrics(self.label, metrics)
        super().compile(optimizer, loss)

    def train_step(self, x: Any, *given: Any) -> dict[str, Any]:
        """Draw t and ε, diffuse, predict, compare with the target; one step, and the averages follow."""
        x_0, rows = self.scaled(x), self.some_labels(self.rows(x, given))
        t, noise = self.draw_times(len(x_0)), backend.normal(x_0.shape, self.dtype)
        x_t = self.diffuse(x_0, t, noise)
        predicted = self.predict_with(self.network, x_t, t, rows, training=True)
        loss = losses.without_check(self.loss)(self.target(x_0, t, noise), predicted)
        loss.backward()
        self.optimizer.step(self.network.parameters())
        self.average_weights()
        return {"loss": loss}

    def test_step(self, x: Any, *given: Any) -> dict[str, Any]:
        """The same loss of the averaged weights, with every label, without an update."""
        x_0, rows = self.scaled(x), self.rows(x, given)
        t, noise = self.draw_times(len(x_0)), backend.normal(x_0.shape, self.dtype)
        predicted = self.predict_with(self.ema_network, self.diffuse(x_0, t, noise), t, rows)
        return {"loss": losses.without_check(self.loss)(self.target(x_0, t, noise), predicted)}

    def some_labels(self, rows: Array | None) -> Array | None:
        """The one-hot rows with zeros in a share drop_labels of them, drawn anew each time."""
        return None if rows is None else rows * (backend.uniform((len(rows), 1)) >= self.drop_labels)

    def average_weights(self) -> None:
        """ē ← d ē + (1 - d) w, in place, with d = min(ema, (1 + k) / (10 + k)) in step k = 0, 1, ..."""
        decay = min(self.ema, (1 + self.averaged) / (10 + self.averaged))
        for average, weight in zip(self.ema_network.weights(), self.network.weights(), strict=True):
            e = average.writable()
            e *= decay
            e += (1 - decay) * weight.data
        self.averaged += 1

    def training_state(self) -> dict[str, Any]:
        """What a checkpoint has besides the weights: how many steps are in the averages."""
        return {"averaged": self.averaged}

    def set_training_state(self, state: dict[str, Any]) -> None:
        self.averaged = int(state["averaged"])

    # ---- drawing

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
        parts = []
        with no_grad():
            for i in range(0, len(x_t), ROWS):
                some = None if rows is None else rows[i : i + ROWS]
                parts.append(unwrap(self.predict_with(self.ema_network, x_t[i : i + ROWS], t, some)))
        return parts[0] if len(parts) == 1 else backend.xp.concatenate(parts)

    def sample(
        self,
        n: int,
        labels: ArrayLike | None = None,
        guidance: float = 0.0,
        steps: int | None = None,
        eta: float | None = None,
    ) -> np.ndarray:
        """n new samples, (n, ...).

        labels    of a conditional model, (n,) or one for all; None: samples of any class
        guidance  w >= 0: how much more typical of the label than the data is; it costs a second pass in each step
        steps     None: all T of them; else so few, such as 50
        eta       how much of the noise is drawn anew in each step: 1 is ancestral sampling, the default for all T
                  steps; 0 is DDIM, the default for fewer (on straight paths: Euler's method)

        Raises ValueError for guidance without labels, for labels out of range, for steps outside of 1..T and for an eta
        outside of [0, 1]; TypeError for labels in a model that takes none.
        """
        where = f"{self.label}.sample"
        x, rows, times, eta = self._start(where, n, labels, guidance, steps, eta)
        for _, x in path_down(self, x, times, rows, guidance, eta):
            pass
        return self.unscaled(x)

    def film(
        self,
        n: int,
        labels: ArrayLike | None = None,
        guidance: float = 0.0,
        steps: int | None = None,
        eta: float | None = None,
    ) -> Iterator[tuple[int, np.ndarray]]:
        """The film of a drawing: (t, x_t) from the noise at t = T to what sample() returns at t = 0, each (n, ...).

        Arguments and errors as for sample().
        """
        x, rows, times, eta = self._start(f"{self.label}.film", n, labels, guidance, steps, eta)
        return ((t, self.unscaled(x_t)) for t, x_t in path_down(self, x, times, rows, guidance, eta))

    def inpaint(
        self,
        x: ArrayLike,
        known: ArrayLike,
        labels: ArrayLike | None = None,
        guidance: float = 0.0,
        steps: int | None = None,
        eta: float | None = None,
    ) -> np.ndarray:
        """The samples x (n, ...) with the elements that are not `known` drawn anew, such as the lower half of a digit.

        known: booleans of the shape of one sample. At each step the known part is x with the noise of that step, so
        that the network fills in the rest to fit. It sees no more of x than what the noise leaves: the result is close
        to a draw from p(unknown | known), and not exact. Other arguments as for sample(). Raises ValueError for another
        shape, and what sample() raises.
        """
        where = f"{self.label}.inpaint"
        x = self.checked_inputs(x, where)
        known = checks.known_elements(where, known, self.sample_shape)
        _, rows, times, eta = self._start(where, len(x), labels, guidance, steps, eta)
        drawn = path_down_around(self, self.scaled(x), backend.asarray(known), times, rows, guidance, eta)
        return self.unscaled(drawn)

    def encode(self, x: ArrayLike, labels: ArrayLike | None = None, steps: int = 50) -> np.ndarray:
        """The noise z (n, ...) from which DDIM with so many steps draws x: decode(z) gives x back.

        Raises ValueError for another shape of x, labels out of range, and steps outside of 1..T.
        """
        x = self.checked_inputs(x, f"{self.label}.encode")
        _, rows, times, _ = self._start(f"{self.label}.encode", len(x), labels, 0.0, steps, 0.0)
        return backend.to_numpy(path_up(self, self.scaled(x), times, rows))

    def decode(self, z: ArrayLike, labels: ArrayLike | None = None, steps: int = 50) -> np.ndarray:
        """What DDIM draws from the noise z (n, ...) in so many steps: the same z, the same sample. Errors as above."""
        where = f"{self.label}.decode"
        z = checks.as_noise(where, z, self.sample_shape)
        _, rows, times, eta = self._start(where, len(z), labels, 0.0, steps, 0.0)
        for _, x in path_down(self, backend.asarray(z, self.dtype), times, rows, 0.0, eta):
            pass
        return self.unscaled(x)

    def _start(
        self, where: str, n: int, labels: Any, guidance: float, steps: int | None, eta: float | None
    ) -> tuple[Array, Any, list[int], float]:
        """(noise (n, ...), one-hot rows, the times to visit, eta) of a drawing, from checked arguments."""
        n = positive_integer(f"{where}: n", n, "sample(10)")
        checks.check_guidance(where, guidance, labels)
        eta = checks.checked_eta(where, eta, 1.0 if steps is None else 0.0)
        times = self.schedule.times(self.steps if steps is None else checks.checked_steps(where, steps, self.steps))
        return backend.normal((n, *self.sample_shape), self.dtype), self._rows_for(n, labels), times, eta

    def _rows_for(self, n: int, labels: Any) -> Array | None:
        """One-hot rows (n, classes), of zeros where a conditional model is given no labels."""
        if self.is_conditional and labels is None:
            return backend.xp.zeros((n, self.classes), self.dtype)
        return self.rows(range(n), () if labels is None else (labels,))

    def bound(
        self, x: ArrayLike, labels: ArrayLike | None = None, levels: int | None = 256, draws: int | None = None
    ) -> bound.Bound:
        """An upper bound of -log p(x) of the ancestral sampler, in nats per sample; bound.py has its terms.

        levels  how many equidistant values a pixel of data_range can have, such as 256 of x / 255; None: x has a
                density
        draws   None: all T - 1 terms L_{t-1}; else so many of them, spread evenly, stand for all

        Raises ValueError for pixels between the levels, levels without a data_range, and draws outside of 1..T - 1.
        """
        where = f"{self.label}.bound"
        x = checks.data_of_bound(where, self.checked_inputs(x, where), levels, self.data_range)
        times = bound.times_of_terms(self.steps, checks.checked_draws(where, draws, self.steps))
        return bound.variational_bound(self, self.scaled(x), self._rows_for(len(x), labels), levels, times)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """What the averaged network predicts from [x_t, time], with labels from [x_t, time, one-hot rows]."""
        return self.ema_network(inputs, training=training)

    def predict(self, inputs: Any, batch_size: int = 256, verbose: int = 0) -> Any:
        """The same for arrays, batch by batch, as NumPy arrays; sample() draws."""
        return self.ema_network.predict(inputs, batch_size, verbose)

    def targets_of(self, data: Data) -> Any:
        return []
