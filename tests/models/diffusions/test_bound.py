"""The variational bound: it meets the entropy of known data, term by term, and the probabilities of levels."""

import math

import numpy as np
import pytest
from helpers.refusals import NO_SIZES, refused
from helpers.small_diffusions import POINTS, exact_diffusion, small_diffusion, small_pictures

import minigen
from minigen import models
from minigen.datasets import toys
from minigen.models.diffusions import bound

RNG = np.random.default_rng(0)


def even_schedule(steps):
    """Betas with which the ratio of signal to noise falls by the same factor in each step, from 1,600 to 0.0003."""
    alpha_bar = 1 / (1 + np.exp(-np.linspace(math.log(1600), -8, steps)))
    return models.Schedule(1 - alpha_bar / np.concatenate([[1.0], alpha_bar[:-1]]))


def terms_of_a_gaussian(schedule, variances):
    """(prior, L_{t-1} for t = 2..T, reconstruction) of the exact denoiser of N(0, diag(variances)), without a draw.

    E ‖x₀ - x̂₀‖² is the sum of the posterior variances λ s² / (a² λ + s²).
    """
    a, s = schedule.signal[1:, None], schedule.noise[1:, None]  # (T, 1)
    errors = (variances * s**2 / (a**2 * variances + s**2)).sum(axis=1)  # (T,)
    d, sigma = len(variances), float(s[0, 0] / a[0, 0])
    prior = (a[-1, 0] ** 2 * variances.sum() + d * (s[-1, 0] ** 2 - 1 - np.log(s[-1, 0] ** 2))) / 2
    terms = -np.diff(a[:, 0] ** 2 / s[:, 0] ** 2) / 2 * errors[1:]
    return prior, terms, errors[0] / (2 * sigma**2) + d * math.log(sigma * math.sqrt(2 * math.pi))


# ---- it meets the entropy


GAUSSIAN = toys.GaussianMixture([[0.0, 0.0]], [[[0.5, 0.0], [0.0, 0.1]]])
ENTROPY = math.log(np.linalg.det(2 * np.pi * np.e * GAUSSIAN.covariances[0])) / 2


def test_with_many_steps_the_bound_of_a_gaussian_is_its_entropy():
    """H = 1/2 log det(2πe C) is met from above, and the gap halves where T is doubled."""
    variances = np.array([0.5, 0.1])
    totals = [sum(map(np.sum, terms_of_a_gaussian(even_schedule(n), variances))) for n in (200, 400, 20_000)]
    gaps = np.array(totals) - ENTROPY
    assert gaps[0] / gaps[1] == pytest.approx(2, rel=0.05) and 0 < gaps[2] < 0.005


def test_the_bound_is_the_one_of_many_draws():
    """Every term is the expected one, for exact predictions of a Gaussian."""
    x = GAUSSIAN.draw(4000, np.random.default_rng(0))[0]
    model = exact_diffusion(GAUSSIAN, even_schedule(100))
    minigen.seed(0)
    found = model.bound(x, levels=None)
    prior, terms, reconstruction = terms_of_a_gaussian(model.schedule, np.array([0.5, 0.1]))
    assert found.prior == pytest.approx(prior, rel=0.05)
    np.testing.assert_allclose(found.terms, terms, rtol=0.12)
    assert found.reconstruction == pytest.approx(reconstruction, abs=0.08)
    assert found.total == pytest.approx(prior + terms.sum() + reconstruction, abs=0.12)


def test_the_bound_of_a_mixture_lies_above_its_density():
    """With its label a point needs fewer nats: the information of the label less, as the clusters hardly overlap."""
    mixture = toys.THREE_CLUSTERS
    x, labels = mixture.draw(1000, np.random.default_rng(1))
    totals = []
    for given in (None, labels):
        model = exact_diffusion(mixture, even_schedule(150), conditional=True)
        minigen.seed(0)
        totals.append(model.bound(x, given, levels=None).total)
    exact, information = -mixture.log_density(x).mean(), -np.log(mixture.shares[labels]).mean()
    assert exact < totals[0] < exact + 0.5
    assert totals[0] - totals[1] == pytest.approx(information, abs=0.1)


