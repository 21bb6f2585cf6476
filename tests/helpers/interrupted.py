"""A model that is interrupted while it is trained."""

import signal

from helpers.runs import autoencoder

from minigen import Sequential


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
