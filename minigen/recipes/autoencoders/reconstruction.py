"""The results that every autoencoder of images in [0, 1] reports."""

from __future__ import annotations

import numpy as np

from ... import losses, metrics, plot
from ...model import Model
from ..run import Run

AFTER_EPOCHS = "test loss after {epochs} epochs, {optimizer}"


def train(run: Run, model: Model, x_train: np.ndarray, x_test: np.ndarray, name: str = "test loss") -> None:
    """Train x → x; report the test loss under this name, its excess over its floor, reconstructions, and the curve.

    The floor is the entropy of the pixels themselves; the upper bound is the loss of the mean image.
    """
    history = run.fit(model, x_train, x_train, validation_data=(x_test, x_test)).history
    run.number(name, history["val_loss"][-1], epochs=run.epochs, optimizer=run.optimizer)
    floor = metrics.binary_entropy(x_test)
    mean_image = np.broadcast_to(x_train.mean(axis=0), x_test.shape)
    bounds = {"mean image": float(losses.binary_crossentropy(x_test, mean_image)), "floor": floor}
    run.number("excess over the floor", history["val_loss"][-1] - floor, f"the floor is {floor:.4f}")
    shown = run.rows(x_test, model.predict(x_test[:10]), labels=["x", "x̂"])
    run.figure("reconstructions", shown, "Test digits (top) and their reconstructions (bottom).")
    kept = {"training (at the end of the epoch)": history["loss_end"], "test": history["val_loss"]}
    curves = plot.curves(kept, bounds, y="binary cross-entropy per pixel")
    run.figure("loss", curves, "The loss lies between that of the mean image and the floor.")
