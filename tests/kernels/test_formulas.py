"""The formulas of several steps, against NumPy in float64."""

import numpy as np

from minigen.kernels import formulas

RNG = np.random.default_rng(0)
A, B, C = RNG.normal(size=(3, 6, 4))


def test_the_values_are_those_of_the_formulas():
    close = np.testing.assert_allclose
    close(formulas.sigmoid(A), 1 / (1 + np.exp(-A)), rtol=1e-14)
    close(formulas.leaky_relu_gradient(A, B, 0.1, 0.9), A * np.where(B > 0, 1, 0.1), rtol=1e-14)
    close(formulas.error(A, B, C), (A - B) * C, rtol=1e-14)
    close(formulas.sample(A, B, C), A + np.sqrt(np.exp(B)) * C, rtol=1e-14)
    close(formulas.excess(A, B), np.exp(B) - 1 - B + A**2, atol=1e-14)


def test_scale_and_shift_writes_into_its_array():
    x, gamma, variance, beta = A.copy(), B[0], C[0] ** 2, B[1]
    assert formulas.scale_and_shift(x, gamma, variance, 1e-3, beta) is None
    np.testing.assert_allclose(x, gamma * A / np.sqrt(variance + 1e-3) + beta, rtol=1e-13)


def test_the_gradient_of_a_batch_norm_has_no_part_along_one_and_x_hat():
    x_hat = (A - A.mean(0)) / A.std(0)
    found = formulas.batch_norm_gradient(C, x_hat, 1 / A.std(0), 2.0, (C * x_hat).sum(0), C.sum(0), len(A))
    np.testing.assert_allclose(found.sum(0), 0, atol=1e-13)
    np.testing.assert_allclose((found * x_hat).sum(0), 0, atol=1e-12)
    assert np.abs(found).max() > 0.1
