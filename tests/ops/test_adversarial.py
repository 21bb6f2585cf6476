"""What two players say about logits, in plain NumPy."""

import numpy as np
import pytest
from helpers.op_table import OPS, draws
from helpers.parameters import tensors

import minigen

FORMULAS = {
    "label_crossentropy_real": lambda a: -np.log(1 / (1 + np.exp(-a))).mean(),
    "label_crossentropy_fake": lambda a: -np.log(1 - 1 / (1 + np.exp(-a))).mean(),
    "label_squared_error_real": lambda a: np.mean((a - 1) ** 2) / 2,
    "label_squared_error_fake": lambda a: np.mean(a**2) / 2,
    "label_hinge_real": lambda a: np.where(a < 1, 1 - a, 0).mean(),
    "label_hinge_fake": lambda a: np.where(a > -1, 1 + a, 0).mean(),
    "unit_norm": lambda v: np.mean([(np.linalg.norm(row) - 1) ** 2 for row in v]),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_value_is_the_formula(name, xp):
    arrays = draws(name)
    minigen.seed(5)
    y = OPS[name][0](*tensors(arrays))
    expected = FORMULAS[name](*arrays)
    assert y.shape == np.shape(expected)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12, atol=1e-12)
