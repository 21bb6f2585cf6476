"""Make ``callbacks.json``: what the callbacks of the real Keras 3 do with given values of a log.

Keras is needed only to make the file, never to run the tests::

    python3 -m venv /tmp/keras-venv
    /tmp/keras-venv/bin/pip install keras==3.15.1 torch==2.13.0 numpy==2.4.6
    /tmp/keras-venv/bin/python tests/golden/make_callbacks.py

Each case has the arguments of a callback, the values of val_loss epoch by epoch, and what came of it: for EarlyStopping
the epochs that ran, stopped_epoch, best_epoch and the epoch whose weights the model had in the end; for
ReduceLROnPlateau the learning rate after each epoch.
"""

import itertools
import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
from keras.callbacks import EarlyStopping, ReduceLROnPlateau

PATH = Path(__file__).with_name("callbacks.json")


class StubOptimizer:
    learning_rate = 0.5


class StubModel:
    """What a callback asks of a model. Its weight is the number of the epoch."""

    def __init__(self):
        self.optimizer, self.stop_training, self.weight = StubOptimizer(), False, None

    def get_weights(self):
        return [self.weight]

    def set_weights(self, weights):
        (self.weight,) = weights


def stopping(options, values):
    model, callback = StubModel(), EarlyStopping(**options)
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        model.weight = epoch
        callback.on_epoch_end(epoch, {"val_loss": value, "accuracy": value})
        if model.stop_training:
            break
    callback.on_train_end()
    return [epoch + 1, callback.stopped_epoch, callback.best_epoch, model.weight]


def reducing(options, values):
    model, callback, rates = StubModel(), ReduceLROnPlateau(**options), []
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {"val_loss": value, "accuracy": value})
        rates.append(float(model.optimizer.learning_rate))
    return rates


def main():
    random = np.random.default_rng(0)
    runs = [(2 - np.arange(12) / 8 + random.normal(0, 0.3, 12)).round(3).tolist() for _ in range(6)]
    runs += [[1.0] * 12, [1.0, float("nan"), 0.5, 0.6, float("nan"), 0.7, 0.4, 0.9, 0.8, 0.7, 0.6, 0.5]]
    cases = []
    for patience, delta, extra in itertools.product((0, 1, 3), (0, 0.1), range(5)):
        options = {"patience": patience, "min_delta": delta, "monitor": "val_loss"} | [
            {},
            {"restore_best_weights": True},
            {"baseline": 1.2, "restore_best_weights": True},
            {"start_from_epoch": 3, "restore_best_weights": True},
            {"monitor": "accuracy", "mode": "max", "restore_best_weights": True},
        ][extra]
        cases += [["EarlyStopping", options, run, stopping(options, run)] for run in runs]
    for patience, delta, extra in itertools.product((1, 2), (0, 0.1), range(4)):
        options = {"patience": patience, "min_delta": delta, "factor": 0.5, "monitor": "val_loss"} | [
            {},
            {"cooldown": 2},
            {"min_lr": 0.2},
            {"monitor": "accuracy", "mode": "max", "cooldown": 1},
        ][extra]
        cases += [["ReduceLROnPlateau", options, run, reducing(options, run)] for run in runs]
    lines = ",\n".join(json.dumps(case) for case in cases)
    PATH.write_text(f'{{"keras": "{keras.__version__}", "cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
