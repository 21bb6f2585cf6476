"""Principal component analysis: the linear autoencoder whose optimum is known in closed form."""

from __future__ import annotations

import copy

import numpy as np

from ...types import ArrayLike
from ..checks import integer_up_to, rows


class PCA:
    """z = (x - m) V,  x̂ = z Vᵀ + m, where V holds the k eigenvectors of the covariance with the largest eigenvalues.

    No linear autoencoder of code size k has a smaller squared error on the data that m and V are computed from. The
    mean of ‖x̂ - x‖² over these data is the sum of the eigenvalues left out (Eckart and Young 1936). All computations
    are in float64 on the host. x (n, dim), z (n, k), m (dim,), V (dim, k).

    Raises ValueError for other shapes, for no rows, for NaN, and unless 1 <= k <= dim.
    """

    def __init__(self, x: ArrayLike, k: int) -> None:
        x = rows("PCA", x)  # (n, dim)
        dim = x.shape[1]
        k = integer_up_to("PCA: k", k, dim, f"1..{dim}, the number of features", "PCA(x, 2)")
        self.mean = x.mean(axis=0)  # (dim,)
        centred = x - self.mean
        if len(x) < dim:  # of the covariance no more than n eigenvalues are above 0, and an SVD needs no such matrix
            _, s, rows_of_v = np.linalg.svd(centred, full_matrices=k > len(x))
            self.eigenvalues = np.zeros(dim)
            self.eigenvalues[: len(x)] = np.square(s) / len(x)  # (dim,)
            self.components = rows_of_v[:k].T  # (dim, k)
        else:
            values, vectors = np.linalg.eigh(centred.T @ centred / len(x))  # of the covariance (dim, dim), ascending
            self.eigenvalues = values[::-1]  # (dim,)
            self.components = vectors[:, ::-1][:, :k]  # (dim, k)

    def first(self, k: int) -> PCA:
        """The PCA with only the first k of the components: PCA(x, k) without another decomposition.

        Raises ValueError unless 1 <= k <= their number.
        """
        most = self.components.shape[1]
        k = integer_up_to("PCA.first: k", k, most, f"1..{most}, the number of components", f"PCA(x, {k})")
        part = copy.copy(self)
        part.components = self.components[:, :k]
        return part

    def encode(self, x: ArrayLike) -> np.ndarray:
        """The codes z (n, k) of x (n, dim)."""
        return (rows("PCA.encode", x, len(self.mean)) - self.mean) @ self.components

    def decode(self, z: ArrayLike) -> np.ndarray:
        """The reconstructions x̂ (n, dim) of codes z (n, k)."""
        return rows("PCA.decode", z, self.components.shape[1]) @ self.components.T + self.mean

    @property
    def residual(self) -> float:
        """Mean squared error per feature on the data it was computed from: (Σ of the eigenvalues left out) / dim."""
        return float(self.eigenvalues[self.components.shape[1] :].sum() / len(self.mean))

    @property
    def explained(self) -> float:
        """The share of the variance that the k components explain, in [0, 1]."""
        return float(self.eigenvalues[: self.components.shape[1]].sum() / self.eigenvalues.sum())
