"""PCA against the eigenvalues."""

import numpy as np
import pytest

from minigen import models
from minigen.datasets import toys


def test_pca_residual_is_the_sum_of_the_eigenvalues_left_out():
    x, _ = toys.near_a_plane()
    for k in (1, 2, 3, 4):
        pca = models.PCA(x, k)
        error = np.square(pca.decode(pca.encode(x)) - x).mean()
        assert error == pytest.approx(pca.residual, abs=1e-12)
    np.testing.assert_allclose(pca.components.T @ pca.components, np.eye(4), atol=1e-12)
    assert models.PCA(x, 2).explained > 0.95


def test_pca_of_a_wrong_size():
    with pytest.raises(ValueError, match="1..4"):
        models.PCA(np.zeros((5, 4)), 5)
