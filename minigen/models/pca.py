"""Principal component analysis by hand: the linear autoencoder whose optimum is known in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backend import to_numpy
from ..errors import message


class PCA:
    """z = (x - m) V,  x̂ = z Vᵀ + m, where V holds the k eigenvectors of the covariance with the largest eigenvalues.

    No linear autoencoder of code size k has a smaller squared error on the data that m and V come from, and the error
    is known: ‖x̂ - x‖² is, on average, the sum of the eigenvalues left out (Eckart and Young 1936). Everything is
    float64 on the host. x (n, dim), z (n, k).
    """

    def __init__(self, x: Any, k: int) -> None:
        x = to_numpy(x).astype("float64")
        if not 1 <= k <= x.shape[1]:
            raise ValueError(
                message("PCA: k", expected=f"1..{x.shape[1]}, the number of features", got=k, write="PCA(x, 2)")
            )
        self.mean = x.mean(axis=0)
        covariance = (x - self.mean).T @ (x - self.mean) / len(x)
        values, vectors = np.linalg.eigh(covariance)  # ascending
        self.eigenvalues = values[::-1]
        self.components = vectors[:, ::-1][:, :k]

    def encode(self, x: Any) -> np.ndarray:
        return (to_numpy(x) - self.mean) @ self.components

    def decode(self, z: Any) -> np.ndarray:
        return to_numpy(z) @ self.components.T + self.mean

    @property
    def residual(self) -> float:
        """Mean squared error per feature on the data it was made from: (Σ of the eigenvalues left out) / dim."""
        return float(self.eigenvalues[self.components.shape[1] :].sum() / len(self.mean))

    @property
    def explained(self) -> float:
        """Share of the variance that the k directions keep, in [0, 1]."""
        return float(self.eigenvalues[: self.components.shape[1]].sum() / self.eigenvalues.sum())
