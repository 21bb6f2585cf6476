"""Section 9.1: generative adversarial networks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import backend, losses, metrics, models, plot
from ...autograd import grad
from ...model import Model
from ...models import GAN, GANMonitor
from ...optimizers import Adam, LinearDecay
from ...tensor import Tensor
from ..evaluation.samples import report_weights, score_samples, scorer_of_digits, show_classes
from ..recipe import recipe
from ..run import Run

BALANCE = {"2 ln 2": 2 * math.log(2), "ln 2": math.log(2)}  # d_loss and g_loss where D cannot tell real from fake
DEFAULTS: dict[str, Any] = {"batch_size": 64, "optimizer": None, "latent_dim": 32, "preset": "cpu", "uses_scorer": True}
GAME = DEFAULTS | {"loss": "non_saturating"}


@recipe("gan", "9.1", "Fig 9.1 and Problem A: noise, generator, discriminator", epochs=(20, 4), **GAME)
def gan(run: Run) -> None:
    """Problem A asks for a loss that measures whether an image is realistic. With the squared distance to a random real
    image the generator learns the mean of all images, the best prediction if the noise carries no information about
    the target. The solution of Fig 9.1 is a second network: "the loss function of the generator is the discriminator".
    The generator receives the gradient of this loss with respect to each pixel, drawn here as an image.
    """
    data = run.flat_images()
    x, x_test = data.x_train, data.x_test
    model = models.gan(run.latent_dim, run.preset, image_shape=x.shape[1:])
    _play(run, model, x)
    _report_parzen(run, _score(run, model))
    squared_error = _problem_a(run, x, x_test)
    z = backend.to_numpy(backend.normal((10, run.latent_dim)))
    fakes = model.generate(z)  # (10, pixels)
    drawn = run.rows(squared_error.predict(z), fakes, labels=["squared error", "discriminator"])
    run.figure("problem-a", drawn, "Problem A: one generator, two losses, the same noise.")
    change = -model.pixel_gradient(fakes)
    grey = 0.5 + change / (2 * np.abs(change).max(axis=1, keepdims=True))
    caption = "The loss of the generator is the discriminator: below each fake, the change that makes it more real "
    caption += "for D, brighter where white, darker where black."
    run.figure("pixel-gradient", run.rows(fakes, grey, labels=["G(z)", "-dL/dx"]), caption)
    _draw_slopes(run)
    run.save(model)


def _play(run: Run, model: GAN, *data: np.ndarray, d_rate: float = 1e-3, g_rate: float = 1e-3) -> None:
    """Train both players with Adam at decaying rates; report their losses beside those of a balanced game."""
    report_weights(run, model)
    model.monitor = GANMonitor(scorer_of_digits(run))
    n = len(data[0])
    batch_size = run.batch_size_for(n)
    d_optimizer, g_optimizer = (run.decaying_adam(n, batch_size, rate, beta_1=0.5) for rate in (d_rate, g_rate))
    model.compile(d_optimizer, g_optimizer, run.loss)
    history = run.fit(model, *data, batch_size=batch_size, callbacks=[run.film_of_fakes()]).history
    for name, balanced in (("d_loss", "2 ln 2 = 1.386"), ("g_loss", "ln 2 = 0.693"), ("d_accuracy", "0.5")):
        run.number(f"{name}, mean of the last epoch", f"{history[name][-1]:.3f}", f"{balanced} where D cannot tell")
    caption = "The losses of both players, and the two terms of D's loss."
    run.curves("game", history, ("d_loss", "g_loss", "d_real", "d_fake"), caption, lines=BALANCE, y="nats")
    chance = {"chance": 0.5}
    run.curves("accuracy", history, ["d_accuracy"], "How often D is right.", lines=chance, y="share of images")


def _score(run: Run, model: GAN) -> np.ndarray:
    """New images of the GAN: their scores, and a figure of a hundred."""
    images: np.ndarray = score_samples(run, model.sample, "see minigen train scorer")
    run.figure("samples", run.grid(images[:100]), "100 new digits, not selected.")
    return images


def _problem_a(run: Run, x: np.ndarray, x_test: np.ndarray) -> Model:
    """Train the generator of models.gan() on the squared distance to random real images, and report its loss."""
    generator = models.gan(run.latent_dim, run.preset, image_shape=x.shape[1:]).generator
    generator.compile("adam", "half_squared_error")
    for _ in range(4 if run.few_images else 2):  # new noise each time, so that no image gets its own z
        z = backend.to_numpy(backend.normal((len(x), run.latent_dim)))
        generator.fit(z, x, epochs=1, batch_size=64, verbose=0)
    drawn, mean = generator.predict(z[: len(x_test)]), x.mean(axis=0)
    mse = float(np.square(drawn - mean).mean())
    run.number("Problem A with a squared error: MSE of its drawings to the mean image", mse, "near 0")
    run.number("MSE of the test digits to the mean image", float(np.square(x_test - mean).mean()))
    run.number("cross-entropy of these drawings to test digits", float(losses.binary_crossentropy(x_test, drawn)))
    return generator


def _report_parzen(run: Run, images: np.ndarray) -> None:
    """The log-likelihood of a Parzen window, the measure of the first paper on GANs (Goodfellow et al. 2014)."""
    x_test = run.flat_images().x_test
    n_validation = len(x_test) // 10
    sigma = metrics.parzen_sigma(x_test[:n_validation], images)
    nats = metrics.parzen_log_likelihood(x_test[n_validation:], images, sigma)
    name = "Parzen window (σ {sigma}, {n} samples), nats"
    run.number(name, f"{nats:.0f}", sigma=f"{sigma:.2f}", n=f"{len(images):,}")


def _draw_slopes(run: Run) -> None:
    """The slope of both classic generator losses against the output of D for one fake."""
    d = np.linspace(0.002, 0.998, 250)
    a = Tensor(np.log(d / (1 - d))[:, None], requires_grad=True)
    slopes = {
        "log(1 - D): -σ(a)": grad(losses.saturating_generator_loss(a), [a])[0].numpy()[:, 0] * len(d),
        "-log D: -(1 - σ(a))": grad(losses.generator_loss(a), [a])[0].numpy()[:, 0] * len(d),
    }
    caption = "The slope of both classic losses with respect to the logit a of one fake. At the left, where D is sure "
    caption += "that it is a fake, one slope vanishes and the other does not."
    run.figure("slopes", plot.functions(d, {"": slopes}, ("D(G(z)) = σ(a)", "dL/da")), caption)


@recipe("dcgan", "9.1", "A convolutional GAN", epochs=(15, 2), **GAME)
def dcgan(run: Run) -> None:
    """The generator turns noise into 7 x 7 maps, and these into an image by up-sampling and convolutions, as in the
    chapter's decoder; the discriminator uses convolutions with strides. Both losses stay near the values where D cannot
    tell real from fake, and do not measure how good the images are: a scorer, a classifier of digits, does.
    """
    x = run.images().x_train
    model = models.dcgan(run.latent_dim, run.preset, image_shape=x.shape[1:])
    _play(run, model, x, d_rate=3e-4, g_rate=2e-3)
    _score(run, model)
    run.save(model)


@recipe("cgan", "9.1", "Example 9.2 again: draw me a 7", epochs=(20, 11), **GAME)
def cgan(run: Run) -> None:
    """X ~ P(X | Y): both players get the class as input. The discriminator recognises a good 3 with the label 7 as a
    fake, so the generator must draw the requested class. Each row has one class, each column one z.
    """
    data = run.flat_images()
    x, y = data.x_train, data.y_train
    model = models.conditional_gan(run.latent_dim, run.classes, run.preset, image_shape=x.shape[1:])
    _play(run, model, x, y)
    labels, classifier = np.arange(run.n_samples) % run.classes, scorer_of_digits(run)
    if classifier is not None:
        drawn = model.sample(len(labels), labels)
        agreement = classifier.agreement(drawn, labels)
        run.number("drawn digits that the scorer calls by their label", f"{agreement:.3f}")
        run.number("mean confidence of the scorer", f"{classifier.confidence(drawn):.3f}")
    show_classes(run, model.generate, run.latent_dim)
    run.save(model)


@recipe("wgan-gp", "9.1", "A critic in place of a discriminator", epochs=(8, 2), **DEFAULTS)
def wgan_gp(run: Run) -> None:
    """The output of the critic is not a probability. A penalty on its gradient with respect to the images keeps its
    slope near 1; the penalty is differentiated in turn, which takes second derivatives of the convolutions. The
    difference of the critic's outputs for real and fake images then estimates their Wasserstein distance, which falls
    while the samples get better (Gulrajani et al. 2017).
    """
    x = run.images().x_train
    batch_size = run.batch_size_for(len(x))
    model = models.wgan_gp(run.latent_dim, run.preset, x.shape[1:])
    report_weights(run, model)
    model.monitor = GANMonitor(scorer_of_digits(run))
    steps = run.steps(len(x), batch_size)
    critic = Adam(LinearDecay(1e-3, steps), beta_1=0.0, beta_2=0.9)
    model.compile(critic, Adam(LinearDecay(1e-3, max(1, steps // model.critic_steps)), beta_1=0.0, beta_2=0.9))
    history = run.fit(model, x, batch_size=batch_size, callbacks=[run.film_of_fakes()]).history
    first, last = history["distance"][0], history["distance"][-1]
    run.number("distance of the fakes from the data, first and last epoch", f"{first:.2f}, {last:.2f}", "falls")
    run.number("mean (‖∇a‖ - 1)², last epoch", f"{history['penalty'][-1]:.3f}", "near 0")
    _score(run, model)
    caption = "The distance that the critic estimates falls: this loss measures the progress of the training."
    run.curves("distance", history, ("distance", "penalty"), caption, y="distance")
    run.save(model)
