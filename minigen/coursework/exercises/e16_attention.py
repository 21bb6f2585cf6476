"""Attention

Each position of a sequence asks a question, a query of d numbers, and each position offers a key of d numbers and a
value. The output of a position is a mean of all values, weighted by how well its query fits their keys:

    weights = softmax(Q Kᵀ / √d)          Y = weights V

where the softmax is over the keys. With `causal=True` a position may look at itself and at earlier positions only: the
other scores are -∞ before the softmax. `softmax_backward` gets g = dL/dweights and returns the gradient with respect to
the scores. With one row of weights p and its gradient g it is

    dL/ds_j = p_j (g_j - Σ_k p_k g_k)
"""

# ---- exercise

import numpy as np


def attention(q, k, v, causal=False):
    """q, k: (n, positions, d), v: (n, positions, e) -> (y: (n, positions, e), weights: (n, positions, positions))."""
    # BEGIN SOLUTION
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])  # (n, queries, keys)
    if causal:
        allowed = np.tri(scores.shape[1], dtype=bool)
        scores = np.where(allowed, scores, -np.inf)
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = e / e.sum(axis=-1, keepdims=True)
    return weights @ v, weights
    # END SOLUTION


def softmax_backward(g, weights):
    """g = dL/dweights: (n, positions, positions), weights as above -> dL/dscores, of the same shape."""
    # BEGIN SOLUTION
    return weights * (g - (weights * g).sum(axis=-1, keepdims=True))
    # END SOLUTION


# ---- tests

from ..pieces import Wrong, test

REFUSED = (
    "minigen.Tensor",
    "minigen.softmax",
    "minigen.log_softmax",
    "minigen.MultiHeadAttention",
    "minigen.ops.attention",
    "minigen.ops.attention_weights",
    "minigen.ops.Attention",
    "minigen.ops.Softmax",
    "minigen.ops.LogSoftmax",
)


@test(marks=2, public=True)
def two_positions(student):
    """The weights of one sequence of two positions."""
    q, k = np.array([[[1.0, 0.0, 2.0], [0.0, 3.0, 1.0]]]), np.array([[[1.0, 1.0, 0.0], [0.0, 2.0, -1.0]]])
    return {"weights": student.attention(q, k, np.ones((1, 2, 1)))[1]}


@test(marks=2)
def random_sequences(student):
    """Weights and outputs of random sequences."""
    rng = np.random.default_rng(160)
    y, weights = student.attention(rng.normal(size=(3, 5, 8)), rng.normal(size=(3, 5, 8)), rng.normal(size=(3, 5, 4)))
    return {"weights": weights, "y": y}


@test(marks=1)
def large_scores(student):
    """Scores of 1000."""
    q = np.array([[[1000.0], [-1000.0]]])
    return {"weights": student.attention(q, np.array([[[1.0], [2.0]]]), np.ones((1, 2, 1)))[1]}


@test(marks=2)
def causal(student):
    """A position looks at itself and at earlier ones only."""
    rng = np.random.default_rng(161)
    q, k, v = rng.normal(size=(3, 5, 8)), rng.normal(size=(3, 5, 8)), rng.normal(size=(3, 5, 4))
    y, weights = student.attention(q, k, v, causal=True)
    return {"weights": weights, "y": y}


@test(marks=3)
def gradient(student):
    """The gradient of the scores."""
    rng = np.random.default_rng(162)
    weights = rng.random((3, 5, 5))
    weights /= weights.sum(axis=-1, keepdims=True)
    return {"dL/dscores": student.softmax_backward(rng.normal(size=(3, 5, 5)), weights)}


BACK = "weights * (g - (weights * g).sum(axis=-1, keepdims=True))"
WRONG = (
    Wrong("factor", " / np.sqrt(q.shape[-1])", "", 4, "the scores are divided by something, or they grow with d"),
    Wrong(
        "variance for deviation",
        "np.sqrt(q.shape[-1])",
        "q.shape[-1]",
        4,
        "the variance of a score is d. By what is the score divided?",
    ),
    Wrong(
        "wrong variable", "np.sqrt(q.shape[-1])", "np.sqrt(q.shape[1])", 4, "what is d: which axis of q has its length?"
    ),
    Wrong(
        "axis",
        "e / e.sum(axis=-1, keepdims=True)",
        "e / e.sum(axis=1, keepdims=True)",
        4,
        "the weights of one query have the sum 1",
    ),
    Wrong(
        "off by one",
        "np.tri(scores.shape[1], dtype=bool)",
        "np.tri(scores.shape[1], k=1, dtype=bool)",
        8,
        "a position sees the one after it",
    ),
    Wrong("forgotten term", "scores, -np.inf)", "scores, 0.0)", 8, "a score of 0 still has a weight"),
    Wrong(
        "axis", "np.where(allowed,", "np.where(allowed.T,", 8, "a position sees the later ones, not the earlier ones"
    ),
    Wrong(
        "overflow",
        "np.exp(scores - scores.max(axis=-1, keepdims=True))",
        "np.exp(scores)",
        9,
        "what can be subtracted from a row of scores without changing its softmax?",
    ),
    Wrong(
        "forgotten term",
        BACK,
        "weights * (1 - weights) * g",
        7,
        "each score acts on all weights of its row, not on its own alone",
    ),
    Wrong("axis", "(weights * g).sum(axis=-1,", "(weights * g).sum(axis=1,", 7, "Σ_k is over the keys"),
)
