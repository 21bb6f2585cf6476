"""Sections 9.2.1 to 9.2.3: autoencoders of fully connected layers."""

from __future__ import annotations

import numpy as np

from ... import metrics, models, plot
from ...datasets import toys
from ...layers import Dense, Input
from ...model import Model
from ...models import PCA
from ...optimizers import Adam
from ..recipe import FIXED, TOY, recipe
from ..run import Run
from .reconstruction import AFTER_EPOCHS, train


@recipe("toy-autoencoder", "9.2.1", "Fig 9.3: four numbers through two", epochs=(300, 300), batch_size=100, **TOY)
def toy_autoencoder(run: Run) -> None:
    """1,000 points (x₁, x₂, x₃, x₄) near a plane are encoded in two numbers. Without activations the optimum of the
    autoencoder is known: the principal components, whose error is the noise in the two other directions. The linear
    network reaches this error and cannot get below it. A tanh on the code saturates, and the error stays larger.
    """
    x, _ = toys.near_a_plane()
    pca = PCA(x, 2)
    run.number("PCA residual", f"{pca.residual:.6f}")
    history = {}
    for name, activation, theory in (("linear", None, ""), ("tanh", "tanh", "above the linear one")):
        model = models.toy_autoencoder(activation)
        history[name] = _anneal(run, model, x, [(1e-2, run.epochs), (1e-3, run.epochs // 3), (1e-4, run.epochs // 6)])
        excess = metrics.mean_squared_error(x, model.predict(x)) / pca.residual - 1
        run.number(f"{name} autoencoder: relative excess over PCA", f"{excess:+.6f}", theory)
    curves = {name: [loss / pca.residual - 1 for loss in losses] for name, losses in history.items()}
    figure = plot.curves(curves, y="loss / PCA residual - 1", log=True)
    run.figure("excess", figure, "Training loss above PCA: the linear network goes to 0, tanh cannot.")


@recipe("linear-autoencoder", "9.2.3", "A linear autoencoder is PCA", epochs=(20, 20), batch_size=250, **FIXED)
def linear_autoencoder(run: Run) -> None:
    """784 → 2 → 784 without activations on digits, compared with the first two principal components from an
    eigen-decomposition. Both minimise the same squared error over the same set of functions, so the trained network
    must reach the residual of PCA and can never fall below it on its training data.
    """
    x = run.flat_images().x_train
    pca = PCA(x, 2)
    model = models.linear_autoencoder(x.shape[1:], 2)
    stages = [(1e-2, run.epochs), (1e-3, 2 * run.epochs), (1e-4, 2 * run.epochs)]
    history = _anneal(run, model, x, stages, growing_batch=True)
    residual = metrics.mean_squared_error(x, model.predict(x))
    run.number("PCA residual, MSE per pixel", f"{pca.residual:.6f}")
    run.number("linear autoencoder", f"{residual:.6f}")
    run.number("excess over PCA", f"{residual - pca.residual:+.2e}")
    excess = {"training loss": [loss / pca.residual - 1 for loss in history]}
    figure = plot.curves(excess, y="loss / PCA residual - 1", log=True)
    caption = "Training loss above PCA; at each step down the learning rate gets smaller and the batch larger."
    run.figure("excess", figure, caption)
    drawn = [np.clip(x_hat, 0, 1) for x_hat in (pca.decode(pca.encode(x[:10])), model.predict(x[:10]))]
    shown = run.rows(x, *drawn, labels=["x", "PCA", "network"])
    caption = "Two numbers cannot hold a digit: both give the same blurred images (clipped to [0, 1])."
    run.figure("reconstructions", shown, caption)


@recipe("fc-autoencoder", "9.2.2", "The first listing: 784 → 32 → 784", epochs=(50, 45))
def fc_autoencoder(run: Run) -> None:
    """The chapter's first listing, as printed. The code has 32 numbers, 1/24.5 of the image. The loss is the binary
    cross-entropy of grey pixels. Its lower bound is above 0, the entropy of the pixels themselves; a network that
    returns the mean image for every input marks the other end of the scale.
    """
    data = run.flat_images()
    x_train, x_test = data.x_train, data.x_test
    encoding_dim = 32
    pixels = x_train.shape[1]  # 784
    input_img = Input(shape=(pixels,))
    encoded = Dense(encoding_dim, activation="relu")(input_img)
    decoded = Dense(pixels, activation="sigmoid")(encoded)
    autoencoder = Model(input_img, decoded)
    autoencoder.compile(optimizer=run.optimizer, loss="binary_crossentropy")
    if run.settings.verbose:
        autoencoder.summary()
    run.number("parameters", f"{autoencoder.count_params():,}", of_mnist="50,992")
    train(run, autoencoder, x_train, x_test, AFTER_EPOCHS)
    run.save(autoencoder)


@recipe("deep-fc-autoencoder", "9.2.2", "A deep autoencoder: 784-128-64-32 and back", epochs=(50, 25))
def deep_fc_autoencoder(run: Run) -> None:
    """A code of the same size, with three layers on each side instead of one: the encoder is no longer limited to a
    relu of a linear map. With enough data and epochs its loss ends below that of the shallow network; on few digits it
    learns more slowly.
    """
    data = run.flat_images()
    x_train, x_test = data.x_train, data.x_test
    model = models.deep_fc_autoencoder(x_train.shape[1:])
    model.compile(run.optimizer, "binary_crossentropy")
    train(run, model, x_train, x_test)


@recipe("sparse-fc-autoencoder", "9.2.2", "A sparse code", epochs=(50, 25))
def sparse_fc_autoencoder(run: Run) -> None:
    """The first listing again, with a penalty on the code: 0.0001 Σ |z| for each image. The mean activation falls to a
    fraction of that without penalty, and the reconstruction gets slightly worse.
    """
    data = run.flat_images()
    x_train, x_test = data.x_train, data.x_test
    activation, pictures = {}, {}
    shape = x_train.shape[1:]
    free, sparse = models.fc_autoencoder(image_shape=shape), models.sparse_fc_autoencoder(image_shape=shape)
    for name, model in (("free", free), ("sparse", sparse)):
        model.compile(run.optimizer, "binary_crossentropy")
        history = run.fit(model, x_train, x_train, name=name, validation_data=(x_test, x_test)).history
        activation[name] = float(model.encode(x_test).mean())
        pictures[name] = model.predict(x_test[:10])
        run.number(f"{name}: test loss", history["val_loss"][-1])
    for name, mean in activation.items():
        run.number(f"mean code activation, {name}", mean)
    rows = run.rows(x_test, *pictures.values(), labels=["x", *pictures])
    run.figure("reconstructions", rows, "Test digits, and their reconstructions from a free and from a sparse code.")


def _anneal(
    run: Run, model: Model, x: np.ndarray, stages: list[tuple[float, int]], growing_batch: bool = False
) -> list[float]:
    """Train with Adam in stages (learning rate, epochs); the batches may double at each stage.

    Smaller rates and larger batches reduce the gradient noise. Returns the training loss after every epoch.
    """
    losses: list[float] = []
    for i, (rate, epochs) in enumerate(stages):
        model.compile(Adam(rate), "mean_squared_error")
        batch_size = run.batch_size * (2**i if growing_batch else 1)
        losses += model.fit(x, x, epochs=max(1, epochs), batch_size=batch_size, verbose=0).history["loss"]
    return losses
