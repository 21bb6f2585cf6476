"""Sections 9.2.1 and 9.2.2: autoencoders of fully connected layers."""

from __future__ import annotations

import numpy as np

from ... import metrics, models, plot
from ...datasets import toys
from ...layers import Dense, Input
from ...model import Model
from ...models import PCA
from ...optimizers import Adam
from ..base import Run, recipe
from .reconstruction import report


@recipe(
    "toy-autoencoder",
    "9.2.1",
    "Fig 9.3: four numbers through two",
    epochs=300,
    chapter_epochs=300,
    batch_size=100,
    optimizer=None,
    data=None,
    resume=None,
)
def toy_autoencoder(run: Run) -> None:
    """1,000 points (x₁, x₂, x₃, x₄) that lie near a plane, through a code of two numbers. Without activations the best
    that an autoencoder can do is known: the principal components, whose error is the noise in the two directions left
    out. The linear network gets there and cannot get below. A tanh on the code saturates and pays for it.
    """
    x, _ = toys.near_a_plane()
    pca = PCA(x, 2)
    run.number("PCA residual", f"{pca.residual:.6f}")
    history = {}
    for name, activation in (("linear", None), ("tanh", "tanh")):
        model = models.toy_autoencoder(activation)
        history[name] = _anneal(run, model, x, [(1e-2, run.epochs), (1e-3, run.epochs // 3), (1e-4, run.epochs // 6)])
        residual = _mse(x, model.predict(x))
        expected = "above 0, below 0.0001" if name == "linear" else "above the linear one"
        run.number(f"{name} autoencoder: relative excess over PCA", f"{residual / pca.residual - 1:+.6f}", expected)
    excess = {k: [v / pca.residual - 1 for v in h] for k, h in history.items()}
    figure = plot.curves(excess, y="loss / PCA residual - 1", log=True)
    run.figure("excess", figure, "Training loss above PCA: the linear network goes to 0, tanh cannot.")


@recipe(
    "linear-autoencoder",
    "9.2.3",
    "A linear autoencoder is PCA",
    epochs=20,
    chapter_epochs=20,
    batch_size=250,
    optimizer=None,
    resume=None,
)
def linear_autoencoder(run: Run) -> None:
    """784 → 2 → 784 without activations on digits, against the first two principal components, computed by an
    eigen-decomposition. Both minimise the same squared error over the same set of functions, so the
    trained network must reach the residual of PCA and must never beat it on the data that it was trained on.
    """
    x, _, _, _ = run.digits()
    pca = PCA(x, 2)
    model = models.linear_autoencoder(784, 2)
    stages = [(1e-2, run.epochs), (1e-3, 2 * run.epochs), (1e-4, 2 * run.epochs)]
    history = _anneal(run, model, x, stages, growing_batch=True)
    residual = _mse(x, model.predict(x))
    run.number("PCA residual, MSE per pixel", f"{pca.residual:.6f}")
    run.number("linear autoencoder", f"{residual:.6f}", "at most 0.0001 above, never below")
    run.number("excess over PCA", f"{residual - pca.residual:+.2e}")
    excess = {"training loss": [v / pca.residual - 1 for v in history]}
    figure = plot.curves(excess, y="loss / PCA residual - 1", log=True)
    run.figure(
        "excess", figure, "Training loss above PCA; each step down is a smaller learning rate and a larger batch."
    )
    drawn = [np.clip(x_hat, 0, 1) for x_hat in (pca.decode(pca.encode(x[:10])), model.predict(x[:10]))]
    shown = plot.rows(x, *drawn, labels=["x", "PCA", "network"])
    run.figure("reconstructions", shown, "Two numbers are few: both draw the same blur (clipped to [0, 1]).")


@recipe("fc-autoencoder", "9.2.2", "The first listing: 784 → 32 → 784", epochs=50, chapter_epochs=45)
def fc_autoencoder(run: Run) -> None:
    """The chapter's first listing, as printed. The code has 32 numbers, 1/24.5 of the image. The loss is the binary
    cross-entropy of grey pixels, which has a floor above 0 (the entropy of the pixels themselves); a network that
    always answers with the mean image marks the other end.
    """
    x_train, _, x_test, _ = run.digits()
    encoding_dim = 32
    input_img = Input(shape=(784,))
    encoded = Dense(encoding_dim, activation="relu")(input_img)
    decoded = Dense(784, activation="sigmoid")(encoded)
    autoencoder = Model(input_img, decoded)
    autoencoder.compile(optimizer=run.optimizer, loss="binary_crossentropy")
    if run.settings.verbose:
        autoencoder.summary()
    history = run.fit(autoencoder, x_train, x_train, validation_data=(x_test, x_test))
    run.number("parameters", f"{autoencoder.count_params():,}", "50,992")
    run.number(
        f"test loss after {run.epochs} epochs, {run.optimizer}",
        history.history["val_loss"][-1],
        "on the 60,000 after 50 epochs: adam 0.0916, adadelta 0.1024",
    )
    report(run, autoencoder, x_train, x_test, history.history)
    autoencoder.save_weights(run.folder / "weights.npz")


@recipe("deep-fc-autoencoder", "9.2.2", "A deep autoencoder: 784-128-64-32 and back", epochs=50, chapter_epochs=25)
def deep_fc_autoencoder(run: Run) -> None:
    """The same code size, with three layers on each side instead of one: the mapping need no longer be a relu of a
    linear one. With enough data and epochs it ends below the shallow network; on few digits it learns more slowly.
    """
    x_train, _, x_test, _ = run.digits()
    model = models.deep_fc_autoencoder()
    model.compile(run.optimizer, "binary_crossentropy")
    history = run.fit(model, x_train, x_train, validation_data=(x_test, x_test))
    run.number("test loss", history.history["val_loss"][-1], "on the 60,000 after 50 epochs: 0.0863")
    report(run, model, x_train, x_test, history.history)


@recipe("sparse-fc-autoencoder", "9.2.2", "A sparse code", epochs=50, chapter_epochs=25)
def sparse_fc_autoencoder(run: Run) -> None:
    """The first listing again, with a price on the code: 0.0001 Σ |z| for each image. The mean activation falls to a
    fraction of the free code's, and the reconstruction gets a little worse.
    """
    x_train, _, x_test, _ = run.digits()
    activation, pictures = {}, {}
    for name, model in (("free", models.fc_autoencoder()), ("sparse", models.sparse_fc_autoencoder())):
        model.compile(run.optimizer, "binary_crossentropy")
        history = run.fit(model, x_train, x_train, name=name, validation_data=(x_test, x_test))
        activation[name] = float(model.encode(x_test).mean())
        pictures[name] = model.predict(x_test[:10])
        run.number(f"{name}: test loss", history.history["val_loss"][-1])
    run.number("mean code activation, free", activation["free"])
    run.number("mean code activation, sparse", activation["sparse"], "less than half of the free code's")
    rows = plot.rows(x_test, *pictures.values(), labels=["x", *pictures])
    run.figure("reconstructions", rows, "Test digits, and what a free and a sparse code make of them.")


def _anneal(
    run: Run, model: Model, x: np.ndarray, stages: list[tuple[float, int]], growing_batch: bool = False
) -> list[float]:
    """Train with Adam at falling learning rates (and growing batches), so that the noise of the batches dies out."""
    seen: list[float] = []
    for i, (rate, epochs) in enumerate(stages):
        model.compile(Adam(rate), "mean_squared_error")
        batch = run.batch_size * (2**i if growing_batch else 1)
        seen += model.fit(x, x, epochs=max(1, epochs), batch_size=batch, verbose=0).history["loss"]
    return seen


def _mse(x: np.ndarray, x_hat: np.ndarray) -> float:
    return metrics.mean_squared_error(x, x_hat)
