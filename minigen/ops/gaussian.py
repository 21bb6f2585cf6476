"""Two formulas of a variational autoencoder, one op each: sampling and Loss z (section 9.2.4).

Symbols of the chapter: μ and Σ are the mean and the variance that the encoder predicts for each latent variable, ε is
noise from N(0, Id), z the sample. Σ is diagonal and kept as logvar = log Σ. Loss x̂ is in squared_error.py.
"""

from __future__ import annotations

from .. import backend
from ..arguments import checks_arguments
from ..autograd import Node, Op, unwrap
from ..autograd.checks import Placeholder
from ..kernels import formulas
from ..kernels.sums import add_up
from ..types import Array, ArrayLike, TensorLike
from .checks import check_batch_of_codes, check_is_noise, check_same_shape
from .elementwise import clip, exp

# e^20 = 4.9e8: its square still fits into float32, and no posterior is so wide or so narrow. Outside of the limits the
# gradient to logvar is 0, so that a head whose outputs are outside for every image is not trained any more.
LOGVAR_LIMIT = 20.0


class Reparameterise(Op):
    """z = μ + Σ^½ ε,   dL/dμ = g,   dL/dlogvar = g Σ^½ ε / 2

    Derivation: Σ^½ = e^(logvar/2), whose derivative is Σ^½ / 2. ε is drawn once and then constant, so that z is random
    and still a differentiable function of μ and logvar.
    """

    def __init__(self, eps: Array | None = None) -> None:
        self.eps = eps

    def forward(self, mu: Array, logvar: Array) -> Array:
        if self.eps is None:
            self.eps = backend.normal(mu.shape, mu.dtype)
        return formulas.sample(mu, logvar, self.eps)

    def backward(self, g: TensorLike, z: TensorLike, mu: TensorLike, logvar: TensorLike) -> TensorLike:
        return g, g * exp(logvar / 2) * self.eps / 2


class KLStandardNormal(Op):
    """y = mean over the batch of 1/2 (Σ + μ² - 1 - log Σ),   dL/dμ = g μ / n,   dL/dlogvar = g (Σ - 1) / (2n)

    Inputs (n, latent), y and g (latent,): one D_KL(N(μ, Σ), N(0, 1)) for each latent variable, in nats.
    Derivation: D_KL = E[log N(z; μ, Σ) - log N(z; 0, 1)] over z ~ N(μ, Σ). The two logarithms are
    -1/2 (log 2πΣ + (z - μ)²/Σ) and -1/2 (log 2π + z²); with E[(z - μ)²] = Σ and E[z²] = μ² + Σ their difference is
    1/2 (-log Σ - 1 + μ² + Σ). With Σ = e^logvar the derivative by logvar is (e^logvar - 1) / 2.
    """

    def forward(self, mu: Array, logvar: Array) -> Array:
        return add_up(formulas.excess(mu, logvar), 0) / (2 * len(mu))  # (latent,)

    def backward(self, g: TensorLike, y: TensorLike, mu: TensorLike, logvar: TensorLike) -> TensorLike:
        g = g / len(mu)
        return g * mu, g * (exp(logvar) - 1) / 2


@checks_arguments
def reparameterise(mu: TensorLike, logvar: TensorLike, eps: ArrayLike | None = None) -> TensorLike:
    """z ~ N(μ, Σ) as z = μ + Σ^½ ε, so that gradients reach μ and Σ = diag(e^logvar).

    Shapes: mu, logvar and the result (batch, latent). logvar is the logarithm of the *variance*: the standard
    deviation is e^(logvar/2). `eps` ~ N(0, Id) is drawn unless it is given. logvar is clipped to [-20, 20]; outside its
    gradient is exactly 0. Raises ValueError for shapes that differ, TypeError for an eps with requires_grad=True.
    Source: Kingma and Welling 2014, and section 9.2.4 of the chapter.
    """
    mu, logvar = _as_pair("reparameterise", mu, logvar)
    check_is_noise(eps)
    if eps is not None:
        eps = backend.asarray(unwrap(eps), mu.dtype)
        check_same_shape("reparameterise", "eps", eps, mu)
    return Reparameterise(eps)(mu, logvar)


@checks_arguments
def kl_per_dimension(mu: TensorLike, logvar: TensorLike) -> TensorLike:
    """D_KL(N(μ, Σ), N(0, 1)) of each latent variable in nats, mean over the batch: (batch, latent) -> (latent,).

    Their sum is Loss z (losses.kl_standard_normal). logvar = log Σ is clipped to [-20, 20]; outside its gradient is
    exactly 0. Raises ValueError for shapes that differ and for an empty batch.
    """
    mu, logvar = _as_pair("kl_per_dimension", mu, logvar)
    check_batch_of_codes("kl_per_dimension", mu)
    return KLStandardNormal()(mu, logvar)


def _as_pair(where: str, mu: TensorLike, logvar: TensorLike) -> tuple[TensorLike, TensorLike]:
    """Both as Tensors, or as arrays of the active library, and logvar in [-20, 20], where e^logvar can neither overflow
    nor vanish; ValueError for shapes that differ. (An op refuses symbolic tensors.)"""
    mu, logvar = (x if isinstance(x, (Node, Placeholder)) else backend.asarray(x) for x in (mu, logvar))
    check_same_shape(where, "logvar", logvar, mu)
    return mu, clip(logvar, -LOGVAR_LIMIT, LOGVAR_LIMIT)
