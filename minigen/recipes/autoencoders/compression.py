"""Section 9.2.3: codes of a few numbers, their quality and their geometry."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import losses, metrics, models, plot
from ...datasets import toys
from ...models import PCA, BitInterleaving
from ...optimizers import Adam
from ..evaluation.codes import describe, how_well_sorted, score_images
from ..recipe import TOY, UNTRAINED, recipe
from ..run import Run

PLANE: dict[str, Any] = {"batch_size": 128, "loss": "binary_crossentropy", "latent_dim": 2, "uses_scorer": True}


@recipe(
    "toy-codes", "9.2.3", "Figs 9.7 and 9.8: two ways from two numbers to one", epochs=(200, 200), batch_size=8, **TOY
)
def toy_codes(run: Run) -> None:
    """Eight points of the plane get a code of one number. A linear autoencoder finds the first principal component; the
    coordinate across the dashed line is lost as noise. Interleaving the binary digits of x1 and x2 loses nothing, every
    point is reconstructed, and yet the code is of little use: circles and crosses are mixed along it. With the same
    digits in the opposite order the code is as exact, but neighbours in the plane lie anywhere on the line. A good
    code preserves neighbourhoods; being short is not enough.
    """
    x, labels = toys.eight_points()
    pca = PCA(x, 1)
    model = models.linear_autoencoder(2, 1)
    for rate in (0.1, 0.01, 0.001, 0.0001):
        model.compile(Adam(rate), "half_squared_error")
        model.fit(x, x, epochs=run.epochs, batch_size=run.batch_size, verbose=0)
    direction = model.decoder.get_weights()[0][0]  # (2,)
    cosine = abs(direction @ pca.components[:, 0]) / np.linalg.norm(direction)
    angle = np.degrees(np.arccos(min(1.0, float(cosine))))
    run.number("angle between the autoencoder's line and the first component", f"{angle:.3f} degrees")
    excess = 2 * metrics.mean_squared_error(x, model.predict(x)) - pca.eigenvalues[1]
    run.number("error of the autoencoder above the second eigenvalue", f"{excess:.1e}")
    ways = {"linear autoencoder": (model.encode(x), model.predict(x), pca.decode(np.array([[-0.6], [0.6]])))}
    for name, backwards in (("interleaved digits", False), ("interleaved, finest first", True)):
        code = BitInterleaving(16, backwards)
        z = code.encode(x)
        run.number(f"{name}: error", f"{np.abs(code.decode(z) - x).max():.1e}", "below 2^-16 = 1.5e-05")
        ways[name] = (z, code.decode(z), _curve(code, z))
    caption = "Circles and crosses, their reconstructions (dots), the curve of each decoder (dashed), and the codes."
    run.figure("figs-9-7-and-9-8", plot.mappings(x, labels, ways), caption)

    rng = np.random.default_rng(run.settings.seed)
    along, across = rng.uniform(-0.5, 0.5, (1000, 1)), 0.01 * rng.standard_normal((1000, 1))
    many = np.clip(0.5 + along * [0.6, -0.8] + across * [0.8, 0.6], 0, 0.999)  # (1000, 2)
    codes = {
        "first component": PCA(many, 1).encode(many),
        "interleaved digits": BitInterleaving().encode(many),
        "interleaved, finest first": BitInterleaving(backwards=True).encode(many),
    }
    for name, z in codes.items():
        kept = metrics.neighbour_preservation(many, z, k=50)
        run.number(f"{name}: share of a point's 50 nearest of 1,000 that stay so", f"{kept:.3f}")
    for bits in (2, 8, 26):
        error = np.abs(BitInterleaving(bits).decode(BitInterleaving(bits).encode(many)) - many).max()
        run.number(f"{bits} digits for each coordinate: largest error", f"{error:.1e}", f"below {2.0**-bits:.1e}")


def _curve(code: BitInterleaving, z: np.ndarray) -> np.ndarray:
    """The points (n, 2) that the decoder passes through as z grows."""
    if code.backwards:  # between the codes of the points only: the whole curve would fill the square with a scribble
        return code.decode(np.sort(z, axis=0))
    in_order = np.arange(4**4)[:, None] / 4**4
    return BitInterleaving(4).decode(in_order) + 0.5 / 2**4


@recipe("pca", "9.2.3", "Principal components of digits", **UNTRAINED)
def pca(run: Run) -> None:
    """The best linear code of every size, from one eigen-decomposition. It is the baseline of this section: a linear
    autoencoder reaches these errors and cannot get below them; a deeper one should.
    """
    data = run.flat_images()
    x, x_test = data.x_train, data.x_test
    sizes = [k for k in (1, 2, 8, 32, 128) if k <= x.shape[1]]
    largest, shown = PCA(x, sizes[-1]), {}
    for k in sizes:
        fitted = largest.first(k)
        text = f"{fitted.residual:.4f}, {fitted.explained:.1%}"
        run.number(f"{k} components: MSE per pixel, variance explained", text)
        shown[str(k)] = np.clip(fitted.decode(fitted.encode(x_test[:10])), 0, 1)
    how_well_sorted(run, largest.first(2).encode)
    figure = run.rows(x_test, *shown.values(), labels=["x", *shown])
    run.figure("reconstructions", figure, f"Test digits from 1 to {k} components, clipped to [0, 1].")


@recipe("latent2d", "9.2.3", "Figs 9.9 and 9.10: digits in the plane", epochs=(50, 14), **PLANE)
def latent2d(run: Run) -> None:
    """The listing 784-512-2-512-784: each image becomes a point of the plane. Nothing in the loss controls where the
    points lie: clusters are skewed or broken into parts, far from 0, with gaps in which the decoder draws no digit.
    The listing names no loss; --loss takes either of the chapter's two.
    """
    data = run.flat_images()
    x_train, y_train, x_test = data.x_train, data.y_train, data.x_test
    model = models.latent_autoencoder(run.latent_dim, image_shape=x_train.shape[1:])
    model.compile(run.optimizer, run.loss)
    history = run.fit(model, x_train, x_train, validation_data=(x_test, x_test)).history
    run.number("parameters", f"{model.count_params():,}", of_mnist="806,674 with two latent variables")
    run.number(f"test loss, {run.loss}", history["val_loss"][-1])
    mse = metrics.mean_squared_error(x_test, model.predict(x_test))
    linear = PCA(x_train, model.decoder.inputs.shape[-1])
    run.number("MSE per pixel", mse, f"as many principal components have {linear.residual:.4f}")
    describe(run, model.encode(x_test))
    how_well_sorted(run, model.encode)
    mean_image = np.broadcast_to(x_train.mean(axis=0), x_test.shape)
    bound = {"mean image": float(losses.get(run.loss)(x_test, mean_image))}
    kept = {"training (at the end of the epoch)": history["loss_end"], "test": history["val_loss"]}
    curves = plot.curves(kept, bound, y=run.loss.replace("_", " "))
    run.figure("loss", curves, "The loss, below that of the mean image.")
    if run.latent_dim == 2:
        codes = model.encode(x_train[:10_000])  # (n, 2)
        grid = models.latent.grid(codes.min(axis=0), codes.max(axis=0), 30)
        images = model.decode(grid)
        score_images(run, "cells of the bounding box", images)
        points = plot.scatter(codes, y_train[:10_000])
        run.figure("fig-9-9", points, "Training images in the latent space, coloured by class.")
        caption = "The images that the decoder draws over the bounding box of these codes."
        run.figure("fig-9-10", plot.decoded(run.pictures(images), grid), caption)
    run.save(model)
