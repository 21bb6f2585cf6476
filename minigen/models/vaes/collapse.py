"""The collapse calculator: how many latent variables a VAE uses, computed from the data without training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...autograd import grad
from ...checks.values import number, positive_integer
from ...tensor import Tensor
from ...types import ArrayLike, DType, LossFunction
from .. import checks


@dataclass(frozen=True)
class LinearOptimum:
    """The minimum over all VAEs with a linear encoder and decoder: loss = reconstruction + kl, in nats per image.

    active     the number of latent variables that are used, one for each direction of the data with a variance above σ²
    variances  the posterior variance Σₖₖ of each latent variable, (latent,); 1, as in the prior, where it is not used
    """

    loss: float
    reconstruction: float
    kl: float
    active: int
    variances: np.ndarray


def linear_vae_optimum(eigenvalues: ArrayLike, latent_dim: int, sigma2: float = 1.0) -> LinearOptimum:
    """The minimum of ‖x̂ - x‖² / 2σ² + KL over all linear encoders and decoders, in closed form.

        min = 1/2 [ Σ_{k ≤ q} (log(λₖ/σ²) + 1) + Σ_{k > q} λₖ/σ² ],   KL = 1/2 Σ_{k ≤ q} log(λₖ/σ²)

    λ₁ ≥ λ₂ ≥ ... are the eigenvalues of the covariance of the data (models.PCA(x, k).eigenvalues), and q is the number
    of those above σ², at most latent_dim. The posterior variance of latent variable k is σ²/λₖ.

    Derivation: the columns of the decoder are parallel to the eigenvectors, as in PCA. Let one of them have squared
    length d, and let the data have variance λ along it. The posterior of z has variance s = σ²/(σ² + d), and its means
    have variance λ d/(σ² + d)². The contribution to the loss, 1/2 [λ/(σ² + d) + log((σ² + d)/σ²)], has its minimum at
    d = λ - σ² if λ > σ², and otherwise at d = 0, an unused variable. σ² = 1 is the chapter's 1/2 ‖x̂ - x‖².

    Raises ValueError unless σ² > 0, latent_dim ≥ 1 and all λ ≥ 0. Source: Tipping and Bishop 1999 (probabilistic PCA);
    Lucas et al. 2019 for the VAE.
    """
    latent_dim = positive_integer("linear_vae_optimum: latent_dim", latent_dim, "linear_vae_optimum(eigenvalues, 2)")
    sigma2 = number("linear_vae_optimum: sigma2", sigma2, "a number above 1e-12", "sigma2=1.0", low=1e-12)
    variances = checks.variances("linear_vae_optimum: eigenvalues", eigenvalues)  # (dim,)
    ratios = np.sort(variances)[::-1] / sigma2
    q = min(latent_dim, int((ratios > 1).sum()))
    kl = 0.5 * float(np.log(ratios[:q]).sum())
    reconstruction = 0.5 * float(q + ratios[q:].sum())
    posterior = np.ones(latent_dim)  # (latent,)
    posterior[:q] = 1 / ratios[:q]
    return LinearOptimum(reconstruction + kl, reconstruction, kl, q, posterior)


def effective_variance(loss: LossFunction, dim: int, dtype: DType = "float64") -> float:
    """The σ² of the Gaussian likelihood that `loss` corresponds to, when a KL in nats is added to it.

    ‖x̂ - x‖² / 2σ² has the second derivative 1/σ² with respect to each pixel of x̂. Therefore σ² = 1 / (d²loss/dx̂²), at a
    grey image x̂ = x = 1/2 of `dim` pixels; the loss must be a sum over the pixels, up to a factor. For
    losses.half_squared_error σ² is 1, for binary_crossentropy_per_image 1/4 (less near black and white). A mean over
    784 pixels has 784 times the σ² of their sum: for mean_squared_error it is 392. A latent variable lowers the loss
    only if the data has a variance above σ² along its direction.

    Raises TypeError unless loss is a function that returns a Tensor, ValueError for dim < 1 and for another dtype than
    float32 and float64.
    """
    dim = positive_integer("effective_variance: dim", dim, "effective_variance(losses.half_squared_error, 784)")
    checks.check_loss_function(loss, dtype)
    grey = np.full((1, dim), 0.5, dtype)
    x_hat = Tensor(grey, requires_grad=True)
    value = loss(Tensor(grey), x_hat)
    checks.check_value_is_tensor(value)
    (first,) = grad(value, [x_hat], create_graph=True)  # (1, dim)
    if not first.requires_grad:  # a loss that is linear in x̂
        return float("inf")
    (second,) = grad(first.sum(), [x_hat])  # (1, dim)
    curvature = float(second.numpy().mean())
    return 1 / curvature if curvature > 0 else float("inf")
