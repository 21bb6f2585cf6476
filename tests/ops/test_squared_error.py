"""The two squared errors: their values, and the mean composed of primitives."""

import numpy as np
import pytest
from helpers.op_table import OPS, draws
from helpers.parameters import tensors

import minigen
from minigen import Tensor, grad, losses, square

FORMULAS = {
    "mean_squared_error": lambda x, x_hat: ((x_hat - x) ** 2).mean(),
    "half_squared_error": lambda x, x_hat: sum(np.linalg.norm(d) ** 2 / 2 for d in x_hat - x) / 3,
}


@pytest.mark.parametrize("name", FORMULAS)
def test_value_is_the_formula(name, xp):
    arrays = draws(name)
    y = OPS[name][0](*tensors(arrays))
    np.testing.assert_allclose(y.numpy(), FORMULAS[name](*arrays), rtol=1e-12)


def test_it_is_the_mean_of_the_squares_with_its_gradients_and_second_derivatives(xp):
    x, x_hat, v = np.random.default_rng(0).random((3, 5, 12))
    results = []
    for loss in (losses.mean_squared_error, lambda x, x_hat: square(x_hat - x).mean()):
        inputs = Tensor(x, requires_grad=True), Tensor(x_hat, requires_grad=True)
        y = loss(*inputs)
        first = grad(y, inputs, create_graph=True)
        second = grad(sum((square(g) * Tensor(v)).sum() for g in first), inputs)
        results.append([minigen.to_numpy(a) for a in (y, *first, *second)])
    for fused, composed in zip(*results, strict=True):
        np.testing.assert_allclose(fused, composed, rtol=1e-12)


def test_the_mean_of_many_squares_in_float16():
    """Their sum, 100 times 3,136, is above the largest float16, 65,504."""
    loss = losses.mean_squared_error(np.full((4, 784), 10, "float16"), Tensor(np.zeros((4, 784), "float16")))
    assert loss.item() == 100
