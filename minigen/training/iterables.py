"""Batches that the user makes: a generator, a data loader, or any other iterable, in place of arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..autograd import Node
from ..types import Data
from . import checks
from .data import with_weights
from .tasks import OnlyTask, Task

Check = Callable[[Data, str], None]  # of a batch, with the place for its errors


def is_iterable_of_batches(x: Any) -> bool:
    """Whether x is an iterable, and neither an array nor a list of arrays, which stand for several inputs."""
    if isinstance(x, (Node, list, tuple, dict, str, bytes)) or hasattr(x, "shape") or hasattr(x, "__array__"):
        return False
    return isinstance(x, Iterable) or (hasattr(x, "__getitem__") and hasattr(x, "__len__"))


def iterator_of(x: Any) -> Iterator[Any]:
    """The batches of an iterable; without __iter__, as Keras' PyDataset, those with the numbers below its length."""
    return iter(x) if hasattr(x, "__iter__") else map(x.__getitem__, range(len(x)))


class Batches:
    """What an iterable gives, batch by batch, checked: x, (x, y) or (x, y, sample_weight) each.

    check is that of the model which will take them: model.check_training, check_scoring or check_inputs. A generator
    can be read once, any other iterable again and again. The first batch is read at once, so that bad data show before
    the first step; that of a generator is kept for this step.
    """

    def __init__(self, model: Any, iterable: Any, where: str, check: Check, class_weight: Any = None) -> None:
        self.model, self.iterable, self.where, self.class_weight = model, iterable, where, class_weight
        self.check = check
        iterator = iterator_of(iterable)
        self.once = iterator is iterable
        first = next(self._checked(iterator), None)
        if first is None:
            checks.refuse_no_batches(where)
        self.first: Data = first
        self._kept = [self.first] if self.once else []

    def number(self) -> int | None:
        """How many there are, if the iterable has a length."""
        return len(self.iterable) if hasattr(self.iterable, "__len__") else None

    def __iter__(self) -> Iterator[Data]:
        """All of them; of a generator the rest."""
        while self._kept:
            yield self._kept.pop()
        yield from self._checked(iterator_of(self.iterable))

    def _checked(self, iterator: Iterator[Any]) -> Iterator[Data]:
        for batch in iterator:
            x, y, weights = checks.parts_of_batch(self.where, batch)
            data = with_weights(self.model.as_data(x, y, self.where), weights, self.class_weight, self.where)
            self.check(data, self.where)
            yield data


class EpochsOfBatches:
    """The steps of each epoch, in which one task learns from batches that the user makes.

    Without steps_per_epoch an epoch reads all batches. With it, it goes on where the one before ended, and begins anew
    at the end of the data.
    """

    def __init__(self, model: Any, batches: Batches, validation_data: Any, steps_per_epoch: int | None) -> None:
        self.task = OnlyTask(model, batches.first, validation_data)
        self.turns: list[tuple[Task, int]] = [(self.task, 1)]
        self.batches, self.steps_per_epoch = batches, steps_per_epoch
        self.schedule: list[list[Any]] = [["", 0, 1]]  # of unknown length
        self.is_over = False  # whether a generator has ended
        self._iterator = iter(batches)

    def begin_epoch(self, epoch: int) -> int | None:
        """The number of its steps; None if it is unknown."""
        if self.steps_per_epoch is None:
            self._iterator = iter(self.batches)
        return self.steps_per_epoch or self.batches.number()

    def steps(self, done: int) -> Iterator[tuple[Task, Data]]:
        """(task, batch) of each step. Those that are done are read once more, and left out."""
        step = 0
        while self.steps_per_epoch is None or step < self.steps_per_epoch:
            batch = next(self._iterator, None)
            if batch is None and self.steps_per_epoch is not None and not self.batches.once:
                self._iterator = iter(self.batches)
                batch = next(self._iterator, None)
            if batch is None:
                self.is_over = self.batches.once
                return
            step += 1
            if step > done:
                yield self.task, batch

    def arrays_of(self, task: Task) -> Data | None:
        """None: the data are no arrays."""
        return None
