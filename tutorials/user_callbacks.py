"""
Steer a training: callbacks
===========================

A classifier with many weights and few digits learns these digits by heart. Callbacks end its training in time, lower
the learning rate, keep the best weights, write a table, and find the op that made a NaN. At the end the training is
broken off and resumed, and nothing is lost.

``--quick`` takes a few seconds.
"""

import csv
import warnings
from pathlib import Path

import numpy as np

from minigen import Activation, Dense, Input, Sequential, callbacks, exp, plot, seed
from minigen.cli import tutorial_flags
from minigen.datasets import mnist
from minigen.training import NaNWarning

ARGS = tutorial_flags(__doc__, epochs=60, quick_epochs=18, batch_size=32)
OUT = Path(ARGS.out)
OUT.mkdir(exist_ok=True)

(x_train, y_train), (x_test, y_test) = mnist.load_data("sample")
x_train, y_train = x_train[:400].reshape(-1, 784).astype("float32") / 255, y_train[:400]
x_test = x_test.reshape(-1, 784).astype("float32") / 255


def classifier():
    """784 → 256 relu → 10 softmax: 203,530 weights for 400 digits."""
    seed(ARGS.seed)
    model = Sequential([Input((784,)), Dense(256, "relu"), Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    return model


# %%
# Without a callback the loss falls to 0, and the loss on other digits rises again: the network becomes too sure of
# itself.

data = {"x": x_train, "y": y_train, "batch_size": ARGS.batch_size, "validation_data": (x_test, y_test)}
alone = classifier().fit(**data, epochs=ARGS.epochs, verbose=0)
print(plot.save(plot.curves({k: alone[k] for k in ("loss", "val_loss")}), OUT / "tutorial-callbacks-alone.png"))
print(f"val_loss: {min(alone['val_loss']):.3f} at best, {alone['val_loss'][-1]:.3f} at the end")
assert alone["loss"][-1] < 0.1 < alone["val_loss"][-1]

# %%
# EarlyStopping watches the loss on other digits. When it has not become better for 5 epochs, the training ends with the
# weights of the best epoch. ReduceLROnPlateau halves the learning rate before that, CSVLogger writes a table, and
# ModelCheckpoint the weights of each better epoch.


def helpers(name):
    """The callbacks, with files of their own."""
    return [
        callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=2),
        callbacks.EarlyStopping("val_loss", patience=5, restore_best_weights=True),
        callbacks.CSVLogger(OUT / f"{name}.csv"),
        callbacks.ModelCheckpoint(OUT / f"{name}.npz", save_best_only=True, save_weights_only=True),
    ]


chosen = helpers("best")
model = classifier()
history = model.fit(**data, epochs=ARGS.epochs, verbose=0, callbacks=chosen)
stopping = chosen[1]
print(f"{len(history['loss'])} epochs, the best was number {stopping.best_epoch + 1}: val_loss {stopping.best:.4f}")
assert np.isclose(model.evaluate(x_test, y_test)[0], min(history["val_loss"]), rtol=1e-5)

with open(OUT / "best.csv", newline="") as file:
    table = list(csv.DictReader(file))
assert [float(row["val_loss"]) for row in table] == history["val_loss"]
other = classifier()
other.load_weights(OUT / "best.npz")
assert other.evaluate(x_test, y_test) == model.evaluate(x_test, y_test)

# %%
# A callback of one's own: a class with the methods of the moments that it needs. What it adds to the logs goes into the
# history.


class Gap(callbacks.Callback):
    """Logs val_loss - loss_end, both with the same weights, and stops where it is above 0.2."""

    def on_epoch_end(self, epoch, logs=None):
        logs["gap"] = logs["val_loss"] - logs["loss_end"]
        self.model.stop_training = logs["gap"] > 0.2


gap = classifier().fit(**data, epochs=ARGS.epochs, verbose=0, callbacks=[Gap()])["gap"]
print(f"stopped after {len(gap)} epochs with a gap of {gap[-1]:.3f}")
assert gap[-1] > 0.2 and all(g <= 0.2 for g in gap[:-1])

# %%
# The first NaN. exp(x) of a large number is infinite, and from there every weight would become NaN. TerminateOnNaN ends
# the training before the step, and names the op.

broken = Sequential([Input((784,)), Dense(10, kernel_initializer="ones"), Activation(exp)])
broken.compile("sgd", "mse")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    broken.fit(100 * x_train, np.eye(10)[y_train], verbose=0, callbacks=[callbacks.TerminateOnNaN()])
(text,) = [str(w.message) for w in caught if w.category is NaNWarning]
print(text)
assert "Exp" in text and all(np.isfinite(w).all() for w in broken.get_weights())

# %%
# A training that is broken off after 4 epochs and resumed ends as the one above: the checkpoint holds the states of the
# callbacks too, such as the best weights and the rows of the table.

for epochs in (4, ARGS.epochs):
    parts, resumed = helpers("resumed"), classifier()
    with_checkpoint = {"checkpoint": OUT / "run.npz", "resume": epochs > 4}
    again = resumed.fit(**data, epochs=epochs, verbose=0, callbacks=parts, **with_checkpoint)
assert again.history == history.history
assert resumed.evaluate(x_test, y_test) == model.evaluate(x_test, y_test)

# %%
# The data may come in batches that a generator makes: here the digits are moved sideways by up to two pixels, which is
# more variety than 400 digits have.


def moved():
    random = np.random.default_rng(ARGS.seed)
    while True:
        at = random.integers(0, len(x_train), ARGS.batch_size)
        images = np.roll(x_train[at].reshape(-1, 28, 28), random.integers(-2, 3), axis=2)
        yield images.reshape(-1, 784), y_train[at]


with_moved = classifier()
with_moved.fit(moved(), steps_per_epoch=len(x_train) // ARGS.batch_size, epochs=2 * ARGS.epochs, verbose=0)
sideways = np.roll(x_test.reshape(-1, 28, 28), 2, axis=2).reshape(-1, 784)
accuracies = [(m.predict(sideways).argmax(axis=1) == y_test).mean() for m in (model, with_moved)]
print("accuracy on digits that are two pixels to the right: {:.3f}, after moved digits {:.3f}".format(*accuracies))
assert accuracies[1] > accuracies[0] + 0.05

# %%
# Weights of samples: with class_weight the sevens count ten times. The network finds more of them, and takes other
# digits for sevens more often.

found = []
for weights in (None, dict.fromkeys(range(10), 1.0) | {7: 10.0}):
    weighted = classifier()
    weighted.fit(x_train, y_train, epochs=3, batch_size=ARGS.batch_size, verbose=0, class_weight=weights)
    found.append((weighted.predict(x_test[y_test == 7]).argmax(axis=1) == 7).mean())
assert found[1] > found[0], found
