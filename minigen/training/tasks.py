"""Tasks that share weights, and the steps of their epochs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .. import backend, parallel
from ..arguments import checks_arguments
from ..elsewhere import no_such_name
from ..tensor import Tensor
from ..types import Data, Logs
from . import checks
from .checkpoint_format import steps_of_epoch
from .checkpoints import optimizers_of, weights_of
from .data import length, take_all
from .options import Options

Step = tuple["Task", Data, parallel.Share | None]  # its batch, and what part of the whole batch that is
Turns = list[tuple["Task", int]]  # how many steps each task has, when it is its turn
Permutation = Callable[[int], np.ndarray]  # 0..n-1 in random order


class Task:
    """One of several jobs that share weights: a compiled model, and the data that it learns from.

    name             what it logs gets this name: "digit/loss", "digit/val_loss"
    model            any Model; those of the other tasks may hold the same layers, such as one encoder
    x, y             arrays (or lists of arrays) as for fit(); without y, train_step gets x alone
    validation_data  (x, y) or x, evaluated after each epoch

    Raises ValueError or TypeError for an unusable name, for no data, and for x and y of unequal length.
    """

    @checks_arguments
    def __init__(self, name: str, model: Any, x: Any, y: Any = None, validation_data: Any = None) -> None:
        checks.check_task(name, model, x)
        self.name, self.model, self.validation_data = name, model, validation_data
        self.data: Data = model.as_data(x, y, f"Task {name!r}")
        checks.check_data(self.data, f"Task {name!r}")

    def __repr__(self) -> str:
        return f"<Task {self.name!r}>"

    def __len__(self) -> int:
        """The number of samples."""
        return length(self.data)

    @property
    def prefix(self) -> str:
        """What the names of its weights begin with in a checkpoint."""
        return f"task_{self.name}/" if self.name else ""

    def named(self, logs: Logs) -> Logs:
        """The logs under this task's name."""
        return {f"{self.name}/{k}": v for k, v in logs.items()}

    def own(self, logs: Logs) -> Logs:
        """The inverse: of all logs those of this task, under the names that its model uses."""
        return {k.removeprefix(f"{self.name}/"): v for k, v in logs.items() if k.startswith(f"{self.name}/")}


class OnlyTask(Task):
    """The one task of fit(): its logs need no name."""

    def __init__(self, model: Any, data: Data, validation_data: Any) -> None:
        self.name, self.model, self.data, self.validation_data = "", model, data, validation_data

    def named(self, logs: Logs) -> Logs:
        return logs

    own = named


class Together:
    """The models of all tasks of alternate(), for its callbacks: their weights, their optimizers, and when to stop."""

    label = "alternate"
    stop_training = False

    def __init__(self, models: Mapping[str, Any]) -> None:
        self.models = models  # by the beginning of the names of their weights

    def __repr__(self) -> str:
        return f"<the models of {len(self.models)} tasks>"

    def __getattr__(self, name: str) -> Any:
        """AttributeError for what a single model has, such as predict()."""
        fix = f"{name} of the model of one task, task.model; or self.model.optimizers(), get_weights(), set_weights()"
        raise no_such_name("alternate: self.model", name, {}, fix)

    def optimizers(self) -> list[Any]:
        """Every optimizer of the models and of those in them, each once."""
        return list(optimizers_of(self.models.values()).values())

    def named_weights(self) -> dict[str, Tensor]:
        """The weights of all models, those that several of them share once."""
        return weights_of(self.models)

    def get_weights(self) -> list[np.ndarray]:
        """Copies of these weights as NumPy arrays."""
        return [w.numpy().copy() for w in self.named_weights().values()]

    def set_weights(self, arrays: Sequence[Any]) -> None:
        """Overwrite them with what get_weights() returned."""
        for w, a in zip(self.named_weights().values(), arrays, strict=True):
            w.assign(a)