def test_the_terms_add_up():
    model = exact_diffusion(toys.THREE_CLUSTERS, even_schedule(20))
    found = model.bound(POINTS, levels=None)
    assert found.total == pytest.approx(found.prior + found.terms.sum() + found.reconstruction)
    assert found.diffusion == pytest.approx(found.terms.sum()) and (found.terms > 0).all()


# ---- its terms


def test_a_term_is_the_divergence_of_the_two_gaussians():
    """KL between q(x_r | x_t, x₀) and p(x_r | x_t), from their means and their deviation."""
    model = small_diffusion(models.CosineSchedule(20), "data").astype("float64")
    x, t = RNG.normal(size=(5, 2)), 8
    minigen.seed(0)
    noise = [minigen.backend.normal((5, 2), "float64") for _ in range(2, t + 1)][-1]  # the bound draws one for each t
    x_t = model.diffuse(x, t, noise)
    x_hat, eps_hat = model.estimates(x_t, t)
    sigma = model.schedule.deviation(t, t - 1)
    minigen.seed(7)
    q = model.step(x, noise, t, t - 1, 1.0)
    minigen.seed(7)  # with the same draw of z the difference is that of the means
    p = model.step(x_hat, eps_hat, t, t - 1, 1.0)
    divergence = ((q - p) ** 2).sum(axis=1).mean() / (2 * sigma**2)
    minigen.seed(0)
    found = bound.variational_bound(model, x, None, None)
    assert found.terms[t - 2] == pytest.approx(divergence, rel=1e-9)


def test_the_prior_is_what_is_left_of_the_data():
    for schedule, most in ((models.CosineSchedule(50), 1e-2), (models.StraightSchedule(50), 0.0)):
        assert 0 <= small_diffusion(schedule).bound(POINTS, levels=None).prior <= most
    model = small_diffusion(models.Schedule([0.2, 0.3]))
    a2 = 0.8 * 0.7
    expected = (a2 * (POINTS**2).sum(axis=1).mean() + 2 * (1 - a2 - 1 - math.log(1 - a2))) / 2
    assert model.bound(POINTS, levels=None).prior == pytest.approx(expected, rel=1e-5)


def test_some_terms_stand_for_all():
    mixture = toys.THREE_CLUSTERS
    model, x = exact_diffusion(mixture, even_schedule(200)), mixture.draw(500, RNG)[0]
    minigen.seed(0)
    whole, some = model.bound(x, levels=None), model.bound(x, levels=None, draws=50)
    assert len(whole.terms) == 199 and (whole.weights == 1).all() and list(whole.times[[0, -1]]) == [2, 200]
    assert len(some.terms) == 50 and some.weights.sum() == 199 and some.times.min() >= 2 and some.times.max() <= 200
    assert some.diffusion == pytest.approx(whole.diffusion, rel=0.1)


@pytest.mark.parametrize(("steps", "draws"), [(7, 4), (7, 6), (1000, 50), (1000, 999), (3, 1), (2, 1)])
def test_each_draw_stands_for_its_part(steps, draws):
    """The parts cover 2..T without a gap; the first ones have one t each."""
    times, weights = bound.times_of_terms(steps, draws)
    ends = 1 + weights.cumsum()  # the last t of each part
    assert len(times) == draws and ends[-1] == steps and weights.min() >= 1
    assert ((ends - weights < times) & (times <= ends)).all() and times[0] <= 1 + weights[0]


def test_every_term_counts_as_much():
    """Over many draws the weight of every t is 1."""
    minigen.seed(0)
    drawn = [bound.times_of_terms(12, 4) for _ in range(4000)]
    times, weights = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
    np.testing.assert_allclose(np.bincount(times, weights)[2:] / len(drawn), 1, atol=0.1)


def test_a_schedule_of_one_step_has_no_terms():
    found = small_diffusion(models.Schedule([0.5])).bound(POINTS, levels=None)
    assert len(found.terms) == 0 and found.diffusion == 0 and np.isfinite(found.total)


# ---- levels


