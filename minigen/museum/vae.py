"""Six VAEs that are wrong in one line, and five checks that tell. "Which of these is right?" makes a coursework.

Each exhibit replaces one of the three formulas of models.VAE: sample_z, loss_z or loss_x. All of them train, lower
their loss and draw something; most were published, the others are asked about. `caught(vae)` names the checks that a
VAE fails: none, if it is right (and its second head means log Σ, not log σ). The numbers under "Signature" are from
60,000 digits, 6 epochs in batches of 128, 512 hidden units, half squared error, seed 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import backend, losses, models, ops
from ..autograd import grad
from ..model import as_list
from ..models import VAE
from ..optimizers import SGD, Optimizer
from ..tensor import Tensor
from .checks import must_be, must_be_class, run_checks, what_failed

# ---- the exhibits


class VarianceAsStandardDeviation(VAE):
    """z = μ + Σ ε in place of μ + Σ^½ ε: for Σ < 1 the codes are drawn closer to μ than Loss z believes.

    Signature: a good reconstruction, a KL too small by a third (1.75 nats in place of 2.60; for the codes that are
    really drawn it would be 3.66), and a deviation of all codes of 0.77 in place of 1: the outer part of the prior is
    never seen in training. Reading log σ as log Σ in Loss z, as in the Keras example of May to July 2016, is the same
    program in other words. Found in: DeZero's VAE example, numpy-ml's BernoulliVAE.
    """

    def sample_z(self, mu: Any, logvar: Any) -> Any:
        return mu + ops.exp(logvar) * backend.normal(mu.shape, mu.dtype)


class LogVarianceAsLogSigma(VAE):
    """D_KL computed as if the second head were log σ: e^(2 logvar) where Σ belongs, and 2 logvar where log Σ does.

    Signature: the mirror image of the first exhibit. The KL in the log (2.54 nats) is larger than that of the codes
    that are drawn (1.91), and their deviation is 1.4. A formula for log σ, copied to a head that says log Σ.
    """

    def loss_z(self, mu: Any, logvar: Any) -> Any:
        return losses.kl_standard_normal(mu, 2 * logvar)


class KLByMean(VAE):
    """Loss z averaged over the latent variables in place of summed: its weight falls with their number.

    Signature: sharper reconstructions than those of the right VAE, a KL of the heads twice that in the log (3.73
    against 1.87 nats, with two latent variables; 32 times with 32), and a deviation of all codes of 1.13.
    Found in: the Keras example of May to July 2016.
    """

    def loss_z(self, mu: Any, logvar: Any) -> Any:
        return ops.kl_per_dimension(mu, logvar).mean()


class ReconstructionByMean(VAE):
    """Loss x̂ averaged over the pixels in place of summed: 1/784 of its weight, so that saying anything is too dear.

    Signature: a KL of 0; every sample and every reconstruction is the mean image, "the same blurry 9". It is
    arithmetic, not bad luck: models.effective_variance gives 784, and no direction of the data varies by more than 5.3.
    Found in: the Keras example of May to August 2016, and in many a question since.
    """

    def loss_x(self, x: Any, x_hat: Any) -> Any:
        return self.loss(x, x_hat) / (x.size // len(x))


class TinyEpsilon(VAE):
    """ε with a standard deviation of 0.01: hardly any noise, so that the code need not be smooth. An autoencoder again.

    Signature: the lowest reconstruction error of all, Σ near 1 for every image (0.98), which costs nothing and means
    nothing, a KL of 0.24 nats where the codes really drawn would have 8.46, and a deviation of all codes of 0.5.
    Found in: the Keras example of May to July and September to November 2016 (epsilon_std = 0.01).
    """

    def sample_z(self, mu: Any, logvar: Any) -> Any:
        return mu + ops.exp(logvar / 2) * backend.normal(mu.shape, mu.dtype) * 0.01


class NoReparameterisation(VAE):
    """z taken as a number that fell from the sky: Loss x̂ has no gradient with respect to μ and Σ.

    Signature: only Loss z teaches the encoder, so that the KL falls to 0; the decoder finds nothing in z and draws the
    mean image. It looks like ReconstructionByMean, from another cause.
    """

    def sample_z(self, mu: Any, logvar: Any) -> Any:
        z = super().sample_z(mu, logvar)
        return z.detach() if isinstance(z, Tensor) else z


EXHIBITS: tuple[type[VAE], ...] = (
    VarianceAsStandardDeviation,
    LogVarianceAsLogSigma,
    KLByMean,
    ReconstructionByMean,
    TinyEpsilon,
    NoReparameterisation,
)


def build(exhibit: type[VAE], latent_dim: int = 2, hidden: int = 512) -> VAE:
    """The chapter's network with the formulas of that exhibit (or of VAE itself), compiled with Adam and Loss x̂."""
    must_be_class(VAE, exhibit, "museum.vae.build", "museum.vae.build(museum.vae.TinyEpsilon)")
    right = models.vae(latent_dim, hidden)
    vae = exhibit(right.encoder, right.decoder)
    vae.compile()
    return vae


def riddle(seed: int, latent_dim: int = 2, hidden: int = 512) -> dict[str, VAE]:
    """{"A": ..., "G": ...}: the six exhibits and the right VAE in an order that `seed` decides, all called VAE.

    Train them, look at what they draw and log, and say which is right. caught(vae) is the solution.
    """
    order = backend.generator(seed).permutation(len(EXHIBITS) + 1)
    cases = [(VAE, *EXHIBITS)[i] for i in order]
    nameless = [type("VAE", (case,), {"__doc__": None}) for case in cases]
    return {chr(65 + i): build(case, latent_dim, hidden) for i, case in enumerate(nameless)}


# ---- the checks: a text that says what is wrong, or "" if all is well


