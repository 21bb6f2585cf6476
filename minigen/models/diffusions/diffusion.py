"""Diffusion models: a network that removes noise, and data drawn by removing all of it (DDPM, DDIM, flow matching)."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from ... import backend, losses
from ...checks.values import check_name
from ...model import Model
from ...types import Array, ArrayLike, Data
from ..generative import DataRange
from . import bound, checks
from .denoiser import PREDICTIONS
from .sampling import Drawing
from .schedule import Schedule, get_schedule


class Diffusion(Drawing):
    """x_t = a_t x₀ + s_t ε; a network is trained to tell what of x_t is noise, and draws by removing it step by step.

    network      a Model of [x_t, time], or with labels of [x_t, time, one-hot row], to an array like x_t; time is t/T
                 (batch, 1), and a row of zeros says that no label is given
    schedule     "cosine", "linear" or "straight", or a Schedule
    prediction   what the network predicts: "noise" (ε), "data" (x₀) or "velocity"; denoiser.py has what that means.
                 "noise" needs a data_range, or all T steps, where the schedule ends in almost pure noise, as the
                 cosine's does: a small error of ε̂ at t = T is a large one of x̂₀
    drop_labels  the share of the labels that are left out in training, so that the network can do without them too
    ema          how slowly the weights are averaged: ē ← ema ē + (1 - ema) w after each step. Samples are drawn with
                 the averages, ema_network, since the weights themselves wander with the noise of the last steps. In
                 the first steps k = 0, 1, ... (1 + k) / (10 + k) takes its place while it is smaller: a mean over
                 about the last tenth of the steps so far, which forgets the weights of the beginning
    data_range   (lowest, highest) pixel, which the model scales to [-1, 1]; None: the data is taken as it is

    With schedule "straight" and prediction "velocity" this is flow matching: the same loss, and Euler's method as DDIM.

    fit(x), or fit(x, labels), logs `loss`, the mean squared error of the prediction: no nats. bound(x) gives those.
    evaluate() draws times and noise as training does, so that its numbers differ a little from call to call; it takes
    the averaged weights.

    Raises ValueError or TypeError for a network of other inputs or outputs, an unknown schedule or prediction, numbers
    outside of [0, 1), and for the prediction of noise where the last step is noise alone. Source: Ho, Jain and Abbeel
    2020; Song, Meng and Ermon 2021 (DDIM); Ho and Salimans 2022 (guidance).
    """

    own_step_uses_compile = True
    usage = "fit(x), sample(10); with labels models.unet(classes=10), fit(x, y), sample(10, labels=7)"

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
        check_name("prediction", prediction, PREDICTIONS)
        checks.check_leaves_signal(prediction, self.schedule)
        self.drop_labels = checks.share("Diffusion: drop_labels", drop_labels, "Diffusion(network, drop_labels=0.1)")
        self.ema = checks.share("Diffusion: ema", ema, "Diffusion(network, ema=0.999)")
        self.averaged = 0  # how many steps are in the averages

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
        """What a checkpoint has besides the weights: how many steps are in the averages, and what is trained."""
        rates = np.stack([self.schedule.signal, self.schedule.noise])  # (2, T + 1)
        return {"averaged": self.averaged, "prediction": self.prediction, "rates": rates}

    def set_training_state(self, state: dict[str, Any]) -> None:
        """Take it back. Raises ValueError for that of a model with another prediction or schedule."""
        own = Diffusion.training_state(self)
        predictions, rates = ((own[k], state[k]) for k in ("prediction", "rates"))
        checks.check_same_diffusion(self.label, predictions, rates)
        self.averaged = int(state["averaged"])

    # ---- use

    def bound(
        self, x: ArrayLike, labels: ArrayLike | None = None, levels: int | None = 256, draws: int | None = None
    ) -> bound.Bound:
        """An upper bound of -log p(x) of the ancestral sampler, in nats per sample; bound.py has its terms.

        levels  how many equidistant values a pixel of data_range can have, such as 256 of x / 255; None: x has a
                density
        draws   None: all T - 1 terms L_{t-1}; else so many of them stand for all, the first ones each for itself, the
                later ones for longer and longer parts

        Raises ValueError for pixels between the levels, levels without a data_range, draws outside of 1..T - 1, and for
        the straight path in a single step.
        """
        where = f"{self.label}.bound"
        x = checks.data_of_bound(where, self.checked_inputs(x, where), levels, self.data_range)
        checks.check_last_step_leaves_signal(where, self.schedule)
        draws = checks.checked_draws(where, draws, self.steps)
        return bound.variational_bound(self, self.scaled(x), self._rows_for(where, len(x), labels), levels, draws)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """What the averaged network predicts from [x_t, time], with labels from [x_t, time, one-hot rows]."""
        return self.ema_network(inputs, training=training)

    def predict(self, inputs: Any, batch_size: int = 256, verbose: int = 0) -> Any:
        """The same for arrays, batch by batch, as NumPy arrays; sample() draws."""
        return self.ema_network.predict(inputs, batch_size, verbose)

    def targets_of(self, data: Data) -> Any:
        return []
