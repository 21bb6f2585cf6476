"""A training on several ranks in which something goes wrong on rank 1: python faults.py FAULT CHECKPOINT.

Where there is a checkpoint it goes on, and at the end it writes the weights to CHECKPOINT.weights.npz."""

import os
import signal
import sys

import numpy as np

import minigen as mg
from minigen import parallel
from minigen.callbacks import Callback, TerminateOnNaN

fault, checkpoint = sys.argv[1:]
parallel.init()
is_wrong = parallel.rank() == 1
mg.seed(0)
x = np.random.default_rng(0).random((12, 5)).astype("float32")


class Fault(Callback):
    """What happens in the second step of the third epoch."""

    epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_batch_end(self, batch, logs=None):
        if (self.epoch, batch) != (2, 1):
            return
        if fault == "interrupt" and is_wrong:
            os.kill(os.getpid(), signal.SIGINT)
        elif fault == "stop" and is_wrong:
            self.model.stop_training = True
        elif fault == "drift" and is_wrong:
            w = self.model.weights()[0]
            w.assign(w.numpy() + 1e-6)
        elif fault == "kill" and is_wrong:
            os.kill(os.getpid(), signal.SIGKILL)
        elif fault == "raise" and is_wrong:
            raise ValueError("no good")
        elif fault == "raise-all":
            raise ValueError("no good")
        elif fault == "exit" and is_wrong:
            sys.exit(3)


if fault == "data":
    x = x + parallel.rank()


class Net(mg.Sequential):
    def train_step(self, x, y):
        if fault.startswith("nan") and is_wrong and self.optimizer.iterations == 7:
            x = x * np.float32(np.nan)
        return super().train_step(x, y)


model = Net([mg.Input(shape=(5,)), mg.Dense(5)])
model.compile("sgd", "mse")
callbacks = [Fault(), *([TerminateOnNaN()] if fault == "nan-callback" else [])]
epochs = 2 if fault == "leave" and is_wrong else 6
model.fit(x, x, 4, epochs, callbacks=callbacks, checkpoint=checkpoint, resume=True)
model.save_weights(f"{checkpoint}.weights.npz")
if parallel.rank() == 0:
    print("the end", flush=True)
