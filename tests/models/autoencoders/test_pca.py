"""PCA against the eigenvalues."""

import numpy as np
import pytest
from helpers.refusals import refused

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


def test_fewer_images_than_pixels():
    """6 images of 40 pixels: the eigenvalues beyond the rank are 0, and the components are those of the covariance."""
    x = np.random.default_rng(0).random((6, 40)) * np.geomspace(1, 8, 40)
    values, vectors = np.linalg.eigh(np.cov(x.T, bias=True))
    for k in (1, 5, 6, 40):
        pca = models.PCA(x, k)
        np.testing.assert_allclose(pca.eigenvalues, values[::-1], atol=1e-12)
        assert pca.components.shape == (40, k)
        np.testing.assert_allclose(pca.components.T @ pca.components, np.eye(k), atol=1e-12)
        known = min(k, 5)  # the centred images have rank 5
        overlap = np.abs((pca.components[:, :known] * vectors[:, ::-1][:, :known]).sum(axis=0))
        np.testing.assert_allclose(overlap, 1, atol=1e-12)
        assert np.square(pca.decode(pca.encode(x)) - x).mean() == pytest.approx(pca.residual, abs=1e-12)


def test_few_large_images_need_no_matrix_of_all_pairs_of_pixels():
    x = np.random.default_rng(0).random((20, 50_000))  # 50,000 x 50,000 numbers would be 20 GB
    pca = models.PCA(x, 19)
    np.testing.assert_allclose(pca.decode(pca.encode(x)), x, atol=1e-9)


@pytest.mark.parametrize("shape", [(20, 6), (6, 20)])
def test_the_first_components_are_those_of_a_smaller_code(shape):
    x = np.random.default_rng(0).random(shape)
    pca = models.PCA(x, 6)
    for k in (1, 3, 6):
        first, alone = pca.first(k), models.PCA(x, k)
        assert (first.residual, first.explained) == pytest.approx((alone.residual, alone.explained), abs=1e-12)
        np.testing.assert_allclose(first.decode(first.encode(x)), alone.decode(alone.encode(x)), atol=1e-12)
    assert pca.components.shape == (shape[1], 6)  # it is as it was
    with refused(ValueError, where="PCA.first: k", expected="1..6", got="7", fix="PCA(x, 7)"):
        pca.first(7)