def test_levels_share_the_probability():
    """The probabilities of all levels add up to 1, wherever the mean and however wide."""
    levels = 9
    x = np.linspace(-1, 1, levels)[:, None]
    for x_hat, sigma in ((0.3, 0.2), (-1.4, 0.05), (0.99, 2.0), (0.0, 1e-3)):
        nats = [bound._level_nats(one[None], np.full((1, 1), x_hat), sigma, 1 / (levels - 1)) for one in x]
        assert np.exp(-np.array(nats)).sum() == pytest.approx(1, rel=1e-9)


def test_levels_far_from_the_mean_keep_their_digits():
    """14 to 16 deviations away Φ is 1 to the last digit, and 1 - Φ is e^-100."""
    nats = bound._level_nats(np.zeros((1, 1)), np.full((1, 1), -1.5), 0.1, 0.1)
    expected = -math.log(math.erfc(14 / math.sqrt(2)) / 2 - math.erfc(16 / math.sqrt(2)) / 2)
    assert nats == pytest.approx(expected, rel=1e-9) and nats > 90
    assert nats == pytest.approx(bound._level_nats(np.zeros((1, 1)), np.full((1, 1), 1.5), 0.1, 0.1))


def test_fine_levels_are_a_density_times_their_width():
    model = small_pictures(schedule=models.Schedule([0.3, 0.3]), prediction="data")
    x = RNG.integers(1, 2**16 - 1, (30, 3, 2, 1)).astype("float32") / 2**16
    totals = []
    for levels in (None, 2**16 + 1):
        minigen.seed(0)
        totals.append(model.bound(x, levels=levels).total)
    assert totals[1] - totals[0] == pytest.approx(6 * math.log(2**16), abs=0.01)


def test_the_density_of_pixels_does_not_depend_on_their_unit():
    """Pixels up to 255 have the density of those up to 1, divided by 255 for each."""
    totals = []
    for most in (1.0, 255.0):
        minigen.seed(0)
        model = small_pictures(data_range=(0.0, most))
        totals.append(model.bound(np.full((4, 3, 2, 1), 0.5 * most, "float32"), levels=None, draws=20).total)
    assert totals[1] - totals[0] == pytest.approx(6 * math.log(255), rel=1e-4)


def test_on_each_backend(xp):
    x = RNG.integers(0, 2, (6, 3, 2, 1)).astype("float32")
    found = small_pictures(schedule=models.CosineSchedule(8)).bound(x, levels=2)
    assert all(type(value) is float for value in (found.total, found.prior, found.reconstruction))
    assert type(found.terms) is np.ndarray and found.terms.shape == (7,) and (found.terms >= 0).all()


# ---- bad input


def test_levels_that_pixels_do_not_have():
    model = small_pictures()
    x = RNG.random((2, 3, 2, 1)).astype("float32")
    with refused(ValueError, where="Diffusion.bound: levels", expected="on 256 equidistant", fix="levels=None"):
        model.bound(x)
    for levels in (1, 0, 2.5, "256", True):
        with refused(ValueError, where="Diffusion.bound: levels", expected="2, 3, ..., or None"):
            model.bound(x, levels=levels)
    with refused(ValueError, where="levels", expected="a data_range", got="256", fix="levels=None"):
        small_diffusion().bound(POINTS)


@pytest.mark.parametrize("draws", [n for n in NO_SIZES if n is not None])
def test_no_number_of_draws(draws):
    with refused(ValueError, where="Diffusion.bound: draws"):
        small_diffusion().bound(POINTS, levels=None, draws=draws)


def test_more_draws_than_terms():
    with refused(ValueError, expected="at most the 7 terms", got="8"):
        small_diffusion(models.CosineSchedule(8)).bound(POINTS, levels=None, draws=8)


def test_more_levels_than_float32_tells_apart():
    for levels in (2**24 + 1, 10**400):
        with refused(ValueError, where="Diffusion.bound: levels", expected="at most 16,777,216"):
            small_pictures().bound(np.zeros((1, 3, 2, 1), "float32"), levels=levels)


def test_a_straight_path_of_one_step():
    """x₁ is noise alone: N(x̂₀, s²/a²) has an infinite variance."""
    model = small_diffusion(models.StraightSchedule(1))
    with refused(ValueError, where="Diffusion.bound: the schedule", got="a single step", fix="StraightSchedule(1000)"):
        model.bound(POINTS, levels=None)
