"""The chapter's networks."""

from . import latent
from .autoencoder import (
    Autoencoder,
    SparseAutoencoder,
    conv_autoencoder,
    conv_autoencoder_128,
    deep_fc_autoencoder,
    fc_autoencoder,
    latent_autoencoder,
    linear_autoencoder,
    sparse_fc_autoencoder,
    toy_autoencoder,
)
from .bijection import BitInterleaving
from .classifier import detector, digit_classifier, logistic_regression
from .collapse import LinearOptimum, effective_variance, linear_vae_optimum
from .denoising import RidgeDenoiser, add_noise, median_filter
from .pca import PCA
from .vae import VAE, CollapseWarning, ConditionalVAE, conditional_vae, conv_vae, linear_vae, vae, vae_heads

__all__ = [
    "PCA",
    "VAE",
    "Autoencoder",
    "BitInterleaving",
    "CollapseWarning",
    "ConditionalVAE",
    "LinearOptimum",
    "RidgeDenoiser",
    "SparseAutoencoder",
    "add_noise",
    "conditional_vae",
    "conv_autoencoder",
    "conv_autoencoder_128",
    "conv_vae",
    "deep_fc_autoencoder",
    "detector",
    "digit_classifier",
    "effective_variance",
    "fc_autoencoder",
    "latent",
    "latent_autoencoder",
    "linear_autoencoder",
    "linear_vae",
    "linear_vae_optimum",
    "logistic_regression",
    "median_filter",
    "sparse_fc_autoencoder",
    "toy_autoencoder",
    "vae",
    "vae_heads",
]
