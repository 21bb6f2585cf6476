"""A model as plain data that a page can run: the NETWORK of the explorer.

    {"inputs":  [{"name": "z", "shape": [2]}, ...],                     without the batch
     "calls":   [{"layer": "Dense", "inputs": [0], "output": 1, ...}],  in an order in which they can run
     "outputs": [1]}

Tensors are numbers: the inputs first, then the outputs of the calls. explorer/layers.py has what else stands in a call;
a weight is the number of its array. Models inside of models are written in their places, and what does nothing in
prediction is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..checks.values import as_list
from ..layers.symbolic import Symbolic
from ..model import Model
from . import checks, layers
from .arrays import Arrays


def network(model: Model, arrays: Arrays, inputs: Sequence[str], name: str = "") -> dict[str, Any]:
    """The NETWORK of a model, its weights added to `arrays`.

    inputs  the names of its inputs
    name    what errors call it, such as "decoder"

    Raises TypeError for a model that is no graph of layers, ValueError for layers that a page cannot compute, all of
    them listed, and for weights that are NaN or do not fit in 16 bits.
    """
    checks.check_is_graph(name, model)
    symbols = as_list(model.inputs)
    writer = Writer(arrays, len(symbols))
    made = writer.walk(model, dict(zip(symbols, range(len(symbols)), strict=True)), name, training=False)
    checks.check_can_be_explored(name or model.label, writer.problems, layers.DESCRIBED)
    for path, weight in model.named_weights().items():
        checks.check_is_finite(f"{name}/{path}" if name else path, weight.numpy())
    described = [{"name": n, "shape": list(s.shape[1:])} for n, s in zip(inputs, symbols, strict=True)]
    outputs = [made[symbol] for symbol in as_list(model.outputs)]
    return {"inputs": described, "calls": writer.calls(), "outputs": outputs}


class Writer:
    """Collects the calls of a graph and of the graphs inside, and why some cannot be written."""

    def __init__(self, arrays: Arrays, inputs: int) -> None:
        self.arrays, self.tensors = arrays, inputs  # the number of tensors so far
        self.problems: list[str] = []
        self._calls: list[tuple[str, Any, dict[str, Any]]] = []  # path and id of the layer, and the call
        self._added: dict[tuple[int, str], int | None] = {}  # a layer may be called twice: its arrays are added once

    def walk(self, model: Model, numbers: Mapping[Symbolic, int], path: str, training: bool) -> dict[Symbolic, int]:
        """Write the calls of a model whose inputs have these numbers; returns the numbers of all its symbols."""
        known = dict(numbers)
        for call in model.graph_calls:
            layer, given = call.layer, [known[symbol] for symbol in call.inputs]
            name = "/".join(part for part in (path, model.names_in_graph[layer]) if part)
            in_training = training if call.training is None else call.training
            if isinstance(layer, Model) and layer.runs_its_graph:
                inner = dict(zip(as_list(layer.inputs), given, strict=True))
                inner = self.walk(layer, inner, name, in_training)
                made = [inner[symbol] for symbol in as_list(layer.outputs)]
            else:
                made = self._write(name, call, given, in_training)
            known.update(zip(call.outputs, made, strict=True))
        return known

    def _write(self, name: str, call: Any, given: list[int], training: bool) -> list[int]:
        """Write one call; returns the numbers of its outputs."""
        problem = layers.problem(call.layer, call, training)
        if problem is None and isinstance(call.layer, layers.IDENTITIES):
            return given
        made = list(range(self.tensors, self.tensors + len(call.outputs)))
        self.tensors += len(made)
        if problem is not None:
            self.problems.append(f"{name}: {problem}")
        else:
            described = layers.described(call.layer, call)
            ends = {"layer": described.pop("layer"), "inputs": given, "output": made[0]}
            self._calls.append((name, call.layer, ends | described))
        return made

    def calls(self) -> list[dict[str, Any]]:
        """The calls, with the numbers of their arrays in place of the weights."""
        return [{key: self._entry(path, layer, key, v) for key, v in call.items()} for path, layer, call in self._calls]

    def _entry(self, path: str, layer: Any, key: str, value: Any) -> Any:
        if not isinstance(value, np.ndarray):
            return value
        if (id(layer), key) not in self._added:
            self._added[id(layer), key] = self.arrays.float16(f"{path}/{key}", value)
        return self._added[id(layer), key]
