"""Wrong gradients for every rule of op_table.py: each kind damages the array that a rule returned for one input.

A kind gets (the gradients of all inputs, the number of one, the input, a generator) and returns the damaged gradient of
that input. The same seed gives the same damage, at each call.
"""

import numpy as np
from helpers.op_table import OPS, draws, ops_behind

from minigen import GradcheckError, Tensor, autograd, backend, gradcheck

ROWS = [name for name in OPS if name not in ("power_zero", "var")]  # x**0 and the mean in a variance pass no gradient


def one_element(gradients, i, x, rng):
    gx = gradients[i].copy()
    visible = np.flatnonzero(np.abs(gx) > 1e-6 * np.abs(gx).max())
    if visible.size:
        gx.ravel()[rng.choice(visible)] *= 1.01
    return gx


def one_row(gradients, i, x, rng):
    gx = gradients[i].copy()
    axis = rng.integers(gx.ndim) if gx.ndim else 0
    np.moveaxis(np.atleast_1d(gx), axis, 0)[rng.integers(np.atleast_1d(gx).shape[axis])] *= 1.01
    return gx


def one_corner(gradients, i, x, rng):
    gx = gradients[i].copy()
    gx[tuple(int(k) for k in rng.choice([0, -1], gx.ndim))] *= 1.5
    return gx


def sign_of_a_small_entry(gradients, i, x, rng):
    gx = gradients[i].copy()
    size = np.abs(gx)
    small = np.where(size > 1e-6 * size.max(), size, np.inf)
    if np.isfinite(small).any():
        gx.ravel()[np.argmin(small)] *= -1
    return gx


def where_x_is_small(gradients, i, x, rng):
    gx = gradients[i]
    return gx * np.where(np.abs(np.broadcast_to(x, gx.shape) if x.shape != gx.shape else x) < 1, 1.01, 1.0)


def right_sum_wrong_places(gradients, i, x, rng):
    gx = gradients[i]
    return np.roll(gx.ravel(), 1 + rng.integers(max(1, gx.size - 1))).reshape(gx.shape)


def that_of_another_input(gradients, i, x, rng):
    others = [g for k, g in enumerate(gradients) if k != i and getattr(g, "shape", None) == gradients[i].shape]
    return others[rng.integers(len(others))].copy() if others else gradients[i]


KINDS = [
    one_element,
    one_row,
    one_corner,
    sign_of_a_small_entry,
    where_x_is_small,
    right_sum_wrong_places,
    that_of_another_input,
]


def gradients_of(name):
    """(number of the op, name of its class, number of the input) for every gradient of row `name`."""
    y = OPS[name][0](*[Tensor(a, requires_grad=True) for a in draws(name)])
    return [
        (number, type(op).__name__, i)
        for number, op in enumerate(ops_behind(y))
        for i, x in enumerate(op.inputs)
        if isinstance(x, Tensor) and x.requires_grad
    ]


def mutant(name, number, i, kind, seed):
    """Row `name` as a function in which op `number` returns a damaged gradient for input i."""

    def f(*xs):
        y = OPS[name][0](*xs)
        op = ops_behind(y)[number]
        right_rule = op.backward

        def wrong_rule(g, y, *inputs):
            gradients = right_rule(g, y, *inputs)
            several = gradients if isinstance(gradients, tuple) else (gradients,)
            damaged = kind([np.asarray(gx) for gx in several], i, np.asarray(inputs[i]), np.random.default_rng(seed))
            several = (*several[:i], damaged, *several[i + 1 :])
            return several if isinstance(gradients, tuple) else several[0]

        op.backward = wrong_rule
        return y

    return f


VISIBLE = 1e-9  # of the largest gradient


def changes_something(name, f):
    """Whether the gradients of mutant f differ from those of row `name` by more than a difference can show."""
    found = []
    for function in (OPS[name][0], f):
        xs = [Tensor(a, requires_grad=True) for a in draws(name)]
        with backend.own_draws(0):
            y = function(*xs)
        v = np.random.default_rng(0).uniform(0.5, 1.5, y.shape)
        found.append([g.numpy() for g in autograd.grad(((y + y * y * 0.3) * v).sum(), xs)])
    return any((np.abs(a - b) > VISIBLE * np.abs(a).max()).any() for a, b in zip(*found, strict=True))


def verdict(name, number, i, kind, seed):
    """ "caught" or "missed"; "no change" for damage that does not show in the gradients of the row.

    Of those, "caught alone" are the ones that show in the op by itself: the row sends no gradient to the damaged place.
    """
    f = mutant(name, number, i, kind, seed)
    shows = changes_something(name, f)
    try:
        with backend.own_draws(0):  # the dropout mask that changes_something() saw
            gradcheck(f, draws(name), seed=seed)
    except GradcheckError:
        return "caught" if shows else "caught alone"
    return "missed" if shows else "no change"


def with_change(gradients, i, change):
    """The gradients that a rule returned, gradient i changed."""
    if not isinstance(gradients, tuple):
        return change(gradients)
    return (*gradients[:i], change(gradients[i]), *gradients[i + 1 :])
