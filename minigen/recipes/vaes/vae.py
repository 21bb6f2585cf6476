"""Section 9.2.4: variational autoencoders."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import losses, models, plot
from ...models import PCA, VAE, latent, linear_vae_optimum
from ...optimizers import Adam
from ...tensor import Tensor
from ..base import Run, recipe
from ..evaluation.codes import describe, how_well_sorted, score_images
from ..evaluation.samples import scorer, show_classes

PRIOR = ("within 0.15 of 0", "0.9 to 1.1", "below 0.1")


def per_image(loss: str | None) -> Any:
    """The loss of that name, summed over the image."""
    return losses.binary_crossentropy_per_image if loss == "binary_crossentropy" else losses.get(str(loss))


@recipe(
    "linear-vae",
    "9.2.4",
    "A linear VAE, whose answer is known",
    epochs=10,
    chapter_epochs=15,
    batch_size=100,
    optimizer=None,
    latent_dim=2,
    resume=None,
)
def linear_vae(run: Run) -> None:
    """Encoder and decoder without hidden layers. The least value of the chapter's loss, how it falls into Loss x̂ and
    Loss z, and the spread of each latent variable follow from the eigenvalues of the data's covariance alone. A
    training that ends there, and never below, has its KL, its sampling and its sums right: all three at once.
    """
    x, _, _, _ = run.digits()
    best = linear_vae_optimum(PCA(x, 1).eigenvalues, run.latent_dim)
    model = models.linear_vae(784, run.latent_dim)
    for i, rate in enumerate((1e-2, 1e-3, 1e-4)):  # smaller steps, larger batches: the noise of the draws dies out
        model.compile(Adam(rate))
        model.fit(x, epochs=run.epochs, batch_size=run.batch_size * (1, 5, 10)[i], verbose=0)
    mu, logvar = model.encode(x)
    w = model.decoder.get_weights()[0]
    spread = np.exp(logvar) @ np.square(w).sum(axis=1)  # what ε adds to ‖x̂ - x‖², on average over all ε
    reconstruction = float((np.square(model.decode(mu).astype("float64") - x).sum(axis=1) + spread).mean()) / 2
    kl = float(losses.kl_standard_normal(mu, logvar))
    for name, value, exact in (
        ("loss", reconstruction + kl, best.loss),
        ("Loss x̂", reconstruction, best.reconstruction),
        ("Loss z", kl, best.kl),
    ):
        run.number(f"{name}, nats per image", f"{value:.3f}", f"in closed form {exact:.3f}")
    run.number("loss above the closed form", f"{reconstruction + kl - best.loss:+.4f}", "0 to 0.03, never below")
    variances = " ".join(f"{v:.3f}" for v in np.sort(np.exp(logvar).mean(axis=0)))
    run.number("posterior variances", variances, " ".join(f"{v:.3f}" for v in best.variances))
    shown = plot.rows(x, np.clip(model.predict(x[:10]), 0, 1), labels=["x", "x̂"])
    run.figure("reconstructions", shown, "The blur of two principal components, clipped to [0, 1].")


@recipe(
    "vae",
    "9.2.4",
    "Figs 9.11 to 9.13: the variational autoencoder",
    epochs=50,
    chapter_epochs=17,
    batch_size=128,
    loss="half_squared_error",
    latent_dim=2,
    uses_scorer=True,
)
def vae(run: Run) -> None:
    """784-512-(2, 2)-512-784. The encoder predicts a distribution for each image, a draw from it is decoded, and Loss z
    binds all of them to N(0, Id). Now the plane is filled without gaps around 0, and each digit has its sector. Two
    numbers and the noise of the draws are too little to tell ten digits apart near 0, where all sectors meet: there the
    decoder draws mixtures, and a classifier is sure of few; further out, where there are few codes, it is sure of most,
    well-formed or not. So its certainty says less than the picture; how evenly the digits share the map says more.
    """
    model, z = _trained_vae(run)
    x_train, y_train, x_test, _ = run.digits()
    _draw_graph(run)
    if run.latent_dim == 2:
        grid = latent.grid(-4, 4, 30)
        images = model.decode(grid)
        score_images(run, "cells of [-4, 4]²", images, "on the 60,000: 0.87; 9 digits, e^entropy 5.2")
        far = np.linalg.norm(grid, axis=1)
        for radius, on_60k in ((1, "0.39"), (2, "0.71"), (3, "0.91"), (4, "0.91")):
            ring = images[(far >= radius - 1) & (far < radius)]
            score_images(run, f"cells {radius - 1} to {radius} from 0", ring, f"on the 60,000: {on_60k}")
        quantiles = model.decode(latent.quantile_grid(20))
        score_images(
            run, "cells of the quantiles 0.05 to 0.95", quantiles, "on the 60,000: 0.59; 8 digits, e^entropy 7.7"
        )
        score_images(
            run, "1,000 draws from the prior", model.sample(1000), "on the 60,000: 0.62; 8 digits, e^entropy 7.7"
        )
        codes = plot.scatter(model.draw_codes(x_train[:10_000]), y_train[:10_000], rings=(1, 2, 3))
        run.figure(
            "fig-9-12", codes, "Training images in the latent space, one draw each; rings at 1, 2 and 3 deviations."
        )
        run.figure("fig-9-13", plot.decoded(images, grid), "What the decoder draws over [-4, 4]².")
    ways = [_between(model, x_test, i, j) for i, j in ((0, 1), (2, 3), (4, 5))]
    run.figure(
        "interpolation", plot.rows(*ways), "From one test digit to another on the straight way between their codes."
    )
    run.figure("samples", plot.grid(model.sample(50)), "New digits: z from N(0, Id), decoded.")


@recipe(
    "vae-32",
    "9.2.4",
    "32 latent variables: how many survive?",
    epochs=50,
    chapter_epochs=12,
    batch_size=128,
    loss="half_squared_error",
    latent_dim=32,
)
def vae_32(run: Run) -> None:
    """A latent variable that says something about the image costs KL, and is worth it only while it explains more than
    σ² = 1 of variance. For a linear VAE the eigenvalues of the data tell how many are: 12. A deep one bends its
    directions and lets each of them explain more, so that it needs fewer: 9 on the 60,000 digits. The rule still
    holds for what is left: no direction of x - x̂ has a variance above 1. With this many variables an attribute of the
    image is a direction: mean code of the bold digits minus that of the thin ones, each compared with its own class.
    """
    model, _ = _trained_vae(run)
    x_train, y_train, x_test, _ = run.digits()
    mu, _ = model.encode(x_train)
    left = PCA(x_train - model.decode(mu), 1).eigenvalues[0]
    run.number("largest variance of any direction of x - x̂", left, "below 1: nothing is worth another variable")
    ink = x_train.sum(axis=1)
    of_class = np.array(
        [np.median(ink[y_train == digit]) for digit in range(10)]
    )  # a bold 1 has less ink than a thin 0
    towards = latent.direction(mu, ink > of_class[y_train])
    steps = np.linspace(-2, 2, 10, dtype="float32")[:, None]
    start = model.encode(x_test[:3])[0]
    bolder = [model.decode(z + steps * towards) for z in start]
    mean_ink = np.mean([images.sum(axis=1) for images in bolder], axis=0)
    run.number("ink from thin to bold", " ".join(f"{v:.0f}" for v in mean_ink), "rises at each step")
    run.number("steps at which it rises", f"{(np.diff(mean_ink) > 0).sum()} of 9", "9 of 9")
    run.figure("thickness", plot.rows(*bolder), "Three test digits along the direction from thin to bold.")
    run.figure("samples", plot.grid(model.sample(50)), "New digits: z from N(0, Id), decoded.")


@recipe(
    "cvae",
    "9.2.4",
    "Example 9.2: draw me a 7",
    epochs=20,
    chapter_epochs=10,
    batch_size=128,
    loss="half_squared_error",
    latent_dim=2,
    uses_scorer=True,
)
def cvae(run: Run) -> None:
    """X ~ P(X | Y): encoder and decoder are told the class, so that z need not say it and is free for the style. Each
    row has one class, each column one z: slant and boldness are shared down a column.
    """
    x_train, y_train, x_test, y_test = run.digits()
    model = models.conditional_vae(run.latent_dim)
    model.compile(run.optimizer, per_image(run.loss))
    history = run.fit(model, x_train, y_train, validation_data=(x_test, y_test)).history
    _report_loss(run, history)
    labels = np.repeat(np.arange(10), 200)
    drawn = model.sample(len(labels), labels)
    agreement = scorer(run).agreement(drawn, labels)
    run.number("drawn digits that the scorer calls by their label", f"{agreement:.3f}", "0.95 or more")
    show_classes(run, model.decode, model.latent_dim)
    model.save_weights(run.folder / "weights.npz")


@recipe(
    "conv-vae",
    "9.2.4",
    "A convolutional VAE",
    epochs=10,
    chapter_epochs=2,
    batch_size=128,
    loss="binary_crossentropy",
    latent_dim=2,
)
def conv_vae(run: Run) -> None:
    """Keras' own example of a VAE: strided convolutions in, transposed ones out, and the cross-entropy summed over the
    pixels. It has a sixth of the weights of the dense one, and falls into the trivial answer, KL 0, more easily: with
    twice the learning rate, or few steps, it does not come out.
    """
    x_train, _, x_test, _ = run.digits()
    x_train, x_test = x_train.reshape(-1, 28, 28, 1), x_test.reshape(-1, 28, 28, 1)
    model = models.conv_vae(run.latent_dim)
    model.compile(run.optimizer, per_image(run.loss))
    few = len(x_train) < 10_000 and run.settings.batch_size is None
    batch_size = 32 if few else run.batch_size  # more steps from few digits
    history = run.fit(model, x_train, validation_data=x_test, batch_size=batch_size).history
    _report_loss(run, history)
    shown = plot.rows(x_test[:10], model.predict(x_test[:10]), model.sample(10), labels=["x", "x̂", "new"])
    run.figure("samples", shown, "Test digits, their reconstructions, and new ones from the prior.")
    model.save_weights(run.folder / "weights.npz")


def _trained_vae(run: Run) -> tuple[VAE, np.ndarray]:
    """The dense VAE with what every size of it reports; and one draw of z for each test image."""
    x_train, _, x_test, _ = run.digits()
    model = models.vae(run.latent_dim)
    model.compile(run.optimizer, per_image(run.loss))
    history = run.fit(model, x_train, validation_data=x_test).history
    run.number("parameters", f"{model.count_params():,}", "807,700 with two latent variables")
    _report_loss(run, history)
    best = linear_vae_optimum(PCA(x_train, 1).eigenvalues, model.latent_dim)
    if run.loss == "half_squared_error":
        run.number(
            "the best linear VAE, in closed form", f"{best.loss:.2f} = {best.reconstruction:.2f} + {best.kl:.2f}"
        )
        run.number("latent variables in use", f"{history['active_units'][-1]}", f"the best linear VAE: {best.active}")
    z = model.draw_codes(x_test)
    if model.latent_dim == 2:
        describe(run, z, PRIOR)
        how_well_sorted(run, lambda x: model.encode(x)[0], "two principal components: 0.44")
    else:
        run.number(
            "z of all test images: largest |mean|, least and largest standard deviation",
            f"{abs(z.mean(axis=0)).max():.2f}, {z.std(axis=0).min():.2f}, {z.std(axis=0).max():.2f}",
            "0, 1, 1",
        )
        linear = [0.5 * np.log(1 / v) for v in best.variances]
        kls = {"this VAE": sorted(history["val_kl_per_dimension"][-1], reverse=True), "best linear VAE": linear}
        run.figure(
            "kl",
            plot.curves(kls, y="KL in nats", x="latent variable, the busiest first"),
            "What each latent variable says.",
        )
    kept = {k: history[k] for k in ("val_loss", "val_reconstruction", "val_kl")}
    marks = {"best linear VAE": best.loss} if run.loss == "half_squared_error" else {}
    run.figure("loss", plot.curves(kept, marks, y="nats per image"), "Test loss = reconstruction + KL.")
    model.save_weights(run.folder / "weights.npz")
    return model, z


def _report_loss(run: Run, history: dict[str, list[Any]]) -> None:
    on_60k = (
        {
            ("vae", "half_squared_error"): "21.83 and 20.81 after 10 and 50 epochs",
            ("vae", "binary_crossentropy"): "155.9 and 150.1 after 10 and 50 epochs",
            ("conv-vae", "binary_crossentropy"): "Keras' example logs 152.2 after 10 epochs",
        }.get((run.recipe.name, str(run.loss)), "")
        if run.latent_dim == 2
        else ""
    )
    total, recon, kl = (history[f"val_{k}"][-1] for k in ("loss", "reconstruction", "kl"))
    text = f"{total:.2f} = {recon:.2f} + {kl:.2f}"
    run.number(
        f"test loss = reconstruction + KL, nats per image, {run.loss}",
        text,
        f"on the 60,000: {on_60k}" if on_60k else "",
    )
    by_dimension = sorted(history["val_kl_per_dimension"][-1], reverse=True)
    shown = " ".join(f"{k:.2f}" for k in by_dimension[:12]) + (" ..." if len(by_dimension) > 12 else "")
    run.number("KL of each latent variable, the busiest first", shown)


def _draw_graph(run: Run) -> None:
    """Fig 9.11, from the tape of a small VAE that computes its loss."""
    x = Tensor(np.full((1, 784), 0.5, "float32"))
    small = models.vae(2, hidden=8)
    mu, logvar = small.encoder(x)
    z = small.sample_z(mu, logvar)
    x_hat = small.decoder(z)
    loss_x, loss_z = losses.half_squared_error(x, x_hat), small.loss_z(mu, logvar)
    names = {"x": x, "mu": mu, "logvar": logvar, "z": z, "x̂": x_hat, "Loss x̂": loss_x, "Loss z": loss_z}
    caption = "The VAE as its own graph recorded it, with 8 hidden units: from the image at the top to the loss."
    run.graph("fig-9-11", loss_x + loss_z, names, caption)


def _between(model: VAE, x: np.ndarray, i: int, j: int) -> np.ndarray:
    """Ten images on the way from image i to image j."""
    mu, _ = model.encode(x[[i, j]])
    return model.decode(latent.interpolate(mu[0], mu[1], 10))
