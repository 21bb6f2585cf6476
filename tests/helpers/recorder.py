"""Models that note what they are trained with, or return what they are told to."""

from minigen import Dense, Input, Model, Sequential
from minigen.callbacks import Callback


class Recorder(Model):
    """Notes what fit hands to train_step; the loss is the mean of the batch."""

    def __init__(self):
        super().__init__()
        self.batches = []

    def train_step(self, x, y=None):
        self.batches.append(x.numpy())
        return {"loss": x.mean()}

    test_step = train_step


class Returning(Model):
    """train_step and test_step return what they are told to."""

    def __init__(self, logs, hook=None):
        super().__init__()
        self.dense = Sequential([Input((3,)), Dense(1)])
        self.logs, self.hook = logs, hook

    def train_step(self, x):
        return self.logs

    test_step = train_step

    def own_callbacks(self):
        return [Logging(self.hook)]


class Logging(Callback):
    """Logs what it is told to, a dict, besides."""

    def __init__(self, besides):
        self.besides = besides

    def on_epoch_end(self, epoch, logs=None):
        logs.update(self.besides or {})
