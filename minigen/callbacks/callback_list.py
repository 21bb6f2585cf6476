"""All callbacks of one training, called in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .. import parallel
from ..autograd import NonFiniteError, unwrap
from ..backend import to_numpy
from ..types import Logs
from . import checks
from .base import Callback
from .monitor import Monitor


class View(NamedTuple):
    """Which of the logs a callback sees, and under which names: those of a task, or all."""

    own: Callable[[Logs], Logs]  # of all logs those that it sees, under the names that it knows
    named: Callable[[Logs], Logs]  # the inverse


ALL = View(lambda logs: logs, lambda logs: logs)


class CallbackList:
    """The callbacks of the models that are trained, then those that fit() was given."""

    def __init__(self, callbacks: Sequence[Callback], model: Any, epochs: int) -> None:
        self.model = model
        self.params: dict[str, Any] = {"epochs": epochs, "steps": None}  # one dict for all callbacks
        self.callbacks = [(c, ALL) for c in callbacks if not (c.of_first_rank and parallel.rank())]
        self.first_rank_wants_batches = any(c.of_first_rank and c.wants_batches for c in callbacks)
        for callback in callbacks:
            callback.set_model(model)

    def add_first(self, model: Any, view: View) -> None:
        """Those that belong to a model come before the others. One that is there already is not called twice."""
        where, parts, new = f"{model.label}.own_callbacks", list(model.sublayers()), []
        for callback in checks.checked_callbacks(where, model.own_callbacks(), Callback):
            watches_it = any(callback.model is part for part in parts)  # a part of the model may have set itself
            if any(callback is other for other, _ in self.callbacks):
                checks.check_watches_one(where, callback, watches_it)
                continue
            if not watches_it:
                callback.set_model(model)
            new.append((callback, view))
        self.callbacks = new + self.callbacks

    @property
    def refuses_nan(self) -> bool:
        """Whether one of them wants the training to end at the first NaN."""
        return any(callback.refuses_nan for callback, _ in self.callbacks)

    @property
    def nan_errors(self) -> tuple[type[Exception], ...]:
        """The errors of a NaN that end the training quietly: those of a rank only where a callback wants it."""
        return (NonFiniteError, parallel.NonFiniteGradientError) if self.refuses_nan else (NonFiniteError,)

    def with_state(self) -> dict[str, Callback]:
        """Those with a training_state(), by the beginning of its names in a checkpoint.

        It is "callback/CSVLogger.0.", or "callback/EarlyStopping(val_loss).0." with what the callback watches.
        """
        found: dict[str, Callback] = {}
        numbers: dict[str, int] = {}
        for callback, _ in self.callbacks:
            if hasattr(callback, "training_state"):
                kind, monitor = type(callback).__name__, getattr(callback, "monitor", None)
                kind += f"({monitor.name})" if isinstance(monitor, Monitor) else ""
                numbers[kind] = n = numbers.get(kind, -1) + 1
                found[f"callback/{kind}.{n}."] = callback
        return found

    def on_train_begin(self) -> None:
        for callback, _ in self.callbacks:
            callback.set_params(self.params)
            callback.on_train_begin({})

    def on_train_end(self, logs: Logs) -> None:
        for callback, view in self.callbacks:
            callback.on_train_end(view.own(logs))

    def on_epoch_begin(self, epoch: int) -> None:
        for callback, _ in self.callbacks:
            callback.on_epoch_begin(epoch, {})

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Each may add to the logs. TypeError for what is no number, ValueError for one that is changed or gone."""
        for callback, view in self.callbacks:
            before = view.own(logs)
            seen = dict(before)
            callback.on_epoch_end(epoch, seen)
            added = checks.added_logs(callback, before, seen)
            if added:
                logs.update(view.named({k: on_host(v) for k, v in added.items()}))

    def of_batches(self) -> list[tuple[Callback, View]]:
        """Those that want to know of each batch: only for them are its logs read."""
        return [pair for pair in self.callbacks if pair[0].wants_batches]

    def on_batch_end(self, of_batches: list[tuple[Callback, View]], batch: int, logs: Logs) -> None:
        for callback, view in of_batches:
            callback.on_train_batch_end(batch, view.own(logs))

    def close(self) -> None:
        for callback, _ in self.callbacks:
            callback.close()


def on_host(value: Any) -> Any:
    """A number as Python's, a vector as a list of them."""
    return to_numpy(unwrap(value)).tolist()
