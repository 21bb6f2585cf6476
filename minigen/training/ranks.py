"""What the ranks of a parallel training have in common: the beginning, the data, the weights, and when it stops.

In one process these functions do nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from .. import backend, parallel
from ..streams import Streamed
from ..types import Data
from .checkpoints import TrainingRun, layers_of, loss_names, settings_of, weights_of

SAMPLES = 64  # of the data, that are compared
ALIKE = "the same optimizer, loss, batch_size, shuffle and steps_per_epoch on all ranks"
SEEDED = "draw or shuffle data after parallel.init(), by minigen's generator or one with a seed"
WEIGHTS = "let weights change by optimizer.step() only, or by the same callback on all ranks"
DRAWS = (
    "in a step, draws for the samples have the rows of the batch as axis 0, and no other draws have as many rows; "
    "what a callback of rank 0 alone draws is inside of minigen.backend.own_draws()"
)
LOCAL = "BatchNormalization(synchronized=True)"


def begin_alike(run: TrainingRun) -> None:
    """Give all ranks the weights and the random state of rank 0; rank 0 says where they will differ all the same.

    ParallelError unless all ranks train the same model in the same way.
    """
    if parallel.size() == 1:
        return
    parallel.check_alike("settings", _settings(run), ALIKE)
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


def _settings(run: TrainingRun) -> Iterator[bytes]:
    """What decides about the steps, besides models and data."""
    yield repr([run.schedule, run.batch_size, run.shuffle, run.steps_per_epoch]).encode()
    yield repr(loss_names(run.models.values())).encode()
    for optimizer in run.named_optimizers().values():
        yield repr([settings_of(optimizer), optimizer.learning_rate]).encode()


def check_same_data(data: Data, where: str) -> None:
    """ParallelError unless all ranks have the same data, as far as some samples tell."""
    if parallel.size() > 1:
        parallel.check_alike(f"data in {where}", _sample(data), SEEDED)


def _sample(data: Data) -> Iterator[bytes]:
    """The shapes, and some samples from beginning to end."""
    for a in [a for part in data for a in (part if isinstance(part, list) else [part])]:
        yield f"{a.shape} {a.dtype}".encode()
        if not isinstance(a, Streamed):
            yield backend.to_numpy(a[:: -(-len(a) // SAMPLES)]).tobytes()


def end_epoch_alike(run: TrainingRun) -> None:
    """weights_alike(), and ParallelError too unless all ranks have the same random state."""
    weights_alike(run)
    if parallel.size() > 1:
        parallel.check_alike("random states", [repr(backend.random_state()).encode()], DRAWS)


def weights_alike(run: TrainingRun) -> None:
    """Check that all ranks have the same weights, after the statistics of their shares are averaged.

    Raises ParallelError, with the ranks, if they differ.
    """
    if parallel.size() == 1:
        return
    average_statistics(run.models.values())
    arrays: list[Any] = [np.ascontiguousarray(w.numpy()) for w in weights_of(run.models).values()]
    parallel.check_alike("weights", arrays, WEIGHTS)


def average_statistics(models: Iterable[Any]) -> None:
    """Give all ranks the means of the moving statistics that each has of its own shares of the batches."""
    for w in (w for layer in layers_of(models) for w in layer.local_statistics()):
        total = parallel.add_up(w.numpy().ravel())
        w.assign((total / parallel.size()).reshape(w.shape).astype(w.dtype))


def stop_alike(run: TrainingRun, interrupted: list[bool]) -> None:
    """All ranks stop where one of them was interrupted, or has a callback that stops the training."""
    is_interrupted, is_stopped = parallel.on_any_rank(bool(interrupted), run.is_stopped())
    if is_interrupted and not interrupted:
        interrupted.append(True)
    if is_stopped:
        run.callbacks.model.stop_training = True
