"""Section 9.1: generative adversarial networks."""

from __future__ import annotations

import math
from typing import Any

from .. import models, plot
from ..optimizers import Adam, LinearDecay
from .base import Run, book
from .judging import judge_samples, scorer

BALANCE = {"2 ln 2": 2 * math.log(2), "ln 2": math.log(2)}  # d_loss and g_loss where D cannot tell


def falling(run: Run, n: int, batch_size: int, rate: float) -> Adam:
    """Adam for one player of a game of this run: beta_1 = 0.5, and a rate that falls to 0 with the last batch."""
    return Adam(LinearDecay(rate, run.epochs * math.ceil(n / batch_size)), beta_1=0.5)


def few_or_many(run: Run, n: int) -> int:
    """The batch size: smaller for few digits, so that there are more steps."""
    return run.batch_size if n > 20_000 or run.settings.batch_size else run.batch_size // 2


@book.recipe(
    "dcgan",
    "9.1",
    "A convolutional GAN",
    epochs=25,
    chapter_epochs=6,
    batch_size=64,
    optimizer=None,
    loss="non_saturating",
    latent_dim=32,
    preset="cpu",
)
def dcgan(run: Run) -> None:
    """Noise becomes 7 x 7 maps, and up-sampling and convolutions, as in the chapter's decoder, make an image of them;
    the discriminator goes the other way with strides. Both losses stay near the values where D can no longer tell, and
    do not say how good the images are: a scorer, a classifier of digits, does.
    """
    x, _, _, _ = run.digits()
    x = x.reshape(-1, 28, 28, 1)
    batch_size = few_or_many(run, len(x))
    gan = models.dcgan(run.latent_dim, str(run.preset))
    gan.monitor = models.Archive(run.folder / "generators", scorer(run))
    gan.compile(falling(run, len(x), batch_size, 1e-3), falling(run, len(x), batch_size, 2e-3), run.loss)
    history = run.fit(gan, x, batch_size=batch_size).history
    _report_game(run, history)
    bars = ("on the 60,000: 0.9 or more", "5 % to 15 %", "see minigen train scorer", "")
    images = judge_samples(run, gan.sample, bars)
    run.figure("samples", plot.grid(images[:100]), "100 new digits, the first that were drawn.")
    gan.save_weights(run.folder / "weights.npz")


def _report_game(run: Run, history: dict[str, list[Any]]) -> None:
    """The losses of both players beside those of a balanced game, and the curves of the arms race."""
    for name, balanced in (("d_loss", "2 ln 2 = 1.386"), ("g_loss", "ln 2 = 0.693"), ("d_accuracy", "0.5")):
        run.number(f"{name}, mean of the last epoch", f"{history[name][-1]:.3f}", f"{balanced} where D cannot tell")
    kept = {k: history[k] for k in ("d_loss", "g_loss", "d_real", "d_fake", "d_accuracy")}
    run.figure("game", plot.curves(kept, BALANCE, y="nats"), "The arms race: losses of both, costs of D, its accuracy.")