def checked_turns(turns: Any) -> Turns:
    """[(task, steps), ...], checked: tasks of different names, each with an optimizer of its own and 1 step or more."""
    checked = checks.check_turns(list(turns) if isinstance(turns, Iterable) else [turns], Task)
    owners: dict[int, Task] = {}  # id of an optimizer -> the task that has it
    for task, _ in checked:
        for optimizer in optimizers_of([task.model]).values():
            owner = owners.setdefault(id(optimizer), task)
            if owner.model is not task.model:  # one model may learn from two sets of data
                checks.refuse_shared_optimizer(owner.name, task.name)
    return checked


class EpochsOfArrays:
    """The steps of each epoch, in which tasks learn from arrays in turn."""

    is_over = False  # arrays do not end

    def __init__(self, turns: Turns, options: Options) -> None:
        self.turns, self.options = turns, options
        self._first = self._end = 0  # which steps of order() the epoch has
        self._state: dict[str, Any] = {}  # the random state before its orders were drawn

    @property
    def schedule(self) -> list[list[Any]]:
        """[name, samples, steps in turn] of each task, for checkpoints."""
        return [[task.name, len(task), steps] for task, steps in self.turns]

    def begin_epoch(self, epoch: int) -> int:
        """The number of its steps. All of its orders are drawn here, so that a resumed epoch can draw them again.

        They are not kept, for they may be long: steps() draws them once more, from the same state.
        """
        chosen = self.options
        whole = steps_of_epoch(self.schedule, chosen.batch_size)
        steps = chosen.steps_per_epoch or whole
        # Data in their order go on where the epoch before ended: at their end, if it had all of their steps.
        self._first = 0 if chosen.shuffle else (epoch - chosen.initial_epoch) * steps % whole
        self._end = self._first + steps
        self._state = backend.random_state()
        for _ in self._order(backend.permutation, 0):
            pass
        return steps

    def steps(self, done: int) -> Iterator[Step]:
        """(task, batch, share) of each step, without those that are done: the rows of this rank."""
        for task, index in self._order(backend.generator_at(self._state).permutation, done):
            index, share = of_rank(index)
            yield task, take_all(task.data, index), share

    def _order(self, permutation: Permutation, done: int) -> Iterator[tuple[Task, Any]]:
        """(task, indices of its batch) of each step of the epoch, without those that are done."""
        chosen = self.options
        all_steps = order(self.turns, chosen.batch_size, permutation if chosen.shuffle else None)
        return itertools.islice(all_steps, self._first + done, self._end)

    def arrays_of(self, task: Task) -> Data | None:
        """The data of a task."""
        return task.data


def order(turns: Turns, batch_size: int, permutation: Permutation | None) -> Iterator[tuple[Task, Any]]:
    """(task, indices of its batch) for each step, without end: A, A, B, C, A, A, B, C, ... for turns of 2, 1 and 1.

    A task that has seen all of its data begins again, in a new order.
    """
    streams = {task: indices(len(task), batch_size, permutation) for task, _ in turns}
    while True:
        for task, steps in turns:
            for _ in range(steps):
                yield task, next(streams[task])


def of_rank(index: Any) -> tuple[Any, parallel.Share | None]:
    """(what this rank takes of a batch, its share): all of it, and None, in one process."""
    is_slice = isinstance(index, slice)
    share = parallel.share_of(index.stop - index.start if is_slice else len(index))
    if share is None:
        return index, None
    own = share.part
    return slice(index.start + own.start, index.start + own.stop) if is_slice else index[own], share


def indices(n: int, size: int, permutation: Permutation | None) -> Iterator[Any]:
    """What each batch takes of n samples, pass after pass without end; the last batch of a pass may be short.

    permutation(n) draws the order of a pass; None: the order of the data.
    """
    while True:
        order = permutation(n) if permutation else None
        for i in range(0, n, size):
            yield slice(i, min(i + size, n)) if order is None else order[i : i + size]
