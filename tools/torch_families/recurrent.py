"""GRU, LSTM and SimpleRNN with the same weights.

The gates z, r, c of a GRU in Keras are r, z, n in PyTorch; i, f, k, o of an LSTM are i, f, g, o.
"""

from __future__ import annotations

import torch
from torch import nn

import minigen
from minigen import ops

from . import draws
from .case import Case

RULES = [
    (ops.SimpleRecurrence, "forward"),
    (ops.SimpleRecurrence, "backward"),
    (ops.GatedRecurrence, "forward"),
    (ops.GatedRecurrence, "backward"),
    (ops.LongShortTermMemory, "forward"),
    (ops.LongShortTermMemory, "backward"),
]
THEIRS = {"SimpleRNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}
GATES = {"SimpleRNN": [0], "GRU": [1, 0, 2], "LSTM": [0, 1, 2, 3]}  # position in Keras of each gate of PyTorch


def gates(w: torch.Tensor, order: list[int]) -> torch.Tensor:
    """Weights (..., gates · units) of Keras in the layout of PyTorch: (gates · units, ...)."""
    parts = w.chunk(len(order), dim=-1)
    return torch.cat([parts[i] for i in order], dim=-1).transpose(0, -1)


def draw(rng: draws.Rng) -> Case:
    name = draws.one_of(rng, list(THEIRS))
    batch, steps, features, units = (int(n) for n in rng.integers(1, (4, 7, 5, 5)))
    width, size = len(GATES[name]) * units, draws.one_of(rng, [0.5, 1.0, 3.0])
    weights = [rng.normal(size=s) * size for s in ((features, width), (units, width), (width,))]
    names = ["kernel", "recurrent_kernel", "bias"]
    if name == "GRU":
        names.append("recurrent_bias")
        weights.append(rng.normal(size=width))
    states = [rng.normal(size=(batch, units)) for _ in range(2 if name == "LSTM" else 1)]
    sequences, with_state, given = draws.chance(rng), draws.chance(rng), draws.chance(rng)
    arrays = [rng.normal(size=(batch, steps, features)), *weights, *(states if given else [])]

    def ours(x, *rest):
        layer = getattr(minigen, name)(units, return_sequences=sequences, return_state=with_state)
        layer.built = True
        layer.kernel, layer.recurrent_kernel = rest[:2]
        layer.bias = ops.stack(list(rest[2:4])) if name == "GRU" else rest[2]
        state = rest[len(names) :]
        return layer([x, *state] if state else x)

    def theirs(x, w, u, b, *rest):
        order, rest = GATES[name], list(rest)
        b_u = gates(rest.pop(0), order) if name == "GRU" else torch.zeros(width, dtype=torch.float64)
        weights = {"weight_ih_l0": gates(w, order), "weight_hh_l0": gates(u, order), "bias_ih_l0": gates(b, order)}
        state = [s[None] for s in rest] or None
        state = tuple(state) if state and name == "LSTM" else state and state[0]
        net = THEIRS[name](features, units, batch_first=True)
        h, last = torch.func.functional_call(net, weights | {"bias_hh_l0": b_u}, (x, state))
        y = h if sequences else h[:, -1]
        return [y, *(s[0] for s in (last if name == "LSTM" else [last]))] if with_state else y

    program = f"{name}({units}, return_sequences={sequences}, return_state={with_state})"
    program += f"(x {arrays[0].shape}{', initial state' if given else ''}), weights of size {size}"
    return Case(program, arrays, ours, theirs, draws.order(rng))
