"""Two functions with the same values, gradients and second derivatives."""

import numpy as np

from minigen import Tensor, grad, square


def assert_equal_at_orders_0_1_and_2(fused, composed, arrays):
    found = []
    for f in (fused, composed):
        xs = [Tensor(a, requires_grad=True) for a in arrays]
        loss = square(f(*xs)).sum()  # a square, so that the cotangent of f is itself a function of the inputs
        first = grad(loss, xs, create_graph=True)
        weights = [Tensor(np.cos(np.arange(g.size)).reshape(g.shape)) for g in first]
        second = grad(sum((g * w).sum() for g, w in zip(first, weights, strict=True)), xs)
        found.append([loss.numpy(), *(g.numpy() for g in (*first, *second))])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-13)
