"""Callbacks that change the learning rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..arguments import checks_arguments
from ..checks.values import check_is_callable, natural_number
from ..types import Logs
from . import checks
from .base import Callback
from .monitor import Monitor


class LearningRateScheduler(Callback):
    """η of an epoch = schedule(epoch, η before), or schedule(epoch), set before its first batch.

        LearningRateScheduler(lambda epoch, lr: lr * 0.9)

    All optimizers of the model have the rate; the history has it as "learning_rate". For a rate that changes with
    every step, give the optimizer a function in place of a number: Adam(LinearDecay(1e-3, steps)). verbose=1 prints the
    rate of each epoch. Raises TypeError for a schedule that is no function of these, ValueError for what it returns if
    that is no rate, and for an optimizer whose rate is a function.
    """

    @checks_arguments
    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        check_is_callable("LearningRateScheduler: schedule", schedule, "lambda epoch, lr: lr * 0.9")
        self.schedule, self._takes_the_rate = schedule, checks.takes_the_rate(schedule)
        self.verbose = natural_number("LearningRateScheduler: verbose", verbose, "verbose=1")

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        for optimizer in checks.optimizers_with_a_number("LearningRateScheduler", self.model):
            before = [optimizer.learning_rate] if self._takes_the_rate else []
            where, fix = f"LearningRateScheduler: what the schedule returned for {epoch}", "lambda epoch, lr: lr * 0.9"
            optimizer.learning_rate = checks.checked_rate(where, self.schedule(epoch, *before), fix)
        if self.verbose:
            print(f"epoch {epoch + 1}: {_shown(self.model)}")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        _log_rate(self.model, logs)

    def training_state(self) -> dict[str, Any]:
        """What a checkpoint holds: the rates, for the next epoch may be made of them."""
        return _rates(self.model)

    def set_training_state(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        _set_rates(self.model, state)


class ReduceLROnPlateau(Callback):
    """Multiply the learning rate by `factor` when a log has not become better for `patience` epochs.

    monitor, mode, min_delta  as for EarlyStopping
    factor                    above 0 and below 1
    patience                  epochs without an improvement
    verbose                   1 prints each reduction
    cooldown                  epochs after a reduction that do not count
    min_lr                    the rate is not reduced below this

    All optimizers of the model have the rate; the history has it as "learning_rate". Raises ValueError for a monitor
    that is not logged, for arguments out of range, and for an optimizer whose rate is a function.
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
        self.patience = natural_number(f"{where}: patience", patience, "patience=5")
        self.verbose = natural_number(f"{where}: verbose", verbose, "verbose=1")
        self.cooldown = natural_number(f"{where}: cooldown", cooldown, "cooldown=2")
        self.min_lr = checks.checked_rate(f"{where}: min_lr", min_lr, "min_lr=1e-6")
        self.wait = self.cooling = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        checks.optimizers_with_a_number("ReduceLROnPlateau", self.model)
        self.wait = self.cooling = 0
        self.monitor.forget()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        value = self.monitor.value(logs)
        _log_rate(self.model, logs)
        if self.cooling > 0:
            self.cooling -= 1
        if self.monitor.is_better(value):
            self.monitor.best, self.wait = value, 0
        elif self.cooling == 0:
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def _reduce(self, epoch: int) -> None:
        above = [optimizer for optimizer in self.model.optimizers() if optimizer.learning_rate > self.min_lr]
        for optimizer in above:
            optimizer.learning_rate = max(optimizer.learning_rate * self.factor, self.min_lr)
        if above:
            self.cooling, self.wait = self.cooldown, 0
            if self.verbose:
                print(f"epoch {epoch + 1}: {self.monitor.name} has not become better: {_shown(self.model)}")

    def training_state(self) -> dict[str, Any]:
        """What a checkpoint holds; the rates too, which as a rule are not in one."""
        return {"wait": self.wait, "cooling": self.cooling, "best": self.monitor.best} | _rates(self.model)

    def set_training_state(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.wait, self.cooling, self.monitor.best = state["wait"], state["cooling"], state["best"]
        _set_rates(self.model, state)


def _log_rate(model: Any, logs: Logs | None) -> None:
    """Log the rate of the epoch, that of the first optimizer, once for all callbacks that may change it."""
    if logs is not None and "learning_rate" not in logs:
        logs["learning_rate"] = model.optimizers()[0].learning_rate


def _shown(model: Any) -> str:
    """The rate of all optimizers, or their rates, one after the other."""
    rates = [f"{optimizer.learning_rate:g}" for optimizer in model.optimizers()]
    return f"learning rate {rates[0]}" if len(set(rates)) == 1 else f"learning rates {', '.join(rates)}"


def _rates(model: Any) -> dict[str, float]:
    return {f"rate_{i}": optimizer.learning_rate for i, optimizer in enumerate(model.optimizers())}


def _set_rates(model: Any, state: dict[str, Any]) -> None:
    for i, optimizer in enumerate(model.optimizers()):
        optimizer.learning_rate = state[f"rate_{i}"]
