"""Six VAEs that are wrong in one line, and five checks that detect them. "Which of these is correct?" is an exercise.

Each exhibit replaces one of the three formulas of models.VAE: sample_z, loss_z or loss_x. All of them train, reduce
their loss and draw images; most were published, the others are common questions. `caught(vae)` names the checks that a
VAE fails: none if it is correct (and its second output means log Σ, not log σ). The numbers under "Signature" are from
60,000 digits, 6 epochs in batches of 128, 512 hidden units, half squared error, seed 0.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from .. import backend, losses, models, ops
from ..autograd import grad
from ..checks.values import as_list
from ..models import VAE
from ..optimizers import SGD, Optimizer
from ..tensor import Tensor
from ..types import Shape, TensorLike
from .checks import check_compiled_model, check_exhibit, condition, run_checks, what_failed

FORMULAS = ("sample_z", "loss_z", "loss_x")

# ---- the exhibits


class VarianceAsStandardDeviation(VAE):
    """z = μ + Σ ε in place of μ + Σ^½ ε: for Σ < 1 the codes are drawn closer to μ than Loss z assumes.

    Signature: a good reconstruction, a KL too small by a third (1.75 nats in place of 2.60; the codes that are actually
    drawn would have 3.66), and a standard deviation of all codes of 0.77 in place of 1: the outer part of the prior
    never occurs in training. Interpreting log σ as log Σ in Loss z, as in the Keras example of May to July 2016, is the
    same program in other words. Found in: DeZero's VAE example, numpy-ml's BernoulliVAE.
    """

    def sample_z(self, mu: TensorLike, logvar: TensorLike) -> TensorLike:
        return mu + ops.exp(logvar) * backend.normal(mu.shape, mu.dtype)


class LogVarianceAsLogSigma(VAE):
    """D_KL computed as if the second output were log σ: e^(2 logvar) in place of Σ, and 2 logvar in place of log Σ.

    Signature: the opposite of the first exhibit. The logged KL (2.54 nats) is larger than that of the codes that are
    drawn (1.91), and their standard deviation is 1.4. The formula for log σ is applied to an output that is log Σ.
    """

    def loss_z(self, mu: TensorLike, logvar: TensorLike) -> TensorLike:
        return losses.kl_standard_normal(mu, 2 * logvar)


class KLByMean(VAE):
    """Loss z averaged over the latent variables in place of summed: its weight decreases with their number.

    Signature: sharper reconstructions than those of the correct VAE, a KL of the encoder's outputs twice the logged one
    (3.73 against 1.87 nats, with two latent variables; 32 times with 32), and a standard deviation of all codes of
    1.13. Found in: the Keras example of May to July 2016.
    """

    def loss_z(self, mu: TensorLike, logvar: TensorLike) -> TensorLike:
        return ops.kl_per_dimension(mu, logvar).mean()


class ReconstructionByMean(VAE):
    """Loss x̂ averaged over the pixels in place of summed: with 1/784 of its weight, no information is worth its KL.

    Signature: a KL of 0; every sample and every reconstruction is the mean image, "the same blurry 9". This follows
    from the data, not from chance: models.effective_variance gives 784, and no direction of the data has a variance
    above 5.3. Found in: the Keras example of May to August 2016, and in many questions since.
    """

    def loss_x(self, x: TensorLike, x_hat: TensorLike) -> TensorLike:
        return self.loss(x, x_hat) / (x.size // len(x))


class TinyEpsilon(VAE):
    """ε with a standard deviation of 0.01: almost no noise, so that the code need not be smooth. An autoencoder again.

    Signature: the lowest reconstruction error of all, Σ near 1 for every image (0.98), which costs nothing and carries
    no information, a KL of 0.24 nats where the codes actually drawn would have 8.46, and a standard deviation of all
    codes of 0.5. Found in: the Keras example of May to July and September to November 2016 (epsilon_std = 0.01).
    """

    def sample_z(self, mu: TensorLike, logvar: TensorLike) -> TensorLike:
        return mu + ops.exp(logvar / 2) * backend.normal(mu.shape, mu.dtype) * 0.01


class NoReparameterisation(VAE):
    """z treated as a constant: Loss x̂ has no gradient with respect to μ and Σ.

    Signature: only Loss z trains the encoder, so that the KL falls to 0; z carries no information, and the decoder
    draws the mean image. The symptom is that of ReconstructionByMean, the cause is another.
    """

    def sample_z(self, mu: TensorLike, logvar: TensorLike) -> TensorLike:
        z = VAE.sample_z(self, mu, logvar)
        return z.detach() if isinstance(z, Tensor) else z


EXHIBITS: tuple[type[VAE], ...] = (
    VarianceAsStandardDeviation,
    LogVarianceAsLogSigma,
    KLByMean,
    ReconstructionByMean,
    TinyEpsilon,
    NoReparameterisation,
)


def build(exhibit: type[VAE], latent_dim: int = 2, hidden: int = 512, image_shape: int | Shape = (784,)) -> VAE:
    """The chapter's network with the formulas of that exhibit (or of VAE), compiled with Adam and Loss x̂."""
    check_exhibit(VAE, exhibit, "museum.vae.build", "museum.vae.build(museum.vae.TinyEpsilon)")
    right = models.vae(latent_dim, hidden, image_shape)
    vae = exhibit(right.encoder, right.decoder)
    vae.compile()
    return vae


