"""The formulas of the model: the closed form of x_t, scaling, labels, guidance, and one step back."""

import numpy as np
import pytest
from helpers.refusals import refused
from helpers.small_diffusions import LABELS, POINTS, exact_diffusion, small_diffusion, small_pictures

import minigen
from minigen import models
from minigen.datasets import toys

RNG = np.random.default_rng(0)
MIXTURE = toys.THREE_CLUSTERS


def test_the_closed_form_is_what_the_steps_add_up_to():
    """x_t by t noisy steps √(1 - β) x + √β ε has the mean and deviation of the one line."""
    model = small_diffusion(models.LinearSchedule(20, 0.01, 0.3))
    x = np.full(100_000, 1.5)
    for beta in model.schedule.betas[:12]:
        x = np.sqrt(1 - beta) * x + np.sqrt(beta) * RNG.normal(size=len(x))
    one = model.diffuse(np.full((100_000, 2), 1.5), 12, RNG.normal(size=(100_000, 2)))
    assert abs(one.mean() - x.mean()) < 0.01 and abs(one.std() - x.std()) < 0.01


def test_diffuse_at_a_time_for_each_sample():
    model = small_diffusion("straight")
    x, noise = RNG.normal(size=(2, 3, 2))
    np.testing.assert_allclose(model.diffuse(x, [1000, 250, 1], noise)[:2], [noise[0], 0.75 * x[1] + 0.25 * noise[1]])


@pytest.mark.parametrize("t", [0, 1001, [1, 2, 1001]])
def test_a_time_outside_of_the_steps_is_refused(t):
    with refused(ValueError, where="CosineSchedule.rates: t", expected="steps 1..1000"):
        small_diffusion().diffuse(np.zeros((3, 2)), t, np.zeros((3, 2)))


def test_pixels_are_scaled_to_minus_one_to_one():
    model = small_pictures(data_range=(0.0, 255.0))
    x = np.float32([0, 255, 51]).reshape(3, 1, 1, 1)
    np.testing.assert_allclose(model.scaled(x).ravel(), [-1, 1, -0.6], rtol=1e-6)
    np.testing.assert_allclose(model.unscaled(model.scaled(x)), x, atol=1e-4)
    np.testing.assert_array_equal(model.unscaled(np.float32([-3, 3])), [0, 255])  # clipped
    points = np.float32([[7.5, -9]])
    np.testing.assert_array_equal(small_diffusion().unscaled(small_diffusion().scaled(points)), points)


def test_the_network_gets_the_share_of_the_steps_as_time():
    model = small_diffusion(models.LinearSchedule(8))
    seen = []

    def network(inputs, training):
        seen.extend(inputs)
        return inputs[0]

    model.predict_with(network, np.zeros((3, 2)), np.array([1, 4, 8]), None)
    np.testing.assert_array_equal(seen[1], [[0.125], [0.5], [1.0]])
    assert seen[1].dtype == np.float32


# ---- times


