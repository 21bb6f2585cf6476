"""Section 9.4: labels for free, and the effect of scale."""

from __future__ import annotations

import numpy as np

from .. import backend, models, plot
from ..datasets.binary import binarize, how_text
from ..layers import Dense, Input, LeakyReLU
from ..model import Sequential
from ..optimizers import Adam, LinearDecay
from .autoregressive.pixels import independent_nll
from .recipe import recipe
from .run import Run

WIDTHS = (8, 16, 32, 64, 128)
SHARES = (64, 16, 4, 1)  # a 64th of the digits up to all of them


@recipe("take-away", "9.4", "Trivial labels, and scale", epochs=(10, 4), batch_size=64, optimizer=None)
def take_away(run: Run) -> None:
    """Three ways to get labels for free, and one fit(inputs, labels) for all three: an autoencoder predicts its input,
    x → x; an autoregressive model predicts the present from the past, x₁, ..., xᵢ₋₁ → xᵢ (masks turn this into x → x);
    a discriminator separates real from generated images, {real, made up} → {1, 0}. And performance grows with scale:
    the wider the code and the more digits there are to learn from, the lower is the loss of an autoencoder on unseen
    digits.
    """
    data = run.flat_images()
    x, x_test = data.x_train, data.x_test
    _trivial_labels(run, x, x_test)
    sizes = [len(x) // share for share in SHARES]
    steps = run.steps(len(x), run.batch_size)  # the same for all, so that only the data and the width differ
    losses = np.zeros((len(sizes), len(WIDTHS)))
    for i, size in enumerate(sizes):
        few = np.resize(x[:size], x.shape)  # repeated to the length of all digits
        for j, width in enumerate(WIDTHS):
            backend.seed(run.settings.seed)
            model = models.fc_autoencoder(width, x.shape[1:])
            model.compile(Adam(LinearDecay(3e-3, steps)), "binary_crossentropy")
            model.fit(few, few, batch_size=run.batch_size, epochs=run.epochs, verbose=0)
            losses[i, j] = model.evaluate(x_test, x_test)
    rows = [[f"{size:,}", *(f"{loss:.4f}" for loss in line)] for size, line in zip(sizes, losses, strict=True)]
    pixels = x.shape[1]
    caption = f"Test loss of {pixels}-width-{pixels} in nats per pixel, {steps:,} steps each"
    run.table(caption, ["digits", *(f"width {width}" for width in WIDTHS)], rows)
    for what, axis in (("a larger width", 1), ("more digits", 0)):
        falls = np.diff(losses, axis=axis) < 0
        run.number(f"of the steps to {what} the loss falls at", f"{falls.sum()} of {falls.size}")
    lines = {run.words(f"{size:,} digits"): line for size, line in zip(sizes, losses, strict=True)}
    axes_names = ("log2 of the width", "nats per pixel")
    figure = plot.functions(np.log2(WIDTHS), {"Performance grows with scale": lines}, axes_names)
    run.figure("scale", figure, "Test loss against the width of the code and the number of digits.")


def _trivial_labels(run: Run, x: np.ndarray, x_test: np.ndarray) -> None:
    """The same fit() on three kinds of labels; reports the test result of each."""
    pixels = x.shape[1]
    autoencoder = models.fc_autoencoder(32, pixels)
    autoencoder.compile(run.decaying_adam(len(x), run.batch_size, 3e-3), "binary_crossentropy_per_image")
    run.fit(autoencoder, x, x, name="itself")
    text, mean_digit = f"{autoencoder.evaluate(x_test, x_test):.1f} nats", independent_nll(x, x_test)
    run.number("x → x: fc_autoencoder(32).fit(x, x)", text, f"the mean digit: {mean_digit:.1f}")

    ink, ink_test = binarize(x, 0.5), binarize(x_test, 0.5)
    made = models.MADE(pixels, hidden=200)
    made.compile(run.decaying_adam(len(x), run.batch_size, 3e-3))
    run.fit(made, ink, ink, name="its-past")
    text = f"{made.evaluate(ink_test, ink_test):.1f} nats, {how_text(0.5)}"
    independent = f"each pixel by itself: {independent_nll(ink, ink_test):.1f}"
    run.number(f"x₁, ..., xᵢ₋₁ → xᵢ: MADE({pixels}, hidden=200).fit(x, x)", text, independent)

    rng = np.random.default_rng(run.settings.seed)
    images, labels = _real_and_made_up(run, x, rng)
    discriminator = Sequential([Input(shape=(pixels,)), Dense(128), LeakyReLU(0.2), Dense(1, activation="sigmoid")])
    adam = run.decaying_adam(len(images), run.batch_size, 1e-3)
    discriminator.compile(adam, "binary_crossentropy", metrics=["accuracy"])
    run.fit(discriminator, images, labels, name="itself-or-not")
    _, accuracy = discriminator.evaluate(*_real_and_made_up(run, x_test, rng))
    run.number("{real, made up} → {1, 0}: discriminator.fit(images, labels)", f"{accuracy:.3f} right", "a coin: 0.5")


def _real_and_made_up(run: Run, x: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(images, labels): digits with label 1, and with label 0 the left half of one beside the right half of another."""
    made_up = run.pictures(x).copy()
    middle = made_up.shape[2] // 2
    made_up[:, :, middle:] = made_up[rng.permutation(len(x)), :, middle:]
    labels = np.repeat([1.0, 0.0], len(x)).astype("float32")[:, None]  # (2 n, 1)
    return np.concatenate([x, made_up.reshape(x.shape)]), labels
