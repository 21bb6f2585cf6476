"""How far a training is, and how long the rest of it will take."""

from __future__ import annotations

import time
from typing import Any


class TimeLeft:
    """The progress of one training, in epochs.

    epochs  of the training, those before a resumed one included
    epoch   how many are done
    batch   how many steps of the next one are done
    steps   how many it has; None if that is unknown
    """

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.epoch = self.batch = 0
        self.steps: int | None = None
        self._begun: tuple[float, float] | None = None  # the time at the first call, and what was done then

    def at(self, epoch: int, batch: int, params: dict[str, Any]) -> None:
        """So many epochs are done, and of the next one so many steps."""
        self.epoch, self.batch, self.steps = epoch, batch, params.get("steps")
        self._begun = self._begun or (time.perf_counter(), self.done)

    @property
    def done(self) -> float:
        """The epochs that are done, with the part of the one in progress."""
        return self.epoch + (min(1.0, self.batch / self.steps) if self.steps else 0.0)

    @property
    def seconds(self) -> float:
        """Since the first call."""
        return time.perf_counter() - self._begun[0] if self._begun else 0.0

    def __str__(self) -> str:
        """ "epoch 2 of 15, step 100 of 469; about 12 min left", as if all epochs took as long as those so far."""
        text = f"epoch {min(self.epoch + 1, self.epochs)} of {self.epochs}"
        if self.batch:
            text += f", step {self.batch:,}" + (f" of {self.steps:,}" if self.steps else "")
        since = self.done - self._begun[1] if self._begun else 0.0
        if since > 0 and self.done < self.epochs:
            text += f"; about {duration(self.seconds / since * (self.epochs - self.done))} left"
        return text


def duration(seconds: float) -> str:
    """ "40 s", "12 min", "3 h 20 min" """
    if seconds < 60:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
