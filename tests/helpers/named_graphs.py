"""Graphs of dense layers whose names tell where they stand."""

import numpy as np

from minigen import Concatenate, Dense, Input, Model

X = np.random.default_rng(0).standard_normal((3, 4)).astype("float32")


def dense(name):
    return Dense(4, name=name)


def two_heads(x):
    logvar, mu = dense("logvar")(x), dense("mu")(x)
    return [mu, logvar]


def nested(x):
    inner = Input((4,))
    second, first = dense("second")(inner), dense("first")(inner)
    part = Model(inner, Concatenate()([first, second]), name="part")
    side = dense("side")(x)
    return [dense("out")(part(x)), side]
