"""The chapter's networks."""

from .autoencoder import (
    Autoencoder,
    SparseAutoencoder,
    deep_fc_autoencoder,
    fc_autoencoder,
    linear_autoencoder,
    sparse_fc_autoencoder,
    toy_autoencoder,
)
from .classifier import detector, logistic_regression
from .pca import PCA

__all__ = [
    "PCA",
    "Autoencoder",
    "SparseAutoencoder",
    "deep_fc_autoencoder",
    "detector",
    "fc_autoencoder",
    "linear_autoencoder",
    "logistic_regression",
    "sparse_fc_autoencoder",
    "toy_autoencoder",
]
