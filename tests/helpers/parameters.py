"""Tensors that require a gradient, and what comes out of them."""

import numpy as np

import minigen
from minigen import Tensor


def parameter(data, name=None, dtype="float32"):
    return Tensor(np.array(data, dtype), requires_grad=True, name=name)


def parameter64(data):
    return parameter(data, dtype="float64")


def tensors(arrays, requires_grad=True):
    return [Tensor(a, requires_grad=requires_grad) for a in arrays]


def leaf():
    return Tensor(np.array([[1.0, 2.0], [3.0, 4.0]]), requires_grad=True)


def two_parameters():
    """Two of them, with gradients."""
    a, b = parameter64([1.0]), parameter64([2.0])
    (a * a + b * b).sum().backward()
    return a, b


def gradient(f, *xs):
    """[dL/dx for x in xs] for L = Σ f(*xs), as NumPy arrays; for one x not in a list."""
    f(*xs).sum().backward(wrt=xs)
    grads = [minigen.to_numpy(x.grad) for x in xs]
    return grads if len(xs) > 1 else grads[0]


def assert_equal(tensor_or_array, expected):
    np.testing.assert_allclose(minigen.to_numpy(tensor_or_array), expected, rtol=1e-6)
