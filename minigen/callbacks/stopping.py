"""Callbacks that end a training."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arguments import checks_arguments
from ..checks.values import natural_number, switch
from ..types import Logs
from . import checks
from .base import Callback
from .monitor import Monitor


class EarlyStopping(Callback):
    """Stop when a log has not become better for `patience` epochs.

    monitor               the name of the log, such as "val_loss" (with validation data) or "loss"
    min_delta             an improvement of this or less is none
    patience              epochs without an improvement after which the training ends; 0 stops at the first of them
    verbose               1 prints why the training has ended
    mode                  "min", "max", or "auto": "max" for accuracies and the like, "min" for losses and errors; for
                          any other log it has to be said
    baseline              a value that has to be beaten within `patience` epochs
    restore_best_weights  at the end go back to the weights of the best epoch
    start_from_epoch      epochs at the beginning that do not count

    After the training, stopped_epoch is the number of the epoch that ended it (from 0, and 0 if none did), best the
    best value and best_epoch its epoch. Raises ValueError for a monitor that is not logged, and for arguments out of
    range. Source: Prechelt 1998.
    """

    @checks_arguments
    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        where = "EarlyStopping"
        self.monitor = Monitor(where, monitor, mode, min_delta)
        self.patience = natural_number(f"{where}: patience", patience, "patience=5")
        self.verbose = natural_number(f"{where}: verbose", verbose, "verbose=1")
        self.baseline = None
        if baseline is not None:
            self.baseline = checks.finite_number(f"{where}: baseline", baseline, "baseline=0.3")
        self.restore_best_weights = switch(f"{where}: restore_best_weights", restore_best_weights)
        self.start_from_epoch = natural_number(f"{where}: start_from_epoch", start_from_epoch, "start_from_epoch=10")
        self._begin()

    def _begin(self) -> None:
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best_weights: list[np.ndarray] | None = None
        self.monitor.forget()

    @property
    def best(self) -> float:
        """The best value so far."""
        return self.monitor.best

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._begin()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        value = self.monitor.value(logs)
        if epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self.monitor.is_better(value):
            self.monitor.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self.monitor.is_better(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch, self.model.stop_training = epoch, True

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)
        if self.stopped_epoch and self.verbose:
            print(f"epoch {self.stopped_epoch + 1}: {self.monitor.name} has not become better, so the training ends")

    def training_state(self) -> dict[str, Any]:
        """What a checkpoint holds: the best weights too, where they will be wanted."""
        state: dict[str, Any] = {"wait": self.wait, "best": self.monitor.best}
        state |= {"best_epoch": self.best_epoch, "stopped_epoch": self.stopped_epoch}
        if self.restore_best_weights:
            weights = self.best_weights or self.model.get_weights()
            state |= {"found": self.best_weights is not None} | {f"weights_{i}": w for i, w in enumerate(weights)}
        return state

    def set_training_state(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint. A training that was stopped stays so, unless the patience is larger now."""
        self.wait, self.best_epoch, self.monitor.best = state["wait"], state["best_epoch"], state["best"]
        if state["stopped_epoch"] and self.wait >= self.patience:
            self.stopped_epoch, self.model.stop_training = state["stopped_epoch"], True
        if state.get("found"):
            self.best_weights = [a for k, a in state.items() if k.startswith("weights_")]


class TerminateOnNaN(Callback):
    """End the training at the first NaN or infinity in a loss or a gradient, before it reaches the weights.

    A warning names the op that made it, in the forward or in the backward pass, with its formula. The update is not
    made (of a step with several, such as that of a GAN, those before it are), and fit() returns the history of the
    epochs before. Without this callback, a training runs to the end of the epoch and then raises FloatingPointError.
    Reading the loss and the gradients takes a few percent of a step; a GPU waits for it.
    """

    refuses_nan = True
