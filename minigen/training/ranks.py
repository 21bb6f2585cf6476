"""What the ranks of a parallel training have in common: the beginning, the data, the weights, and when it stops.

In one process these functions do nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import backend, parallel
from ..streams import Streamed
from ..types import Data
from .checkpoints import TrainingRun, layers_of, weights_of
from .tasks import Task

SAMPLES = 64  # of the data, that are compared
SEEDED = "draw or shuffle data after parallel.init(), by minigen's generator or one with a seed"
LOCAL = "BatchNormalization(synchronized=True)"


def begin_alike(run: TrainingRun) -> None:
    """Give all ranks the weights and the random state of rank 0; rank 0 says where they will differ all the same."""
    if parallel.size() == 1:
        return
    weights = weights_of(run.models)
    shapes = (f"{path} {w.shape} {w.dtype}".encode() for path, w in weights.items())
    parallel.check_alike("models", shapes, "the same model on all ranks")
    arrays, state = parallel.from_first(lambda: ([w.numpy() for w in weights.values()], backend.random_state()))
    for w, a in zip(weights.values(), arrays, strict=True):
        w.assign(a)
    backend.set_random_state(state)
    local = [layer.label for layer in layers_of(run.models.values()) if layer.local_statistics()]
    if local and parallel.rank() == 0:
        print(f"{', '.join(local)}: each rank normalises its own share of a batch; {LOCAL} takes all of it", flush=True)


def check_same_data(task: Task, where: str) -> None:
    """ParallelError unless all ranks have the same data, as far as some samples tell."""
    if parallel.size() > 1:
        parallel.check_alike(f"data in {where}", _sample(task.data), SEEDED)


def _sample(data: Data) -> Iterator[bytes]:
    """The shapes, and some samples from beginning to end."""
    for a in [a for part in data for a in (part if isinstance(part, list) else [part])]:
        yield f"{a.shape} {a.dtype}".encode()
        if not isinstance(a, Streamed):
            yield backend.to_numpy(a[:: -(-len(a) // SAMPLES)]).tobytes()


def end_epoch_alike(run: TrainingRun) -> None:
    """Check that all ranks have the same weights and random state, after the statistics of their shares are averaged.

    Raises ParallelError, with the ranks, if they differ.
    """
    if parallel.size() == 1:
        return
    for w in (w for layer in layers_of(run.models.values()) for w in layer.local_statistics()):
        total = parallel.add_up(w.numpy().ravel())
        w.assign((total / parallel.size()).reshape(w.shape).astype(w.dtype))
    arrays: list[Any] = [np.ascontiguousarray(w.numpy()) for w in weights_of(run.models).values()]
    fix = "let weights change by optimizer.step() only, and draws in a step have the rows of the batch as axis 0"
    parallel.check_alike("weights", arrays, fix)
    parallel.check_alike("random states", [repr(backend.random_state()).encode()], fix)


def stop_alike(run: TrainingRun, interrupted: list[bool]) -> None:
    """All ranks stop where one of them was interrupted, or has a callback that stops the training."""
    is_interrupted, is_stopped = parallel.on_any_rank(bool(interrupted), run.is_stopped())
    if is_interrupted and not interrupted:
        interrupted.append(True)
    if is_stopped:
        run.callbacks.model.stop_training = True
