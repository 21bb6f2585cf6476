"""SGD, Adam, Adadelta and RMSprop over several steps, with parameters that are added later or miss a step.

PyTorch's optimizers are used where they follow Keras' rule; ε is set so that Adam's is outside of the bias correction.
The other rules (RMSprop with ε inside the root; momentum with a changing rate) are implemented here.
"""

from __future__ import annotations

import numpy as np
import torch

from minigen import Tensor, optimizers

from . import draws
from .case import Case

RULES = [
    (optimizers.SGD, "update"),
    (optimizers.Adam, "update"),
    (optimizers.Adadelta, "update"),
    (optimizers.RMSprop, "update"),
    (optimizers.LinearDecay, "__call__"),
    (optimizers.Optimizer, "_clip_factor"),
]


class KerasSGD(torch.optim.Optimizer):
    """m ← μ m - η g, w ← w + m, or w ← w + μ m - η g"""

    def __init__(self, params, lr, momentum, nesterov):
        super().__init__(params, {"lr": lr})
        self.momentum, self.nesterov, self.m = momentum, nesterov, 0.0

    def step(self):
        group = self.param_groups[0]
        (p,), rate = group["params"], group["lr"]
        self.m = self.momentum * self.m - rate * p.grad
        p.data += self.momentum * self.m - rate * p.grad if self.nesterov else self.m


class KerasRMSprop(torch.optim.Optimizer):
    """v ← ρ v + (1-ρ) g²,   m ← μ m + η g / √(v+ε),   w ← w - m"""

    def __init__(self, params, lr, alpha, eps, momentum):
        super().__init__(params, {"lr": lr, "eps": eps})
        self.alpha, self.momentum, self.v, self.m = alpha, momentum, 0.0, 0.0

    def step(self):
        group = self.param_groups[0]
        (p,), rate = group["params"], group["lr"]
        self.v = self.alpha * self.v + (1 - self.alpha) * p.grad**2
        self.m = self.momentum * self.m + rate * p.grad / torch.sqrt(self.v + group["eps"])
        p.data -= self.m


def draw(rng: draws.Rng) -> Case:
    name, steps = draws.one_of(rng, ["SGD", "Adam", "Adadelta", "RMSprop"]), int(rng.integers(1, 9))
    shapes = [draws.shape(rng, 3, (1, 2, 3)) for _ in range(int(rng.integers(1, 4)))]
    if draws.chance(rng, 0.03):
        shapes.append(draws.one_of(rng, [(200, 300), (70_000,), (1, 40_000)]))  # more than one block
    late = draws.chance(rng)
    joins = [int(rng.integers(steps)) if late and i else 0 for i in range(len(shapes))]
    present = [
        [i for i in range(len(shapes)) if t >= joins[i] and not (late and i and draws.chance(rng, 0.2))]
        for t in range(steps)
    ]
    weights = [rng.normal(size=s) for s in shapes]
    gradients = [[rng.normal(size=s) * 10.0 ** rng.integers(-3, 2) for s in shapes] for _ in range(steps)]
    rate = draws.one_of(rng, [1.0, 0.1, 0.001])
    decay = int(rng.integers(1, 12)) if draws.chance(rng, 0.3) else None
    clip = draws.one_of(rng, [None, None, 0.1, 5.0])
    options = draw_options(rng, name)

    def ours(*starts):
        schedule = rate if decay is None else optimizers.LinearDecay(rate, decay)
        optimizer = getattr(optimizers, name)(schedule, **options, global_clipnorm=clip)
        ws = [Tensor(w.data, requires_grad=True) for w in starts]
        for t in range(steps):
            for i in present[t]:
                ws[i].grad = np.array(gradients[t][i])
            optimizer.step([ws[i] for i in present[t]])
        return [w.detach() for w in ws]

    def theirs(*starts):
        ws = [torch.nn.Parameter(w.detach().clone()) for w in starts]
        each = [their_optimizer(name, w, rate, decay is not None, options) for w in ws]  # each counts its own steps
        done = [0] * len(ws)
        for t in range(steps):
            gs = [torch.tensor(gradients[t][i]) for i in present[t]]
            norm = float(torch.sqrt(sum((g * g).sum() for g in gs)))
            for i, g in zip(present[t], gs, strict=True):
                done[i] += 1
                ws[i].grad = g if clip is None else g * min(1.0, clip / norm)
                group = each[i].param_groups[0]
                group["lr"] = rate if decay is None else rate * max(0.0, 1 - t / decay)
                if name == "Adam":
                    group["eps"] = options["epsilon"] / (1 - options["beta_2"] ** done[i]) ** 0.5
                each[i].step()
        return [w.detach() for w in ws]

    program = f"{name}({rate if decay is None else f'LinearDecay({rate}, {decay})'}, {options}, global_clipnorm={clip})"
    program += f", shapes {shapes}, parameters of each step {present}"
    return Case(program, weights, ours, theirs, order=0)


def draw_options(rng: draws.Rng, name: str) -> dict:
    epsilon, momentum = draws.one_of(rng, [1e-7, 1e-3, 0.1]), draws.one_of(rng, [0.0, 0.5, 0.9])
    if name == "SGD":
        return {"momentum": momentum, "nesterov": bool(momentum) and draws.chance(rng)}
    if name == "Adam":
        betas = draws.one_of(rng, [0.9, 0.5, 0.0]), draws.one_of(rng, [0.999, 0.9])
        return {"beta_1": betas[0], "beta_2": betas[1], "epsilon": epsilon}
    if name == "Adadelta":
        return {"rho": draws.one_of(rng, [0.95, 0.5]), "epsilon": epsilon}
    return {"rho": draws.one_of(rng, [0.9, 0.5]), "momentum": momentum, "epsilon": draws.one_of(rng, [0.0, epsilon])}


def their_optimizer(
    name: str, w: torch.nn.Parameter, rate: float, decays: bool, options: dict
) -> torch.optim.Optimizer:
    if name == "SGD":
        momentum, nesterov = options["momentum"], options["nesterov"]
        if decays and momentum:
            return KerasSGD([w], rate, momentum, nesterov)
        return torch.optim.SGD([w], rate, momentum=momentum, nesterov=nesterov)
    if name == "Adam":
        return torch.optim.Adam([w], rate, betas=(options["beta_1"], options["beta_2"]))
    if name == "Adadelta":
        return torch.optim.Adadelta([w], rate, options["rho"], options["epsilon"])
    rule = KerasRMSprop if decays or options["epsilon"] else torch.optim.RMSprop
    return rule([w], rate, alpha=options["rho"], eps=options["epsilon"], momentum=options["momentum"])
