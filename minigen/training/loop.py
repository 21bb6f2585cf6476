"""The one training loop: epochs of shuffled batches, for one model or for several tasks in turn."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import backend
from ..arguments import checks_arguments
from ..autograd import unwrap
from ..checks import switch
from ..storage.files import check_writable
from ..types import Data, Logs
from .checkpoints import TrainingRun, states_of
from .checks import check_is_pair, check_new_logs, check_resume, check_verbose, checked_count, checked_logs
from .data import batches, length, take, take_all, to_device
from .history import History, mean_logs, read, shown
from .interrupt import defer_interrupt
from .tasks import OnlyTask, Task, Turns, checked_turns, order_of_epoch


def fit(model: Any, x: Any, y: Any = None, validation_data: Any = None, **options: Any) -> History:
    """Train `model` by calling model.train_step(*batch) on every batch of every epoch: Model.fit() has the options."""
    where = f"{model.label}.fit"
    task = OnlyTask(model, model.as_data(x, y, where), validation_data)
    return _train([(task, 1)], where, **options)


@checks_arguments
def alternate(
    schedule: Sequence[tuple[Task, int]],
    batch_size: int = 32,
    epochs: int = 1,
    verbose: int = 1,
    *,
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

    The rest is as in fit(): batch size, checkpoint and Ctrl-C, resume. A checkpoint holds the weights of all tasks and
    goes on with the same tasks in the same order; between epochs their steps, batch size and data may change. The
    History has a task's numbers under its name: "digit/loss", "digit/val_loss". Raises ValueError for two tasks of
    one name or one optimizer, or less than one step; TypeError for no tasks; and what fit() raises for bad data and
    models that are not compiled. An error in a step names its task.
    """
    turns = checked_turns(schedule)
    return _train(turns, "alternate", batch_size, epochs, verbose, shuffle, checkpoint, resume)


# ---- the loop


def _train(
    turns: Turns, where: str, batch_size: int, epochs: int, verbose: int, shuffle: bool, checkpoint: Any, resume: bool
) -> History:
    """Epoch after epoch; `turns` say which task makes which step."""
    batch_size = checked_count(where, "batch_size", batch_size, 128)
    epochs = checked_count(where, "epochs", epochs, 10)
    shuffle, resume = switch(f"{where}: shuffle", shuffle), switch(f"{where}: resume", resume)
    held_out = {task: _check_task(task, batch_size, where) for task, _ in turns}
    run = _begin(turns, batch_size, shuffle, verbose, checkpoint, resume)
    with defer_interrupt(checkpoint is not None) as interrupted:
        while run.epoch < epochs:
            start = time.perf_counter()
            run.begin_epoch()
            steps = order_of_epoch(turns, batch_size, shuffle)
            run.continue_epoch()
            with progress(f"epoch {run.epoch + 1}/{epochs}", len(steps), run.step, verbose) as bar:
                for task, index in steps[run.step :]:
                    batch = take_all(task.data, index)
                    logs = _step(task, batch)
                    run.record(task.named(logs), length(batch))
                    bar.update(1)
                    if interrupted:
                        run.stop(checkpoint)
            logs = run.end_epoch()
            for task, _ in turns:
                logs |= task.named(_compare(task, held_out[task], batch_size))
            run.history.add(logs)
            for task, _ in turns:
                besides = task.named(_after_epoch(task, run.history, logs))
                run.history.add(besides)
                logs |= besides
            if checkpoint is not None:
                run.save(checkpoint)
            if interrupted:
                run.stop(checkpoint)
            if verbose:
                print(f"epoch {run.epoch}/{epochs}  {shown(logs)}  {time.perf_counter() - start:.1f} s", flush=True)
    return run.history


def _step(task: Task, batch: Data) -> Logs:
    """One training step of the task; what goes wrong in it carries its name."""
    try:
        logs = task.model.train_step(*to_device(batch, task.model.dtype))
        return checked_logs(logs, f"{task.model.label}.train_step")
    except Exception as error:
        if task.name:
            error.add_note(f"in a step of task {task.name!r}")
        raise


