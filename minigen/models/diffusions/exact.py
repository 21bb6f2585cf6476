"""The network that a diffusion model of a known mixture would learn, without learning."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import backend
from ...autograd import unwrap
from ...datasets.toys import GaussianMixture
from ...layers import Input, Layer
from ...model import Model
from ...tensor import Tensor
from . import denoiser
from .schedule import Schedule, get_schedule


class ExactPrediction(Layer):
    """[x_t, time], or [x_t, time, one-hot rows], to the best prediction about x_t of data from a GaussianMixture.

    x̂₀ = E[x₀ | x_t], of a point with a label given its cluster too, and what it says as noise or velocity. It has no
    weights; the numbers are computed in float64 on the host and then cast.
    """

    def __init__(self, mixture: GaussianMixture, schedule: Schedule, prediction: str, name: str | None = None) -> None:
        super().__init__(name)
        self.mixture, self.schedule, self.prediction = mixture, schedule, prediction

    def call(self, inputs: Any) -> Tensor:
        x_t, time, *rows = (backend.to_numpy(unwrap(part)).astype("float64") for part in inputs)
        t = np.rint(time[:, 0] * self.schedule.steps).clip(1).astype("int64")  # of the zeros that find the shape: 1
        shares = np.where(rows[0].sum(axis=1, keepdims=True) > 0, rows[0], self.mixture.shares) if rows else None
        with backend.using("numpy"):
            rates = self.schedule.rates(t, 2, "float64")
        x_0 = self.mixture.denoise(x_t, rates.signal, rates.noise, shares)
        noise = (x_t - rates.signal * x_0) / rates.noise
        return Tensor(denoiser.target(self.prediction, x_0, noise, rates).astype(self.dtype))


def exact_network(
    mixture: GaussianMixture,
    schedule: str | Schedule = "cosine",
    prediction: str = "velocity",
    conditional: bool = False,
) -> Model:
    """The best network for points of this mixture, for Diffusion(network, schedule, prediction, data_range=None).

    With it samples, bounds and codes are what a perfectly trained model would give: what is left is the error of the
    steps. conditional: it takes the one-hot row of a cluster too. The model has to have the same schedule and
    prediction as the network.

    Shapes: x_t (batch, d), time (batch, 1), with `conditional` rows (batch, clusters) -> (batch, d). Raises ValueError
    or TypeError for an unknown schedule.
    """
    clusters, d = mixture.means.shape
    inputs = [Input(shape=(d,)), Input(shape=(1,)), *([Input(shape=(clusters,))] if conditional else [])]
    return Model(inputs, ExactPrediction(mixture, get_schedule(schedule), prediction)(inputs))
