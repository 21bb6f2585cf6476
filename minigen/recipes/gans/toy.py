"""Section 9.1: a GAN of one-dimensional data, compared with theory."""

from __future__ import annotations

import math

import numpy as np

from ... import losses, models, plot
from ...datasets import toys
from ...models import GAN
from ...optimizers import Adam, LinearDecay
from ...types import TensorLike
from ..recipe import TOY, recipe
from ..run import Run

AXES = ("x", "density, or D(x)")


@recipe("toy-gan", "9.1", "A game whose answer is known", epochs=(600, 600), batch_size=None, **TOY)
def toy_gan(run: Run) -> None:
    """For numbers instead of images both densities are known: p of the data, q of the fakes. Then the best
    discriminator is p/(p + q), and the value of the game is -2 log 2 + 2 JSD(p, q) (Goodfellow et al. 2014). First a
    discriminator is trained alone, on two fixed densities; then the game is played, in which G(z) = a z + b moves its
    normal distribution onto the data.
    """
    rng = np.random.default_rng(run.settings.seed)
    p, q = toys.Mixture([-1.5, 1.0], [0.5, 0.7]), toys.Mixture([0.0], [1.2])
    x = np.linspace(-2.7, 2.7, 541)
    gan = models.toy_gan(0.0, 1.2)
    steps = min(2000, 10 * run.epochs)
    optimizer = Adam(LinearDecay(1e-2, steps))
    for _ in range(steps):
        _discriminator_step(gan, optimizer, p.draw(512, rng), q.draw(512, rng))
    best, trained = models.optimal_discriminator(p.density(x), q.density(x)), _discriminator(gan, x)
    run.number("largest |D - p/(p + q)| where 98 % of the draws are", np.abs(trained - best).max())
    lines = {"p": p.density(x), "q": q.density(x), "D": trained, "p/(p + q)": best}
    run.figure("optimum", plot.functions(x, {"": lines}, AXES), "A trained discriminator, and the optimal one.")
    _play_the_toy(run, rng)


def _play_the_toy(run: Run, rng: np.random.Generator) -> None:
    """G moves from N(-1, 1.5²) to the data, N(1.5, 0.6²); two steps of D for one of G, each with 512 draws."""
    p, x = toys.Mixture([1.5], [0.6]), np.linspace(-5.0, 5.0, 1001)
    gan = models.toy_gan(-1.0, 1.5)
    gan.compile(Adam(1e-2, beta_1=0.5), Adam(LinearDecay(2e-2, run.epochs), beta_1=0.5))
    frames, d_losses, theory = {}, [], []
    for step in range(run.epochs):
        for _ in range(2):
            d_loss = _discriminator_step(gan, gan.d_optimizer, p.draw(512, rng), gan.generator(gan.noise(512)).detach())
        mean, deviation = models.toy_fakes(gan)
        q = toys.Mixture([mean], [deviation]).density(x)
        d_losses.append(d_loss)
        theory.append(-models.value_of_the_game(p.density(x), q, x[1] - x[0]))
        if step in [run.epochs * i // 5 for i in range(5)] + [run.epochs - 1]:
            best = models.optimal_discriminator(p.density(x), q)
            frames[f"step {step}"] = {"p": p.density(x), "q": q, "D": _discriminator(gan, x), "p/(p + q)": best}
        g_loss = gan.generator_loss(gan.logits(gan.generator(gan.noise(512))))
        g_loss.backward(wrt=gan.generator.parameters())
        gan.g_optimizer.step(gan.generator.parameters())
    run.number("fakes at the end", "N({:.2f}, {:.2f}²)".format(*models.toy_fakes(gan)), "N(1.50, 0.60²)")
    run.number("loss of D at the end", f"{np.mean(d_losses[-50:]):.4f}", "2 ln 2 - 2 JSD = 1.386")
    gap = np.abs(np.subtract(d_losses, theory))[len(d_losses) // 3 :].max()
    run.number("largest gap between the loss of D and 2 ln 2 - 2 JSD, in the last two thirds", f"{gap:.3f}")
    caption = "The density q of the fakes moves onto that of the data, p. D is near p/(p + q) where the draws are."
    run.figure("game", plot.functions(x, frames, AXES), caption)
    curves = {"loss of D": d_losses, "2 ln 2 - 2 JSD(p, q)": theory}
    figure = plot.curves(curves, {"2 ln 2": 2 * math.log(2)}, x="step of G")
    run.figure("value", figure, "The loss of D and that of the optimal D: while q moves fast, D lags behind.")


def _discriminator_step(gan: GAN, optimizer: Adam, real: TensorLike, fake: TensorLike) -> float:
    """One step of D on the given draws; returns its loss."""
    loss = losses.discriminator_loss(gan.logits(real), gan.logits(fake))
    loss.backward(wrt=gan.discriminator.parameters())
    optimizer.step(gan.discriminator.parameters())
    return loss.item()


def _discriminator(gan: GAN, x: np.ndarray) -> np.ndarray:
    """D(x) at the points x (n,)."""
    return gan.discriminate(x[:, None].astype("float32"))
