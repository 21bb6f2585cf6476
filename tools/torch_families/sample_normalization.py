"""Layer and group normalisation, of any number of axes and groups."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from minigen import ops

from . import draws
from .case import Case

RULES = [(op, rule) for op in (ops.LayerNorm, ops.GroupNorm) for rule in ("forward", "backward")]


def draw(rng: draws.Rng) -> Case:
    groups, each = (int(size) for size in rng.integers(1, 5, size=2))
    shape = (*draws.shape(rng, 3, (1, 2, 3, 4, 5), 1), groups * each)
    epsilon, size, centre = draws.one_of(rng, [1e-3, 1e-5, 0.1]), draws.one_of(rng, [1.0, 1.0, 10.0]), rng.normal()
    arrays = [rng.normal(size=shape) * size + centre, *rng.normal(size=(2, shape[-1]))]
    if draws.chance(rng):
        program = f"layer_norm(x {shape}, epsilon={epsilon})"

        def theirs(x, gamma, beta):
            return F.layer_norm(x, shape[-1:], gamma, beta, epsilon)

        return Case(program, arrays, lambda *xs: ops.layer_norm(*xs, epsilon), theirs, draws.order(rng))
    program = f"group_norm(x {shape}, groups={groups}, epsilon={epsilon})"

    def channels_first(x, gamma, beta):  # F.group_norm is the same, and refuses groups of a single number
        return torch.group_norm(x.movedim(-1, 1), groups, gamma, beta, epsilon).movedim(1, -1)

    return Case(program, arrays, lambda *xs: ops.group_norm(*xs, groups, epsilon), channels_first, draws.order(rng))
