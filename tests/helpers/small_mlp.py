"""The network that the tests of trace and graph look at."""

import numpy as np

import minigen
from minigen import Tensor

X = np.array([[1, -2, 0.5], [0, 1, 2]], "float32")  # (2, 3)


def parameter(data, name=None):
    return Tensor(np.asarray(data, "float32"), requires_grad=True, name=name)


def small_mlp():
    """x (2, 3) -> tanh(x W + b) (2, 4) -> the sum of squares"""
    rng = np.random.default_rng(0)
    w = parameter(rng.normal(size=(3, 4)), "dense/kernel")
    b = parameter(rng.normal(size=4), "dense/bias")
    return w, b


def run_mlp(w, b):
    h = minigen.tanh(minigen.ops.dense(Tensor(X), w, b))
    return h, minigen.square(h).sum()
