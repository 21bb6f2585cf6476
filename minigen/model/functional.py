"""The graph of a Model: which calls lead from its inputs to its outputs, and in what order its layers stand."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter

from ..checks.values import check_each_once
from ..layers.base import Layer
from ..layers.symbolic import Call, Symbolic
from . import checks


def calls_between(inputs: list[Symbolic], outputs: list[Symbolic], label: str) -> tuple[list[Call], list[Layer]]:
    """The calls that lead from inputs to outputs, in the order in which they were made, and their layers.

    The layers are in Keras' order, so that lists of weights fit: those furthest from the outputs first and, of those
    equally far, the one that a depth-first walk from the outputs visits first.
    """
    checks.check_symbols(label, [*inputs, *outputs])
    given = set(inputs)
    visited: dict[Call, None] = {}  # in the order in which the walk comes to them
    finished: dict[Call, None] = {}  # in the order in which it is done with them, and with all that is before them
    todo = [_call_of(s, label) for s in reversed(outputs) if s not in given]
    while todo:
        call = todo[-1]
        if call not in visited:
            visited[call] = None
            todo += [_call_of(s, label) for s in reversed(call.inputs) if s not in given]
        else:
            finished[todo.pop()] = None
    return sorted(finished, key=attrgetter("order")), _in_keras_order(list(visited), list(finished))


def _call_of(symbol: Symbolic, label: str) -> Call:
    if symbol.call is None:
        checks.refuse_missing_input(label, symbol)
    return symbol.call


def _in_keras_order(visited: list[Call], finished: list[Call]) -> list[Layer]:
    """Sorted by depth, the number of calls on the longest way to an output; `finished` is a topological order."""
    depth = dict.fromkeys(finished, 0)
    deepest: dict[Layer, int] = {}
    for call in reversed(finished):
        depth[call] = deepest[call.layer] = max(depth[call], deepest.get(call.layer, 0))
        for s in call.inputs:
            if s.call in depth:
                depth[s.call] = max(depth[s.call], depth[call] + 1)
    layers = list(dict.fromkeys(call.layer for call in visited))
    return sorted(layers, key=deepest.__getitem__, reverse=True)  # sorted() leaves equals in their order


def unique_names(layers: Sequence[Layer]) -> dict[Layer, str]:
    """dense, dense_1, ... in the order of the layers; names that the user gave stay as they are."""
    given = [layer.name for layer in layers if layer.name]
    check_each_once("Model: two layers of one name", given, "name='{}_2'")
    names: dict[Layer, str] = {}
    taken = set(given)
    numbers_of: dict[str, Iterator[int]] = {}  # the next number of each kind
    for layer in layers:
        base = name = layer.name or layer.default_name
        while not layer.name and name in taken:
            name = f"{base}_{next(numbers_of.setdefault(base, itertools.count(1)))}"
        taken.add(name)
        names[layer] = name
    return names


def names_of_outputs(outputs: Sequence[Symbolic], names: Mapping[Layer, str]) -> list[str]:
    """The name of the layer that makes each output, with a number where one makes several."""
    found = [names[o.call.layer] if o.call else o.name or "input" for o in outputs]
    return [name if name not in found[:i] else f"{name}_{found[:i].count(name)}" for i, name in enumerate(found)]
