"""What callbacks cost: fit() of the smallest model with and without three of them, epochs interleaved.

    python benchmarks/callbacks.py [--rounds 15]

The model is tiny_mlp (20 inputs, 16 tanh, 1 output, batches of 32), whose step takes the least of all models here: what
a callback adds weighs the most. One fit() of 50 epochs of 100 steps is a round; the rounds of the kinds alternate. The
table has the medians, and the ratio of each kind to the fit without callbacks, round by round.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from minigen import SGD, Dense, Input, Model, seed
from minigen.callbacks import (
    Callback,
    CSVLogger,
    EarlyStopping,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TensorBoard,
    TerminateOnNaN,
)

EPOCHS, STEPS, BATCH = 50, 100, 32


class Counting(Callback):
    """A callback that wants every batch: its logs are read in each step."""

    batches = 0

    def on_batch_end(self, batch, logs=None):
        self.batches += 1


def kinds(folder):
    """name -> a function that makes the callbacks."""
    watching = [lambda: EarlyStopping("loss", patience=99), lambda: ReduceLROnPlateau("loss", patience=99)]
    writing = [lambda: CSVLogger(folder / "log.csv")]
    saving = [lambda: ModelCheckpoint(folder / "best.npz", "loss", save_best_only=True, save_weights_only=True)]
    return {
        "none": [],
        "EarlyStopping, ReduceLROnPlateau, CSVLogger": watching + writing,
        "EarlyStopping, CSVLogger, ModelCheckpoint": watching[:1] + writing + saving,
        "TensorBoard": [lambda: TensorBoard(folder / "logs")],
        "EarlyStopping, CSVLogger, TensorBoard": [*watching[:1], *writing, lambda: TensorBoard(folder / "logs")],
        "none, once more": [],
        "TerminateOnNaN": [TerminateOnNaN],
        "one with on_batch_end": [Counting],
    }


def main():
    flags = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    flags.add_argument("--rounds", type=int, default=15)
    args = flags.parse_args()
    seed(0)
    rng = np.random.default_rng(0)
    x = rng.random((STEPS * BATCH, 20)).astype("float32")
    y = x[:, :1]
    inputs = Input(shape=(20,))
    model = Model(inputs, Dense(1)(Dense(16, "tanh")(inputs)))
    model.compile(SGD(0.01), "mse")
    with tempfile.TemporaryDirectory() as folder:
        made = kinds(Path(folder))
        seconds = {name: [] for name in made}
        for turn in range(args.rounds + 1):
            for name in list(made) if turn % 2 else list(made)[::-1]:
                callbacks = [make() for make in made[name]]
                start = time.perf_counter()
                model.fit(x, y, epochs=EPOCHS, batch_size=BATCH, verbose=0, callbacks=callbacks)
                seconds[name].append(time.perf_counter() - start)
    for name, found in seconds.items():
        ratios = [b / a for a, b in zip(seconds["none"][1:], found[1:], strict=True)]
        step = 1e6 * statistics.median(found[1:]) / EPOCHS / STEPS
        print(f"{name:46} {step:7.1f} µs a step, ratio {statistics.median(ratios):.3f}")


if __name__ == "__main__":
    main()