def check_spread(vae: VAE) -> str:
    """The deviation of z is e^(logvar/2), to 1 %, over 100,000 draws; its mean is μ, and each has its own ε."""
    logvar = np.full((100_000, 3), [-2.0, 0.0, 1.0], vae.dtype)
    mu = np.full_like(logvar, 0.5)
    z = backend.to_numpy(vae.sample_z(backend.asarray(mu), backend.asarray(logvar)))
    std, expected = z.std(axis=0), np.exp(logvar[0] / 2)
    if abs(np.corrcoef(z, rowvar=False) - np.eye(3)).max() > 0.03:
        return "the latent variables of one image are drawn with the same noise"
    if np.allclose(std, expected, rtol=0.01) and np.allclose(z.mean(axis=0), 0.5, atol=0.03):
        return ""
    return f"z ~ N(0.5, e^logvar) for logvar -2, 0, 1: standard deviations {std.round(3)}, not {expected.round(3)}"


def check_kl(vae: VAE) -> str:
    """Loss z is E[log N(z; μ, Σ) - log N(z; 0, Id)] over 200,000 draws, summed over z, and a mean over the batch."""
    mu, logvar = np.array([[0.7, -1.2]], vae.dtype), np.array([[-0.5, 0.8]], vae.dtype)
    z = mu + np.exp(logvar / 2) * np.random.default_rng(0).standard_normal((200_000, 2))
    expected = 0.5 * (z**2 - (z - mu) ** 2 / np.exp(logvar) - logvar).sum(axis=1).mean()
    got = float(vae.loss_z(Tensor(mu.repeat(3, axis=0)), Tensor(logvar.repeat(3, axis=0))))
    return "" if abs(got - expected) < 0.02 * expected else f"Loss z is {got:.3f}, the draws say {expected:.3f}"


def check_reconstruction(vae: VAE) -> str:
    """Loss x̂ is a sum over the pixels (one that is wrong by 1/2 gets the slope about 1) and a mean over the batch."""
    shape = vae.decoder.outputs.shape[1:]
    x = np.full((1, *shape), 0.25, vae.dtype)
    x_hat = Tensor(np.full_like(x, 0.75), requires_grad=True)
    once = vae.loss_x(Tensor(x), x_hat)
    slope, pixels = float(np.abs(grad(once, [x_hat])[0].numpy()).mean()), x.size
    if slope < min(0.1, 8 / pixels):
        return f"a pixel that is wrong by 1/2 gets the slope {slope:.4f}: a mean over {pixels} pixels, not their sum"
    thrice = vae.loss_x(Tensor(x.repeat(3, axis=0)), Tensor(x_hat.numpy().repeat(3, axis=0)))
    return "" if np.isclose(float(thrice), float(once), rtol=1e-3) else "three equal images cost more than one of them"


def check_gradient(vae: VAE) -> str:
    """What the decoder would have liked reaches both heads: dz/dμ = 1, and some gradient arrives at logvar."""
    zeros = np.zeros((4, vae.latent_dim), vae.dtype)
    mu, logvar = Tensor(zeros, requires_grad=True), Tensor(zeros, requires_grad=True)
    z = vae.sample_z(mu, logvar)
    if isinstance(z, Tensor) and z.requires_grad:
        to_mu, to_logvar = (g.numpy() for g in grad(z.sum(), [mu, logvar]))
        if np.allclose(to_mu, 1) and np.any(to_logvar):
            return ""
    return "no gradient, or a wrong one, passes from z to μ and logvar"


def check_step(vae: VAE) -> str:
    """A step of training calls sample_z, loss_z and loss_x: what it computes in another way no check can see."""
    called: set[str] = set()
    weights, optimizers = vae.get_weights(), {k: o for k, o in vars(vae).items() if isinstance(o, Optimizer)}
    x = Tensor(np.zeros((4, *as_list(vae.encoder.inputs)[0].shape[1:]), vae.dtype))
    given = [np.zeros(len(x), int)] if hasattr(vae, "classes") else []
    try:
        for name in optimizers:
            setattr(vae, name, SGD(1e-3))
        for name in FORMULAS:
            setattr(vae, name, _noting(name, getattr(vae, name), called))
        vae.train_step(x, *given)
    except Exception as error:  # a learner's own train_step may run into anything
        return f"train_step fails: {what_failed(error)}"
    finally:
        for name in FORMULAS:
            vars(vae).pop(name, None)
        for name, optimizer in optimizers.items():
            setattr(vae, name, optimizer)
        vae.set_weights(weights)
    missed = [name for name in FORMULAS if name not in called]
    return f"train_step does not call {', '.join(missed)}, so that nothing is known about it" if missed else ""


FORMULAS = ("sample_z", "loss_z", "loss_x")


def _noting(name: str, formula: Callable[..., Any], called: set[str]) -> Callable[..., Any]:
    """The same formula; it notes its name when it is called."""

    def noted(*args: Any) -> Any:
        called.add(name)
        return formula(*args)

    return noted


CHECKS: tuple[Callable[[VAE], str], ...] = (check_spread, check_kl, check_reconstruction, check_gradient, check_step)


def caught(vae: VAE) -> dict[str, str]:
    """{name of a check: what it found} for every check that this compiled VAE fails; it is left as it was.

    Training does not matter. The checks look at sample_z, loss_z and loss_x, one by one, and at a step of training:
    does it call them? Raises TypeError for what is no models.VAE, as for a Model with a sampling layer and a train_step
    of its own, RuntimeError for one that is not compiled.
    """
    where, fix = "museum.vae.caught", "class MyVAE(models.VAE), with sample_z, loss_z or loss_x of its own"
    must_be(VAE, vae, where, fix)
    vae._check_compiled(where)
    return run_checks(CHECKS, vae)