def riddle(seed: int, latent_dim: int = 2, hidden: int = 512) -> dict[str, VAE]:
    """{"A": ..., "G": ...}: the six exhibits and the correct VAE in an order drawn from `seed`, all called VAE.

    Train them, compare their images and logs, and decide which is correct. caught(vae) is the solution.
    """
    order = backend.generator(seed).permutation(len(EXHIBITS) + 1)
    cases = [(VAE, *EXHIBITS)[i] for i in order]
    return {chr(65 + i): build(_nameless(case), latent_dim, hidden) for i, case in enumerate(cases)}


def _nameless(case: type[VAE]) -> type[VAE]:
    """A class with the formulas of that exhibit, and without its name: neither its bases nor its methods have it."""
    formulas = {}
    for name in FORMULAS:
        formula = getattr(case, name)
        code = formula.__code__.replace(co_qualname=f"VAE.{name}")
        formulas[name] = FunctionType(code, formula.__globals__, name)
    return type("VAE", (VAE,), {"__doc__": None, **formulas})


# ---- the checks: a description of what is wrong, or ""


def check_spread(vae: VAE) -> str:
    """z has the standard deviation e^(logvar/2), to 1 %, over 100,000 draws, and the mean μ; each has its own ε."""
    logvar = np.full((100_000, 3), [-2.0, 0.0, 1.0], vae.dtype)
    mu = np.full_like(logvar, 0.5)
    z = backend.to_numpy(vae.sample_z(backend.asarray(mu), backend.asarray(logvar)))  # (100000, 3)
    std, expected = z.std(axis=0), np.exp(logvar[0] / 2)  # (3,)
    if abs(np.corrcoef(z, rowvar=False) - np.eye(3)).max() > 0.03:
        return "the latent variables of one image are drawn with the same noise"
    if np.allclose(std, expected, rtol=0.01) and np.allclose(z.mean(axis=0), 0.5, atol=0.03):
        return ""
    return f"z ~ N(0.5, e^logvar) for logvar -2, 0, 1: standard deviations {std.round(3)}, not {expected.round(3)}"


def check_kl(vae: VAE) -> str:
    """Loss z is E[log N(z; μ, Σ) - log N(z; 0, Id)] over 200,000 draws, summed over z, and a mean over the batch."""
    mu, logvar = np.array([[0.7, -1.2]], vae.dtype), np.array([[-0.5, 0.8]], vae.dtype)  # (1, 2)
    z = mu + np.exp(logvar / 2) * np.random.default_rng(0).standard_normal((200_000, 2))
    expected = 0.5 * (z**2 - (z - mu) ** 2 / np.exp(logvar) - logvar).sum(axis=1).mean()
    got = float(vae.loss_z(Tensor(mu.repeat(3, axis=0)), Tensor(logvar.repeat(3, axis=0))))
    return "" if abs(got - expected) < 0.02 * expected else f"Loss z is {got:.3f}, the mean over draws {expected:.3f}"


