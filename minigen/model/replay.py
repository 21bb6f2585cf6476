"""train_step as CUDA graphs, one for each shape of a batch: kernels/graph.py for whole steps of models.

With MINIGEN_CUDA_GRAPHS=1 in the environment fit() on CuPy replaces train_step for its time. The first steps on a shape
run as usual and compile their kernels; then the step is recorded, and checked: two steps are taken as usual and two
replayed, from the same weights, slots of the optimizers and random state, and all of these must agree. What cannot be
recorded, or does not agree, goes on as usual, with one warning that says why.

A graph repeats kernels, not Python. So a step is recorded only if its code is known to do the same in each step: those
marked with @repeats, of models made of minigen's own layers, losses and optimizers. A setting that changes, such as a
rate of dropout or the weight of a loss, gives another graph.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np

from .. import backend, optimizers, parallel
from ..autograd import mode
from ..errors import warn_caller
from ..kernels import products
from ..kernels.graph import Recording
from ..tensor import Tensor
from ..training.checkpoints import optimizers_of
from ..training.data import to_device
from ..types import Array, Logs
from . import checks

WARM_UP = 2  # steps on a shape before it is recorded
MOST = 8  # graphs of one fit(): each has memory of its own
CLOSE = 1e-3  # of the largest number of an array: float32, in another order of sums
Step = TypeVar("Step", bound=Callable[..., Any])
PLAIN = (bool, int, float, str, type(None))


class GraphWarning(UserWarning):
    """A training step could not be recorded as a CUDA graph: it runs as usual, only more slowly."""


def repeats(step: Step) -> Step:
    """Mark a train_step whose Python code does the same in each step, so that it can be recorded."""
    step.repeats = True  # type: ignore[attr-defined]
    return step


@contextlib.contextmanager
def replayed(model: Any) -> Iterator[None]:
    """Inside, model.train_step is recorded and replayed, where that is asked for."""
    if backend.active() != "cupy" or os.environ.get("MINIGEN_CUDA_GRAPHS") != "1" or parallel.size() > 1:
        yield
        return
    vars(model)["train_step"] = Replayed(model)
    try:
        yield
    finally:
        del vars(model)["train_step"]


class Replayed:
    """A train_step that is recorded when it has run WARM_UP times on batches of one shape."""

    def __init__(self, model: Any) -> None:
        self.model, self.step = model, model.train_step
        functools.update_wrapper(self, self.step)
        self.calls: dict[Any, int] = {}
        self.recorded: dict[Any, Recorded] = {}
        self.reason = self.why_not()
        if self.reason:
            self.warn()

    def __call__(self, *batch: Any, **weights: Any) -> Logs:
        if self.reason or weights or mode.observer is not None or not all(isinstance(x, Tensor) for x in batch):
            return self.step(*batch, **weights)
        first = [id(x) for x in batch].index  # x and y may be one Tensor
        shapes = [(x.shape, str(x.dtype), first(id(x))) for x in batch]
        key = repr((shapes, self.settings()))
        self.calls[key] = self.calls.get(key, 0) + 1
        if key not in self.recorded:
            if self.calls[key] <= WARM_UP or len(self.recorded) >= MOST:
                with products.by_cutensor():  # the kernels of the recording are compiled
                    return self.step(*batch)
            try:
                self.recorded[key] = Recorded(self.model, self.step, batch)
            except Exception as error:  # of CuPy, which has many, or a difference
                self.reason = str(error).splitlines()[0] or repr(error)
                self.warn()
                return self.step(*batch)
        return self.recorded[key](batch)

    def warn(self) -> None:
        text = f"{self.model.label}.fit: no CUDA graph, the steps run as usual: {self.reason}"
        warn_caller(GraphWarning(text))

    def why_not(self) -> str:
        """Why the step of this model is not recorded; "" if it is."""
        if not getattr(self.step, "repeats", False):
            return f"{type(self.model).__name__}.train_step may do something else in each step"
        for part in self.parts():
            for value in (type(part), *vars(part).values()):
                own = getattr(value, "__module__", "minigen.") or ""
                if callable(value) and not own.startswith("minigen."):
                    return f"{getattr(value, '__name__', value)} is not of minigen"
        return ""

    def parts(self) -> list[Any]:
        """The model, its layers and its optimizers."""
        layers = [layer for _, layer in self.model.all_parts().layers]
        return [self.model, *layers, *optimizers_of([self.model]).values()]

    def settings(self) -> list[Any]:
        """The numbers and names that Python code may read in a step, but those that reach the kernels by memory."""
        moving = {"iterations", "_learning_rate", "stop_training"}
        return [
            [(k, v) for k, v in vars(part).items() if isinstance(v, PLAIN) and k not in moving] for part in self.parts()
        ]


class Recorded:
    """A step on fixed arrays, into which each batch is copied. RuntimeError if it differs from the step as usual."""

    def __init__(self, model: Any, step: Callable[..., Logs], batch: tuple[Any, ...]) -> None:
        copies = {id(x): x.data.copy() for x in batch}
        self.inputs = [copies[id(x)] for x in batch]
        fixed = to_device(tuple(self.inputs), model.dtype)  # and known as checked, as those of fit() are
        self.recording = Recording(lambda: step(*fixed))
        self.logs: Mapping[str, Any] = self.recording.result
        self.check(model, lambda: step(*fixed))

    def __call__(self, batch: tuple[Any, ...]) -> Logs:
        for array, x in zip(self.inputs, batch, strict=True):
            array[...] = x.data
        self.recording.replay()
        return {name: Tensor.around(_data(value).copy()) for name, value in self.logs.items()}

    def check(self, model: Any, step: Callable[[], Logs]) -> None:
        """Two steps as usual and two replayed must agree. The state is then that of before."""
        start = State(model)
        with products.by_cutensor():
            usual = [_after(step, model) for _ in range(2)]
        start.restore()
        replayed = [_after(self.recording.replay, model) for _ in range(2)]
        start.restore()
        for ours, theirs in zip(replayed, usual, strict=True):
            for a, b in zip(ours, theirs, strict=True):
                checks.check_replayed(a, b, CLOSE)


class State:
    """All that a step changes, besides what it computes anew."""

    def __init__(self, model: Any) -> None:
        self.arrays = [(array, array.copy()) for array in _arrays(model)]
        self.optimizers = [(o, o.iterations, dict(o.counts), o.learning_rate) for o in _optimizers(model)]
        self.draws = backend.random_state()

    def restore(self) -> None:
        for array, numbers in self.arrays:
            array[...] = numbers
        for optimizer, iterations, counts, rate in self.optimizers:
            optimizer.iterations, optimizer.counts, optimizer.learning_rate = iterations, dict(counts), rate
        backend.set_random_state(self.draws)


def _optimizers(model: Any) -> list[optimizers.Optimizer]:
    return list(optimizers_of([model]).values())


def _arrays(model: Any) -> list[Array]:
    """The weights and the slots."""
    slots = [a for o in _optimizers(model) for arrays in o.state.values() for a in arrays]
    return [w.data for w in model.weights()] + slots


def _after(step: Callable[[], Any], model: Any) -> list[np.ndarray]:
    """Copies of the weights and slots after a step."""
    step()
    return [backend.to_numpy(a).astype("float64") for a in _arrays(model)]


def _data(value: Any) -> Array:
    return value.data if isinstance(value, Tensor) else value
