"""Callbacks that change the learning rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..arguments import checks_arguments
from ..types import Logs
from . import checks
from .base import Callback
from .monitor import Monitor


class LearningRateScheduler(Callback):
    """η of an epoch = schedule(epoch, η before), set before its first batch.

    The rate is logged as "learning_rate". For a rate that changes with every step, give the optimizer a function in
    place of a number: Adam(LinearDecay(1e-3, steps)). Raises TypeError for a schedule that is no function, and what
    the optimizer raises for a rate that is none.
    """

    @checks_arguments
    def __init__(self, schedule: Callable[[int, float], float], verbose: int = 0) -> None:
        checks.check_is_callable("LearningRateScheduler: schedule", schedule, "lambda epoch, lr: lr * 0.9")
        self.schedule = schedule
        self.verbose = checks.natural_number("LearningRateScheduler: verbose", verbose, "verbose=1")

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        for optimizer in checks.optimizers_with_a_number("LearningRateScheduler", self.model):
            optimizer.learning_rate = self.schedule(epoch, optimizer.learning_rate)
            if self.verbose:
                print(f"epoch {epoch + 1}: learning rate {optimizer.learning_rate:g}")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = checks.optimizers_of(self.model)[0].learning_rate


class ReduceLROnPlateau(Callback):
    """Multiply the learning rate by `factor` when a log has not become better for `patience` epochs.

    monitor, min_delta, mode  as for EarlyStopping
    factor                    below 1
    cooldown                  epochs after a reduction that do not count
    min_lr                    the rate is not reduced below this

    The rate is logged as "learning_rate". Raises ValueError for a monitor that is not logged, and for arguments out of
    range.
    """

    @checks_arguments
    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        where = "ReduceLROnPlateau"
        self.monitor = Monitor(where, monitor, mode, min_delta)
        self.factor = checks.checked_factor(f"{where}: factor", factor)
        self.patience = checks.natural_number(f"{where}: patience", patience, "patience=5")
        self.cooldown = checks.natural_number(f"{where}: cooldown", cooldown, "cooldown=2")
        self.verbose = checks.natural_number(f"{where}: verbose", verbose, "verbose=1")
        self.min_lr = checks.finite_number(f"{where}: min_lr", min_lr, "min_lr=1e-6")

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.wait = self.cooling = 0
        self.monitor.forget()
        checks.optimizers_with_a_number("ReduceLROnPlateau", self.model)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        value = self.monitor.value(logs)
        logs["learning_rate"] = checks.optimizers_of(self.model)[0].learning_rate
        if self.cooling > 0:
            self.cooling, self.wait = self.cooling - 1, 0
        if self.monitor.is_better(value):
            self.monitor.best, self.wait = value, 0
        elif self.cooling == 0:
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def _reduce(self, epoch: int) -> None:
        for optimizer in checks.optimizers_of(self.model):
            if optimizer.learning_rate > self.min_lr:
                optimizer.learning_rate = max(optimizer.learning_rate * self.factor, self.min_lr)
                if self.verbose:
                    print(f"epoch {epoch + 1}: learning rate {optimizer.learning_rate:g}")
        self.cooling, self.wait = self.cooldown, 0

    def training_state(self) -> dict[str, Any]:
        """What a checkpoint holds; the rates too, which as a rule are not in one."""
        rates = {f"rate_{i}": o.learning_rate for i, o in enumerate(checks.optimizers_of(self.model))}
        return {"wait": self.wait, "cooling": self.cooling, "best": self.monitor.best} | rates

    def set_training_state(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.wait, self.cooling, self.monitor.best = state["wait"], state["cooling"], state["best"]
        for i, optimizer in enumerate(checks.optimizers_of(self.model)):
            optimizer.learning_rate = state[f"rate_{i}"]
