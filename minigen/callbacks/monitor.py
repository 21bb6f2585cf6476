"""A number that a callback watches: has it become better?"""

from __future__ import annotations

import math

from ..types import Logs
from . import checks


class Monitor:
    """A log by its name, whether less of it or more is better, and the best value so far.

    mode "auto" takes more as better for accuracies and other metrics of which Keras does so, less for losses, errors
    and divergences. A value is better if it improves the best by more than min_delta. Raises ValueError for another
    mode, for "auto" with any other name, and for a min_delta that is no number.
    """

    def __init__(self, where: str, name: str, mode: str = "auto", min_delta: float = 0.0) -> None:
        self.where, self.name = where, checks.checked_monitor(where, name)
        self.more = checks.checked_mode(where, mode, name)
        self.min_delta = abs(checks.finite_number(f"{where}: min_delta", min_delta, "min_delta=0.001"))
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.best = -math.inf if self.more else math.inf

    def value(self, logs: Logs | None) -> float:
        """The log of this name; ValueError if it is not there or no number."""
        return checks.checked_value(self.where, self.name, logs or {})

    def is_better(self, value: float, than: float | None = None) -> bool:
        """Whether the value improves the best one (or another) by more than min_delta. A NaN does not."""
        other = self.best if than is None else than
        return value > other + self.min_delta if self.more else value < other - self.min_delta
