"""Trainings that are interrupted by Ctrl-C."""

import contextlib
import signal

import pytest
from helpers.runs import autoencoder

from minigen import Sequential
from minigen.training.checkpoints import TrainingRun


@contextlib.contextmanager
def ctrl_c_in_step(at):
    """The training in this block is interrupted in its step number `at`, counted from 1, and ends there."""
    record, steps = TrainingRun.record, []

    def recorded(self, logs, n):
        record(self, logs, n)
        steps.append(n)
        if len(steps) == at:
            signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(TrainingRun, "record", recorded)
        yield
    signal.signal(signal.SIGINT, before)
    assert len(steps) == at


class Interrupted(Sequential):
    """Presses Ctrl-C `times` times during train_step number `at`."""

    at, times, steps = 0, 1, 0

    def train_step(self, x, y):
        self.steps += 1
        if self.steps == self.at:
            for _ in range(self.times):
                signal.raise_signal(signal.SIGINT)
        return super().train_step(x, y)


def interrupted(at, times=1):
    model = autoencoder(kind=Interrupted)
    model.at, model.times = at, times
    return model
