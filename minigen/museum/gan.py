"""Five GANs with one mistake each, and six checks that detect them (failure gallery of section 9.1).

Each exhibit is models.GAN with one mistake, on the same networks. `caught(gan)` names the checks that a GAN fails,
before any training. "Signature" describes the training of each: 5,000 digits, 6 epochs in batches of 32, Adam with a
rate of 1e-3, seed 0. The correct GAN then has a d_loss of 1.25, a g_loss of 1.0, a D that classifies 0.66 of the images
correctly (d_accuracy), and fakes of nine digits or more (e^entropy).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import backend, models
from ..autograd import grad
from ..checks.values import as_list
from ..models import GAN
from ..optimizers import SGD, Adam
from ..tensor import Tensor
from ..types import Array, Logs, Shape, TensorLike
from .checks import check_compiled_model, check_exhibit, condition, run_checks, what_failed

RATE = 1e-3
STEPS = 20  # calls of train_step within which both players must step

# ---- the exhibits


class Momentum(GAN):
    """Adam with its default beta_1 = 0.9: a gradient averaged over ten steps, in which the opponent has changed.

    Signature: d_loss near 0.1 and g_loss at 15, d_accuracy about 0.98, all fakes the same digit. "Default of 0.9
    fails", says the comment in labml's GAN; the DCGAN paper (Radford et al. 2016) has 0.5.
    """

    def default_optimizer(self) -> Adam:
        return Adam(RATE, beta_1=0.9)


class SaturatingLoss(GAN):
    """G minimises log(1 - D(G(z))), as in the minimax game, while D is far ahead after 300 steps alone.

    Signature: with this D, and plain gradient descent for G as in 2014, no gradient reaches a fake (gradient_norm
    0.000): g_loss stays at 0, d_accuracy is about 1.00, and the fakes remain the noise of the first step. With -log D
    the same game produces nine digits. Adam, which divides by the size of the gradient, hides the problem.
    """

    head_start = 300  # steps of D before the first step of G

    def compile(self, d_optimizer: Any = None, g_optimizer: Any = None, loss: Any = "minimax") -> None:  # type: ignore[override]
        super().compile(d_optimizer or Adam(RATE, beta_1=0.5), g_optimizer or SGD(0.1), loss)

    def players_to_update(self, cost_real: Any, cost_fake: Any) -> tuple[bool, bool]:
        return True, self.d_optimizer.iterations >= self.head_start


class ForgottenDetach(GAN):
    """One step for all weights that the loss of D depends on: without detach() the weights of G are among them.

    Signature: one half of each step trains G to be recognised, the other to deceive D: d_loss near 0.4, g_loss at 4,
    d_accuracy about 0.94, one to five digits. (In minigen, backward(wrt=D's weights) stops before G: a missing detach()
    is harmless unless the step also takes all weights.)
    """

    def train_step(self, x: TensorLike, *given: Array) -> Logs:
        on_real, on_fake = self.logits(x), self.logits(self.generator(self.noise(len(x)), training=True))
        d_loss = self.discriminator_loss(on_real, on_fake)
        d_loss.backward(wrt=self.parameters())
        self.d_optimizer.step(self.parameters())
        g_loss = self.generator_loss(self.logits(self.generator(self.noise(len(x)), training=True)))
        g_loss.backward(wrt=self.generator.parameters())
        self.g_optimizer.step(self.generator.parameters())
        right = (float((on_real.data > 0).mean()) + float((on_fake.data < 0).mean())) / 2
        return {"d_loss": d_loss, "g_loss": g_loss, "d_accuracy": right}


class WrongRange(GAN):
    """Real images in [-1, 1] for a generator that ends in a sigmoid: no fake can have a black background.

    Signature: D recognises fakes by their background alone; d_accuracy about 0.95, fakes close to 0 everywhere, two to
    four digits. (models.GAN refuses such data; this exhibit rescales them after that check.)
    """

    def train_step(self, x: TensorLike, *given: Array) -> Logs:
        return super().train_step(2 * x - 1)


class NoNoise(GAN):
    """z = 0 for every image: the generator produces a single image.

    Signature: a spread of 0; the image changes from digit to digit, and D, with a d_accuracy of about 0.97, follows.
    """

    def noise(self, n: int) -> Tensor:
        return 0 * super().noise(n)


EXHIBITS: tuple[type[GAN], ...] = (Momentum, SaturatingLoss, ForgottenDetach, WrongRange, NoNoise)


def build(exhibit: type[GAN], noise_dim: int = 32, image_shape: int | Shape = (784,)) -> GAN:
    """models.gan() as an instance of that exhibit (or of GAN), compiled: with its own optimizers if it has any."""
    check_exhibit(GAN, exhibit, "museum.gan.build", "museum.gan.build(museum.gan.Momentum)")
    right = models.gan(noise_dim, image_shape=image_shape)
    gan = exhibit(right.generator, right.discriminator)
    if exhibit.compile is GAN.compile and exhibit.default_optimizer is GAN.default_optimizer:
        gan.compile(Adam(RATE, beta_1=0.5), Adam(RATE, beta_1=0.5))
    else:
        gan.compile()
    return gan


# ---- the checks: a description of what is wrong, or ""


def check_momentum(gan: GAN) -> str:
    """Neither optimizer averages the gradient over more than five steps (beta_1 of 0.8)."""
    betas = [getattr(o, "beta_1", getattr(o, "momentum", 0.0)) for o in (gan.d_optimizer, gan.g_optimizer)]
    return f"beta_1 of {max(betas)}: use 0.5 against an opponent that changes" if max(betas) > 0.8 else ""


def check_slope(gan: GAN) -> str:
    """Where D is certain of a fake, a = -10, the loss of G still has a slope."""
    a = Tensor(backend.asarray(np.full((1, 1), -10.0, gan.dtype)), requires_grad=True)
    slope = abs(grad(gan.generator_loss(a), [a])[0].item())
    return "" if slope > 0.1 else f"dL_G/da is {slope:.1e} at D(G(z)) = {1 / (1 + np.exp(10)):.1e}: G cannot learn"


def check_steps(gan: GAN) -> str:
    """Both players step, and a step of one leaves the weights of the other unchanged."""
    seen = _observe_training(gan)
    if seen["error"]:
        return f"train_step fails: {seen['error']}"
    other = {"d": gan.generator, "g": gan.discriminator}
    for player in ("d", "g"):
        moved = [names for who, names in seen["moved"] if who == player]
        if not moved:
            return f"no step of {player}_optimizer in {STEPS} calls of train_step"
        if any(names & {w.name for w in other[player].parameters()} for names in moved):
            return f"the step of {player}_optimizer also moves the weights of the other player"
    return ""


def check_signs(gan: GAN) -> str:
    """The loss of D falls with a(x) and rises with a(G(z)); the loss of G falls with a(G(z))."""
    real, fake = (Tensor(backend.asarray(np.full((3, 1), 0.25, gan.dtype)), requires_grad=True) for _ in range(2))
    to_real, to_fake = grad(gan.discriminator_loss(real, fake), [real, fake])
    (to_g,) = grad(gan.generator_loss(fake), [fake])
    of_d = {"the loss of D rises with a(x)": to_real, "the loss of D falls with a(G(z))": -to_fake}
    slopes = of_d | {"the loss of G rises with a(G(z))": to_g}
    return "; ".join(problem for problem, slope in slopes.items() if not slope.sum().item() < 0)


def check_real_images(gan: GAN) -> str:
    """D receives the real images unchanged."""
    seen = _observe_training(gan)
    if seen["error"] or any(seen["unchanged"]):
        return ""
    ranges = ", ".join(sorted({f"[{low:.3g}, {high:.3g}]" for low, high in seen["ranges"]}))
    return f"real images in {list(gan.data_range or (0.0, 1.0))} are changed before D, which receives {ranges}"


def check_noise(gan: GAN) -> str:
    """Different noise gives different images."""
    spread = float(gan.sample(100, *condition(gan, 100)).std(axis=0).mean())
    return "" if spread > 1e-5 else f"100 fakes differ by {spread:.1g}: every image is the same"


CHECKS = (check_momentum, check_slope, check_signs, check_steps, check_real_images, check_noise)


def caught(gan: GAN) -> dict[str, str]:
    """{name of a check: what it found} for every check that this compiled GAN fails; the GAN is left unchanged.

    It runs train_step until both players have stepped, on four artificial images. The checks detect the mistakes of the
    exhibits, a wrong sign, and a missing step; they do not judge learning rates, architectures and custom losses.
    Raises TypeError for anything but a models.GAN, RuntimeError for one that is not compiled.
    """
    check_compiled_model(GAN, gan, "museum.gan.caught", "class MyGAN(models.GAN), with a custom train_step")
    return run_checks(CHECKS, gan)


def _observe_training(gan: GAN) -> dict[str, Any]:
    """Run train_step on black and white images until both players have stepped, with plain gradient descent for both.

    Returns which step moved which weights, the ranges of the images that D received, and whether the real images are
    among them unchanged. All weights and optimizers are restored.
    """
    low, high = gan.data_range or (0.0, 1.0)
    x = np.full((4, *as_list(gan.discriminator.inputs)[0].shape[1:]), low, gan.dtype)
    x[2:] = high
    seen: dict[str, Any] = {"moved": [], "ranges": [], "unchanged": [], "error": ""}
    weights, optimizers, original = gan.get_weights(), (gan.d_optimizer, gan.g_optimizer), gan.discriminator.call

    def call(images: Any, training: bool = False) -> Tensor:
        pixels = backend.to_numpy(as_list(images)[0].data)
        seen["ranges"].append((float(pixels.min()), float(pixels.max())))
        seen["unchanged"].append(np.array_equal(pixels, x))
        return original(images, training=training)

    gan.d_optimizer, gan.g_optimizer = _Recorder("d", gan, seen), _Recorder("g", gan, seen)
    vars(gan.discriminator)["call"] = call
    try:
        for _ in range(STEPS):
            gan.train_step(Tensor(backend.asarray(x)), *condition(gan, len(x)))
            if {player for player, _ in seen["moved"]} == {"d", "g"}:
                break
    except Exception as error:  # a custom train_step may raise anything
        seen["error"] = what_failed(error)
    finally:
        del gan.discriminator.call
        gan.d_optimizer, gan.g_optimizer = optimizers
        gan.set_weights(weights)
    return seen


class _Recorder(SGD):
    """Gradient descent that records the names of the weights that each step has moved."""

    def __init__(self, player: str, gan: GAN, seen: dict[str, Any]) -> None:
        super().__init__(1e-3)
        self.player, self.gan, self.seen = player, gan, seen
        self.iterations = 1_000_000  # beyond any head start

    def step(self, parameters: Any = None) -> None:
        before = {w.name: w.numpy().copy() for w in self.gan.parameters()}
        super().step(parameters)
        moved = {w.name for w in self.gan.parameters() if (w.numpy() != before[w.name]).any()}
        self.seen["moved"].append((self.player, moved))
