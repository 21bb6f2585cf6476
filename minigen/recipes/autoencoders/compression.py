"""Section 9.2.3: what a small code keeps, and what it looks like."""

from __future__ import annotations

import numpy as np

from ... import losses, metrics, models, plot
from ...datasets import toys
from ...models import PCA, BitInterleaving
from ...optimizers import Adam
from ..base import Run, recipe
from ..evaluation.codes import describe, how_well_sorted, score_images


@recipe(
    "toy-codes",
    "9.2.3",
    "Figs 9.7 and 9.8: two ways from two numbers to one",
    epochs=200,
    chapter_epochs=200,
    batch_size=8,
    optimizer=None,
    data=None,
    resume=None,
)
def toy_codes(run: Run) -> None:
    """Eight points of the plane get a code of one number. A linear autoencoder finds the first principal component:
    what lies across the dashed line is lost, and called noise. Interleaving the binary digits of x1 and x2 loses
    nothing at all, every point comes back, and yet the code is of little use: circles and crosses are mixed along it.
    With the same digits in the opposite order, as exact, neighbours in the plane lie anywhere on the line. A code is
    good for what it says about neighbours, not for being short.
    """
    x, labels = toys.eight_points()
    pca = PCA(x, 1)
    model = models.linear_autoencoder(2, 1)
    for rate in (0.1, 0.01, 0.001, 0.0001):
        model.compile(Adam(rate), "half_squared_error")
        model.fit(x, x, epochs=run.epochs, batch_size=run.batch_size, verbose=0)
    direction = model.decoder.get_weights()[0][0]
    cosine = abs(direction @ pca.components[:, 0]) / np.linalg.norm(direction)
    angle = np.degrees(np.arccos(min(1.0, float(cosine))))
    run.number("angle between the autoencoder's line and the first component", f"{angle:.3f} degrees", "below 1")
    residual = 2 * metrics.mean_squared_error(x, model.predict(x))
    run.number(
        "error of the autoencoder above the second eigenvalue",
        f"{residual - pca.eigenvalues[1]:.1e}",
        "0 to 1e-6, to rounding",
    )
    ways = {"linear autoencoder": (model.encode(x), model.predict(x), pca.decode(np.array([[-0.6], [0.6]])))}
    for name, backwards in (("interleaved digits", False), ("interleaved, finest first", True)):
        code = BitInterleaving(16, backwards)
        z = code.encode(x)
        run.number(f"{name}: error", f"{np.abs(code.decode(z) - x).max():.1e}", "below 2^-16 = 1.5e-05")
        in_order = (
            np.arange(4**4)[:, None] / 4**4
        )  # of z; the curve of the other code is a scribble that fills the square
        curve = code.decode(np.sort(z, axis=0)) if backwards else BitInterleaving(4).decode(in_order) + 0.5 / 2**4
        ways[name] = (z, code.decode(z), curve)
    caption = (
        "Circles and crosses, where they come back to (dots), the way of each decoder as z grows (dashed), the codes."
    )
    run.figure("figs-9-7-and-9-8", plot.mappings(x, labels, ways), caption)

    rng = np.random.default_rng(run.settings.seed)
    along, across = rng.uniform(-0.5, 0.5, (1000, 1)), 0.01 * rng.standard_normal((1000, 1))
    many = np.clip(0.5 + along * [0.6, -0.8] + across * [0.8, 0.6], 0, 0.999)
    codes = {
        "first component": (PCA(many, 1).encode(many), "0.92"),
        "interleaved digits": (BitInterleaving().encode(many), "0.59"),
        "interleaved, finest first": (BitInterleaving(backwards=True).encode(many), "0.05, as by chance"),
    }
    for name, (z, expected) in codes.items():
        kept = metrics.neighbour_preservation(many, z, k=50)
        run.number(f"{name}: share of a point's 50 nearest of 1,000 that stay so", f"{kept:.3f}", expected)
    for bits in (2, 8, 26):
        error = np.abs(BitInterleaving(bits).decode(BitInterleaving(bits).encode(many)) - many).max()
        run.number(f"{bits} digits for each coordinate: largest error", f"{error:.1e}", f"below {2.0**-bits:.1e}")


