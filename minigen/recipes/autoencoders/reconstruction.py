"""What every autoencoder reports."""

from __future__ import annotations

import numpy as np

from ... import losses, metrics, plot
from ...model import Model
from ..base import Run


def report(run: Run, model: Model, x_train: np.ndarray, x_test: np.ndarray, history: dict[str, list[float]]) -> None:
    """Reconstructions, the loss curve between its two anchors, and the excess over the floor."""
    floor = metrics.binary_entropy(x_test)
    mean_image = np.broadcast_to(x_train.mean(axis=0), x_test.shape)
    marks = {"mean image": float(losses.binary_crossentropy(x_test, mean_image)), "floor": floor}
    run.number("excess over the floor", history["val_loss"][-1] - floor, f"the floor is {floor:.4f}")
    run.figure(
        "reconstructions",
        plot.rows(x_test, model.predict(x_test[:10]), labels=["x", "x̂"]),
        "Test digits (top) and their reconstructions (bottom).",
    )
    kept = {"training (at the end of the epoch)": history["loss_end"], "test": history["val_loss"]}
    run.figure("loss", plot.curves(kept, marks, y="binary cross-entropy per pixel"), "Between mean image and floor.")
