"""The masked convolution in plain NumPy."""

import numpy as np
import pytest
from helpers import loops
from helpers.op_table import OPS, draws
from helpers.parameters import tensors

import minigen


def masked(x, w, b=0.0, sees_itself=False):
    """A convolution whose kernel has zeros at the pixels that come later."""
    kh, kw = w.shape[:2]
    keep = np.arange(kh * kw).reshape(kh, kw, 1, 1) < kh * kw // 2 + sees_itself
    return loops.conv2d(x, w * keep, padding="same") + b


FORMULAS = {
    "masked_conv2d": masked,
    "masked_conv2d_of_one_channel": masked,
    "masked_conv2d_with_itself": lambda x, w, b: masked(x, w, b, sees_itself=True),
    "masked_conv2d_of_one_row": masked,
    "masked_conv2d_relu": lambda x, w, b: np.maximum(masked(x, w, b, sees_itself=True), 0),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_value_is_the_formula(name, xp):
    arrays = draws(name)
    minigen.seed(5)
    y = OPS[name][0](*tensors(arrays))
    expected = FORMULAS[name](*arrays)
    assert y.shape == np.shape(expected)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12, atol=1e-12)