@recipe(
    "pca",
    "9.2.3",
    "Principal components of digits",
    epochs=None,
    chapter_epochs=None,
    batch_size=None,
    optimizer=None,
    resume=None,
)
def pca(run: Run) -> None:
    """The linear answer for every size of the code, by one eigen-decomposition. It is the bar for what follows: a
    linear autoencoder reaches these errors and cannot beat them, a deeper one must.
    """
    x, y, x_test, y_test = run.digits()
    shown = {}
    for k, on_60k in (
        (1, "0.0607, 9.7%"),
        (2, "0.0560, 16.8%"),
        (8, "0.0379, 43.7%"),
        (32, "0.0172, 74.4%"),
        (128, "0.0043, 93.6%"),
    ):
        fitted = PCA(x, k)
        run.number(
            f"{k} components: MSE per pixel, variance explained",
            f"{fitted.residual:.4f}, {fitted.explained:.1%}",
            f"on the 60,000: {on_60k}",
        )
        shown[str(k)] = np.clip(fitted.decode(fitted.encode(x_test[:10])), 0, 1)
    how_well_sorted(run, PCA(x, 2).encode, "on the 60,000: 0.44")
    run.figure(
        "reconstructions",
        plot.rows(x_test, *shown.values(), labels=["x", *shown]),
        "Test digits from 1 to 128 components, clipped to [0, 1].",
    )


@recipe(
    "latent2d",
    "9.2.3",
    "Figs 9.9 and 9.10: digits in the plane",
    epochs=50,
    chapter_epochs=14,
    batch_size=128,
    loss="binary_crossentropy",
    latent_dim=2,
    uses_scorer=True,
)
def latent2d(run: Run) -> None:
    """The listing 784-512-2-512-784: each image becomes a point of the plane. The network puts them where the decoder
    likes them best and nobody asks that they lie well: clusters are skewed or broken into parts, far from 0, with
    gaps in which the decoder draws no digit. The listing names no loss; --loss takes either of the chapter's two.
    """
    x_train, y_train, x_test, _ = run.digits()
    model = models.latent_autoencoder(run.latent_dim)
    model.compile(run.optimizer, run.loss)
    history = run.fit(model, x_train, x_train, validation_data=(x_test, x_test)).history
    run.number("parameters", f"{model.count_params():,}", "806,674 with two latent variables")
    on_60k = {"binary_crossentropy": "0.1920 and 0.1863 per pixel", "half_squared_error": "16.13 and 15.18 per image"}
    expected = f"on the 60,000 after 10 and 50 epochs: {on_60k[run.loss]}" if run.latent_dim == 2 else ""
    run.number(f"test loss, {run.loss}", history["val_loss"][-1], expected)
    mse = metrics.mean_squared_error(x_test, model.predict(x_test))
    linear = PCA(x_train, model.decoder.inputs.shape[-1])
    run.number("MSE per pixel", mse, f"as many principal components have {linear.residual:.4f}")
    z = model.encode(x_test)
    describe(run, z, ("anywhere", "far from 1", "large"))
    how_well_sorted(run, model.encode, "two principal components: 0.44")
    marks = {"mean image": float(losses.get(run.loss)(x_test, np.broadcast_to(x_train.mean(axis=0), x_test.shape)))}
    kept = {"training (at the end of the epoch)": history["loss_end"], "test": history["val_loss"]}
    run.figure("loss", plot.curves(kept, marks, y=run.loss.replace("_", " ")), "Below the mean image.")
    if run.latent_dim == 2:
        codes = model.encode(x_train[:10_000])
        low, high = codes.min(axis=0), codes.max(axis=0)
        grid = models.latent.grid(low, high, 30)
        images = model.decode(grid)
        score_images(run, "cells of the bounding box", images, "on the 60,000: 0.87; 9 digits, e^entropy 3.8")
        run.figure(
            "fig-9-9", plot.scatter(codes, y_train[:10_000]), "Training images in the latent space, coloured by class."
        )
        run.figure(
            "fig-9-10", plot.decoded(images, grid), "What the decoder draws over the bounding box of these codes."
        )
    model.save_weights(run.folder / "weights.npz")
