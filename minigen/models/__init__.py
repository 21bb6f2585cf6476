"""The chapter's networks."""

from .autoencoder import (
    Autoencoder,
    SparseAutoencoder,
    conv_autoencoder,
    conv_autoencoder_128,
    deep_fc_autoencoder,
    fc_autoencoder,
    linear_autoencoder,
    sparse_fc_autoencoder,
    toy_autoencoder,
)
from .classifier import detector, logistic_regression
from .denoising import RidgeDenoiser, add_noise, median_filter
from .pca import PCA

__all__ = [
    "PCA",
    "Autoencoder",
    "RidgeDenoiser",
    "SparseAutoencoder",
    "add_noise",
    "conv_autoencoder",
    "conv_autoencoder_128",
    "deep_fc_autoencoder",
    "detector",
    "fc_autoencoder",
    "linear_autoencoder",
    "logistic_regression",
    "median_filter",
    "sparse_fc_autoencoder",
    "toy_autoencoder",
]
