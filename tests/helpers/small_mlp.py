"""The networks that the tests of trace and graph look at."""

import numpy as np
from helpers.parameters import parameter

import minigen
from minigen import Dense, Sequential, Tensor

X = np.array([[1, -2, 0.5], [0, 1, 2]], "float32")  # (2, 3)


def small_mlp():
    """x (2, 3) -> tanh(x W + b) (2, 4) -> the sum of squares"""
    rng = np.random.default_rng(0)
    w = parameter(rng.normal(size=(3, 4)), "dense/kernel")
    b = parameter(rng.normal(size=4), "dense/bias")
    return w, b


def run_mlp(w, b):
    h = minigen.tanh(minigen.ops.dense(Tensor(X), w, b))
    return h, minigen.square(h).sum()


def autoencoder_loss():
    minigen.seed(0)
    model = Sequential([minigen.Input(shape=(784,)), Dense(32, activation="relu"), Dense(784, activation="sigmoid")])
    x = Tensor(np.zeros((2, 784), "float32"))
    return minigen.losses.half_squared_error(x, model(x))
