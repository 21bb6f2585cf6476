"""Input validation of the diffusion models: schedules, networks, labels, steps and levels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import backend
from ...arrays import as_array
from ...checks.values import as_list, is_integer, number, positive_integer
from ...errors import described, message
from ...types import ArrayLike, Shape
from ..checks import check_has_graph, integer_up_to

MOST_STEPS = 10**6  # of a schedule, whose rates are kept in arrays
MOST_LEVELS = 2**24  # of a pixel, which are all that float32 can tell apart
LEAST = 1e-30  # of a variance, and of the signal: x̂₀ and ε̂ are divided by it and by its root, in float32
MOST_GUIDANCE = 1000.0  # far beyond what is of use; with much more the samples overflow

# ---- schedules


def number_of_steps(where: str, steps: Any, fix: str) -> int:
    """T as an int in 1..MOST_STEPS, or ValueError."""
    return integer_up_to(f"{where}: steps", steps, MOST_STEPS, f"at most {MOST_STEPS:,} steps", fix)


def checked_betas(betas: ArrayLike) -> np.ndarray:
    """`betas` as an array (T,) in float64, T >= 1; ValueError for one outside of (0, 1), and for less than LEAST.

    ValueError too for so many, or so large ones, that a_T is smaller than LEAST.
    """
    where, fix = "Schedule: betas", "Schedule(np.linspace(1e-4, 0.02, 1000))"
    a = backend.finite_array(where, betas, 1, fix).astype("float64")
    if not len(a) or not ((a > 0) & (a < 1)).all():
        wrong = a[~((a > 0) & (a < 1))]
        got = f"{wrong[0]:g}; {len(wrong)} of {len(a)} are outside" if len(a) else "none"
        raise ValueError(message(where, expected="one or more numbers between 0 and 1", got=got, fix=fix))
    if a.min() < LEAST:
        raise ValueError(message(where, expected=f"numbers of {LEAST:g} or more", got=f"{a.min():g}", fix=fix))
    log_10 = float(np.log1p(-a).sum()) / 2 / math.log(10)
    if log_10 < math.log10(LEAST):
        expected, got = f"a signal √(Π (1 - β)) of {LEAST:g} or more at t = {len(a)}", f"10^{log_10:.0f}"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))
    return a


def checked_times(where: str, t: ArrayLike, steps: int) -> np.ndarray:
    """`t` as integers (n,), or (1,) for a single one; ValueError for one outside of 1..steps, TypeError for floats."""
    fix = f"integers from 1 to {steps}; t = 0 is the data itself"
    a = np.atleast_1d(backend.to_numpy(as_array(t, where, "t")))
    if a.dtype.kind not in "iu":
        raise TypeError(message(where, expected=f"integers 1..{steps}", got=a.dtype, fix=fix))
    if a.ndim != 1 or (a.size and not (1 <= a.min() and a.max() <= steps)):
        got = f"{a.min()}..{a.max()}" if a.ndim == 1 else f"shape {a.shape}"
        raise ValueError(message(where, expected=f"steps 1..{steps}, (n,)", got=got, fix=fix))
    return a


def check_leaves_signal(prediction: str, schedule: Any) -> None:
    """ValueError for the prediction of noise with a schedule that ends in noise alone: x̂₀ = (x - s ε̂) / 0."""
    if prediction == "noise" and schedule.signal[-1] == 0:
        where = "Diffusion: prediction 'noise' with a schedule that leaves nothing of the data"
        expected = f"a signal above 0 at t = {schedule.steps}, by which the prediction is divided"
        fix = 'prediction="velocity", or "data"'
        raise ValueError(message(where, expected=expected, got=type(schedule).__name__, fix=fix))


# ---- networks


def even_units(where: str, units: Any) -> int:
    """`units` as an int if it is 2, 4, 6, ..., or ValueError."""
    found = positive_integer(where, units, "TimeEmbedding(64)")
    if found % 2:
        expected = "an even number: half of them sines, half of them cosines"
        raise ValueError(message(where, expected=expected, got=found, fix=f"TimeEmbedding({found + 1})"))
    return found


def filters_of(where: str, preset: str, filters: Any, resolutions: int) -> tuple[int, ...]:
    """`filters` as a tuple of a positive integer for each resolution, or ValueError."""
    found = tuple(filters) if isinstance(filters, (tuple, list)) else ()
    if len(found) != resolutions or not all(is_integer(n, 1) for n in found):
        where, expected = f"models.{where}: filters", f"{resolutions} positive integers, one for each resolution"
        fix = f"preset={preset!r}, filters={(64, 128, 256)[:resolutions]}"
        raise ValueError(message(where, expected=expected, got=repr(filters), fix=fix))
    return tuple(map(int, found))


def shape_of_samples(network: Any) -> Shape:
    """The shape of one sample; TypeError or ValueError unless the network takes [x, time] or [x, time, row] to x."""
    check_has_graph("Diffusion: the network", network, "Model([x, time], output), or models.unet()")
    for symbol in as_list(network.inputs):
        if np.dtype(symbol.dtype).kind != "f":
            where, got = "Diffusion: inputs of the network", f"an Input of {symbol.dtype}"
            fix = "Input(shape=...), without a dtype"
            raise TypeError(message(where, expected="floats: samples, t/T, one-hot rows", got=got, fix=fix))
    inputs = [i.shape[1:] for i in as_list(network.inputs)]
    outputs = [o.shape[1:] for o in as_list(network.outputs)]
    is_row = [len(shape) == 1 for shape in inputs[2:]]
    if len(inputs) not in (2, 3) or inputs[1] != (1,) or not all(is_row):
        expected = "[x, time (batch, 1)], or [x, time, one-hot rows (batch, classes)]"
        got, fix = ", ".join(map(str, inputs)), "Model([x, Input(shape=(1,))], output), or models.unet()"
        raise ValueError(message("Diffusion: inputs of the network", expected=expected, got=got, fix=fix))
    if outputs != inputs[:1]:
        expected, got = f"one array of the shape {inputs[0]} of x", ", ".join(map(str, outputs))
        fix = "a last layer of that size, without an activation"
        raise ValueError(message("Diffusion: output of the network", expected=expected, got=got, fix=fix))
    shape: Shape = inputs[0]
    return shape


def share(where: str, value: Any, fix: str) -> float:
    """`value` as a float if 0 <= value < 1, or ValueError."""
    return number(where, value, "0 or more, below 1", fix, below=1.0)


def check_no_metrics(label: str, metrics: Any) -> None:
    """ValueError for metrics: the loss is what there is to log."""
    if metrics:
        where, fix = f"{label}.compile: metrics", "compile(); model.bound(x) gives nats"
        raise ValueError(message(where, expected="none: the loss is logged", got=repr(metrics), fix=fix))


# ---- drawing


def checked_guidance(where: str, guidance: Any, labels: Any) -> float:
    """`guidance` as a float; ValueError unless it is in 0..MOST_GUIDANCE, and for guidance without labels."""
    fix = f"{where.rpartition('.')[2]}(..., labels=7, guidance=1.0)"
    expected = f"a number, 0 or more, {MOST_GUIDANCE:g} at most"
    found = number(f"{where}: guidance", guidance, expected, fix, below=math.nextafter(MOST_GUIDANCE, math.inf))
    if found > 0 and labels is None:
        expected = "labels: guidance moves the samples from those of any class to those of theirs"
        raise ValueError(message(f"{where}: guidance without labels", expected=expected, got="none", fix=fix))
    return found


def check_takes_labels(where: str, model: Any, labels: Any) -> None:
    """TypeError for labels in a model whose network takes none."""
    if labels is not None and not model.is_conditional:
        expected, got = "none: the network takes no labels", described(labels)
        raise TypeError(message(f"{where}: labels", expected=expected, got=got, fix=model.usage))


def checked_steps(where: str, steps: Any, most: int) -> int:
    """`steps` as an int in 1..T, or ValueError."""
    expected, fix = f"at most the {most} steps of the schedule", f"steps={min(50, most)}; steps=None for all"
    return integer_up_to(f"{where}: steps", steps, most, expected, fix)


def checked_eta(where: str, eta: Any, usual: float) -> float:
    """`eta` as a float in [0, 1], or ValueError; `usual` for None."""
    fix, above = "eta=0 for DDIM, eta=1 for ancestral sampling", math.nextafter(1.0, 2.0)
    return number(f"{where}: eta", usual if eta is None else eta, "a number from 0 to 1", fix, below=above)


def as_noise(where: str, z: ArrayLike, shape: Shape) -> np.ndarray:
    """z as an array (n, *shape) of finite numbers, or ValueError."""
    where, fix = f"{where}: noise", "model.encode(x)"
    z = backend.finite_array(where, as_array(z, where, "z"), 1 + len(shape), fix)
    if z.shape[1:] != shape or not len(z):
        raise ValueError(message(where, expected=f"(n, {', '.join(map(str, shape))})", got=z.shape, fix=fix))
    return z


# ---- the formulas


def check_alike(where: str, x: Any, **others: Any) -> None:
    """TypeError unless they are arrays or Tensors, ValueError unless all have the shape of x, (n, ...)."""
    fix = "arrays of one shape (n, ...), such as noise = np.random.standard_normal(x.shape)"
    for name, a in {"x": x, **others}.items():
        if not hasattr(a, "shape") or not hasattr(a, "dtype"):
            raise TypeError(message(f"{where}: {name}", expected="an array", got=described(a), fix=fix))
        if tuple(a.shape) != tuple(x.shape):
            raise ValueError(message(f"{where}: {name}", expected=f"shape {x.shape}", got=a.shape, fix=fix))


def check_one_time_for_each(where: str, t: Any, x: Any) -> None:
    """ValueError unless t is one step, or has one for each sample of x."""
    times, samples = np.size(t), len(x)
    if times not in (1, samples):
        expected, fix = f"one step, or {samples}: one for each sample", "t = np.full(len(x), 10)"
        raise ValueError(message(f"{where}: t", expected=expected, got=times, fix=fix))


def check_prediction(label: str, found: Any, shape: Shape) -> None:
    """TypeError or ValueError for a network that does not answer x_t with an array of its shape."""
    fix = "a network whose output i depends on sample i, with its shape"
    if not hasattr(found, "shape"):
        where = f"{label}: output of the network"
        raise TypeError(message(where, expected=f"an array {shape}", got=described(found), fix=fix))
    if tuple(found.shape) != tuple(shape):
        where = f"{label}: output of the network"
        raise ValueError(message(where, expected=f"the shape {shape} of x_t", got=tuple(found.shape), fix=fix))


# ---- a checkpoint


def check_same_diffusion(label: str, prediction: tuple[str, Any], rates: tuple[np.ndarray, np.ndarray]) -> None:
    """ValueError for the checkpoint of a model with another prediction or schedule: (of this one, of the other)."""
    fix = "the model that was interrupted, with the same schedule and prediction"
    if prediction[0] != prediction[1]:
        where, (expected, got) = f"{label}: the prediction of a checkpoint", prediction
        raise ValueError(message(where, expected=repr(expected), got=repr(got), fix=fix))
    if not np.array_equal(*rates):
        where, expected = f"{label}: the schedule of a checkpoint", "that of this model"
        raise ValueError(message(where, expected=expected, got="another one", fix=fix))


# ---- the bound


def data_of_bound(where: str, x: Any, levels: Any, data_range: Any) -> Any:
    """x itself; ValueError for levels that are no integer above 1, without a data_range, or that x does not lie on."""
    if levels is None:
        return x
    where, fix = f"{where}: levels", "levels=256 for x / 255, levels=None for data with a density"
    if not is_integer(levels, 2) or levels > MOST_LEVELS:
        got = f"{levels!r:.60}"
        raise ValueError(message(where, expected=f"2, 3, ..., or None; at most {MOST_LEVELS:,}", got=got, fix=fix))
    if data_range is None:
        got = f"{levels} and data_range=None"
        raise ValueError(message(where, expected="a data_range that they divide", got=got, fix="levels=None"))
    low, high = data_range
    numbers = (backend.to_numpy(x).astype("float64") - low) / (high - low) * (levels - 1)
    between = abs(numbers - np.rint(numbers)).max()
    if between > 0.01:
        expected, got = f"pixels on {levels} equidistant levels", f"some {between:.2g} of a level beside them"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))
    return x


def check_last_step_leaves_signal(where: str, schedule: Any) -> None:
    """ValueError for a schedule of one step that leaves nothing of the data: x₁ says nothing about x."""
    if schedule.signal[1] == 0:
        expected, fix = "a signal above 0 at t = 1", f"{type(schedule).__name__}(1000)"
        raise ValueError(message(f"{where}: the schedule", expected=expected, got="0: a single step", fix=fix))


def checked_draws(where: str, draws: Any, steps: int) -> int | None:
    """`draws` as an int in 1..T - 1, or None; ValueError for others."""
    if draws is None:
        return None
    expected, fix = f"at most the {steps - 1} terms that there are", "draws=100, or None for all terms"
    return integer_up_to(f"{where}: draws", draws, steps - 1, expected, fix)
