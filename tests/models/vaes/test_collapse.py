"""The collapse calculator: the optimum of a linear VAE, and the noise that a loss stands for."""

import numpy as np
import pytest
from helpers.refusals import NO_SIZES, refused

from minigen import GraphError, Tensor, losses, models

# ---- the collapse calculator


EIGENVALUES = np.array([5.0, 2.0, 1.0, 0.5])


def test_the_optimum_by_hand():
    best = models.linear_vae_optimum(EIGENVALUES, 3)
    assert best.active == 2  # an eigenvalue of exactly σ² pays nothing
    assert best.kl == pytest.approx(np.log(10) / 2)
    assert best.reconstruction == pytest.approx((2 + 1.5) / 2)
    np.testing.assert_allclose(best.variances, [1 / 5, 1 / 2, 1])
    assert best.loss == best.kl + best.reconstruction


def test_the_optimum_knows_only_ratios_and_no_order(xp):
    best = models.linear_vae_optimum(EIGENVALUES, 2, 0.7)
    for other in (
        models.linear_vae_optimum(EIGENVALUES * 10, 2, 7),
        models.linear_vae_optimum(EIGENVALUES[[2, 0, 3, 1]], np.int64(2), np.float32(0.7)),
        models.linear_vae_optimum(Tensor(EIGENVALUES), 2, 0.7),
    ):
        assert (other.loss, other.kl, other.active) == pytest.approx((best.loss, best.kl, best.active), rel=1e-6)
        np.testing.assert_allclose(other.variances, best.variances, rtol=1e-6)


def test_more_latent_variables_than_directions():
    best = models.linear_vae_optimum([4], 3)
    assert best.active == 1 and best.loss == pytest.approx((np.log(4) + 1) / 2)
    np.testing.assert_allclose(best.variances, [1 / 4, 1, 1])


def test_data_that_do_not_vary_cost_nothing():
    x = np.full((50, 3), 0.1)
    for eigenvalues in ([0, 0, 0], models.PCA(x, 1).eigenvalues):
        best = models.linear_vae_optimum(eigenvalues, 2)
        assert best.active == best.kl == 0 and best.loss == pytest.approx(0, abs=1e-11)


def test_an_eigenvalue_of_0_may_be_rounded_to_less():
    best = models.linear_vae_optimum([4, 0, -1e-12], 2)
    assert best.active == 1 and best.loss == pytest.approx((np.log(4) + 1) / 2)


@pytest.mark.parametrize("sigma2", [1.0, 1e6])
@pytest.mark.parametrize(
    "bad, expected, got",
    [
        ([-1.0, 2.0], "0 or more", "-1"),
        ([1.0, -1e-3], "0 or more", "-0.001"),
        ([1.0, np.nan, 2.0], "finite numbers", "NaN"),
        ([np.inf], "finite numbers", "infinity"),
        ([-np.inf], "finite numbers", "infinity"),
        (None, "finite numbers", "object"),
        ("a", "finite numbers", "<U1"),
        (np.eye(3), "1 axes", "shape (3, 3)"),
    ],
)
def test_eigenvalues_that_are_no_variances(bad, expected, got, sigma2):
    """A wide noise hides nothing."""
    where, fix = "linear_vae_optimum: eigenvalues", "models.PCA(x, 1).eigenvalues"
    with refused(ValueError, where=where, expected=expected, got=got, fix=fix):
        models.linear_vae_optimum(bad, 2, sigma2)


@pytest.mark.parametrize("n", NO_SIZES)
def test_how_many_latent_variables_and_how_many_pixels(n):
    for where, call, fix in (
        ("linear_vae_optimum: latent_dim", lambda: models.linear_vae_optimum(EIGENVALUES, n), "eigenvalues, 2"),
        ("effective_variance: dim", lambda: models.effective_variance(losses.mean_squared_error, n), "784"),
    ):
        with refused(ValueError, where=where, expected="a positive integer", got=repr(n), fix=fix):
            call()


@pytest.mark.parametrize("sigma2", [0, -1, np.nan, np.inf, "1", None])
def test_noise_of_no_variance(sigma2):
    where = "linear_vae_optimum: sigma2"
    with refused(ValueError, where=where, expected="a number above 1e-12", got=repr(sigma2), fix="sigma2=1.0"):
        models.linear_vae_optimum(EIGENVALUES, 2, sigma2)


