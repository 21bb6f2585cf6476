"""Schedules: what is left of the data at each step, the deviation of a step back, and bad betas."""

import numpy as np
import pytest
from helpers.refusals import NO_SIZES, refused

from minigen import models
from minigen.models.diffusions.schedule import SCHEDULES

NAMES = sorted(SCHEDULES)


def test_signal_and_noise_are_products_over_the_betas():
    betas = np.array([0.1, 0.5, 0.2])
    schedule = models.Schedule(betas)
    alpha_bar = [1, 0.9, 0.9 * 0.5, 0.9 * 0.5 * 0.8]
    np.testing.assert_allclose(schedule.signal, np.sqrt(alpha_bar), rtol=1e-14)
    np.testing.assert_allclose(schedule.noise, np.sqrt(1 - np.array(alpha_bar)), rtol=1e-14)
    assert schedule.steps == 3 and schedule.noise[0] == 0


def test_the_linear_schedule_of_ddpm():
    schedule = models.LinearSchedule()
    assert schedule.steps == 1000 and schedule.betas[0] == 1e-4 and schedule.betas[-1] == pytest.approx(0.02)
    assert schedule.signal[-1] ** 2 == pytest.approx(4.0358e-5, rel=1e-4)  # Π (1 - β), multiplied out


def test_the_cosine_schedule_follows_its_cosine():
    schedule = models.CosineSchedule(1000)
    f = np.cos((np.arange(1001) / 1000 + 0.008) / 1.008 * np.pi / 2) ** 2
    np.testing.assert_allclose(schedule.signal[:1000] ** 2, f[:1000] / f[0], rtol=1e-10)  # the last beta is cut
    assert schedule.betas[-1] == 0.999 and (schedule.betas[:-1] < 0.999).all()


def test_straight_lines():
    schedule = models.StraightSchedule(4)
    np.testing.assert_array_equal(schedule.signal, [1, 0.75, 0.5, 0.25, 0])
    np.testing.assert_array_equal(schedule.noise, [0, 0.25, 0.5, 0.75, 1])


@pytest.mark.parametrize("name", NAMES)
def test_noise_grows_from_nothing_and_the_determinant_is_one(name):
    schedule = SCHEDULES[name](50)
    assert schedule.signal[0] == 1 and schedule.noise[0] == 0
    assert (np.diff(schedule.noise) > 0).all() and (np.diff(schedule.signal_to_noise) < 0).all()
    determinant = schedule.signal * schedule.noise_slope - schedule.noise * schedule.signal_slope
    np.testing.assert_allclose(determinant, 1, rtol=1e-14)


