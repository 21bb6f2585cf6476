"""The collapse calculator: how many latent variables a VAE keeps, computed from the data before any training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...autograd import grad
from ...backend import finite_array
from ...checks import number, positive_integer
from ...errors import message
from ...tensor import Tensor


@dataclass(frozen=True)
class LinearOptimum:
    """The best that any VAE with a linear encoder and decoder can reach: loss = reconstruction + kl, nats per image.

    active     latent variables that are used: those directions of the data whose variance is above σ²
    variances  Σₖₖ of the posterior for each latent variable; 1, that of the prior, where it is not used
    """

    loss: float
    reconstruction: float
    kl: float
    active: int
    variances: np.ndarray


def linear_vae_optimum(eigenvalues: Any, latent_dim: int, sigma2: float = 1.0) -> LinearOptimum:
    """The minimum of ‖x̂ - x‖² / 2σ² + KL over all linear encoders and decoders, in closed form.

        min = 1/2 [ Σ_{k ≤ q} (log(λₖ/σ²) + 1) + Σ_{k > q} λₖ/σ² ],   KL = 1/2 Σ_{k ≤ q} log(λₖ/σ²)

    λ₁ ≥ λ₂ ≥ ... are the eigenvalues of the covariance of the data (models.PCA(x, k).eigenvalues), and q the number of
    them above σ², but at most latent_dim. The posterior variance of latent variable k is σ²/λₖ.

    Derivation: the decoder's columns lie along the eigenvectors, as in PCA. For one of them, of squared length d, the
    data has variance λ. The posterior of z has variance s = σ²/(σ² + d), its means have variance λ d/(σ² + d)². What it
    adds to the loss, 1/2 [λ/(σ² + d) + log((σ² + d)/σ²)], has its minimum at d = λ - σ² if λ > σ², and at d = 0, an
    unused variable, if not. σ² = 1 is the chapter's 1/2 ‖x̂ - x‖². Raises ValueError unless σ² > 0 and latent_dim ≥ 1.
    Source: Tipping and Bishop 1999 (probabilistic PCA); Lucas et al. 2019 for the VAE.
    """
    latent_dim = positive_integer("linear_vae_optimum: latent_dim", latent_dim, "linear_vae_optimum(eigenvalues, 2)")
    sigma2 = number("linear_vae_optimum: sigma2", sigma2, "a number above 1e-12", "sigma2=1.0", low=1e-12)
    fix = "models.PCA(x, 1).eigenvalues"
    variances = finite_array("linear_vae_optimum: eigenvalues", eigenvalues, 1, fix).astype("float64")
    if (variances < -1e-9 * abs(variances).max(initial=0.0)).any():  # eigh may round a 0 to less
        expected, got = "variances, 0 or more", f"{variances.min():g}"
        raise ValueError(message("linear_vae_optimum: eigenvalues", expected=expected, got=got, fix=fix))
    ratios = np.sort(variances)[::-1] / sigma2
    q = min(latent_dim, int((ratios > 1).sum()))
    kl = 0.5 * float(np.log(ratios[:q]).sum())
    reconstruction = 0.5 * float(q + ratios[q:].sum())
    posterior = np.ones(latent_dim)
    posterior[:q] = 1 / ratios[:q]
    return LinearOptimum(reconstruction + kl, reconstruction, kl, q, posterior)


def effective_variance(loss: Callable[[Any, Any], Any], dim: int, dtype: str = "float64") -> float:
    """The σ² of the Gaussian noise for which `loss` stands, when a KL in nats is added to it.

    ‖x̂ - x‖² / 2σ² has the second derivative 1/σ² by each pixel of x̂; so σ² = 1 / (d²loss/dx̂²), taken at a grey image
    x̂ = x = 1/2 of `dim` pixels, which must not interact. losses.half_squared_error has 1, binary_crossentropy_per_image
    1/4 (less near black and white). A mean over 784 pixels stands for 784 times the variance of their sum:
    mean_squared_error has 392. A latent variable is worth its KL only for a direction of the data with more than σ².
    Raises TypeError if loss is no function of Tensors, ValueError for dim < 1.
    """
    dim = positive_integer("effective_variance: dim", dim, "effective_variance(losses.half_squared_error, 784)")
    if not callable(loss):
        fix = "losses.half_squared_error, or lambda x, x_hat: ..."
        raise TypeError(message("effective_variance: loss", expected="a function", got=repr(loss), fix=fix))
    if dtype not in ("float32", "float64"):
        where, fix = "effective_variance: dtype", 'dtype="float64"'
        raise ValueError(message(where, expected="float32 or float64", got=repr(dtype), fix=fix))
    grey = np.full((1, dim), 0.5, dtype)
    x_hat = Tensor(grey, requires_grad=True)
    value = loss(Tensor(grey), x_hat)
    if not isinstance(value, Tensor):
        got, fix = type(value).__name__, "a function made of minigen's, such as ops.square(x_hat - x).sum()"
        raise TypeError(message("effective_variance: the loss's value", expected="a Tensor", got=got, fix=fix))
    (first,) = grad(value, [x_hat], create_graph=True)
    if not first.requires_grad:  # a loss that is linear in x̂
        return float("inf")
    (second,) = grad(first.sum(), [x_hat])
    curvature = float(second.numpy().mean())
    return 1 / curvature if curvature > 0 else float("inf")
