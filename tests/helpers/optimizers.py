"""How far an optimizer moves a weight under a constant gradient."""

import numpy as np

from minigen import Tensor


def constant(optimizer, gradient, steps):
    """How far a weight that starts at 0 goes under a constant gradient, in float64."""
    w = Tensor(np.zeros((1,)), requires_grad=True)
    for _ in range(steps):
        w.grad = Tensor(np.full((1,), gradient)).data
        optimizer.step([w])
    return w.item()
