"""fit() and alternate(): what is trained, and on which data. loop.py is the training itself."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from ..arguments import checks_arguments
from ..callbacks import Callback
from . import checks
from .data import part_of, with_weights
from .history import History
from .iterables import Batches, EpochsOfBatches, is_iterable_of_batches
from .loop import train
from .options import Options
from .tasks import EpochsOfArrays, OnlyTask, Task, Together, checked_turns


def fit(
    model: Any,
    x: Any,
    y: Any,
    options: Options,
    validation_split: float,
    validation_data: Any,
    class_weight: Any,
    sample_weight: Any,
) -> History:
    """Train `model` by calling model.train_step(*batch) on every batch of every epoch, as Model.fit() describes."""
    where = options.where
    share = checks.checked_share(where, validation_split)
    if is_iterable_of_batches(x):
        given = {"y": y, "sample_weight": sample_weight, "validation_split": share or None}
        checks.check_without_arrays(where, given)
        batches = Batches(model, x, where, model.check_training, class_weight)
        checks.check_can_repeat(where, batches.once, options)
        return train(EpochsOfBatches(model, batches, validation_data, options), model, options)

    data = with_weights(model.as_data(x, y, where), sample_weight, None, where)
    if share:
        kept = checks.checked_split(where, share, validation_data, data)
        data, validation_data = part_of(data, slice(kept)), part_of(data, slice(kept, None))
    # class_weight last: it does not count in a part that was held out
    data = with_weights(data[:2], data[2] if len(data) == 3 else None, class_weight, where)
    return train(EpochsOfArrays([(OnlyTask(model, data, validation_data), 1)], options), model, options)


@checks_arguments
def alternate(
    schedule: Sequence[tuple[Task, int]],
    batch_size: int = 32,
    epochs: int = 1,
    verbose: int = 1,
    *,
    callbacks: Sequence[Callback] | None = None,
    shuffle: bool = True,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
) -> History:
    """Train several tasks in turn, a few mini-batch updates for each: alternate([(vae, 2), (digit, 1), ...]).

    Each task has its own model, loss, optimizer and data. The layers that the models share, usually an encoder, learn
    from all tasks (section 9.2.5). A step of a task updates the weights of its model and no others.

    schedule  [(Task, steps), ...]: task A for its number of steps, then B for its own, and so on, then A again. An
              epoch has as many such rounds as it takes until every task has seen all of its data; those with less
              data begin again, in a new order

    All other arguments are as in fit(), and so is Ctrl-C. A checkpoint holds the weights of all tasks and goes on with
    the same tasks in the same order; between epochs their steps, batch size and data may change. The History, and the
    callbacks, have a task's numbers under its name: "digit/loss", "digit/val_loss". Raises ValueError for two tasks of
    one name or one optimizer, or less than one step; TypeError for no tasks; and what fit() raises for bad data and
    models that are not compiled. An error in a step names its task.
    """
    turns = checked_turns(schedule)
    chosen = Options("alternate", batch_size, epochs, verbose, callbacks, shuffle, checkpoint, resume)
    return train(EpochsOfArrays(turns, chosen), Together({task.prefix: task.model for task, _ in turns}), chosen)
