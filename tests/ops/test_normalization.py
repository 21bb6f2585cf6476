"""Batch normalisation in plain NumPy."""

import numpy as np
import pytest
from helpers.op_table import OPS, draws
from helpers.parameters import tensors

import minigen


def normalised(x, gamma, beta, axis=0):
    return gamma * (x - x.mean(axis=axis)) / np.sqrt(x.var(axis=axis) + 1e-3) + beta


FORMULAS = {
    "batch_norm": normalised,
    "batch_norm_4d": lambda x, gamma, beta: normalised(x, gamma, beta, axis=(0, 1, 2)),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_value_is_the_formula(name, xp):
    arrays = draws(name)
    minigen.seed(5)
    y = OPS[name][0](*tensors(arrays))
    expected = FORMULAS[name](*arrays)
    assert y.shape == np.shape(expected)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12, atol=1e-12)
