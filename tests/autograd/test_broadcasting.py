"""The gradient of what was broadcast is the sum over its copies, of arrays and of Tensors."""

import numpy as np
import pytest

from minigen import Tensor
from minigen.autograd import sum_over, sum_to

G = np.arange(24.0).reshape(2, 3, 4)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((2, 3, 4), G),
        ((3, 4), G.sum(axis=0)),
        ((4,), G.sum(axis=(0, 1))),
        ((), G.sum()),
        ((2, 1, 4), G.sum(axis=1, keepdims=True)),
        ((1, 1), G.sum().reshape(1, 1)),
    ],
)
def test_the_sum_over_the_copies(shape, expected):
    for g in (G, Tensor(G)):
        found = sum_to(g, shape)
        assert found.shape == shape and type(found) is type(g)
        np.testing.assert_array_equal(np.asarray(getattr(found, "data", found)), expected)


def test_what_was_not_broadcast_is_the_same_array():
    assert sum_to(G, G.shape) is G


def test_the_sum_of_a_tensor_is_recorded():
    x = Tensor(G, requires_grad=True)
    assert sum_over(x, (0, 2)).op is not None
    assert isinstance(sum_over(G, (0, 2)), np.ndarray)