def test_the_slopes_point_along_the_path():
    """Of the straight lines by d/d(t/T), of the others by the angle whose cosine is the signal."""
    for name, schedule in ((name, SCHEDULES[name](2000)) for name in NAMES):
        angle = schedule.noise if name == "straight" else np.arctan2(schedule.noise, schedule.signal)
        for values, slope in ((schedule.signal, schedule.signal_slope), (schedule.noise, schedule.noise_slope)):
            differences = np.diff(values) / np.diff(angle)
            np.testing.assert_allclose(differences, (slope[1:] + slope[:-1]) / 2, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_the_deviation_of_a_step_back_is_that_of_conditioning(name):
    """Var(x_r | x_t, x₀) from the covariance of the two Gaussians x_r = a_r x₀ + s_r ε, x_t = a x_r + rest."""
    schedule = SCHEDULES[name](20)
    for t, r in ((20, 19), (15, 7), (2, 1)):
        variance, ratio = schedule.noise[r] ** 2, schedule.signal[t] / schedule.signal[r]
        expected = variance - (ratio * variance) ** 2 / schedule.noise[t] ** 2
        assert schedule.deviation(t, r) == pytest.approx(np.sqrt(expected), rel=1e-9)
    assert schedule.deviation(5, 0) == 0


def test_the_deviation_of_one_step_is_beta_tilde():
    schedule = models.LinearSchedule(30)
    beta_tilde = schedule.noise[9] ** 2 / schedule.noise[10] ** 2 * schedule.betas[9]
    assert schedule.deviation(10, 9) == pytest.approx(np.sqrt(beta_tilde), rel=1e-12)


@pytest.mark.parametrize(("steps", "few"), [(1000, 50), (1000, 1000), (7, 4), (7, 1), (1000, 999)])
def test_few_steps_are_spread_evenly(steps, few):
    times = models.StraightSchedule(steps).times(few)
    gaps = -np.diff(times)
    assert len(times) == few + 1 and times[0] == steps and times[-1] == 0
    assert gaps.min() >= 1 and gaps.max() - gaps.min() <= 1


def test_rates_have_the_axes_of_the_samples(xp):
    rates = models.StraightSchedule(4).rates([1, 4], axes=4)
    assert all(r.shape == (2, 1, 1, 1) and r.dtype == np.float32 for r in rates)
    assert float(rates.noise[1, 0, 0, 0]) == 1 and float(rates.signal[0, 0, 0, 0]) == 0.75


@pytest.mark.parametrize("name", NAMES)
def test_a_schedule_is_made_again_from_its_config(name):
    schedule = SCHEDULES[name](12)
    again = type(schedule).from_config(schedule.get_config())
    np.testing.assert_array_equal(again.signal, schedule.signal)


# ---- bad input


@pytest.mark.parametrize("betas", [[0.1, 0.0], [1.0], [0.1, -0.1], [1.5, 0.2], [], [float("nan")], [[0.1]], 0.1, "x"])
def test_betas_outside_of_0_to_1_are_refused(betas):
    with refused((ValueError, TypeError), where="Schedule: betas", fix="Schedule(np.linspace(1e-4, 0.02, 1000))"):
        models.Schedule(betas)


def test_which_beta_is_wrong():
    with refused(ValueError, expected="between 0 and 1", got="1.2; 2 of 3 are outside"):
        models.Schedule([0.1, 1.2, 0])
    for beta in (0, 1, 2.0, -1, "no"):
        with refused(ValueError, where="LinearSchedule: last", expected="between 0 and 1", got=str(beta)):
            models.LinearSchedule(10, last=beta)
        with refused(ValueError, where="LinearSchedule: first", expected="between 0 and 1", got=str(beta)):
            models.LinearSchedule(10, first=beta)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("steps", NO_SIZES)
def test_no_number_of_steps(name, steps):
    with refused(ValueError, where=": steps", expected="a positive integer", fix="(1000"):
        SCHEDULES[name](steps)


def test_an_offset_outside_of_its_range():
    for offset in (-0.1, 1, "no"):
        with refused(ValueError, where="CosineSchedule: offset", expected="0 or more, below 1"):
            models.CosineSchedule(10, offset)


@pytest.mark.parametrize("t", [0, 5, -1, [1, 5], [0]])
def test_a_time_outside_of_the_steps(t):
    with refused(ValueError, where="StraightSchedule.rates: t", expected="1..4", fix="t = 0 is the data"):
        models.StraightSchedule(4).rates(t)


def test_times_that_are_no_integers_or_a_matrix():
    with refused(TypeError, expected="integers 1..4", got="float"):
        models.StraightSchedule(4).rates([0.5])
    with refused(ValueError, got="shape (1, 1)"):
        models.StraightSchedule(4).rates([[1]])


def test_an_unknown_schedule():
    network = models.point_network()
    with refused(ValueError, expected="cosine, linear, straight", got="cosin", fix="'cosine'"):
        models.Diffusion(network, "cosin")
    with refused(TypeError, expected="a name or a Schedule", got="class", fix="CosineSchedule(200)"):
        models.Diffusion(network, models.CosineSchedule)


@pytest.mark.parametrize("name", NAMES)
def test_more_steps_than_memory_holds(name):
    with refused(ValueError, where=": steps", expected="at most 1,000,000", got="1000000000000"):
        SCHEDULES[name](10**12)


def test_betas_that_leave_nothing_of_the_data():
    """a_T = 0.1^250 is 0 in float32, and predictions would be divided by it."""
    with refused(ValueError, where="Schedule: betas", expected="1e-30 or more at t = 500", got="10^-250"):
        models.Schedule(np.full(500, 0.9))
    assert models.Schedule(np.full(50, 0.9)).signal[-1] == pytest.approx(0.1**25)


def test_betas_that_add_nothing():
    with refused(ValueError, where="Schedule: betas", expected="1e-30 or more", got="1e-300"):
        models.Schedule([0.1, 1e-300])
