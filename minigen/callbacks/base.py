"""The base class of callbacks, and the list of those of one training."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..types import Logs
from . import checks


class Callback:
    """Base class: override the methods of the moments that you need.

        class Patient(Callback):
            def on_epoch_end(self, epoch, logs=None):
                if logs["val_loss"] < 0.1:
                    self.model.stop_training = True

        model.fit(x, x, epochs=50, validation_data=(x_test, x_test), callbacks=[Patient()])

    epoch and batch count from 0, batch within its epoch. logs are numbers by name, floats or for vectors lists of
    floats: in on_epoch_end those of the epoch, with val_loss if there are validation data, in on_batch_end those of the
    batch. What on_epoch_end adds to them is logged too. self.model is the model that is trained; in alternate() it
    stands for those of all tasks, with get_weights, set_weights, save_weights, optimizers and stop_training.

    A callback that carries something from epoch to epoch puts it into the checkpoints of fit(checkpoint=...) by two
    methods, as a model does: training_state() returns numbers, text or arrays by name, always of the same names, and
    set_training_state(state) takes them back. A resumed training calls on_train_begin first.
    """

    model: Any = None

    def __init_subclass__(cls) -> None:
        checks.check_names(cls)
        if "on_train_batch_end" in vars(cls):  # Keras has two names for it
            cls.on_batch_end = cls.on_train_batch_end  # type: ignore[method-assign, attr-defined]

    def set_model(self, model: Any) -> None:
        """Called before the training begins."""
        self.model = model

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Before the first epoch; logs are empty."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """After the last epoch, with its logs. Not called if an error, or Ctrl-C, ends the training."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before the first batch of an epoch; logs are empty."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """After an epoch and its validation."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After the step on a batch. A GPU waits for the numbers to be read."""


class CallbackList:
    """The callbacks of one training, called in their order."""

    def __init__(self, callbacks: Any, model: Any, where: str) -> None:
        self.callbacks: list[Callback] = checks.checked_callbacks(where, callbacks, Callback)
        for callback in self.callbacks:
            callback.set_model(model)
        base = Callback.on_batch_end
        self.of_batches = [c for c in self.callbacks if getattr(c.on_batch_end, "__func__", None) is not base]

    def __iter__(self) -> Iterable[Callback]:
        return iter(self.callbacks)

    def on_train_begin(self) -> None:
        for callback in self.callbacks:
            callback.on_train_begin({})

    def on_train_end(self, logs: Logs) -> None:
        for callback in self.callbacks:
            callback.on_train_end(logs)

    def on_epoch_begin(self, epoch: int) -> None:
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch, {})

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, logs)

    def on_batch_end(self, batch: int, logs: Logs) -> None:
        for callback in self.of_batches:
            callback.on_batch_end(batch, logs)
