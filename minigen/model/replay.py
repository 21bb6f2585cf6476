"""train_step as CUDA graphs, one for each shape of a batch: kernels/graph.py for whole steps of models.

With MINIGEN_CUDA_GRAPHS=1 in the environment fit() on CuPy replaces train_step for its time. The first steps on a shape
run as usual and compile their kernels; then the step is recorded, and checked: two steps are taken as usual and two
replayed, from the same weights, slots of the optimizers and random state, and all of these must agree. What cannot be
recorded, or does not agree, goes on as usual, with one warning that says why.

A graph repeats kernels, not Python. So a step is recorded only if its code is known to do the same in each step: those
marked with @repeats, of models made of minigen's own layers, losses and optimizers. A setting that changes, such as a
rate of dropout, the loss, or which weights are trained, gives another graph.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Hashable, Iterator, Mapping
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
        self.reason = ""  # why nothing is recorded any more
        self.check(self.why_not())

    def __call__(self, *batch: Any, **weights: Any) -> Logs:
        if weights or not all(isinstance(x, Tensor) for x in batch):
            self.check("a batch is not one array of floats, or two: labels, sample weights, several inputs or outputs")
        if self.reason or mode.observer is not None:
            return self.step(*batch, **weights)
        first = [id(x) for x in batch].index  # x and y may be one Tensor
        shapes = tuple((x.shape, str(x.dtype), first(id(x))) for x in batch)
        key = shapes, self.settings()
        self.calls[key] = self.calls.get(key, 0) + 1
        if key not in self.recorded:
            if self.calls[key] <= WARM_UP or len(self.recorded) >= MOST:
                with products.by_cutensor():  # the kernels of the recording are compiled
                    return self.step(*batch)
            self.record(key, batch)
        return self.recorded[key](batch) if key in self.recorded else self.step(*batch)

    def record(self, key: Hashable, batch: tuple[Any, ...]) -> None:
        """Record the step on this batch, if it can be recorded."""
        self.check(self.why_not())  # a callback may have set another loss
        if self.reason:
            return
        try:
            self.recorded[key] = Recorded(self.model, self.step, batch)
        except Exception as error:  # of CuPy, which has many, or a difference
            self.check(str(error).splitlines()[0] or repr(error))

    def check(self, reason: str) -> None:
        """Note why nothing is recorded any more, if there is a reason, and say so once."""
        if reason and not self.reason:
            self.reason = reason
            warn_caller(GraphWarning(f"{self.model.label}.fit: no CUDA graph, the steps run as usual: {reason}"))

    def why_not(self) -> str:
        """Why the step of this model is not recorded; "" if it is."""
        if not getattr(self.step, "repeats", False):
            return f"{type(self.model).__name__}.train_step may do something else in each step"
        for part in self.parts():
            for value in (type(part), *_members(list(vars(part).values()))):
                own = getattr(value, "__module__", "minigen.") or ""
                if callable(value) and not own.startswith("minigen."):
                    return f"{getattr(value, '__name__', value)} is not of minigen"
        return ""

    def parts(self) -> list[Any]:
        """The model, its layers and its optimizers."""
        layers = [layer for _, layer in self.model.all_parts().layers]
        return [self.model, *layers, *optimizers_of([self.model]).values()]

    def settings(self) -> Hashable:
        """What Python code may read in a step, but the numbers that reach the kernels by memory.

        These are numbers, names and functions, also in lists; the layers and optimizers themselves, since others may
        take their places; and which weights are trained.
        """
        moving = {"iterations", "_learning_rate", "stop_training"}
        found: list[Hashable] = [w.requires_grad for w in self.model.weights()]
        for part in self.parts():
            found.append(part)
            for name, value in vars(part).items():
                if name not in moving:
                    found += [(name, one) for one in _members(value) if isinstance(one, PLAIN) or callable(one)]
        return tuple(found)


def _members(value: Any) -> Iterator[Any]:
    """The value, or those in lists and tuples."""
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from _members(one)
    else:
        yield value


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
