"""Section 9.3: digits pixel by pixel."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from ... import backend
from ...datasets.binary import binarize, how_text
from ...models import MADE, Autoregressive, PixelCNN
from ..checks import check_grey
from ..evaluation.samples import report_seconds, report_weights, score, scorer_of_digits
from ..recipe import recipe
from ..run import Run

BINARIZATION = "sample"  # as in Larochelle's fixed binarisation of MNIST
DEFAULTS: dict[str, Any] = {"optimizer": None, "uses_scorer": True}


@recipe("made", "9.3", "MADE: an autoencoder that sees the past only", epochs=(30, 12), batch_size=100, **DEFAULTS)
def made(run: Run) -> None:
    """An autoencoder 784-500-784 would copy its input. With masks on its weights (Germain et al. 2015) output i depends
    on the pixels before pixel i only: the trivial label x → x then becomes x₁, ..., xᵢ₋₁ → xᵢ, and the cross-entropy is
    the exact -log p(x), which neither a VAE nor a GAN can compute. All pixels are learnt in parallel and drawn one
    after the other. The pixels may be in any order. In a random one the first pixels outline the whole digit, and one
    hidden layer predicts the rest better than in raster order from the rows above.
    """
    x, x_test = _black_and_white(run)
    x, x_test = x.reshape(len(x), -1), x_test.reshape(len(x_test), -1)
    pixels = x.shape[1]  # 784
    model = MADE(pixels, hidden=500, order=backend.permutation(pixels))
    model.compile(run.decaying_adam(len(x), run.batch_size, 3e-3))
    history = run.fit(model, x, x, validation_data=(x_test, x_test)).history
    _report(run, model, x, x_test)
    caption = "-log p(x) of training and test digits."
    run.curves("losses", history, ("loss_end", "val_loss"), caption, y="-log p(x), nats")
    _draw_images(run, model, x_test, after="{pixels} pixels")
    run.save(model)


@recipe("pixelcnn", "9.3", "PixelCNN: the same with masked convolutions", epochs=(10, 1), batch_size=64, **DEFAULTS)
def pixelcnn(run: Run) -> None:
    """Near pixels matter most, and the same rules hold everywhere in the image: PixelCNN is a stack of convolutions,
    each masked so that it depends only on the pixels above and to the left (van den Oord et al. 2016). It reaches a
    lower -log p(x) than MADE with far fewer weights. If one half of an image is known, the other is drawn given the
    pixels before it.
    """
    x, x_test = _black_and_white(run)
    rows, columns, _ = run.image_shape  # 28, 28, 1
    model = PixelCNN((rows, columns))
    batch_size = run.batch_size_for(len(x))
    model.compile(run.decaying_adam(len(x), batch_size, 3e-3))
    validation = x_test[:1000]
    history = run.fit(model, x, x, batch_size=batch_size, validation_data=(validation, validation)).history
    text = ", ".join(f"{v:.1f}" for v in history["val_loss"])
    run.number("-log p of 1,000 test digits after each epoch", text)
    _report(run, model, x, x_test)
    half = np.zeros(run.image_shape, bool)
    half[: rows // 2] = True
    repeated = np.concatenate([x_test[:10]] * 4)  # (40, rows, columns, 1)
    completed = np.split(model.inpaint(repeated, half), 4)
    given = np.where(half, x_test[:10], 0.5)
    shown = run.rows(x_test[:10], given, *completed, labels=["x", "known", *["drawn"] * 4])
    run.figure("inpainting", shown, "The upper half of test digits, and four lower halves for each.")
    _draw_images(run, model, x_test, after="{rows} rows")
    run.save(model)


def _black_and_white(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """(x, x_test), (n, rows, columns, 1) each, drawn once with fixed seeds."""
    data = run.images()
    check_grey(run.recipe.name, run.image_shape[-1])
    return binarize(data.x_train, BINARIZATION, seed=0), binarize(data.x_test, BINARIZATION, seed=1)


def independent_nll(x: np.ndarray, x_test: np.ndarray) -> float:
    """-log p of test images (n, pixels) in nats, for independent pixels with a probability each."""
    p = (x.sum(axis=0, dtype="float64") + 0.5) / (len(x) + 1)
    return float(-(x_test * np.log(p) + (1 - x_test) * np.log(1 - p)).sum() / len(x_test))


def _report(run: Run, model: Autoregressive, x: np.ndarray, x_test: np.ndarray) -> None:
    """The exact -log p(x), beside that of independent pixels."""
    report_weights(run, model)
    flat, flat_test = x.reshape(len(x), -1), x_test.reshape(len(x_test), -1)
    name, independent = f"-log p(x) of test digits, {how_text(BINARIZATION)}", independent_nll(flat, flat_test)
    run.number(name, f"{model.nll(x_test).mean():.2f} nats", f"each pixel by itself: {independent:.2f}")


def _draw_images(run: Run, model: Autoregressive, x_test: np.ndarray, after: str) -> None:
    """The figures of new images, ten of them after every seventh of the pixels, and the scores of more of them.

    after  the words for so many pixels, with their number as {pixels} and {rows}
    """
    rows, columns, _ = run.image_shape
    step = max(1, rows // 7)  # 4 of 28
    n, start = 1_000 if not run.few_images else 10 if run.settings.quick else 30, time.perf_counter()
    pictures = film(model, n, every=step * columns)
    report_seconds(run, n, start)
    shown = run.rows(*(drawn[:10] for drawn in pictures))
    after = after.format(pixels=step * columns, rows=step)
    run.figure("film", shown, f"Ten digits while they are drawn, after every {after}.")
    run.figure("samples", run.grid(pictures[-1][:30]), "New digits, drawn pixel by pixel.")
    score(run, pictures[-1], _of_black_and_white(run, x_test, n))


def _of_black_and_white(run: Run, x_test: np.ndarray, n: int) -> str:
    """What the scorer distance of n black-and-white test digits is, since the scorer has learnt grey ones."""
    classifier = scorer_of_digits(run)
    if classifier is None:
        return ""
    distance = classifier.distance(x_test[:n], run.images().x_test[:n])
    return f"test digits in black and white: {distance:.2f}"


def film(model: Autoregressive, n: int, every: int) -> list[np.ndarray]:
    """n new images while they are drawn: after every `every` pixels, and at the end."""
    empty, known = np.zeros((n, *model.image_shape), "float32"), np.zeros(model.image_shape, bool)
    pictures = enumerate(model.paint(empty, known))  # the first picture is empty
    return [x for i, x in pictures if i > 0 and (i % every == 0 or i == known.size)]