def _after_epoch(task: Task, history: History, logs: Logs) -> Logs:
    """What on_epoch_end logs besides, on the host: nothing for None; a name that is logged already is refused."""
    where, fix = f"{task.model.label}.on_epoch_end", 'return {"beta": self.beta}, or nothing'
    besides = task.model.on_epoch_end(task.own(history.history))
    besides = checked_logs({} if besides is None else besides, where, fix)
    check_new_logs(where, besides, task.own(logs))
    return read([(besides, 1)])[0][0]


def _check_task(task: Task, batch_size: int, where: str) -> Data | None:
    """Raise unless the task can be trained; its validation data, if it has some.

    One batch of these is scored now, so that a wrong shape shows before the first epoch.
    """
    where, model, given = f"{where}, task {task.name!r}" if task.name else where, task.model, task.validation_data
    model.check_training(task.data, where)
    if given is None:
        return None
    where, pair = f"{where}, validation_data", given if isinstance(given, tuple) else (given,)
    if isinstance(given, list) and len(model.input_symbols()) == 1 < len(given):
        pair = tuple(given)  # [x, y]: there is no second input that it could be
    check_is_pair(where, pair)
    data: Data = model.as_data(*pair, where=where)
    model.check_scoring(data, where)
    if model.named_weights():
        with backend.own_draws():
            evaluate(model, next(batches(data, batch_size)), batch_size)
    return data


def _begin(turns: Turns, batch_size: int, shuffle: bool, verbose: int, checkpoint: Any, resume: bool) -> TrainingRun:
    """The run at its beginning, or where its checkpoint stands."""
    models = {task.prefix: task.model for task, _ in turns}
    if checkpoint is not None:
        check_writable(checkpoint)
        states_of(models)  # a TypeError now, not after the first epoch
    check_resume("alternate" if turns[0][0].name else "fit", resume, checkpoint)
    run = TrainingRun(models, [[task.name, len(task), steps] for task, steps in turns], batch_size, shuffle)
    if resume and Path(checkpoint).exists():
        for task, _ in turns:
            if task.model.unbuilt():
                with backend.own_draws():  # the draws come from the file, or stay as they were if it is refused
                    task.model.predict(take(task.data[0], slice(1)))  # the first data that it gets makes its weights
        run.load(checkpoint)
        if verbose:
            print(f"resumed from {checkpoint}: {run.epoch} epochs and {run.step} steps done")
    return run


def _compare(task: Task, held_out: Data | None, batch_size: int) -> Logs:
    """val_loss, and loss_end on as many training samples; what is drawn for it does not change the training."""
    if held_out is None:
        return {}
    with backend.own_draws():
        logs = {f"{k}_end": v for k, v in evaluate(task.model, task.data, batch_size, length(held_out)).items()}
        return logs | {f"val_{k}": v for k, v in evaluate(task.model, held_out, batch_size).items()}


def evaluate(model: Any, data: Data, batch_size: int, n: int | None = None) -> Logs:
    """Means over all samples, or over the first n, of what model.test_step returns.

    The graph is recorded, though nothing is differentiated: through it a loss finds the logits behind a sigmoid, so
    that evaluate and fit give the same number. It is freed after each batch.
    """
    seen: list[tuple[Logs, int]] = []
    for batch in batches(data, batch_size, n):
        logs = checked_logs(model.test_step(*to_device(batch, model.dtype)), f"{model.label}.test_step")
        seen.append(({k: unwrap(v) for k, v in logs.items()}, length(batch)))
    return mean_logs(read(seen))


def progress(title: str, steps: int, done: int, verbose: int) -> Any:
    """A tqdm bar on a terminal, nothing elsewhere. `verbose` 2 and "auto" are as 1."""
    check_verbose(title, verbose)
    if not verbose:
        return NoBar()
    from tqdm import tqdm

    return tqdm(total=steps, initial=done, desc=title, leave=False, disable=None, unit="step")


class NoBar:
    """In place of a progress bar that is not shown: tqdm's costs a seventh of a prediction of one image."""

    def __enter__(self) -> NoBar:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def update(self, steps: int) -> None:
        """Nothing."""
