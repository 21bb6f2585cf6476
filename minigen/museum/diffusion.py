"""Five diffusion models with one mistake each, and six checks that detect them.

Each exhibit replaces one method of models.Diffusion. All of them train, reduce their loss and draw points.
`caught(model)` names the checks that a model fails, before any training: its formulas are compared with their closed
forms. "Signature" describes what a training on points of UNIT_SQUARE shows, beside that of the right model; the recipe
diffusion-traps measures it, and docs/results.md has its numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .. import backend, models
from ..autograd import unwrap
from ..datasets import toys
from ..models import Diffusion
from ..optimizers import SGD
from ..tensor import Tensor
from ..types import Array, ArrayLike
from .checks import check_compiled_model, check_exhibit, condition, run_checks, what_failed

STEPS = 50  # T of the exhibits: few, so that a time that is off by one can be measured
DRAWS = 40_000  # numbers by which the deviation of a step is measured
FIX = "class MyDiffusion(models.Diffusion), with a custom diffuse, step, guided or scaled"

_THREE = toys.THREE_CLUSTERS
UNIT_SQUARE = toys.GaussianMixture((_THREE.means + 2) / 4, _THREE.covariances / 16, _THREE.shares)

# ---- the exhibits


class VarianceAsDeviation(Diffusion):
    """x_r = mean + σ² z in place of mean + σ z: a step draws far less noise than it has taken away.

    Signature: the loss and the samples of DDIM are right. With all steps the samples shrink to the middle of the
    clusters, and most fall into the largest one. Found in: public sampling loops that end in
    mean + posterior_variance * noise.
    """

    def step(self, x_0: Array, noise: Array, t: int, r: int, eta: float) -> Array:
        variance = (eta * self.schedule.deviation(t, r)) ** 2
        kept = max(float(self.schedule.noise[r]) ** 2 - variance, 0.0) ** 0.5
        mean = float(self.schedule.signal[r]) * x_0 + kept * noise
        return mean + variance * backend.normal(mean.shape, mean.dtype)


class AlphaForAlphaBar(Diffusion):
    """x_t = √α_t x₀ + √(1 - α_t) ε: the noise of one step in place of that of all t steps, ᾱ_t = α_1 ... α_t.

    Signature: a bound below the entropy, which no right model can have; x_t shows x₀ almost until T. In drawing the
    network meets more noise than it has learnt for that t: the shares of the clusters become more alike, and with few
    steps their spread is too small. Common: the DDIM paper writes α_t for what the DDPM paper calls ᾱ_t.
    """

    def diffuse(self, x_0: Array, t: ArrayLike, noise: Array) -> Array:
        t = np.atleast_1d(np.asarray(t))
        signal = self.schedule.signal[t] / self.schedule.signal[t - 1]  # √α_t, (n,)
        a = backend.asarray(signal.reshape(-1, *[1] * (x_0.ndim - 1)), self.dtype)
        return a * x_0 + (1 - a * a) ** 0.5 * noise


class TimeOffByOne(Diffusion):
    """Drawing counts its steps T-1, ..., 0, training 1, ..., T: the network is told t - 1 for x_t.

    Signature: almost none. With few steps the spread of the clusters is a little smaller, and the bound is a little
    higher. Found in: the published code of ILVR, which adds the noise of t in place of t - 1; its author says that the
    samples are fine all the same.
    """

    def guided(self, x_t: Array, t: int, rows: Any, guidance: float) -> Array:
        return super().guided(x_t, t - 1, rows, guidance)


class NoiseAtTheEnd(Diffusion):
    """The last step, to t = 0, draws noise as the others do.

    Signature: grain. The spread of the clusters is larger: a little with all steps, where the last one begins with
    little noise, and much with few; on images it is a background that is not quite black. Found in: public tutorials
    whose step draws noise for every t.
    """

    def step(self, x_0: Array, noise: Array, t: int, r: int, eta: float) -> Array:
        x_r = super().step(x_0, noise, t, r, eta)
        if r > 0:
            return x_r
        return x_r + eta * float(self.schedule.noise[t]) * backend.normal(x_r.shape, x_r.dtype)


class UnitRange(Diffusion):
    """Data in [0, 1] where the schedule and drawing take it for [-1, 1]: it is never scaled.

    Signature: no sample is below the middle of the range. The samples are the data, half as large, in its upper half;
    on images, a grey background. The loss is low, since less of x_t is signal, and the bound is below the entropy.
    Found in: labml's DDPM example, whose images are in [0, 1].
    """

    def scaled(self, x: Any) -> Array:
        return backend.asarray(unwrap(x), self.dtype)


EXHIBITS: tuple[type[Diffusion], ...] = (
    VarianceAsDeviation,
    AlphaForAlphaBar,
    TimeOffByOne,
    NoiseAtTheEnd,
    UnitRange,
)


def build(exhibit: type[Diffusion], steps: int = STEPS, units: int = 64) -> Diffusion:
    """A diffusion model of points in the unit square as an instance of that exhibit (or of Diffusion), compiled."""
    check_exhibit(Diffusion, exhibit, "museum.diffusion.build", "museum.diffusion.build(museum.diffusion.UnitRange)")
    network = models.point_network(2, units)
    model = exhibit(network, models.CosineSchedule(steps), "velocity", ema=0.99)
    model.compile()
    return model


# ---- the checks: a description of what is wrong, or ""


def check_noising(model: Diffusion) -> str:
    """q(x_t | x₀) is what t single steps give: each shrinks x by √(1 - β) and adds noise of variance β."""
    zeros = backend.xp.zeros((1, *model.sample_shape), model.dtype)
    for t in _times(model):
        expected = _rates(model, t)
        got = float(model.diffuse(zeros + 1, t, zeros).mean()), float(model.diffuse(zeros, t, zeros + 1).mean())
        if not np.allclose(got, expected, atol=1e-3):
            shown = [f"{a:.3f} x_0 + {s:.3f} noise" for a, s in (got, expected)]
            return f"x_{t} is {shown[0]}, where the schedule gives {shown[1]}"
    return ""


def check_posterior(model: Diffusion) -> str:
    """A step from t to r > 0 draws from q(x_r | x_t, x₀), by Bayes' rule on x_r and the noise between r and t.

    The deviation may also be that of the noise between r and t itself, √β_t in the DDPM paper. With eta = 0 the step
    is a_r x₀ + s_r ε.
    """
    if model.steps < 3:
        return ""
    t, r = 1 + model.steps // 2, 1 + model.steps // 4
    (a_t, s_t), (a_r, s_r) = _rates(model, t), _rates(model, r)
    between = s_t**2 - (a_t / a_r * s_r) ** 2  # the variance of the noise added between r and t
    variance = 1 / (1 / s_r**2 + (a_t / a_r) ** 2 / between)
    mean = variance * (a_r * 0.5 / s_r**2 + a_t / a_r * (a_t * 0.5 - s_t) / between)  # of x₀ = 0.5, ε = -1
    x_0 = backend.xp.full((1 + DRAWS // math.prod(model.sample_shape), *model.sample_shape), 0.5, model.dtype)
    drawn = backend.to_numpy(model.step(x_0, 0 * x_0 - 1, t, r, 1.0))
    deviations = np.sqrt([variance, between])
    if abs(drawn.mean() - mean) > 0.05 * deviations[0]:
        return f"the mean of a step from {t} to {r} is {drawn.mean():.3f}, that of q(x_r | x_t, x_0) {mean:.3f}"
    if not np.isclose(drawn.std(), deviations, rtol=0.02).any():
        return f"the noise of a step from {t} to {r} has the deviation {drawn.std():.4f}, not {deviations[0]:.4f}"
    ddim = float(model.step(x_0, 0 * x_0 - 1, t, r, 0.0).mean())
    expected = a_r * 0.5 - s_r
    return (
        "" if abs(ddim - expected) < 1e-3 else f"a step of DDIM gives {ddim:.3f}, a_r x_0 + s_r noise is {expected:.3f}"
    )


def check_last_step(model: Diffusion) -> str:
    """The step to t = 0 gives x̂₀ itself, from wherever it comes."""
    x_0, noise = _two_arrays(model, 100)
    for t in _times(model):
        added = float((model.step(x_0, noise, t, 0, 1.0) - x_0).std())
        if added > 1e-3:
            return f"the step from {t} to 0 adds noise with the deviation {added:.4f} to what it returns"
    return ""


def check_times(model: Diffusion) -> str:
    """The network is told t/T for x_t, in training and in drawing, and training draws t from all of 1..T."""
    x, _ = _two_arrays(model, 2)
    rows = model.rows(range(2), condition(model, 2))
    for t in _times(model):
        told = _times_told(model.ema_network, partial(model.estimates, x, t, rows))
        if not np.allclose(told, t / model.steps, atol=1e-6):
            return f"in drawing the network is told the time {told[0] * model.steps:.3g} of {model.steps} for x_{t}"
    seen = model.draw_times(20 * model.steps)
    if (seen.min(), seen.max()) != (1, model.steps):
        return f"training draws t from {seen.min()}..{seen.max()}, where the schedule has 1..{model.steps}"
    return _check_training(model)


def check_prediction(model: Diffusion) -> str:
    """The data and the noise that are read off a right prediction are those of x_t."""
    x_0, noise = _two_arrays(model, 3)
    for t in _times(model)[:-1]:
        a, s, *_ = model.rates(t, x_0)
        found = model.denoise(model.target(x_0, t, noise), a * x_0 + s * noise, t)
        for name, got, expected in zip(("x_0", "the noise"), found, (x_0, noise), strict=True):
            error = float(abs(got - expected).max())
            if error > 0.01:
                return f"from the target itself at t = {t}, {name} is found with an error of {error:.3f}"
    return ""


def check_data_range(model: Diffusion) -> str:
    """The ends of data_range become -1 and 1, between which the schedule and the clipping take the data to lie."""
    if model.data_range is None:
        return ""
    ends = np.array(model.data_range, model.dtype)
    scaled = model.scaled(ends)
    if not np.allclose(backend.to_numpy(scaled), (-1, 1)):
        return f"data in {list(model.data_range)} is diffused as [{scaled[0]:g}, {scaled[1]:g}], not [-1, 1]"
    back = model.unscaled(scaled)
    return "" if np.allclose(back, ends) else f"-1 and 1 are drawn as {back[0]:g} and {back[1]:g}, not as {ends}"


CHECKS = (check_noising, check_posterior, check_last_step, check_times, check_prediction, check_data_range)


def caught(model: Diffusion) -> dict[str, str]:
    """{name of a check: what it found} for every check that this compiled model fails; the model is left unchanged.

    Training does not matter. The checks compare diffuse, step, denoise, scaled, and the times that the network is told,
    with their closed forms; they do not judge networks, schedules and losses. Raises TypeError for anything but a
    models.Diffusion, RuntimeError for one that is not compiled.
    """
    check_compiled_model(Diffusion, model, "museum.diffusion.caught", FIX)
    return run_checks(CHECKS, model)


# ---- what the checks use


def _times(model: Diffusion) -> list[int]:
    """The first t, one in the middle, and the last."""
    return sorted({1, 1 + model.steps // 2, model.steps})


def _rates(model: Diffusion, t: int) -> tuple[float, float]:
    """(a_t, s_t) after t single steps; on straight paths, which are not made of such steps, those of the schedule."""
    if not hasattr(model.schedule, "betas"):
        return float(model.schedule.signal[t]), float(model.schedule.noise[t])
    a, variance = 1.0, 0.0
    for beta in model.schedule.betas[:t]:
        a, variance = a * math.sqrt(1 - beta), (1 - beta) * variance + beta
    return a, math.sqrt(variance)


def _two_arrays(model: Diffusion, n: int) -> tuple[Array, Array]:
    """Random x₀ and ε for n samples."""
    shape = (n, *model.sample_shape)
    return backend.uniform(shape, model.dtype), backend.normal(shape, model.dtype)


def _check_training(model: Diffusion) -> str:
    """A training step tells the network the times for which it calls diffuse."""
    x = model.unscaled(backend.xp.zeros((4, *model.sample_shape), model.dtype))
    weights, state, optimizer, diffuse = model.get_weights(), model.training_state(), model.optimizer, model.diffuse
    diffused: list[Any] = []

    def recorded(x_0: Array, t: ArrayLike, noise: Array) -> Array:
        diffused.extend(np.atleast_1d(t))
        return diffuse(x_0, t, noise)

    model.optimizer, vars(model)["diffuse"] = SGD(1e-3), recorded
    try:
        told = _times_told(model.network, lambda: model.train_step(Tensor(x), *condition(model, len(x))))
    except Exception as error:  # a custom train_step may raise anything
        return f"train_step fails: {what_failed(error)}"
    finally:
        model.optimizer = optimizer
        del vars(model)["diffuse"]
        model.set_weights(weights)
        model.set_training_state(state)
    if not diffused:
        return "train_step does not call diffuse, so that its times cannot be checked"
    if len(told) == len(diffused) and np.allclose(told, np.array(diffused) / model.steps, atol=1e-6):
        return ""
    return f"in training x_t of t = {diffused[0]} is told to be of the time {told[:1] * model.steps} of {model.steps}"


def _times_told(network: Any, run: Callable[[], Any]) -> np.ndarray:
    """The times (n,) that the network is called with while this runs."""
    told: list[np.ndarray] = []
    original = network.call

    def call(inputs: Any, training: bool = False) -> Any:
        told.append(backend.to_numpy(unwrap(inputs[1])).ravel())
        return original(inputs, training=training)

    vars(network)["call"] = call
    try:
        run()
    finally:
        del vars(network)["call"]
    return np.concatenate(told) if told else np.zeros(0)
