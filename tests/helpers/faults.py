"""A training on several ranks in which something goes wrong on rank 1: python faults.py FAULT CHECKPOINT.

Where there is a checkpoint it goes on, and at the end it writes the weights to CHECKPOINT.weights.npz."""

import os
import signal
import sys

import numpy as np

import minigen as mg
from minigen import parallel
from minigen.callbacks import Callback, TerminateOnNaN


class Fault(Callback):
    """What happens in the second step of the third epoch."""

    epoch = 0

    def __init__(self, fault):
        self.fault, self.is_wrong = fault, parallel.rank() == 1

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_batch_end(self, batch, logs=None):
        if (self.epoch, batch) != (2, 1):
            return
        if self.fault == "interrupt" and self.is_wrong:
            os.kill(os.getpid(), signal.SIGINT)
        elif self.fault == "stop" and self.is_wrong:
            self.model.stop_training = True
        elif self.fault == "drift" and self.is_wrong:
            w = self.model.weights()[0]
            w.assign(w.numpy() + 1e-6)
        elif self.fault == "kill" and self.is_wrong:
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.fault == "raise" and self.is_wrong:
            raise ValueError("no good")
        elif self.fault == "raise-all":
            raise ValueError("no good")
        elif self.fault == "exit" and self.is_wrong:
            sys.exit(3)


class Net(mg.Sequential):
    fault = ""

    def train_step(self, x, y):
        if self.fault.startswith("nan") and parallel.rank() == 1 and self.optimizer.iterations == 7:
            x = x * np.float32(np.nan)
        return super().train_step(x, y)


def main(fault, checkpoint):
    parallel.init()
    mg.seed(0)
    x = np.random.default_rng(0).random((12, 5)).astype("float32")
    if fault == "data":
        x = x + parallel.rank()
    model = Net([mg.Input(shape=(5,)), mg.Dense(5)])
    model.fault = fault
    model.compile("sgd", "mse")
    callbacks = [Fault(fault), *([TerminateOnNaN()] if fault == "nan-callback" else [])]
    epochs = 2 if fault == "leave" and parallel.rank() == 1 else 6
    batch_size = 5 if fault == "settings" and parallel.rank() == 1 else 4
    model.fit(x, x, batch_size, epochs, callbacks=callbacks, checkpoint=checkpoint, resume=True)
    model.save_weights(f"{checkpoint}.weights.npz")
    if parallel.rank() == 0:
        print("the end", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