def check_reconstruction(vae: VAE) -> str:
    """Loss x̂ is a sum over the pixels (one that is wrong by 1/2 has a slope of about 1) and a mean over the batch."""
    shape = vae.decoder.outputs.shape[1:]
    x = np.full((1, *shape), 0.25, vae.dtype)
    x_hat = Tensor(np.full_like(x, 0.75), requires_grad=True)
    once = vae.loss_x(Tensor(x), x_hat)
    slope, pixels = float(np.abs(grad(once, [x_hat])[0].numpy()).mean()), x.size
    if slope < min(0.1, 8 / pixels):
        return f"the slope of a pixel that is wrong by 1/2 is {slope:.4f}: a mean over {pixels} pixels, not their sum"
    thrice = vae.loss_x(Tensor(x.repeat(3, axis=0)), Tensor(x_hat.numpy().repeat(3, axis=0)))
    return "" if np.isclose(float(thrice), float(once), rtol=1e-3) else "three equal images cost more than one of them"


def check_gradient(vae: VAE) -> str:
    """The gradient of z reaches both outputs of the encoder: dz/dμ = 1, and that of logvar is not 0."""
    zeros = np.zeros((4, vae.latent_dim), vae.dtype)
    mu, logvar = Tensor(zeros, requires_grad=True), Tensor(zeros, requires_grad=True)
    z = vae.sample_z(mu, logvar)
    if isinstance(z, Tensor) and z.requires_grad:
        to_mu, to_logvar = (g.numpy() for g in grad(z.sum(), [mu, logvar]))
        if np.allclose(to_mu, 1) and np.any(to_logvar):
            return ""
    return "no gradient, or a wrong one, passes from z to mu and logvar"


def check_step(vae: VAE) -> str:
    """A training step calls sample_z, loss_z and loss_x; a step that computes them elsewhere cannot be checked."""
    called: set[str] = set()
    weights, optimizers = vae.get_weights(), {k: o for k, o in vars(vae).items() if isinstance(o, Optimizer)}
    x = Tensor(np.zeros((4, *as_list(vae.encoder.inputs)[0].shape[1:]), vae.dtype))
    try:
        for name in optimizers:
            setattr(vae, name, SGD(1e-3))
        for name in FORMULAS:
            setattr(vae, name, _recording(name, getattr(vae, name), called))
        vae.train_step(x, *condition(vae, len(x)))
    except Exception as error:  # a custom train_step may raise anything
        return f"train_step fails: {what_failed(error)}"
    finally:
        for name in FORMULAS:
            vars(vae).pop(name, None)
        for name, optimizer in optimizers.items():
            setattr(vae, name, optimizer)
        vae.set_weights(weights)
    missed = [name for name in FORMULAS if name not in called]
    return f"train_step does not call {', '.join(missed)}, so that the step cannot be checked" if missed else ""


def _recording(name: str, formula: Callable[..., Any], called: set[str]) -> Callable[..., Any]:
    """The same formula, which adds its name to `called`."""

    def recorded(*args: Any) -> Any:
        called.add(name)
        return formula(*args)

    return recorded


CHECKS = (check_spread, check_kl, check_reconstruction, check_gradient, check_step)


def caught(vae: VAE) -> dict[str, str]:
    """{name of a check: what it found} for every check that this compiled VAE fails; the VAE is left unchanged.

    Training does not matter. The checks test sample_z, loss_z and loss_x one by one, and whether a training step calls
    them. Raises TypeError for anything but a models.VAE, such as a Model with a sampling layer and a custom train_step,
    RuntimeError for one that is not compiled.
    """
    fix = "class MyVAE(models.VAE), with a custom sample_z, loss_z or loss_x"
    check_compiled_model(VAE, vae, "museum.vae.caught", fix)
    return run_checks(CHECKS, vae)
