"""Beyond the chapter: a GPT of pixels, beside the other autoregressive models at the same size."""

from __future__ import annotations

import time

import numpy as np

from ... import plot
from ...datasets.binary import binarize
from ...models import MADE, Autoregressive, ImageGPT, PixelCNN
from ..autoregressive.pixels import BINARIZATION, film, independent_nll
from ..checks import check_grey
from ..evaluation.samples import report_seconds, report_weights
from ..recipe import BEYOND, recipe
from ..run import Run

FEW = 256  # digits of a quick run


@recipe("image-gpt", BEYOND, "Image GPT: pixels as a text", epochs=(10, 1), batch_size=32, optimizer=None)
def image_gpt(run: Run) -> None:
    """A black-and-white image is a text of two characters, and a GPT predicts each pixel from all those before it (Chen
    et al. 2020). It is told nothing of rows and columns: that the pixel above is near is for it to find out, from one
    learned vector for each position. MADE and PixelCNN learn the same images, of half the resolution because the cost
    grows with the square of the number of pixels, for as many epochs, and all three give the exact -log p(x).
    """
    x, x_test = _half_size(run)
    shape = x.shape[1:3]
    blocks, width, hidden = (1, 16, 50) if run.settings.quick else (4, 64, 500)
    models: dict[str, Autoregressive] = {
        "MADE": MADE((*shape, 1), hidden=hidden),
        "PixelCNN": PixelCNN(shape, blocks=1 if run.settings.quick else 5),
        "ImageGPT": ImageGPT(shape, blocks, heads=4, width=width),
    }
    rates = {"MADE": 3e-3, "PixelCNN": 3e-3, "ImageGPT": 2e-3}
    flat, flat_test = x.reshape(len(x), -1), x_test.reshape(len(x_test), -1)
    size = f"{shape[0]} x {shape[1]}"
    run.number(f"each pixel by itself, nats, {size}", f"{independent_nll(flat, flat_test):.2f}")
    rows, curves = [], {}
    for name, model in models.items():
        model.compile(run.decaying_adam(len(x), run.batch_size, rates[name]))
        validation = x_test[:1000]
        history = run.fit(model, x, x, name=name, validation_data=(validation, validation)).history
        nats, weights = model.nll(x_test).mean(), sum(p.size for p in model.parameters())
        curves[name] = history["val_loss"]
        run.number(f"{name}: -log p(x) of test digits of {size}, nats", f"{nats:.2f}")
        rows.append([name, f"{weights:,}", f"{nats:.2f}"])
    run.table(f"-log p(x) of {len(x_test):,} test digits of {size}", ["model", "weights", "nats"], rows)
    run.figure("losses", plot.curves(curves, y="-log p(x), nats"), "-log p(x) of test digits, of the three models.")
    report_weights(run, models["ImageGPT"])
    _draw_images(run, models["ImageGPT"], x_test)
    run.save(models["ImageGPT"])


def _half_size(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """(x, x_test), (n, rows / 2, columns / 2, 1): means of 2 x 2 pixels, black and white drawn with fixed seeds."""
    data = run.images()
    check_grey(run.recipe.name, run.image_shape[-1])
    x, x_test = (a[:FEW] if run.settings.quick else a for a in (data.x_train, data.x_test))
    return binarize(halved(x), BINARIZATION, seed=0), binarize(halved(x_test), BINARIZATION, seed=1)


def halved(x: np.ndarray) -> np.ndarray:
    """Images (n, rows, columns, 1) at half the resolution; a last odd row or column is left out."""
    n, rows, columns, _ = x.shape
    even = x[:, : rows // 2 * 2, : columns // 2 * 2]
    return even.reshape(n, rows // 2, 2, columns // 2, 2, 1).mean(axis=(2, 4))


def _draw_images(run: Run, model: Autoregressive, x_test: np.ndarray) -> None:
    """The figures: lower halves for upper ones, ten images while they are drawn, and all of them at the end."""
    rows, columns, _ = model.image_shape
    half = np.zeros(model.image_shape, bool)
    half[: rows // 2] = True
    completed = np.split(model.inpaint(np.concatenate([x_test[:10]] * 3), half), 3)
    given = np.where(half, x_test[:10], 0.5)
    labels = [run.words(label) for label in ("x", "known", *["drawn"] * 3)]
    shown = plot.rows(x_test[:10], given, *completed, labels=labels)
    run.figure("inpainting", shown, "The upper half of test digits, and three lower halves for each.")
    step = max(1, rows // 7)
    n, start = 10 if run.settings.quick else 30, time.perf_counter()
    pictures = film(model, n, every=step * columns)
    report_seconds(run, n, start)
    caption = f"Ten digits while they are drawn, after every {step} rows."
    run.figure("film", plot.rows(*(drawn[:10] for drawn in pictures)), caption)
    run.figure("samples", plot.grid(pictures[-1]), "New digits, drawn pixel by pixel.")
