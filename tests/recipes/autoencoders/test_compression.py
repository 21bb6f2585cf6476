"""The recipes of codes of a few numbers, against an eigen-decomposition and the bounds of binary digits."""

import numpy as np
import pytest
from helpers.recipe_runs import digits, figures, values


def test_the_digits_of_a_point_bound_its_error(cook):
    run = cook("toy-codes")
    for bits in (2, 8, 26):
        (error,) = values(run, f"{bits} digits for each coordinate: largest error")[-1:]
        assert 0.9 * 2.0**-bits < error <= 1.01 * 2.0**-bits
    for name in ("interleaved digits", "interleaved, finest first"):
        assert values(run, f"{name}: error")[0] < 2**-16
    kept = [
        values(run, f"{name}: share of a point's 50 nearest of 1,000 that stay so")[-1]
        for name in ("first component", "interleaved digits", "interleaved, finest first")
    ]
    assert kept[0] > kept[1] > kept[2] == pytest.approx(50 / 999, abs=0.01)  # the last one as by chance
    (excess,) = values(run, "error of the autoencoder above the second eigenvalue")
    assert excess > -1e-6 and figures(run) == ["figs-9-7-and-9-8"]


def residuals(x):
    """The mean squared error per pixel of the best k components, for k = 0, 1, ..."""
    singular = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    return (np.square(singular).sum() - np.cumsum([0, *np.square(singular)])) / x.size


def test_the_residuals_are_those_of_an_svd(cook, monkeypatch):
    calls, eigh = [], np.linalg.eigh
    monkeypatch.setattr(np.linalg, "eigh", lambda a: calls.append(a.shape) or eigh(a))
    run, rest = cook("pca"), residuals(digits()[0])
    assert calls == [(784, 784)]  # one decomposition for codes of every size
    for k in (1, 2, 8, 32, 128):
        residual, explained = values(run, f"{k} components: MSE per pixel, variance explained")
        assert residual == pytest.approx(rest[k], abs=1e-4)
        assert explained == pytest.approx(100 * (1 - rest[k] / rest[0]), abs=0.1)
    assert 0.3 < values(run, "class by the 10 nearest training codes")[-1] < 0.6


def test_a_code_of_two_numbers_is_compared_with_two_principal_components(cook):
    run = cook("latent2d")
    expected = dict((name, text) for name, _, text in run.numbers)
    assert values(run, "parameters") == [806_674]
    assert f"{residuals(digits()[0])[2]:.4f}" in expected["MSE per pixel"]
    assert values(run, "MSE per pixel")[0] > residuals(digits()[0])[2]
    assert figures(run) == ["loss", "fig-9-9", "fig-9-10"] and (run.folder / "model.minigen").exists()
