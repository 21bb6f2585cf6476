"""The one training loop: epoch after epoch, step after step, for one model or for several tasks in turn."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

from .. import arithmetic, backend, parallel
from ..autograd import refusing_nan
from ..callbacks import CallbackList, View
from ..checks.values import check_each_once
from ..progress import progress
from ..storage.files import check_writable
from ..types import Data, Logs
from . import checks
from .checkpoints import TrainingRun, states_of
from .checks import checked_logs
from .data import call_step, rows_of, take
from .evaluation import compare, held_out_data
from .history import History, of_whole_batches, read
from .interrupt import defer_interrupt
from .iterables import Batches, EpochsOfBatches
from .options import Options
from .ranks import begin_alike, check_same_data, end_epoch_alike, stop_alike, weights_alike
from .tasks import EpochsOfArrays, Task
from .text import epoch_line

Epochs = EpochsOfArrays | EpochsOfBatches  # the data, step by step


def train(data: Epochs, whole: Any, options: Options) -> History:
    """Epoch after epoch. `whole` is what callbacks have as their model: that of fit(), or those of alternate()."""
    held_out = {task: _checked_validation(task, options) for task, _ in data.turns}
    run = _begin(data, whole, options)
    with contextlib.closing(run.callbacks):  # also where an error ends the training
        _epochs(run, data, held_out, options)
    return run.history


def _epochs(run: TrainingRun, data: Epochs, held_out: dict[Task, Data | Batches | None], options: Options) -> None:
    """All epochs, each with its validation and its checkpoint."""
    verbose, checkpoint = options.verbose, options.checkpoint
    logs: Logs = {}
    with defer_interrupt(checkpoint is not None) as interrupted, refusing_nan(run.callbacks.refuses_nan):
        while run.epoch < options.epochs and not run.is_stopped():
            start = time.perf_counter()
            if not _epoch(run, data, options, interrupted):
                break
            logs = run.end_epoch()
            for task, found in held_out.items():
                if found is not None:
                    new = task.named(compare(task.model, data.arrays_of(task), found, options.batch_size, verbose))
                    check_each_once(f"{options.where}: names in the logs", [*logs, *new], "another name in train_step")
                    logs |= new
            run.callbacks.on_epoch_end(run.epoch - 1, logs)
            run.history.add(logs)
            end_epoch_alike(run)
            if checkpoint is not None:
                run.save(checkpoint)
            stop_alike(run, interrupted)
            if interrupted:
                run.stop(checkpoint)
            if verbose:
                print(epoch_line(run.epoch, options.epochs, logs, time.perf_counter() - start), flush=True)
    run.callbacks.on_train_end(logs)
    weights_alike(run)
    run.check_weights()


def _epoch(run: TrainingRun, data: Epochs, options: Options, interrupted: list[bool]) -> bool:
    """The steps of one epoch. False if there is nothing to log: a NaN was found, or the data had ended before."""
    if run.step == 0:
        run.callbacks.on_epoch_begin(run.epoch)
    run.begin_epoch()
    steps = run.callbacks.params["steps"] = data.begin_epoch(run.epoch)
    run.continue_epoch()
    watching = run.callbacks.of_batches()
    with progress(f"epoch {run.epoch + 1}/{options.epochs}", steps, run.step, options.verbose) as bar:
        for task, batch, share in data.steps(run.step):
            parallel.at(run.epoch + 1, run.step + 1)
            try:
                logs = _step(task, batch, share)
            except run.callbacks.nan_errors as error:
                parallel.tell_of_nan(error)
                checks.warn_of_nan(options.where, run.epoch + 1, run.step, error)
                return False
            run.record(task.named(logs), rows_of(batch, share))
            bar.update(1)
            if watching or run.callbacks.first_rank_wants_batches:  # all ranks add up what rank 0 reads
                of_batch = of_whole_batches(read([(task.named(logs), rows_of(batch, share))]))
                run.callbacks.on_batch_end(watching, run.step - 1, of_batch[0][0])
            stop_alike(run, interrupted)
            if interrupted:
                run.stop(options.checkpoint)
            if run.is_stopped():
                break
    if data.is_over and not run.is_stopped():
        checks.warn_of_end(options, run.epoch + 1, run.step)
        run.callbacks.model.stop_training = True
    return run.step > 0


def _step(task: Task, batch: Data, share: parallel.Share | None) -> Logs:
    """One training step of the task; what goes wrong in it carries its name."""
    try:
        with parallel.sharing(share):
            logs = call_step(task.model.train_step, batch, task.model.dtype)
        return checked_logs(logs, f"{task.model.label}.train_step")
    except Exception as error:
        if task.name:
            error.add_note(f"in a step of task {task.name!r}")
        raise


def _checked_validation(task: Task, options: Options) -> Data | Batches | None:
    """The validation data of a task, if it has some. Raises unless it can be trained, and scored on them."""
    where = f"{options.where}, task {task.name!r}" if task.name else options.where
    task.model.check_training(task.data, where)
    if task.validation_data is None:
        return None
    where += ", validation_data"
    found = held_out_data(task.model, task.validation_data, where, options.batch_size)
    check_same_data(found.first if isinstance(found, Batches) else found, where)
    return found


def _begin(data: Epochs, whole: Any, options: Options) -> TrainingRun:
    """The run at its beginning, or where its checkpoint stands."""
    models = {task.prefix: task.model for task, _ in data.turns}
    callbacks = CallbackList(options.callbacks, whole, options.epochs)
    for task, _ in reversed(data.turns):
        callbacks.add_first(task.model, View(task.own, task.named))
    run = TrainingRun(models, data.schedule, options, callbacks)
    for model in [whole, *models.values()]:
        model.stop_training = False
    if options.checkpoint is not None:
        check_writable(options.checkpoint)
    callbacks.on_train_begin()
    if options.checkpoint is not None:
        states_of(run.with_state())  # a TypeError now, not after the first epoch
    for task, _ in data.turns:
        check_same_data(task.data, options.where)
    if options.resume and parallel.from_first(Path(options.checkpoint).exists):
        for task, _ in data.turns:
            if task.model.unbuilt():
                with backend.own_draws():  # the draws come from the file, or stay as they were if it is refused
                    task.model.predict(take(task.data[0], slice(1)))  # the first data that it gets makes its weights
        run.load(options.checkpoint)
        if options.verbose:
            print(f"resumed from {options.checkpoint}: {run.epoch} epochs and {run.step} steps done")
            if run.computed_by:
                print(f"not bit for bit: it was computed by {run.computed_by}; now by {arithmetic.description()}")
    begin_alike(run)
    return run
