"""Undoing a broadcast

NumPy broadcasts: in `a + b` an axis of length 1 is repeated, and axes that are missing on the left are added. So one
number of `a` can be used many times, and its gradient is the sum over all places where it was used.

Given g, the gradient of the result, and the shape of `a`, return the gradient of `a`. For example

    g of shape (5, 3, 4), a of shape (3, 1)   ->   a gradient of shape (3, 1)

where element [i, 0] is the sum of g[n, i, j] over all n and j. Use NumPy. The result must not share memory with g: the
caller may write into it.
"""

# ---- exercise

import numpy as np


def unbroadcast(g, shape):
    """g: an array of the shape to which `shape` was broadcast -> an array of the shape `shape`."""
    # BEGIN SOLUTION
    if g.shape == tuple(shape):
        return g.copy()
    missing = g.ndim - len(shape)
    g = g.sum(axis=tuple(range(missing)))  # the axes that were added on the left
    stretched = tuple(i for i, n in enumerate(shape) if n == 1)
    return g.sum(axis=stretched, keepdims=True)
    # END SOLUTION


# ---- tests

from ..pieces import Wrong, test

REFUSED = ("minigen.Tensor", "minigen.autograd.broadcasting.sum_to")


@test(marks=2, public=True, sizes={"rows": 3})
def added_axis(student):
    """(3, 4) back to (4,): an axis that was added on the left."""
    return {"gradient": student.unbroadcast(np.arange(12.0).reshape(3, 4) ** 2, (4,))}


@test(marks=2, public=True, sizes={"columns": 4})
def stretched_axis(student):
    """(3, 4) back to (3, 1): an axis of length 1 that was repeated."""
    return {"gradient": student.unbroadcast(np.arange(12.0).reshape(3, 4) ** 2, (3, 1))}


@test(marks=3, sizes={"numbers that are added": 35, "images": 5, "columns": 7})
def both(student):
    """(5, 3, 7) back to (3, 1), and (2, 3, 3) back to (1, 3, 3)."""
    rng = np.random.default_rng(3)
    return {
        "gradient (3, 1)": student.unbroadcast(rng.normal(size=(5, 3, 7)), (3, 1)),
        "gradient (1, 3, 3)": student.unbroadcast(rng.normal(size=(2, 3, 3)), (1, 3, 3)),
    }


@test(marks=2)
def one_number(student):
    """Back to one number: the shapes () and (1, 1)."""
    g = np.random.default_rng(4).normal(size=(3, 5))
    return {"gradient ()": student.unbroadcast(g, ()), "gradient (1, 1)": student.unbroadcast(g, (1, 1))}


@test(marks=1)
def own_memory(student):
    """Nothing was broadcast: g is returned, in memory of its own."""
    g = np.random.default_rng(5).normal(size=(3, 4))
    before = g.copy()
    gradient = student.unbroadcast(g, (3, 4))
    copy = gradient.copy()
    gradient[...] = 0.0
    return {"gradient": copy, "change of g": g - before}


LAST = "return g.sum(axis=stretched, keepdims=True)"
WRONG = (
    Wrong(
        "aliasing", "return g.copy()", "return g", 9, "where nothing was broadcast you return g itself, or a view of it"
    ),
    Wrong(
        "mean for sum",
        LAST,
        "return g.mean(axis=stretched, keepdims=True)",
        3,
        "each use of a number adds to its gradient",
    ),
    Wrong("shape", LAST, "return g.sum(axis=stretched)", 3, "an axis of length 1 has to stay"),
    Wrong("forgotten term", LAST, "return g", 3, "axes that were added are summed. Which others were repeated?"),
    Wrong(
        "axis",
        "tuple(range(missing))",
        "tuple(range(len(shape), g.ndim))",
        5,
        "on which side does NumPy add the axes that are missing?",
    ),
    Wrong(
        "forgotten term",
        LAST,
        "return g[tuple(slice(0, n) for n in shape)].copy()",
        3,
        "where a number was used several times, all of its gradients count, not only the first",
    ),
)
