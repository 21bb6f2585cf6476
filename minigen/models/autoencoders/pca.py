"""Principal component analysis by hand: the linear autoencoder whose optimum is known in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...arrays import as_array
from ...backend import finite_array
from ...checks import positive_integer
from ...errors import message


class PCA:
    """z = (x - m) V,  x̂ = z Vᵀ + m, where V holds the k eigenvectors of the covariance with the largest eigenvalues.

    No linear autoencoder of code size k has a smaller squared error on the data that m and V come from, and the error
    is known: ‖x̂ - x‖² is, on average, the sum of the eigenvalues left out (Eckart and Young 1936). Everything is
    float64 on the host. x (n, dim), z (n, k). Raises ValueError for other shapes, for no rows and for NaN.
    """

    def __init__(self, x: Any, k: int) -> None:
        x = _rows("PCA", x)
        if positive_integer("PCA: k", k, "PCA(x, 2)") > x.shape[1]:
            raise ValueError(
                message("PCA: k", expected=f"1..{x.shape[1]}, the number of features", got=k, fix="PCA(x, 2)")
            )
        self.mean = x.mean(axis=0)
        covariance = (x - self.mean).T @ (x - self.mean) / len(x)
        values, vectors = np.linalg.eigh(covariance)  # ascending
        self.eigenvalues = values[::-1]
        self.components = vectors[:, ::-1][:, :k]

    def encode(self, x: Any) -> np.ndarray:
        return (_rows("PCA.encode", x, len(self.mean)) - self.mean) @ self.components

    def decode(self, z: Any) -> np.ndarray:
        return _rows("PCA.decode", z, self.components.shape[1]) @ self.components.T + self.mean

    @property
    def residual(self) -> float:
        """Mean squared error per feature on the data it was made from: (Σ of the eigenvalues left out) / dim."""
        return float(self.eigenvalues[self.components.shape[1] :].sum() / len(self.mean))

    @property
    def explained(self) -> float:
        """Share of the variance that the k directions keep, in [0, 1]."""
        return float(self.eigenvalues[: self.components.shape[1]].sum() / self.eigenvalues.sum())


def _rows(where: str, x: Any, width: int | None = None) -> np.ndarray:
    """(n, dim) in float64, a row or more, of that width if it is given."""
    fix = "x[None] for a single row, x.reshape(len(x), -1) for images"
    x = finite_array(where, as_array(x, where), 2, fix)
    if 0 in x.shape or width not in (None, x.shape[1]):
        expected = f"(n, {width or 'dim'}), a row or more"
        raise ValueError(message(where, expected=expected, got=x.shape, fix=fix))
    return x.astype("float64")
