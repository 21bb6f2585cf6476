"""The base class of callbacks."""

from __future__ import annotations

from typing import Any, ClassVar

from ..types import Logs
from . import checks


class Callback:
    """Base class: override the methods of the moments that you need.

        class GoodEnough(Callback):
            def on_epoch_end(self, epoch, logs=None):
                if logs["val_loss"] < 0.1:
                    self.model.stop_training = True

        model.fit(x, x, epochs=50, validation_data=(x_test, x_test), callbacks=[GoodEnough()])

    epoch and batch count from 0, batch within its epoch. logs are numbers by name, floats or for vectors lists of
    floats: in on_epoch_end those of the epoch, with val_loss if there are validation data, in on_batch_end those of the
    batch. What on_epoch_end adds to them goes into the history. on_batch_end runs before the next batch; stop_training
    ends the training after the batch or the epoch in which it is set to True, and the epoch then is a short one.

    self.model is the model that is trained. In alternate() it stands for those of all tasks: it has get_weights,
    set_weights, optimizers and stop_training. self.params has epochs, the number of the last one, and steps, those of
    the epoch in progress, None if their number is unknown.

    A callback that carries something from epoch to epoch puts it into the checkpoints of fit(checkpoint=...) by two
    methods, as a model does: training_state() returns numbers, text or arrays by name, always of the same names, and
    set_training_state(state) takes them back. In a resumed training it is called after on_train_begin.
    """

    model: Any = None
    params: dict[str, Any] = {}  # noqa: RUF012 (each training sets its own)
    refuses_nan: ClassVar[bool] = False  # whether a NaN ends the training at once: see TerminateOnNaN
    of_first_rank: ClassVar[bool] = False  # whether rank 0 alone calls it in a parallel training: for what only writes

    def __init_subclass__(cls) -> None:
        checks.check_moments(cls, Callback)

    def set_model(self, model: Any) -> None:
        """Called before the training begins."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Called before the training begins; steps are known from the first batch on."""
        self.params = params

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Before the first epoch; logs are empty."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """After the last epoch, with its logs. Not called where an error, or Ctrl-C, ends the training."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before the first batch of an epoch; logs are empty. Not called for an epoch that is resumed in its middle."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """After an epoch and its validation."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After the step on a batch. A GPU waits for the numbers to be read."""

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Keras' other name for it: this is what fit() calls."""
        self.on_batch_end(batch, logs)

    @property
    def wants_batches(self) -> bool:
        """Whether one of these two has been overridden: else the numbers of the batches are not read."""
        own = (getattr(method, "__func__", None) for method in (self.on_batch_end, self.on_train_batch_end))
        return any(found not in (Callback.on_batch_end, Callback.on_train_batch_end) for found in own)

    def close(self) -> None:
        """After the training, also where an error or Ctrl-C has ended it: for files that are open."""
