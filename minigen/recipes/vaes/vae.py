"""Section 9.2.4: variational autoencoders."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import losses, models, plot
from ...models import PCA, VAE, latent, linear_vae_optimum
from ...optimizers import Adam
from ...tensor import Tensor
from ...types import Logs
from ..evaluation.codes import describe, how_well_sorted, score_images
from ..evaluation.samples import score_samples, scorer_of_digits, show_classes
from ..recipe import FIXED, recipe
from ..run import Run

DEFAULTS: dict[str, Any] = {"batch_size": 128, "loss": "half_squared_error", "latent_dim": 2}
SCORED = DEFAULTS | {"uses_scorer": True}
STAGES = ((1e-2, 1), (1e-3, 5), (1e-4, 10))  # learning rate and factor of the batch size: less and less gradient noise


@recipe(
    "linear-vae", "9.2.4", "A linear VAE, whose answer is known", epochs=(10, 15), batch_size=100, latent_dim=2, **FIXED
)
def linear_vae(run: Run) -> None:
    """Encoder and decoder without hidden layers. The minimum of the chapter's loss, its two parts Loss x̂ and Loss z,
    and the variance of each latent variable follow from the eigenvalues of the data's covariance alone. If training
    ends at this minimum, and never below, then the KL, the sampling and the sums of the program are right.
    """
    x = run.flat_images().x_train
    best = linear_vae_optimum(PCA(x, 1).eigenvalues, run.latent_dim)
    model = models.linear_vae(x.shape[1:], run.latent_dim)
    for rate, factor in STAGES:
        model.compile(Adam(rate))
        model.fit(x, epochs=run.epochs, batch_size=run.batch_size * factor, verbose=0)
    mu, logvar = model.encode(x)  # (n, latent) each
    w = model.decoder.get_weights()[0]  # (latent, pixels)
    spread = np.exp(logvar) @ np.square(w).sum(axis=1)  # (n,), E‖(σ ε) w‖²: the part of ‖x̂ - x‖² that is due to ε
    reconstruction = float((np.square(model.decode(mu).astype("float64") - x).sum(axis=1) + spread).mean()) / 2
    kl = float(losses.kl_standard_normal(mu, logvar))
    loss = reconstruction + kl
    values, exact = (loss, reconstruction, kl), (best.loss, best.reconstruction, best.kl)
    for name, value, minimum in zip(("loss", "Loss x̂", "Loss z"), values, exact, strict=True):
        run.number(f"{name}, nats per image", f"{value:.3f}", f"in closed form {minimum:.3f}")
    run.number("loss above the closed form", f"{loss - best.loss:+.4f}")
    variances = " ".join(f"{v:.3f}" for v in np.sort(np.exp(logvar).mean(axis=0)))
    run.number("posterior variances", variances, " ".join(f"{v:.3f}" for v in best.variances))
    shown = run.rows(x, np.clip(model.predict(x[:10]), 0, 1), labels=["x", "x̂"])
    run.figure("reconstructions", shown, "Reconstructions from two principal components, clipped to [0, 1].")


@recipe("vae", "9.2.4", "Figs 9.11 to 9.13: the variational autoencoder", epochs=(50, 17), **SCORED)
def vae(run: Run) -> None:
    """784-512-(2, 2)-512-784. The encoder predicts a distribution for each image, a draw from it is decoded, and Loss z
    keeps these distributions near N(0, Id). Now the codes fill the plane around 0 without gaps, and each digit has its
    sector. Near 0, where all sectors meet, two numbers and the noise of the draws are not enough to separate ten
    digits: the decoder draws mixtures there, and a classifier is sure of few of them. Further out, where there are few
    codes, it is sure of most images, whether well-formed or not. So its confidence is a poor measure of the map; the
    entropy of the digits on the map is a better one.
    """
    model = _trained_vae(run)
    data = run.flat_images()
    x_train, y_train, x_test = data.x_train, data.y_train, data.x_test
    _draw_graph(run)
    if run.latent_dim == 2:
        grid = latent.grid(-4, 4, 30)  # (900, 2)
        images = model.decode(grid)
        score_images(run, "cells of [-4, 4]²", images)
        radius = np.linalg.norm(grid, axis=1)
        for outer in (1, 2, 3, 4):
            ring = images[(radius >= outer - 1) & (radius < outer)]
            score_images(run, f"cells {outer - 1} to {outer} from 0", ring)
        score_images(run, "cells of the quantiles 0.05 to 0.95", model.decode(latent.quantile_grid(20)))
        score_images(run, "1,000 draws from the prior", model.sample(1000))
        codes = plot.scatter(model.draw_codes(x_train[:10_000]), y_train[:10_000], rings=(1, 2, 3))
        caption = "Training images in the latent space, one draw each; rings at 1, 2 and 3 standard deviations."
        run.figure("fig-9-12", codes, caption)
        run.figure(
            "fig-9-13", plot.decoded(run.pictures(images), grid), "The images that the decoder draws over [-4, 4]²."
        )
    ways = [_between(model, x_test, i, j) for i, j in ((0, 1), (2, 3), (4, 5))]
    caption = "From one test digit to another along the straight line between their codes."
    run.figure("interpolation", run.rows(*ways), caption)
    run.figure("samples", run.grid(model.sample(50)), "New digits: z from N(0, Id), decoded.")
    score_samples(run, model.sample, "see minigen train scorer")


@recipe("vae-32", "9.2.4", "32 latent variables: how many are used?", epochs=(50, 12), **DEFAULTS | {"latent_dim": 32})
def vae_32(run: Run) -> None:
    """A latent variable that carries information about the image costs KL. It reduces the loss only while it explains a
    variance above σ² = 1. For a linear VAE the eigenvalues of the data determine how many variables are in use. A deep
    VAE can bend its directions, so that each of them explains more and fewer are in use. The rule still holds for the
    residual: no direction of x - x̂ has a variance above 1. With this many variables an attribute of the image is a
    direction: the mean code of the bold digits minus that of the thin ones, where a digit is bold or thin in
    comparison with its own class.
    """
    model = _trained_vae(run)
    data = run.flat_images()
    x_train = data.x_train
    mu, _ = model.encode(x_train)
    largest = PCA(x_train - model.decode(mu), 1).eigenvalues[0]
    theory = "below 1: nothing is worth another variable"
    run.number("largest variance of any direction of x - x̂", largest, theory)
    _bolder(run, model, mu)
    run.figure("samples", run.grid(model.sample(50)), "New digits: z from N(0, Id), decoded.")


@recipe("cvae", "9.2.4", "Example 9.2: draw me a 7", epochs=(20, 10), **SCORED)
def cvae(run: Run) -> None:
    """X ~ P(X | Y): encoder and decoder get the class as input, so that z need not encode it and can encode the style
    instead. Each row has one class, each column one z: slant and boldness are the same in a column.
    """
    x_train, y_train, x_test, y_test = run.flat_images()
    model = models.conditional_vae(run.latent_dim, run.classes, image_shape=x_train.shape[1:])
    _train(run, model, x_train, y_train, validation_data=(x_test, y_test))
    labels, classifier = np.repeat(np.arange(run.classes), 200), scorer_of_digits(run)
    if classifier is not None:
        agreement = classifier.agreement(model.sample(len(labels), labels), labels)
        run.number("drawn digits that the scorer calls by their label", f"{agreement:.3f}")
    show_classes(run, model.decode, model.latent_dim)
    run.save(model)


@recipe("conv-vae", "9.2.4", "A convolutional VAE", epochs=(10, 2), **DEFAULTS | {"loss": "binary_crossentropy"})
def conv_vae(run: Run) -> None:
    """Keras' own example of a VAE: strided convolutions in the encoder, transposed ones in the decoder, and the
    cross-entropy summed over the pixels. It has a sixth of the weights of the dense VAE and collapses more easily to
    the trivial solution, KL 0: with twice the learning rate, or with few steps, it does not escape from it.
    """
    data = run.images()
    x_train, x_test = data.x_train, data.x_test
    model = models.conv_vae(run.latent_dim, x_train.shape[1:])
    few = len(x_train) < 10_000 and run.settings.batch_size is None
    batch_size = 32 if few else run.batch_size  # more steps from few digits
    _train(run, model, x_train, validation_data=x_test, batch_size=batch_size)
    shown = run.rows(x_test[:10], model.predict(x_test[:10]), model.sample(10), labels=["x", "x̂", "new"])
    run.figure("samples", shown, "Test digits, their reconstructions, and new digits from the prior.")
    run.save(model)


def _bolder(run: Run, model: VAE, mu: np.ndarray) -> None:
    """Move three test images from thin to bold; of other images than digits, from dark to bright."""
    x_train, y_train, x_test, _ = run.flat_images()
    ink, classes = x_train.sum(axis=1), range(y_train.max() + 1)
    median = np.array([np.median(ink[y_train == label]) for label in classes])  # a bold 1 has less ink than a thin 0
    is_bold = ink > median[y_train]
    if not is_bold.any():  # all images of a class have the same ink
        return
    thin, bold = ("thin", "bold") if run.are_digits else ("dark", "bright")
    steps = np.linspace(-2, 2, 10, dtype="float32")[:, None]  # (10, 1)
    start, direction = model.encode(x_test[:3])[0], latent.direction(mu, is_bold)
    bolder = [model.decode(z + steps * direction) for z in start]  # 3 times (10, pixels)
    mean_ink = np.mean([images.sum(axis=1) for images in bolder], axis=0)
    run.number(f"ink from {thin} to {bold}", " ".join(f"{v:.0f}" for v in mean_ink), "rises at each step")
    run.number("steps at which it rises", f"{(np.diff(mean_ink) > 0).sum()} of 9", "9 of 9")
    run.figure("thickness", run.rows(*bolder), f"Three test digits along the direction from {thin} to {bold}.")


def _trained_vae(run: Run) -> VAE:
    """Train the dense VAE and report what is common to every size of its code."""
    data = run.flat_images()
    x_train, x_test = data.x_train, data.x_test
    model = models.vae(run.latent_dim, image_shape=x_train.shape[1:])
    run.number("parameters", f"{model.count_params():,}", of_mnist="807,700 with two latent variables")
    history = _train(run, model, x_train, validation_data=x_test)
    best = linear_vae_optimum(PCA(x_train, 1).eigenvalues, model.latent_dim)
    bound = {}
    if run.loss == "half_squared_error":
        bound["best linear VAE"] = best.loss
        parts = f"{best.loss:.2f} = {best.reconstruction:.2f} + {best.kl:.2f}"
        run.number("the best linear VAE, in closed form", parts)
        run.number("latent variables in use", f"{history['active_units'][-1]}", f"the best linear VAE: {best.active}")
    z = model.draw_codes(x_test)  # (n, latent)
    if model.latent_dim == 2:
        describe(run, z)
        how_well_sorted(run, lambda x: model.encode(x)[0])
    else:
        name = "z of all test images: largest |mean|, least and largest standard deviation"
        mean, deviation = z.mean(axis=0), z.std(axis=0)
        run.number(name, f"{abs(mean).max():.2f}, {deviation.min():.2f}, {deviation.max():.2f}", "0, 1, 1")
        linear = [0.5 * np.log(1 / v) for v in best.variances]
        kls = {"this VAE": sorted(history["val_kl_per_dimension"][-1], reverse=True), "best linear VAE": linear}
        curves = plot.curves(kls, y="KL in nats", x="latent variable, in the order of KL")
        run.figure("kl", curves, "The KL of each latent variable: the information that it carries.")
    parts_of_loss = ("val_loss", "val_reconstruction", "val_kl")
    run.curves("loss", history, parts_of_loss, "Test loss = reconstruction + KL.", lines=bound, y="nats per image")
    run.save(model)
    return model


def _train(run: Run, model: VAE, *data: np.ndarray, **options: Any) -> Logs:
    """The history of a training; reports the loss on the test digits, its parts, and the KL of each variable."""
    loss = "binary_crossentropy_per_image" if run.loss == "binary_crossentropy" else run.loss
    model.compile(run.optimizer, loss)
    history = run.fit(model, *data, **options).history
    total, reconstruction, kl = (history[f"val_{k}"][-1] for k in ("loss", "reconstruction", "kl"))
    parts = f"{total:.2f} = {reconstruction:.2f} + {kl:.2f}"
    run.number(f"test loss = reconstruction + KL, nats per image, {run.loss}", parts)
    by_dimension = sorted(history["val_kl_per_dimension"][-1], reverse=True)
    shown = " ".join(f"{k:.2f}" for k in by_dimension[:12]) + (" ..." if len(by_dimension) > 12 else "")
    run.number("KL of each latent variable, in decreasing order", shown)
    return history


def _draw_graph(run: Run) -> None:
    """Fig 9.11, from the recorded graph of the loss of a small VAE."""
    x = Tensor(run.flat_images().x_test[:1])  # (1, pixels)
    small = models.vae(2, image_shape=x.shape[1:], hidden=8)
    mu, logvar = small.encoder(x)
    z = small.sample_z(mu, logvar)
    x_hat = small.decoder(z)
    loss_x, loss_z = losses.half_squared_error(x, x_hat), small.loss_z(mu, logvar)
    names = {"x": x, "mu": mu, "logvar": logvar, "z": z, "x̂": x_hat, "Loss x̂": loss_x, "Loss z": loss_z}
    caption = "The recorded graph of a VAE with 8 hidden units: from the image at the top to the loss."
    run.graph("fig-9-11", loss_x + loss_z, names, caption)


def _between(model: VAE, x: np.ndarray, i: int, j: int) -> np.ndarray:
    """Ten images on the way from image i to image j, (10, pixels)."""
    mu, _ = model.encode(x[[i, j]])
    return model.decode(latent.interpolate(mu[0], mu[1], 10))
