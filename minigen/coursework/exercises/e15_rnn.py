"""A recurrent layer, forward and backward in time

A recurrent layer reads a sequence step by step. Its state after step t depends on the input of the step and on the
state before it, which is 0 before the first step:

    h_t = tanh(x_t W + h_{t-1} U + b)

`rnn_backward` gets g, the gradient of the loss with respect to all states as outputs, and goes backward in time: a
state influences the loss as an output and through the next state, and both gradients are added. The derivative of tanh
is 1 - h_t². The gradients of W, U and b are sums over all steps and all sequences.
"""

# ---- exercise

import numpy as np


def rnn_forward(x, W, U, b):
    """x: (sequences, steps, d), W: (d, units), U: (units, units), b: (units,) -> h: (sequences, steps, units)."""
    # BEGIN SOLUTION
    h = np.zeros((*x.shape[:2], len(b)), x.dtype)
    state = np.zeros((len(x), len(b)), x.dtype)
    for t in range(x.shape[1]):
        state = np.tanh(x[:, t] @ W + state @ U + b)
        h[:, t] = state
    return h
    # END SOLUTION


def rnn_backward(g, x, W, U, h):
    """g = dL/dh: (sequences, steps, units); the others as above -> (dL/dx, dL/dW, dL/dU, dL/db)."""
    # BEGIN SOLUTION
    dx, dW, dU, db = np.zeros_like(x), np.zeros_like(W), np.zeros_like(U), np.zeros(U.shape[1], x.dtype)
    later = np.zeros_like(h[:, 0])  # dL/dh_t through the steps after t
    for t in reversed(range(x.shape[1])):
        a = (g[:, t] + later) * (1 - h[:, t] ** 2)  # dL/d(x_t W + h_{t-1} U + b)
        before = h[:, t - 1] if t > 0 else np.zeros_like(later)
        dx[:, t] = a @ W.T
        dW += x[:, t].T @ a
        dU += before.T @ a
        db += a.sum(axis=0)
        later = a @ U.T
    return dx, dW, dU, db
    # END SOLUTION


# ---- tests

from ..pieces import Wrong, test

REFUSED = ("minigen.SimpleRNN", "minigen.ops.SimpleRecurrence")


def _given(seed, sequences, steps, d, units):
    """x, W, U, b, g and the right states h."""
    rng = np.random.default_rng(seed)
    x, W = rng.normal(size=(sequences, steps, d)), rng.normal(size=(d, units))
    U, b, g = rng.normal(size=(units, units)) / 2, rng.normal(size=units), rng.normal(size=(sequences, steps, units))
    h, state = np.zeros_like(g), np.zeros((sequences, units))
    for t in range(steps):
        state = h[:, t] = np.tanh(x[:, t] @ W + state @ U + b)
    return x, W, U, b, g, h


@test(marks=2, public=True)
def two_steps(student):
    """The states of one sequence of two steps, with one unit."""
    x = np.array([[[1.0], [0.5]]])
    return {"h": student.rnn_forward(x, np.array([[0.5]]), np.array([[-1.0]]), np.array([0.25]))}


@test(marks=2)
def states(student):
    """The states of several sequences."""
    x, W, U, b, _, _ = _given(150, 3, 5, 4, 6)
    return {"h": student.rnn_forward(x, W, U, b)}


@test(marks=2)
def one_step(student):
    """The gradients of a single step."""
    x, W, U, _, g, h = _given(151, 3, 1, 4, 5)
    return dict(zip(("dL/dx", "dL/dW", "dL/dU", "dL/db"), student.rnn_backward(g, x, W, U, h), strict=True))


@test(marks=1, public=True)
def last_gradient(student):
    """The gradient of the last input, which no later state depends on."""
    x, W, U, _, g, h = _given(152, 1, 3, 2, 2)
    return {"dL/dx of the last step": student.rnn_backward(g, x, W, U, h)[0][:, -1]}


@test(marks=3)
def in_time(student):
    """The gradients of six steps."""
    x, W, U, _, g, h = _given(153, 3, 6, 4, 5)
    return dict(zip(("dL/dx", "dL/dW", "dL/dU", "dL/db"), student.rnn_backward(g, x, W, U, h), strict=True))


WRONG = (
    Wrong("forgotten term", "(g[:, t] + later)", "g[:, t]", 7, "a state also acts through the states after it"),
    Wrong("axis", "later = a @ U.T", "later = a @ U", 7, "h U in the forward pass: which side is U on, going back?"),
    Wrong("off by one", "before.T @ a", "h[:, t].T @ a", 5, "which state was U multiplied with in step t?"),
    Wrong("off by one", "1 - h[:, t] ** 2", "1 - h[:, t - 1] ** 2", 6, "the derivative of tanh at which step?"),
    Wrong("mean for sum", "db += a.sum(axis=0)", "db += a.mean(axis=0)", 5, "b is used by every sequence"),
    Wrong("forgotten term", "dW += x", "dW = x", 7, "W is used in every step"),
    Wrong("forgotten term", "1 - h[:, t] ** 2", "1 - h[:, t]", 4, "the slope of tanh is the same at a and -a"),
    Wrong("forgotten term", "state @ U + b)", "state @ U)", 6, "is everything in the formula of the state there?"),
    Wrong(
        "wrong variable",
        "        h[:, t] = state\n",
        "        h[:, t] = state\n        state = x[:, t] @ W\n",
        6,
        "what does the next step get: the state after the tanh, or something before it?",
    ),
)
