"""The losses of two players (section 9.1): logits of real and of fake images -> one number each, means over the batch.

G draws a fake G(z) from noise z. D says with D(x) = σ(a) how likely an image is real; all functions here take the
logit a, the output of D's last layer without an activation. The game of Goodfellow et al. 2014 is min over G, max over
D of

    V(D, G) = E[log D(x)] + E[log(1 - D(G(z)))]

D's loss is -V. For a given G with density q the best D is p/(p + q), with p the density of the data; V is then
-2 log 2 + 2 JSD(p, q). It is least where q = p: there D is 1/2 everywhere, and its loss 2 log 2 = 1.386.

What G minimises is a choice, and so is the measure: ADVERSARIAL has the pairs by name. Where D is sure of a fake, a is
far below 0, and the slope that G gets from one image is

    minimax         log(1 - D)     -σ(a)         vanishes, where G needs it most
    non_saturating  -log D         -(1 - σ(a))   stays at -1: the default, and Goodfellow's advice
    least_squares   1/2 (a - 1)²   a - 1         grows with the distance from "real" (Mao et al. 2017)
    hinge           -a             -1            D stops at the margin of 1 (Lim and Ye 2017)
    wasserstein     -a             -1            D is kept from growing steep by gradient_penalty
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import backend, ops
from ..arguments import checks_arguments
from ..arrays import as_array
from ..autograd import Node, grad
from ..errors import message, named
from ..ops import LabelCrossentropy, LabelHinge, LabelSquaredError, UnitNormPenalty
from ..tensor import Tensor

REAL, FAKE = 1.0, 0.0  # the labels


@checks_arguments
def discriminator_loss(real: Any, fake: Any) -> Any:
    """-log D(x) - log(1 - D(G(z))): -V, the two cross-entropies of D. 2 log 2 = 1.386 where D cannot tell.

    real, fake: the logits of D for two batches; Tensors give a Tensor, arrays an array, here and below. All functions
    raise TypeError for integers, ValueError for an empty batch, and for a Tensor that is the direct output of a sigmoid
    or softmax: probabilities in place of logits.
    """
    real, fake = _logits("discriminator_loss", real), _logits("discriminator_loss", fake)
    return LabelCrossentropy(REAL)(real) + LabelCrossentropy(FAKE)(fake)


@checks_arguments
def generator_loss(fake: Any) -> Any:
    """-log D(G(z)), the non-saturating loss: log 2 = 0.693 where D cannot tell. Goodfellow et al. 2014, section 3."""
    return LabelCrossentropy(REAL)(_logits("generator_loss", fake))


@checks_arguments
def saturating_generator_loss(fake: Any) -> Any:
    """log(1 - D(G(z))), the minimax loss: G minimises just what D maximises. Its slope vanishes with D(G(z))."""
    return -LabelCrossentropy(FAKE)(_logits("saturating_generator_loss", fake))


@checks_arguments
def least_squares_discriminator_loss(real: Any, fake: Any) -> Any:
    """1/2 (a(x) - 1)² + 1/2 a(G(z))². 1/4 where D cannot tell. Mao et al. 2017."""
    where = "least_squares_discriminator_loss"
    return LabelSquaredError(REAL)(_logits(where, real)) + LabelSquaredError(FAKE)(_logits(where, fake))


@checks_arguments
def least_squares_generator_loss(fake: Any) -> Any:
    """1/2 (a(G(z)) - 1)². 1/8 where D cannot tell."""
    return LabelSquaredError(REAL)(_logits("least_squares_generator_loss", fake))


@checks_arguments
def hinge_discriminator_loss(real: Any, fake: Any) -> Any:
    """max(0, 1 - a(x)) + max(0, 1 + a(G(z))). 2 where D cannot tell. Lim and Ye 2017."""
    where = "hinge_discriminator_loss"
    return LabelHinge(REAL)(_logits(where, real)) + LabelHinge(FAKE)(_logits(where, fake))


@checks_arguments
def hinge_generator_loss(fake: Any) -> Any:
    """-a(G(z))."""
    return -ops.mean(_logits("hinge_generator_loss", fake))


@checks_arguments
def wasserstein_critic_loss(real: Any, fake: Any) -> Any:
    """a(G(z)) - a(x). With slopes of at most 1, E a(x) - E a(G(z)), which is minus this loss, is at most the
    Wasserstein distance of p and q, and equal to it for the best critic.

    A critic's output is no logit of a probability, but any number, larger for real. It needs gradient_penalty beside
    it, or its slopes grow without end. Arjovsky et al. 2017.
    """
    where = "wasserstein_critic_loss"
    return ops.mean(_logits(where, fake)) - ops.mean(_logits(where, real))


@checks_arguments
def wasserstein_generator_loss(fake: Any) -> Any:
    """-a(G(z))."""
    return -ops.mean(_logits("wasserstein_generator_loss", fake))


@checks_arguments
def gradient_penalty(critic: Callable[[Tensor], Tensor], real: Any, fake: Any) -> Any:
    """mean of (‖∇a(x̂)‖ - 1)² at x̂ = u x + (1 - u) G(z), with one u ~ U(0, 1) for each pair of images.

    critic: a function from images to logits; real, fake: images of one shape (n, ...). The gradient of a with respect
    to the pixels of x̂ is recorded, so that the penalty can be differentiated by the critic's weights: a second order.
    The sum over all logits is differentiated, which is right as long as no image's logit depends on another image: no
    batch normalisation in a critic. Raises ValueError for shapes that differ. Gulrajani et al. 2017.
    """
    real, fake = (backend.asarray(as_array(a, "gradient_penalty", "x")) for a in (real, fake))
    if real.shape != fake.shape:
        fix = "as many fakes as real images"
        where = "gradient_penalty: real and fake differ in shape"
        raise ValueError(message(where, expected=real.shape, got=fake.shape, fix=fix))
    u = backend.uniform((len(real), *[1] * (real.ndim - 1)), real.dtype)
    between = Tensor(u * real + (1 - u) * fake, requires_grad=True)
    (slope,) = grad(_logits("gradient_penalty", critic(between)).sum(), [between], create_graph=True)
    between.requires_grad = False  # a constant from here on: the penalty is differentiated by the critic's weights
    return UnitNormPenalty()(slope.reshape((len(real), -1)))


@dataclass(frozen=True)
class AdversarialLoss:
    """What the two players minimise; gan.compile(loss=AdversarialLoss("mine", d_loss, g_loss)) takes one's own.

    name           for checkpoints and errors
    discriminator  (logits of real images, logits of fakes) -> one number, a scalar Tensor
    generator      logits of fakes -> one number
    border         the logit from which on an image counts as "real" in d_accuracy: 0, or 1/2 for labels 1 and 0
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
    """The pair of that name (or the pair itself). Raises ValueError for an unknown name, TypeError for no pair."""
    found = named("adversarial loss", loss, ADVERSARIAL)
    if not isinstance(found, AdversarialLoss):
        fix = "losses.AdversarialLoss('mine', discriminator_loss, generator_loss)"
        raise TypeError(message("adversarial loss", expected="a name or a pair of losses", got=repr(loss), fix=fix))
    return found


def _logits(where: str, a: Any) -> Any:
    """A Tensor as it is, anything else as a float array; ValueError for no numbers, or for probabilities."""
    a = a if isinstance(a, Node) else backend.asarray(as_array(a, where, "logits"))
    if a.dtype.kind != "f":
        fix = 'np.asarray(a, "float32")'
        raise TypeError(message(f"{where}: no logits", expected="floats", got=a.dtype, fix=fix))
    if np.prod(a.shape) == 0:
        got = tuple(a.shape)
        raise ValueError(message(f"{where}: empty batch", expected="a logit or more", got=got, fix="data[:n], n > 0"))
    if isinstance(ops.made_by(a), (ops.Sigmoid, ops.Softmax)):
        raise ValueError(
            message(
                f"{where}: probabilities where logits are expected",
                expected="the output of a last layer without activation, any number",
                got="the output of a sigmoid or softmax: the loss takes it itself, and twice is wrong",
                fix="Dense(1) as the last layer of the discriminator",
            )
        )
    return a
