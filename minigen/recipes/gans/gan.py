"""Section 9.1: generative adversarial networks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import backend, losses, metrics, models, plot
from ...autograd import grad
from ...models import GANMonitor
from ...optimizers import Adam, LinearDecay
from ...tensor import Tensor
from ..base import Run, recipe
from ..evaluation.samples import score_samples, scorer, show_classes

BALANCE = {"2 ln 2": 2 * math.log(2), "ln 2": math.log(2)}  # d_loss and g_loss where D cannot tell


@recipe(
    "gan",
    "9.1",
    "Fig 9.1 and Problem A: noise, generator, discriminator",
    epochs=20,
    chapter_epochs=4,
    batch_size=64,
    optimizer=None,
    loss="non_saturating",
    latent_dim=32,
    preset="cpu",
    uses_scorer=True,
)
def gan(run: Run) -> None:
    """Problem A asks for a loss that says whether an image is a realistic one. With the squared distance to some real
    image, the same generator learns the mean of all images, which is the best guess when noise tells nothing about the
    target. Fig 9.1's answer is a second network: "the loss function of the generator is the discriminator", and what
    reaches the generator is its gradient with respect to each pixel, drawn here as an image.
    """
    x, _, x_test, _ = run.digits()
    batch_size = run.batch_size_for(len(x))
    model = models.gan(run.latent_dim, str(run.preset))
    model.monitor = GANMonitor(scorer(run))
    model.compile(
        run.decaying_adam(len(x), batch_size, 1e-3, beta_1=0.5),
        run.decaying_adam(len(x), batch_size, 1e-3, beta_1=0.5),
        run.loss,
    )
    history = run.fit(model, x, batch_size=batch_size).history
    _report_game(run, history)
    bars = ("", "5 % to 15 %", "see minigen train scorer")
    images = score_samples(run, model.sample, bars)
    _report_parzen(run, images)
    run.figure("samples", plot.grid(images[:100]), "100 new digits, the first that were drawn.")
    mean_drawer = _problem_a(run, x, x_test)
    z = backend.to_numpy(backend.normal((10, run.latent_dim)))
    drawn = plot.rows(mean_drawer.predict(z), model.generate(z), labels=["squared error", "discriminator"])
    run.figure("problem-a", drawn, "Problem A: one generator, two losses, the same noise.")
    fakes = model.generate(z)
    wish = -model.pixel_gradient(fakes)
    grey = 0.5 + wish / (2 * np.abs(wish).max(axis=1, keepdims=True))
    caption = "The loss of the generator is the discriminator: below each fake, what would make D take it for real, "
    caption += "brighter where white, darker where black."
    run.figure("pixel-gradient", plot.rows(fakes, grey, labels=["G(z)", "-dL/dx"]), caption)
    _draw_slopes(run)
    model.save_weights(run.folder / "weights.npz")


def _problem_a(run: Run, x: np.ndarray, x_test: np.ndarray) -> Any:
    """The generator of models.gan() trained on the squared distance to random real images."""
    generator = models.gan(run.latent_dim, str(run.preset)).generator
    generator.compile("adam", "half_squared_error")
    for _ in range(2 if len(x) > 20_000 else 4):  # fresh noise each time: no image has a code of its own
        z = backend.to_numpy(backend.normal((len(x), run.latent_dim)))
        generator.fit(z, x, epochs=1, batch_size=64, verbose=0)
    drawn, mean = generator.predict(z[: len(x_test)]), x.mean(axis=0)
    far = float(np.square(drawn - mean).mean())
    run.number("Problem A with a squared error: MSE of its drawings to the mean image", f"{far:.4f}", "near 0")
    between = float(np.square(x_test - mean).mean())
    run.number("MSE of the test digits to the mean image", f"{between:.4f}", "0.067")
    guess = float(losses.binary_crossentropy(x_test, drawn))
    run.number("cross-entropy of these drawings to test digits", f"{guess:.4f}", "that of the mean image: 0.262")
    return generator


def _report_parzen(run: Run, images: np.ndarray) -> None:
    """The measure of the first GAN paper, as history."""
    _, _, x_test, _ = run.digits()
    n_validation = len(x_test) // 10
    sigma = metrics.parzen_sigma(x_test[:n_validation], images)
    nats = metrics.parzen_log_likelihood(x_test[n_validation:], images, sigma)
    expected = "Goodfellow et al. 2014: 225, from 10,000 samples"
    run.number(f"Parzen window (σ {sigma:.2f}, {len(images):,} samples), nats", f"{nats:.0f}", expected)


def _draw_slopes(run: Run) -> None:
    """What one fake contributes to G's gradient, against D's opinion of it."""
    d = np.linspace(0.002, 0.998, 250)
    a = Tensor(np.log(d / (1 - d))[:, None], requires_grad=True)
    slopes = {
        "log(1 - D): -σ(a)": grad(losses.saturating_generator_loss(a), [a])[0].numpy()[:, 0] * len(d),
        "-log D: -(1 - σ(a))": grad(losses.generator_loss(a), [a])[0].numpy()[:, 0] * len(d),
    }
    caption = "The slope of both classic losses by the logit a of one fake: where D is sure of it, at the left, one "
    caption += "vanishes and the other does not."
    run.figure("slopes", plot.functions(d, {"": slopes}, ("D(G(z)) = σ(a)", "dL/da")), caption)


@recipe(
    "dcgan",
    "9.1",
    "A convolutional GAN",
    epochs=15,
    chapter_epochs=2,
    batch_size=64,
    optimizer=None,
    loss="non_saturating",
    latent_dim=32,
    preset="cpu",
    uses_scorer=True,
)
def dcgan(run: Run) -> None:
    """Noise becomes 7 x 7 maps, and up-sampling and convolutions, as in the chapter's decoder, make an image of them;
    the discriminator goes the other way with strides. Both losses stay near the values where D can no longer tell, and
    do not say how good the images are: a scorer, a classifier of digits, does.
    """
    x, _, _, _ = run.digits()
    x = x.reshape(-1, 28, 28, 1)
    batch_size = run.batch_size_for(len(x))
    gan = models.dcgan(run.latent_dim, str(run.preset))
    gan.monitor = GANMonitor(scorer(run))
    gan.compile(
        run.decaying_adam(len(x), batch_size, 3e-4, beta_1=0.5),
        run.decaying_adam(len(x), batch_size, 2e-3, beta_1=0.5),
        run.loss,
    )
    history = run.fit(gan, x, batch_size=batch_size).history
    _report_game(run, history)
    bars = ("on the 60,000: 0.9 or more", "5 % to 15 %", "see minigen train scorer")
    images = score_samples(run, gan.sample, bars)
    run.figure("samples", plot.grid(images[:100]), "100 new digits, the first that were drawn.")
    gan.save_weights(run.folder / "weights.npz")


@recipe(
    "cgan",
    "9.1",
    "Example 9.2 again: draw me a 7",
    epochs=20,
    chapter_epochs=11,
    batch_size=64,
    optimizer=None,
    loss="non_saturating",
    latent_dim=32,
    preset="cpu",
    uses_scorer=True,
)
def cgan(run: Run) -> None:
    """X ~ P(X | Y): both players are told the class. A fake that is a good 3 when a 7 was asked for is found out by the
    discriminator, so that the generator must obey. Each row has one class, each column one z.
    """
    x, y, _, _ = run.digits()
    batch_size = run.batch_size_for(len(x))
    model = models.conditional_gan(run.latent_dim, preset=str(run.preset))
    model.monitor = GANMonitor(scorer(run))
    model.compile(
        run.decaying_adam(len(x), batch_size, 1e-3, beta_1=0.5),
        run.decaying_adam(len(x), batch_size, 1e-3, beta_1=0.5),
        run.loss,
    )
    history = run.fit(model, x, y, batch_size=batch_size).history
    _report_game(run, history)
    labels = np.arange(10_000 if len(x) > 20_000 else 2000) % 10
    drawn = model.sample(len(labels), labels)
    agreement = scorer(run).agreement(drawn, labels)
    expected = "on the 60,000: 0.989; of the conditional VAE 0.997"
    run.number("drawn digits that the scorer calls by their label", f"{agreement:.3f}", expected)
    run.number("mean confidence of the scorer", f"{scorer(run).confidence(drawn):.3f}")
    show_classes(run, model.generate, run.latent_dim)
    model.save_weights(run.folder / "weights.npz")


@recipe(
    "wgan-gp",
    "9.1",
    "A critic in place of a discriminator",
    epochs=8,
    chapter_epochs=2,
    batch_size=64,
    optimizer=None,
    latent_dim=32,
    preset="cpu",
    uses_scorer=True,
)
def wgan_gp(run: Run) -> None:
    """The critic's output is no probability: its slope is held near 1, by a penalty on the gradient with respect to the
    images, which is itself differentiated: backward twice through the convolutions. What it then tells apart is the
    Wasserstein distance between real and fake images, and that falls while the samples get better.
    """
    x, _, _, _ = run.digits()
    x = x.reshape(-1, 28, 28, 1)
    batch_size = run.batch_size_for(len(x))
    model = models.wgan_gp(run.latent_dim, str(run.preset))
    model.monitor = GANMonitor(scorer(run))
    steps = run.epochs * math.ceil(len(x) / batch_size)
    critic = Adam(LinearDecay(1e-3, steps), beta_1=0.0, beta_2=0.9)
    model.compile(critic, Adam(LinearDecay(1e-3, max(1, steps // model.critic_steps)), beta_1=0.0, beta_2=0.9))
    history = run.fit(model, x, batch_size=batch_size).history
    first, last = history["distance"][0], history["distance"][-1]
    run.number("distance of the fakes from the data, first and last epoch", f"{first:.2f}, {last:.2f}", "falls")
    run.number("mean (‖∇a‖ - 1)², last epoch", f"{history['penalty'][-1]:.3f}", "near 0")
    bars = ("", "5 % to 15 %", "see minigen train scorer")
    images = score_samples(run, model.sample, bars)
    run.figure("samples", plot.grid(images[:100]), "100 new digits, the first that were drawn.")
    kept = {"distance": history["distance"], "penalty": history["penalty"]}
    run.figure("distance", plot.curves(kept, y="distance"), "The critic's distance falls: a loss that can be read.")
    model.save_weights(run.folder / "weights.npz")


def _report_game(run: Run, history: dict[str, list[Any]]) -> None:
    """The losses of both players beside those of a balanced game, and the curves of the arms race."""
    for name, balanced in (("d_loss", "2 ln 2 = 1.386"), ("g_loss", "ln 2 = 0.693"), ("d_accuracy", "0.5")):
        run.number(f"{name}, mean of the last epoch", f"{history[name][-1]:.3f}", f"{balanced} where D cannot tell")
    kept = {k: history[k] for k in ("d_loss", "g_loss", "d_real", "d_fake")}
    run.figure(
        "game", plot.curves(kept, BALANCE, y="nats"), "The arms race: the losses of both, and the two costs of D."
    )
    accuracy = plot.curves({"d_accuracy": history["d_accuracy"]}, {"cannot tell": 0.5}, y="share of images")
    run.figure("accuracy", accuracy, "How often D is right.")
