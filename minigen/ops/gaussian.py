"""The three formulas of a variational autoencoder, one op each: sampling, Loss z and Loss x̂ (section 9.2.4).

Symbols of the chapter: μ and Σ are the mean and the variance that the encoder predicts for each latent variable, ε is
noise from N(0, Id), z the sample, x the image, x̂ its reconstruction. Σ is diagonal and kept as logvar = log Σ.
"""

from __future__ import annotations

from typing import Any

from .. import backend
from ..arguments import checks_arguments
from ..autograd import Node, Op, unwrap
from ..errors import message
from ..kernels.sums import add_up
from .elementwise import clip, exp

# e^20 = 4.9e8: its square still fits float32, and no posterior is that wide or that narrow. Beyond it the gradient to
# logvar is 0, so that a head which has gone that far with every image does not come back.
LOGVAR_LIMIT = 20.0


class Reparameterise(Op):
    """z = μ + Σ^½ ε,   dL/dμ = g,   dL/dlogvar = g Σ^½ ε / 2

    Derivation: Σ^½ = e^(logvar/2), whose derivative is Σ^½ / 2. ε is drawn once and then held: z is a differentiable
    function of μ and logvar, although it is a random number.
    """

    def __init__(self, eps: Any = None) -> None:
        self.eps = eps

    def forward(self, mu: Any, logvar: Any) -> Any:
        if self.eps is None:
            self.eps = backend.normal(mu.shape, mu.dtype)
        return mu + backend.xp.exp(logvar / 2) * self.eps

    def backward(self, g: Any, z: Any, mu: Any, logvar: Any) -> Any:
        return g, g * exp(logvar / 2) * self.eps / 2


class KLStandardNormal(Op):
    """y = mean over the batch of 1/2 (Σ + μ² - 1 - log Σ),   dL/dμ = g μ / n,   dL/dlogvar = g (Σ - 1) / (2n)

    Inputs (n, latent), y and g (latent,): one D_KL(N(μ, Σ), N(0, 1)) for each latent variable, in nats.
    Derivation: D_KL = E[log N(z; μ, Σ) - log N(z; 0, 1)] over z ~ N(μ, Σ). The two logarithms are
    -1/2 (log 2πΣ + (z - μ)²/Σ) and -1/2 (log 2π + z²); with E[(z - μ)²] = Σ and E[z²] = μ² + Σ their difference is
    1/2 (-log Σ - 1 + μ² + Σ). With Σ = e^logvar the derivative by logvar is (e^logvar - 1) / 2.
    """

    def forward(self, mu: Any, logvar: Any) -> Any:
        excess = backend.xp.expm1(logvar) - logvar  # Σ - 1 - log Σ; near Σ = 1 it loses fewer digits than exp
        return add_up(excess + mu * mu, 0) / (2 * len(mu))

    def backward(self, g: Any, y: Any, mu: Any, logvar: Any) -> Any:
        g = g / len(mu)
        return g * mu, g * (exp(logvar) - 1) / 2


class HalfSquaredError(Op):
    """y = mean over the batch of 1/2 ‖x̂ - x‖²,   dL/dx̂ = g (x̂ - x) / n,   dL/dx = -g (x̂ - x) / n

    x and x̂ of one shape (n, ...); the norm is over all but the batch. It is -log N(x; x̂, Id) without its constant.
    """

    def forward(self, x: Any, x_hat: Any) -> Any:
        d = x_hat - x
        d *= d
        return d.sum() / (2 * len(x))

    def backward(self, g: Any, y: Any, x: Any, x_hat: Any) -> Any:
        d = (x_hat - x) * (g / len(x))
        return -d if self.needs[0] else None, d


@checks_arguments
def reparameterise(mu: Any, logvar: Any, eps: Any = None) -> Any:
    """z ~ N(μ, Σ) written as z = μ + Σ^½ ε, so that gradients reach μ and Σ = diag(e^logvar).

    Shapes: mu, logvar and the result (batch, latent). logvar is the logarithm of the *variance*: the standard
    deviation is e^(logvar/2). `eps` ~ N(0, Id) is drawn afresh unless given. logvar is clipped to [-20, 20], and beyond
    that its gradient is exactly 0. Raises ValueError for shapes that differ.
    Source: Kingma and Welling 2014, and section 9.2.4 of the chapter.
    """
    mu, logvar = _here(mu), _here(logvar)
    _check_same_shape("reparameterise", mu, logvar=logvar)
    if isinstance(eps, Node) and eps.requires_grad:
        expected, got = "noise, which is not learned", "a tensor whose gradient would be lost"
        fix = "mu + exp(logvar / 2) * eps, or eps.detach()"
        raise TypeError(message("reparameterise: eps", expected=expected, got=got, fix=fix))
    if eps is not None:
        eps = backend.asarray(unwrap(eps), mu.dtype)
        _check_same_shape("reparameterise", mu, eps=eps)
    return Reparameterise(eps)(mu, _limited(logvar))


@checks_arguments
def kl_per_dimension(mu: Any, logvar: Any) -> Any:
    """D_KL(N(μ, Σ), N(0, 1)) of each latent variable in nats, mean over the batch: (batch, latent) -> (latent,).

    Their sum is Loss z (losses.kl_standard_normal). logvar = log Σ is clipped to [-20, 20], and beyond that its
    gradient is exactly 0. Raises ValueError for shapes that differ and for an empty batch.
    """
    mu, logvar = _here(mu), _here(logvar)
    _check_same_shape("kl_per_dimension", mu, logvar=logvar)
    if len(mu.shape) < 2 or len(mu) == 0:
        expected, fix = "(batch, latent), one row or more", "mu[None], logvar[None] for a single image"
        raise ValueError(message("kl_per_dimension: wrong shape", expected=expected, got=mu.shape, fix=fix))
    return KLStandardNormal()(mu, _limited(logvar))


def _here(x: Any) -> Any:
    """A Tensor as it is, anything else as an array of the active library."""
    return x if isinstance(x, Node) or hasattr(x, "no_numbers") else backend.asarray(x)


def _limited(logvar: Any) -> Any:
    """logvar inside [-20, 20], where e^logvar can neither overflow nor vanish."""
    return clip(logvar, -LOGVAR_LIMIT, LOGVAR_LIMIT)


def _check_same_shape(where: str, mu: Any, **other: Any) -> None:
    """ValueError unless the other array is shaped as mu: broadcasting it would give a wrong number."""
    for name, a in other.items():
        if a.shape != mu.shape:
            raise ValueError(
                message(
                    f"{where}: mu and {name} differ in shape",
                    expected=f"{name} {mu.shape}, as mu",
                    got=f"{a.shape}",
                    fix=f"a {name} with one number for each of mu's",
                )
            )
