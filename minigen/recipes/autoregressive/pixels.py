"""Recipes of section 9.3: digits pixel by pixel."""

from __future__ import annotations

import numpy as np

from ... import backend, plot
from ...datasets.binary import binarize, how_text
from ...models import MADE, Autoregressive, PixelCNN
from ..base import Run, recipe

HOW = "sample"  # as Larochelle's fixed binarisation of MNIST was made


@recipe(
    "made",
    "9.3",
    "MADE: an autoencoder that sees the past only",
    epochs=30,
    chapter_epochs=12,
    batch_size=100,
    optimizer=None,
)
def made(run: Run) -> None:
    """An autoencoder 784-500-784 would copy its input. With masks on its weights, output i sees the pixels before pixel
    i and no others: then the trivial label x → x is x₁, ..., xᵢ₋₁ → xᵢ, and the cross-entropy is the exact -log p(x),
    which no VAE and no GAN can tell. All pixels are learnt at once, and drawn one by one. "Before" may be any order: in
    one that was drawn at random the first pixels sketch the whole digit, and one hidden layer predicts the rest better
    than from the rows above (100.2 nats on the 60,000 in raster order, after 60 epochs).
    """
    x, x_test = _black_and_white(run)
    x, x_test = x.reshape(len(x), -1), x_test.reshape(len(x_test), -1)
    model = MADE(784, hidden=500, order=backend.permutation(784))
    model.compile(run.decaying_adam(len(x), run.batch_size, 3e-3))
    history = run.fit(model, x, x, validation_data=(x_test, x_test)).history
    _report(run, model, x, x_test, "karpathy/pytorch-made has 94.5 on the 60,000")
    run.figure(
        "losses",
        plot.curves({name: history[name] for name in ("loss_end", "val_loss")}, y="-log p(x), nats"),
        "-log p(x).",
    )
    film = _film(model, 10 if run.settings.quick else 30, every=112)
    run.figure(
        "film", plot.rows(*(drawn[:10] for drawn in film)), "Ten digits as they are drawn, 112 pixels at a time."
    )
    run.figure("samples", plot.grid(film[-1]), "New digits, drawn pixel by pixel.")
    model.save_weights(run.folder / "weights.npz")


@recipe(
    "pixelcnn",
    "9.3",
    "PixelCNN: the same with masked convolutions",
    epochs=10,
    chapter_epochs=1,
    batch_size=64,
    optimizer=None,
)
def pixelcnn(run: Run) -> None:
    """What is near matters most, and it is the same all over the image: a stack of convolutions, each masked so that it
    looks up and to the left. With far fewer weights than MADE it knows digits better. Half an image that is known is
    completed by drawing the other half, given the pixels before it.
    """
    x, x_test = (images[..., None] for images in _black_and_white(run))
    model = PixelCNN()
    batch_size = run.batch_size_for(len(x))
    model.compile(run.decaying_adam(len(x), batch_size, 3e-3))
    watched = x_test[:1000]
    history = run.fit(model, x, x, batch_size=batch_size, validation_data=(watched, watched)).history
    text = ", ".join(f"{v:.1f}" for v in history["val_loss"])
    run.number("-log p of 1,000 test digits after each epoch", text)
    _report(run, model, x, x_test, "81.3 with a much larger net on the 60,000")
    half = np.zeros((28, 28, 1), bool)
    half[:14] = True
    ways = model.inpaint(np.repeat(x_test[None, :10], 4, axis=0).reshape(40, 28, 28, 1), half).reshape(4, 10, 28, 28)
    given = np.where(half, x_test[:10], 0.5)[..., 0]
    shown = plot.rows(x_test[:10, ..., 0], given, *ways, labels=["x", "known", *["drawn"] * 4])
    run.figure("inpainting", shown, "The upper half of test digits, and four lower halves for each.")
    film = _film(model, 10 if run.settings.quick else 30, every=112)
    run.figure("film", plot.rows(*(drawn[:10] for drawn in film)), "Ten digits as they are drawn, four rows at a time.")
    run.figure("samples", plot.grid(film[-1]), "New digits, drawn pixel by pixel.")
    model.save_weights(run.folder / "weights.npz")


def _black_and_white(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """(x, x_test), (n, 28, 28); both drawn once, from two seeds."""
    x, _, x_test, _ = run.digits()
    shape = (-1, 28, 28)
    return binarize(x, HOW, seed=0).reshape(shape), binarize(x_test, HOW, seed=1).reshape(shape)


def independent_nll(x: np.ndarray, x_test: np.ndarray) -> float:
    """-log p of test images in nats, if each pixel had its own probability and knew nothing of the others."""
    p = (x.sum(axis=0, dtype="float64") + 0.5) / (len(x) + 1)
    return float(-(x_test * np.log(p) + (1 - x_test) * np.log(1 - p)).sum() / len(x_test))


def _report(run: Run, model: Autoregressive, x: np.ndarray, x_test: np.ndarray, expected: str) -> None:
    """The exact score, beside that of pixels that know nothing of each other."""
    run.number("weights", f"{sum(p.size for p in model.parameters()):,}")
    alone = f"each pixel by itself: {independent_nll(x, x_test):.2f}; {expected}"
    run.number(f"-log p(x) of test digits, {how_text(HOW)}", f"{model.nll(x_test).mean():.2f} nats", alone)


def _film(model: Autoregressive, n: int, every: int) -> list[np.ndarray]:
    """n new images, (n, 28, 28), after each so many pixels."""
    empty, known = np.zeros((n, *model.image_shape), "float32"), np.zeros(model.image_shape, bool)
    pictures = enumerate(model.paint(empty, known))  # the first is empty
    return [x.reshape(-1, 28, 28) for i, x in pictures if i > 0 and i % every == 0]
