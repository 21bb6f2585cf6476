"""The noise of Fig 9.6 and the two baselines that need no network."""

import numpy as np
import pytest

import minigen
from minigen import Tensor, metrics, models

RNG = np.random.default_rng(0)
PATTERNS = (RNG.random((3, 8, 8, 1)) > 0.7).astype("float32")
DIGITS = PATTERNS[RNG.integers(0, 3, 40)]


def test_noise_has_the_given_spread_before_it_is_clipped():
    x = np.full((100, 28, 28, 1), 0.5, "float32")
    noisy = models.add_noise(x, 0.1)  # five standard deviations to either end
    assert noisy.dtype == np.float32 and noisy.shape == x.shape
    assert noisy.mean() == pytest.approx(0.5, abs=0.002) and noisy.std() == pytest.approx(0.1, rel=0.02)


def test_noise_is_clipped_and_belongs_to_the_seed():
    minigen.seed(3)
    first = models.add_noise(DIGITS, 0.5)
    minigen.seed(3)
    np.testing.assert_array_equal(models.add_noise(Tensor(DIGITS), 0.5), first)
    assert first.min() == 0 and first.max() == 1
    assert (models.add_noise(DIGITS, 0.5) != first).any()
    np.testing.assert_array_equal(models.add_noise(DIGITS, 0.0), DIGITS)


def test_median_filter_is_the_median_of_nine(xp):
    x = RNG.random((2, 5, 6, 1)).astype("float32")
    found = models.median_filter(Tensor(x))
    assert found.shape == x.shape
    assert found[1, 2, 3, 0] == np.median(x[1, 1:4, 2:5, 0])
    corner = [x[0, 0, 0, 0]] * 4 + [x[0, 0, 1, 0]] * 2 + [x[0, 1, 0, 0]] * 2 + [x[0, 1, 1, 0]]  # edges repeated
    assert found[0, 0, 0, 0] == np.median(corner)


def test_median_filter_removes_a_single_spot():
    x = np.zeros((1, 7, 7, 1), "float32")
    x[0, 3, 3, 0] = 1
    assert (models.median_filter(x) == 0).all()


@pytest.mark.parametrize("n", [40, 90])
def test_the_linear_denoiser_solves_the_normal_equations(n, monkeypatch):
    """The gradient of ‖x - x̂‖² + penalty ‖W‖² is zero, with fewer images than their 64 pixels and with more.

    As many equations are solved as there are images or pixels, whichever are fewer.
    """
    clean = PATTERNS[RNG.integers(0, 3, n)]
    noisy, sizes, solve = models.add_noise(clean, 0.3), [], np.linalg.solve
    monkeypatch.setattr(np.linalg, "solve", lambda a, b: (sizes.append(a.shape), solve(a, b))[1])
    ridge = models.RidgeDenoiser(noisy, clean, penalty=5.0)
    assert sizes == [(min(n, 64),) * 2]
    x = noisy.reshape(n, -1) - ridge.noisy_mean
    y = clean.reshape(n, -1) - ridge.clean_mean
    np.testing.assert_allclose(x.T @ (x @ ridge.weights - y) + 5.0 * ridge.weights, 0, atol=1e-10)


def test_the_linear_denoiser_answers_in_images():
    noisy = models.add_noise(DIGITS, 0.3)
    answer = models.RidgeDenoiser(noisy, DIGITS).predict(noisy)
    assert answer.shape == DIGITS.shape and answer.dtype == np.float32
    assert answer.min() >= 0 and answer.max() <= 1
    better = metrics.peak_signal_to_noise(DIGITS, answer) - metrics.peak_signal_to_noise(DIGITS, noisy)
    assert better > 1


BAD = {  # what: (call, kind, a word of the text)
    "uint8 images": (lambda: models.add_noise((DIGITS * 255).astype("uint8")), ValueError, "255"),
    "negative noise": (lambda: models.add_noise(DIGITS, -0.1), ValueError, "-0.1"),
    "noise that is no number": (lambda: models.add_noise(DIGITS, float("nan")), ValueError, "nan"),
    "noise by channel": (lambda: models.add_noise(DIGITS, np.ones(3)), ValueError, "0 or more"),
    "no penalty": (lambda: models.RidgeDenoiser(DIGITS, DIGITS, 0.0), ValueError, "above 0"),
    "unequal numbers": (lambda: models.RidgeDenoiser(DIGITS[:3], DIGITS), ValueError, "3 noisy and 40 clean"),
    "no images": (lambda: models.RidgeDenoiser(DIGITS[:0], DIGITS[:0]), ValueError, "0 noisy"),
    "images of another size": (
        lambda: models.RidgeDenoiser(DIGITS, DIGITS).predict(DIGITS.reshape(-1, 4, 16, 1)),
        ValueError,
        "(40, 4, 16, 1)",
    ),
    "a median of rows": (lambda: models.median_filter(DIGITS.reshape(40, 64)), ValueError, "(40, 64)"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_refused(what):
    call, kind, word = BAD[what]
    with pytest.raises(kind) as caught:
        call()
    text = str(caught.value)
    assert word in text and all(part in text for part in ("expected:", "got:", "fix:"))
