"""Batches that the user makes: a generator, a data loader, or any other iterable, in place of arrays."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..autograd import Node
from ..types import Data
from . import checks
from .data import share_of, with_weights
from .options import Options
from .tasks import OnlyTask, Step, Task

Check = Callable[[Data, str], None]  # of a batch, with the place for its errors


def is_iterable_of_batches(x: Any) -> bool:
    """Whether x is an iterable, and neither an array nor a list of arrays, which stand for several inputs."""
    if isinstance(x, (Node, list, tuple, dict, str, bytes)) or hasattr(x, "shape") or hasattr(x, "__array__"):
        return False
    return isinstance(x, Iterable) or (hasattr(x, "__getitem__") and hasattr(x, "__len__"))


class Batches:
    """What an iterable gives, batch by batch, checked: x, (x, y) or (x, y, sample_weight) each.

    check is that of the model which will take them: model.check_training, check_scoring or check_inputs. A generator
    can be read once, any other iterable again and again. The first batch is read at once, so that bad data show before
    the first step; that of a generator is kept for this step.
    """

    def __init__(self, model: Any, iterable: Any, where: str, check: Check, class_weight: Any = None) -> None:
        self.model, self.iterable, self.where, self.class_weight = model, iterable, where, class_weight
        self.check = check
        iterator = self._items()
        self.once = iterator is iterable
        first = next(self._checked(iterator), None)
        if first is None:
            checks.refuse_no_batches(where)
        self.first: Data = first
        self._kept = [self.first] if self.once else []

    def number(self) -> int | None:
        """How many there are, if the iterable has a length."""
        try:
            return len(self.iterable)
        except TypeError:  # also from PyTorch's loader of an IterableDataset, though it has a __len__
            return None

    def __iter__(self) -> Iterator[Data]:
        """All of them; of a generator the rest."""
        while self._kept:
            yield self._kept.pop()
        yield from self._checked(self._items())

    def repeated(self) -> Iterator[Data]:
        """All of them again and again, until a reading gives none; of a generator the rest."""
        read = 1
        while read:
            read = 0
            for batch in self:
                read += 1
                yield batch

    def _items(self) -> Iterator[Any]:
        """An iterator of the iterable. What has items and a length, as Keras' Sequence, may have items behind it."""
        given = self.iterable
        return iter(given) if hasattr(given, "__iter__") else (given[i] for i in range(len(given)))

    def _checked(self, iterator: Iterator[Any]) -> Iterator[Data]:
        for batch in iterator:
            x, y, weights = checks.parts_of_batch(self.where, batch)
            data = with_weights(self.model.as_data(x, y, self.where), weights, self.class_weight, self.where)
            self.check(data, self.where)
            yield data


class EpochsOfBatches:
    """The steps of each epoch, in which one task learns from batches that the user makes.

    Without steps_per_epoch an epoch reads all batches. With it, it goes on where the one before ended, and begins anew
    at the end of the data. What a resumed run has done before is read once more, and left out.
    """

    def __init__(self, model: Any, batches: Batches, validation_data: Any, options: Options) -> None:
        self.task = OnlyTask(model, batches.first, validation_data)
        self.turns: list[tuple[Task, int]] = [(self.task, 1)]
        self.batches, self.options = batches, options
        self.schedule: list[list[Any]] = [["", 0, 1]]  # of unknown length
        self.is_over = False  # whether the data have ended within steps_per_epoch
        self._iterator: Iterator[Data] | None = None

    def begin_epoch(self, epoch: int) -> int | None:
        """The number of its steps; None if it is unknown."""
        steps = self.options.steps_per_epoch
        if steps is None:
            self._iterator = iter(self.batches)
        elif self._iterator is None:
            done = (epoch - self.options.initial_epoch) * steps
            self._iterator = itertools.islice(self.batches.repeated(), done, None)
        return steps or self.batches.number()

    def steps(self, done: int) -> Iterator[Step]:
        """(task, batch, share) of each step, without those that are done: the rows of this rank."""
        read, steps = 0, self.options.steps_per_epoch
        for read, batch in enumerate(itertools.islice(self._iterator or (), steps), 1):
            if read > done:
                yield self.task, *share_of(batch)
        self.is_over = steps is not None and read < steps

    def arrays_of(self, task: Task) -> Data | None:
        """None: the data are no arrays."""
        return None
