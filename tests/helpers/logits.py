"""Logits from very small to very large, their sigmoid, and the softmax in plain NumPy."""

import numpy as np

HUGE = [-1e4, -100, -30, 0, 30, 100, 1e4]
SATURATED = np.array([0, 0, 0, 0.5, 1, 1, 1])


def softmax(x, axis=-1):
    e = np.exp(x)
    return e / e.sum(axis=axis, keepdims=True)