@pytest.mark.parametrize("dim", [1, 5])
def test_the_variance_of_a_known_noise(dim):
    for sigma2 in (0.25, 3.0):

        def loss(x, x_hat, sigma2=sigma2):
            return ((x_hat - x) ** 2).sum() / (2 * sigma2)

        assert models.effective_variance(loss, dim) == pytest.approx(sigma2)


@pytest.mark.parametrize(
    "loss", [lambda x, x_hat: x_hat.sum(), lambda x, x_hat: -((x_hat - x) ** 2).sum()], ids=["straight", "falling"]
)
def test_a_loss_without_curvature_stands_for_no_gaussian(loss):
    assert models.effective_variance(loss, 3) == np.inf


def test_the_effective_variance_of_what_is_no_loss():
    with refused(GraphError, where="not a single number", got="(1, 3)", fix="loss.mean()"):
        models.effective_variance(lambda x, x_hat: (x_hat - x) ** 2, 3)
    with refused(GraphError, where="nothing was recorded"):
        models.effective_variance(lambda x, x_hat: Tensor(1.0), 3)
    with refused(TypeError, where="NumPy function", fix="minigen."):
        models.effective_variance(lambda x, x_hat: np.square(x_hat - x).sum(), 3)
    with refused(TypeError, where="effective_variance: loss", expected="a function", got="'mse'", fix="losses."):
        models.effective_variance("mse", 3)
    with refused(TypeError, where="the loss's value", expected="a Tensor", got="float", fix="ops."):
        models.effective_variance(lambda x, x_hat: 1.0, 3)


# ---- against other ways to the same numbers


def test_linear_optimum_against_a_search():
    """A decoder of gain √d on each eigenvector and the posterior of least loss: no d does better than the formula."""
    eigenvalues = np.array([5.0, 2.0, 1.1, 0.6, 0.2])
    for sigma2, latent in ((1.0, 2), (1.0, 5), (0.5, 3), (3.0, 2), (10.0, 2)):
        d = np.linspace(0, 20, 200_001)[:, None]
        s = sigma2 / (sigma2 + d)  # the posterior variance; its mean is √d/(σ² + d) x
        kl = (s + d * eigenvalues / (sigma2 + d) ** 2 - 1 - np.log(s)) / 2
        reconstruction = (eigenvalues * (sigma2 / (sigma2 + d)) ** 2 + d * s) / (2 * sigma2)
        used, unused = (reconstruction + kl).min(axis=0), eigenvalues / (2 * sigma2)
        found = used[:latent].sum() + unused[latent:].sum()
        best = models.linear_vae_optimum(eigenvalues, latent, sigma2)
        assert best.loss == pytest.approx(found, abs=1e-6)
        assert best.active == min(latent, (eigenvalues > sigma2).sum())
        assert best.loss == best.reconstruction + best.kl


@pytest.mark.parametrize(
    "first, second, total, expected",
    [
        (5.31001416, 3.98712909, 52.84824913, (24.3019, 22.7756, 1.5263)),
        (5.11678779, 3.74132852, 52.72503596, (24.4094, 22.9335, 1.4760)),
    ],
    ids=["10,000 test digits", "60,000 training digits"],
)
def test_closed_form_of_the_full_sets(first, second, total, expected):
    """Of the eigenvalues that are left out only the sum matters, so that three numbers stand for all of MNIST."""
    eigenvalues = np.array([first, second] + [(total - first - second) / 782] * 782)
    best = models.linear_vae_optimum(eigenvalues, 2)
    assert (best.loss, best.reconstruction, best.kl) == pytest.approx(expected, abs=1e-4)


def test_the_chapters_loss_keeps_12_of_the_sample(digits):
    eigenvalues = models.PCA(digits, 1).eigenvalues
    active = {s2: models.linear_vae_optimum(eigenvalues, 32, s2).active for s2 in (0.5, 1.0, 392.0)}
    assert active == {0.5: 23, 1.0: 12, 392.0: 0}


def test_effective_variance():
    dim = 784
    found = {loss: models.effective_variance(losses.get(loss), dim) for loss in losses.LOSSES if "cat" not in loss}
    assert found["half_squared_error"] == pytest.approx(1)
    assert found["mean_squared_error"] == pytest.approx(392)
    assert found["binary_crossentropy_per_image"] == pytest.approx(1 / 4)
    assert found["binary_crossentropy"] == pytest.approx(196)
    assert found["mean_absolute_error"] == np.inf
    assert models.effective_variance(lambda x, x_hat: ((x_hat - x) ** 2).sum(), 10) == pytest.approx(1 / 2)
