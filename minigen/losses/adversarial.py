"""The losses of two players (section 9.1): logits of real and of fake images -> one number each, means over the batch.

G draws a fake G(z) from noise z. D(x) = σ(a) is D's probability that an image is real; all functions here take the
logit a, the output of D's last layer without an activation. The game of Goodfellow et al. 2014 is min over G, max over
D of

    V(D, G) = E[log D(x)] + E[log(1 - D(G(z)))]

D's loss is -V. For a given G with density q the best D is p/(p + q), with p the density of the data; V is then
-2 log 2 + 2 JSD(p, q). It is least where q = p: there D is 1/2 everywhere, and its loss 2 log 2 = 1.386.

The loss of G can be chosen, and the measure of distance with it: ADVERSARIAL has the pairs by name. Where D is sure of
a fake, a is far below 0, and the gradient of G's loss with respect to the logit of one image is

    minimax         log(1 - D)     -σ(a)         vanishes, where G needs it most
    non_saturating  -log D         -(1 - σ(a))   stays at -1: the default, as Goodfellow et al. advise
    least_squares   1/2 (a - 1)²   a - 1         grows with the distance from "real" (Mao et al. 2017)
    hinge           -a             -1            D's loss is 0 beyond the margin of 1 (Lim and Ye 2017)
    wasserstein     -a             -1            gradient_penalty bounds the slope of D (Arjovsky et al. 2017)

All functions but gradient_penalty take Tensors, which give a Tensor, or arrays, which give an array. They raise
TypeError for integers, ValueError for an empty batch, and ValueError for a Tensor that is the direct output of a
sigmoid or softmax: probabilities in place of logits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import backend, ops
from ..arguments import checks_arguments
from ..autograd import grad
from ..checks.values import by_name
from ..ops import LabelCrossentropy, LabelHinge, LabelSquaredError, UnitNormPenalty
from ..tensor import Tensor
from ..types import TensorLike
from .arguments import takes_logits
from .checks import images_of_one_shape, logits

REAL, FAKE = 1.0, 0.0  # the labels


@takes_logits
def discriminator_loss(real: TensorLike, fake: TensorLike) -> TensorLike:
    """-log D(x) - log(1 - D(G(z))) = -V, the two cross-entropies of D. 2 log 2 = 1.386 where D is 1/2 everywhere.

    real, fake: the logits of D for two batches, here and below. Goodfellow et al. 2014.
    """
    return LabelCrossentropy(REAL)(real) + LabelCrossentropy(FAKE)(fake)


@takes_logits
def generator_loss(fake: TensorLike) -> TensorLike:
    """-log D(G(z)), the non-saturating loss: log 2 = 0.693 where D is 1/2. Goodfellow et al. 2014, section 3."""
    return LabelCrossentropy(REAL)(fake)


@takes_logits
def saturating_generator_loss(fake: TensorLike) -> TensorLike:
    """log(1 - D(G(z))), the minimax loss: the term of V that depends on G. Its gradient vanishes with D(G(z))."""
    return -LabelCrossentropy(FAKE)(fake)


@takes_logits
def least_squares_discriminator_loss(real: TensorLike, fake: TensorLike) -> TensorLike:
    """1/2 (a(x) - 1)² + 1/2 a(G(z))². 1/4 where a is 1/2 everywhere. Mao et al. 2017."""
    return LabelSquaredError(REAL)(real) + LabelSquaredError(FAKE)(fake)


@takes_logits
def least_squares_generator_loss(fake: TensorLike) -> TensorLike:
    """1/2 (a(G(z)) - 1)². 1/8 where a is 1/2. Mao et al. 2017."""
    return LabelSquaredError(REAL)(fake)


@takes_logits
def hinge_discriminator_loss(real: TensorLike, fake: TensorLike) -> TensorLike:
    """max(0, 1 - a(x)) + max(0, 1 + a(G(z))). 2 where a is 0 everywhere. Lim and Ye 2017."""
    return LabelHinge(REAL)(real) + LabelHinge(FAKE)(fake)


@takes_logits
def hinge_generator_loss(fake: TensorLike) -> TensorLike:
    """-a(G(z)). Lim and Ye 2017."""
    return -ops.mean(fake)


@takes_logits
def wasserstein_critic_loss(real: TensorLike, fake: TensorLike) -> TensorLike:
    """a(G(z)) - a(x). For a critic a with slopes of at most 1, E a(x) - E a(G(z)), which is minus this loss, is at most
    the Wasserstein distance of p and q, and equal to it for the best critic.

    The output of a critic is no logit of a probability, but any number, larger for real. gradient_penalty must be added
    to this loss, or the slopes grow without bound. Arjovsky et al. 2017.
    """
    return ops.mean(fake) - ops.mean(real)


@takes_logits
def wasserstein_generator_loss(fake: TensorLike) -> TensorLike:
    """-a(G(z)). Arjovsky et al. 2017."""
    return -ops.mean(fake)


@checks_arguments
def gradient_penalty(critic: Callable[[Tensor], Tensor], real: TensorLike, fake: TensorLike) -> Tensor:
    """mean of (‖∇a(x̂)‖ - 1)² at x̂ = u x + (1 - u) G(z), with one u ~ U(0, 1) for each pair of images.

    critic: a function from images to logits; real, fake: images of one shape (n, ...). The gradient of a with respect
    to the pixels of x̂ is recorded: the penalty can be differentiated with respect to the critic's weights, which is a
    second derivative. The sum over all logits is differentiated, which is right as long as no image's logit depends on
    another image: no batch normalisation in a critic. Raises ValueError for shapes that differ. Gulrajani et al. 2017.
    """
    real, fake = images_of_one_shape("gradient_penalty", real, fake)
    u = backend.uniform((len(real), *[1] * (real.ndim - 1)), real.dtype)  # (n, 1, ...)
    between = Tensor(u * real + (1 - u) * fake, requires_grad=True)  # (n, ...)
    (slope,) = grad(logits("gradient_penalty", critic(between)).sum(), [between], create_graph=True)
    between.requires_grad = False  # a constant from here on: only the weights of the critic need a gradient
    return UnitNormPenalty()(slope.reshape((len(real), -1)))  # (n, ...) -> (n, pixels) -> ()


@dataclass(frozen=True)
class AdversarialLoss:
    """What the two players minimise. A custom pair: gan.compile(loss=AdversarialLoss("mine", d_loss, g_loss)).

    name           for checkpoints and errors
    discriminator  (logits of real images, logits of fakes) -> one number, a scalar Tensor
    generator      logits of fakes -> one number
    threshold      in d_accuracy an image with this logit or more counts as "real": 0, or 1/2 for the labels 1 and 0
    """

    name: str
    discriminator: Callable[[Any, Any], Any]
    generator: Callable[[Any], Any]
    threshold: float = 0.0


ADVERSARIAL: dict[str, AdversarialLoss] = {
    loss.name: loss
    for loss in (
        AdversarialLoss("non_saturating", discriminator_loss, generator_loss),
        AdversarialLoss("minimax", discriminator_loss, saturating_generator_loss),
        AdversarialLoss("least_squares", least_squares_discriminator_loss, least_squares_generator_loss, threshold=0.5),
        AdversarialLoss("hinge", hinge_discriminator_loss, hinge_generator_loss),
        AdversarialLoss("wasserstein", wasserstein_critic_loss, wasserstein_generator_loss),
    )
}


@checks_arguments
def get_adversarial(loss: str | AdversarialLoss) -> AdversarialLoss:
    """The pair of that name, or the pair itself. Raises ValueError for an unknown name, TypeError for no pair."""
    expected, fix = "a name or a pair of losses", "losses.AdversarialLoss('mine', discriminator_loss, generator_loss)"
    return by_name("adversarial loss", loss, ADVERSARIAL, lambda pair: isinstance(pair, AdversarialLoss), expected, fix)
