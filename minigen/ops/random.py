"""Ops that draw random numbers, all from backend's one generator: minigen.seed() repeats them."""

from __future__ import annotations

from typing import Any

from .. import backend
from ..autograd import Op, raw
from ..errors import message, number
from .elementwise import exp


class Dropout(Op):
    """y = x mask / (1 - rate),   dL/dx = g mask / (1 - rate)"""

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def forward(self, x: Any) -> Any:
        kept = backend.uniform(x.shape, x.dtype) >= self.rate
        self.scale = kept.astype(x.dtype) / (1 - self.rate)  # 0, or 1 / (1 - rate) so that the mean stays
        return x * self.scale

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return g * self.scale


class Reparameterise(Op):
    """z = μ + Σ^½ ε with Σ = e^logvar, ε ~ N(0, Id),   dL/dμ = g,   dL/dlogvar = g Σ^½ ε / 2"""

    def __init__(self, eps: Any) -> None:
        self.eps = eps

    def forward(self, mu: Any, logvar: Any) -> Any:
        if self.eps is None:
            self.eps = backend.normal(mu.shape, mu.dtype)
        return mu + backend.xp.exp(logvar / 2) * self.eps

    def backward(self, g: Any, z: Any, mu: Any, logvar: Any) -> Any:
        return g, g * exp(logvar / 2) * self.eps / 2


def dropout(x: Any, rate: float) -> Any:
    """Each element is 0 with probability `rate`, else divided by 1 - rate, so that the mean stays.

    Raises ValueError unless 0 <= rate < 1. Source: Srivastava et al. 2014, "inverted" as Keras has it.
    """
    rate = check_rate("dropout", rate)
    return Dropout(rate)(x) if rate > 0 else x


def check_rate(where: str, rate: float) -> float:
    """The rate as a float, or ValueError unless 0 <= rate < 1."""
    return number(f"{where}: impossible rate", rate, "0 <= rate < 1", "Dropout(0.5)", below=1.0)


def gaussian_noise(x: Any, stddev: float) -> Any:
    """x + stddev ε, ε ~ N(0, 1) for every element."""
    return x + backend.normal(x.shape, x.dtype) * float(stddev)


def reparameterise(mu: Any, logvar: Any, eps: Any = None) -> Any:
    """z ~ N(μ, Σ) written as z = μ + Σ^½ ε, so that gradients reach μ and Σ = diag(e^logvar).

    Shapes: mu, logvar and the result (batch, latent). logvar is the logarithm of the *variance*: the standard
    deviation is e^(logvar/2). `eps` ~ N(0, Id) is drawn afresh unless given. Source: Kingma and Welling 2014, and
    section 9.2.4 of the chapter.
    """
    if mu.shape != logvar.shape:
        raise ValueError(
            message(
                "reparameterise: mu and logvar differ in shape",
                expected=f"logvar {mu.shape}, as mu",
                got=f"{logvar.shape}",
                write="two heads with the same number of units",
            )
        )
    return Reparameterise(None if eps is None else backend.asarray(raw(eps)))(mu, logvar)