def test_times_are_one_of_each_stratum_and_uniform():
    model = small_diffusion(models.LinearSchedule(12))
    minigen.seed(3)
    drawn = np.array([model.draw_times(6) for _ in range(4000)])  # (draws, batch)
    assert drawn.min() == 1 and drawn.max() == 12
    assert (np.sort((drawn - 1) // 2, axis=1) == np.arange(6)).mean() > 0.9  # each pair of steps once
    for t in (drawn[:, 0], drawn[:, 5]):  # at each place of the batch every t is as likely
        np.testing.assert_allclose(np.bincount(t, minlength=13)[1:] / 4000, 1 / 12, atol=0.02)


def test_stratified_times_lower_the_variance_of_the_loss():
    """The same mean over t of a loss that depends on it, and a small part of the variance of independent draws."""
    model = small_diffusion()
    loss = model.schedule.signal**2
    minigen.seed(1)
    stratified = np.array([loss[model.draw_times(16)].mean() for _ in range(500)])
    independent = loss[RNG.integers(1, 1001, (500, 16))].mean(axis=1)
    assert stratified.mean() == pytest.approx(loss[1:].mean(), abs=0.005)
    assert stratified.var() < independent.var() / 20


# ---- labels


def test_rows_are_one_hot_and_dropped_at_their_rate():
    model = small_diffusion(classes=3, drop_labels=0.25)
    rows = model.rows(POINTS, (LABELS,))
    np.testing.assert_array_equal(rows, np.eye(3)[LABELS])
    minigen.seed(0)
    some = np.concatenate([model.some_labels(rows) for _ in range(50)])
    assert some.any(axis=1).mean() == pytest.approx(0.75, abs=0.02)
    assert small_diffusion().rows(POINTS, ()) is None and small_diffusion().some_labels(None) is None


def test_classes_are_found_in_the_network():
    assert small_diffusion(classes=3).classes == 3 and small_diffusion(classes=3).is_conditional
    assert small_diffusion().classes == 0 and not small_diffusion().is_conditional


def test_guidance_is_exact_for_a_mixture():
    """(1 + w) score of the cluster - w score of all: from outputs of the network, by Tweedie's formula."""
    for prediction, schedule in (("noise", "linear"), ("velocity", "straight"), ("data", "cosine")):
        model = exact_diffusion(MIXTURE, schedule, prediction, conditional=True)
        x, t, w = RNG.normal(size=(50, 2)), 400, 1.7
        rows = np.tile(np.eye(3)[1], (50, 1))
        _, noise = model.estimates(x, t, rows, w)
        a, s = model.schedule.signal[t], model.schedule.noise[t]
        score = (1 + w) * MIXTURE.cluster(1).score(x, a, s) - w * MIXTURE.score(x, a, s)
        np.testing.assert_allclose(noise, -s * score, rtol=1e-6, atol=1e-7)


def test_without_guidance_the_network_runs_once():
    model = small_diffusion(classes=3)
    calls = []

    def network(inputs, training):
        calls.append(len(inputs))
        return minigen.Tensor(inputs[0])

    model.predict_with = lambda _, x, t, rows, training=False: network([x, t, rows], training)
    model.guided(POINTS, 3, np.eye(3)[LABELS], 0.0)
    assert len(calls) == 1
    model.guided(POINTS, 3, np.eye(3)[LABELS], 0.5)
    assert len(calls) == 3


def test_many_samples_are_computed_in_parts():
    model = small_diffusion()
    x = RNG.normal(size=(600, 2)).astype("float32")
    whole = model.ema_network([x, np.full((600, 1), 0.003, "float32")]).numpy()
    np.testing.assert_allclose(model.guided(x, 3, None, 0.0), whole, rtol=1e-5, atol=1e-6)


# ---- one step


@pytest.mark.parametrize("t", [2, 10, 20])
def test_a_step_with_eta_1_is_that_of_ddpm(t):
    """x_{t-1} = (x_t - β / s_t ε̂) / √(1 - β) + σ z, with the posterior's deviation"""
    model = small_diffusion(models.LinearSchedule(20, 0.01, 0.3), "noise").astype("float64")
    x_t, noise = RNG.normal(size=(2, 5, 2))
    x_0, _ = model.denoise(noise, x_t, t)
    minigen.seed(4)
    found = model.step(x_0, noise, t, t - 1, 1.0)
    minigen.seed(4)
    z = minigen.backend.normal((5, 2), "float64")
    beta, s = model.schedule.betas[t - 1], model.schedule.noise
    mean = (x_t - beta / s[t] * noise) / np.sqrt(1 - beta)
    np.testing.assert_allclose(found, mean + np.sqrt(beta * s[t - 1] ** 2 / s[t] ** 2) * z, rtol=1e-9)


def test_the_last_step_adds_no_noise():
    model = small_diffusion()
    x_0, noise = RNG.normal(size=(2, 5, 2))
    for eta in (0.0, 1.0):
        np.testing.assert_array_equal(model.step(x_0, noise, 1, 0, eta), x_0)


def test_ddim_on_straight_lines_is_eulers_method():
    model = small_diffusion("straight", "velocity").astype("float64")
    x_t, v = RNG.normal(size=(2, 5, 2))
    stepped = model.step(*model.denoise(v, x_t, 600), 600, 580, 0.0)
    np.testing.assert_allclose(stepped, x_t + (580 - 600) / 1000 * v, rtol=1e-12, atol=1e-12)


def test_estimates_of_pixels_stay_in_their_range():
    model = small_pictures(prediction="noise")
    x_t = RNG.normal(size=(4, 3, 2, 1)).astype("float32") * 3
    x_0, noise = model.estimates(x_t, 900)
    a, s = model.schedule.signal[900], model.schedule.noise[900]
    assert x_0.min() == -1 and x_0.max() == 1
    np.testing.assert_allclose(a * x_0 + s * noise, x_t, rtol=1e-4, atol=1e-5)
    assert abs(model.estimates(x_t, 900, clips=False)[0]).max() > 1


def test_arrays_of_two_shapes():
    model = small_diffusion(models.CosineSchedule(8))
    with refused(ValueError, where="Diffusion.diffuse: noise", expected="shape (3, 2)", got="(2, 2)"):
        model.diffuse(np.zeros((3, 2)), 1, np.zeros((2, 2)))
    with refused(TypeError, where="Diffusion.diffuse: x", expected="an array", got="list"):
        model.diffuse([[0.0, 0.0]], 1, np.zeros((1, 2)))


def test_another_number_of_times_than_samples():
    model, x = small_diffusion(models.CosineSchedule(8)), np.zeros((3, 2), "float32")
    for formula in (model.diffuse, model.target):
        with refused(ValueError, where="Diffusion: t", expected="one step, or 3", got="2"):
            formula(x, [1, 2], x)


@pytest.mark.parametrize("answer", [lambda x: x[:1], lambda x: x[:, :1], lambda x: np.concatenate([x, x])])
def test_a_network_that_answers_in_another_shape(answer):
    """What broadcasts would give samples that look right."""
    model = small_diffusion(models.CosineSchedule(8))
    model.ema_network = lambda inputs, training: answer(inputs[0])
    with refused(ValueError, where="output of the network", expected="(3, 2)"):
        model.sample(3, steps=2)


def test_a_network_that_answers_nothing():
    model = small_diffusion(models.CosineSchedule(8))
    model.ema_network = lambda inputs, training: None
    with refused(TypeError, where="output of the network", expected="an array (3, 2)", got="None"):
        model.sample(3, steps=2)
