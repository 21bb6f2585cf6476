"""Adam

Adam divides a mean of the gradients by the root of a mean of their squares. Both means begin at 0, which is why they
are too small in the first steps, and are corrected. With the gradient g and the number of the step t = 1, 2, 3, ...

    m = β₁ m + (1 - β₁) g            m̂ = m / (1 - β₁ᵗ)
    v = β₂ v + (1 - β₂) g²           v̂ = v / (1 - β₂ᵗ)
    w = w - learning_rate m̂ / (√v̂ + ε)

(Kingma and Ba, 2015.) Write one step, for arrays of any shape. Do not write into the arrays that you get: return new
ones.
"""

# ---- exercise

import numpy as np


def adam_step(w, g, m, v, t, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """w, g, m, v: arrays of one shape, t: 1 in the first step -> the new (w, m, v)."""
    # BEGIN SOLUTION
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    m_hat = m / (1 - beta_1**t)
    v_hat = v / (1 - beta_2**t)
    return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v
    # END SOLUTION


# ---- tests

from ..pieces import Wrong, test

REFUSED = ("minigen.Adam", "minigen.AdamW")


@test(marks=3, public=True)
def means(student):
    """The two means, m and v."""
    w, g = np.array([1.0, -2.0, 3.0]), np.array([0.5, 0.25, -4.0])
    _, m, v = student.adam_step(w, g, np.array([1.0, 2.0, 0.0]), np.array([4.0, 1.0, 9.0]), 2)
    return {"m": m, "v": v}


@test(marks=2, public=True)
def first_step(student):
    """The first step is as long as the learning rate, whatever the gradient is."""
    zeros = np.zeros(3)
    w, _, _ = student.adam_step(zeros, np.array([1e-3, -1.0, 1e3]), zeros, zeros, 1, 0.25, 0.8, epsilon=0.0)
    return {"w": w}


@test(marks=2)
def ten_steps(student):
    """Ten steps with random gradients."""
    rng = np.random.default_rng(70)
    w, m, v = rng.normal(size=(3, 4)), np.zeros((3, 4)), np.zeros((3, 4))
    for t in range(1, 11):
        w, m, v = student.adam_step(w, rng.normal(size=(3, 4)), m, v, t, learning_rate=0.05)
    return {"w": w}


@test(marks=2)
def other_settings(student):
    """Other β₁, β₂ and a large ε."""
    rng = np.random.default_rng(71)
    w, g, m, v = rng.normal(size=5), rng.normal(size=5), rng.normal(size=5), rng.random(5)
    return {"w": student.adam_step(w, g, m, v, 3, 0.2, 0.7, 0.8, 0.5)[0]}


@test(marks=1)
def untouched(student):
    """The arrays of the caller are unchanged."""
    rng = np.random.default_rng(72)
    arrays = [rng.random(3) for _ in range(4)]
    before = [a.copy() for a in arrays]
    found = student.adam_step(*arrays, 2)
    changes = {f"change of {name}": a - b for name, a, b in zip("wgmv", arrays, before, strict=True)}
    return {"arrays that are returned": len(found), **changes}


LAST = "w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon)"
WRONG = (
    Wrong("forgotten term", "m / (1 - beta_1**t)", "m", 4, "both means are too small in the first steps"),
    Wrong("forgotten term", "v / (1 - beta_2**t)", "v", 4, "both means are too small in the first steps"),
    Wrong(
        "wrong variable",
        "beta_2 * v + (1 - beta_2) * g**2",
        "beta_1 * v + (1 - beta_1) * g**2",
        1,
        "each of the two means has a β of its own",
    ),
    Wrong(
        "variance for deviation",
        "np.sqrt(v_hat)",
        "v_hat",
        4,
        "a step has the unit of a weight: what has the unit of a gradient, v̂ or its root?",
    ),
    Wrong("sign", LAST, LAST.replace("w -", "w +"), 4, "a loss falls against the gradient"),
    Wrong("off by one", "m / (1 - beta_1**t)", "m / (1 - beta_1 ** (t + 1))", 4, "t is 1 in the first step"),
    Wrong("order", "(np.sqrt(v_hat) + epsilon)", "np.sqrt(v_hat + epsilon)", 6, "is ε added to v̂, or to its root?"),
    Wrong(
        "aliasing",
        "m = beta_1 * m + (1 - beta_1) * g",
        "m *= beta_1\n    m += (1 - beta_1) * g",
        7,
        "the caller's m is changed by *= and +=",
    ),
    Wrong("forgotten term", "(1 - beta_2) * g**2", "(1 - beta_2) * g", 1, "v is a mean of squares"),
    Wrong("wrong variable", "), m, v", "), m_hat, v_hat", 5, "which two means does the next step go on from?"),
)
