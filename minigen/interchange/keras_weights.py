"""The weights of a model in a .weights.h5 file of Keras 3.

Keras numbers the weights of a layer, and names layers by their kinds in the order of model.layers, which is the same
here: layers/conv2d_1/vars/0 is the kernel of the second Conv2D. Layers in the attributes of a layer or model have the
names of the attributes: encoder/layers/dense/vars/0. The numbers are stored alike, so only the names are translated.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from .. import backend
from ..checks.values import snake_case
from ..storage import hdf5
from ..storage.checks import check_opens
from ..storage.files import as_path, replacing
from .keras_layers import is_operation

CONTAINERS = (list, tuple, dict)  # whose layers are parts
ATTRIBUTES = {  # of a layer -> their names in Keras, where they are others
    "MultiHeadAttention": {
        "query": "query_dense",
        "key": "key_dense",
        "value": "value_dense",
        "attention_output": "output_dense",
    }
}
RECURRENT = {"SimpleRNN": "simple_rnn_cell", "GRU": "gru_cell", "LSTM": "lstm_cell"}  # Keras: a cell holds the weights


def save(layer: Any, path: str | os.PathLike[str]) -> None:
    """Write the weights of a layer or model, aside and then renamed."""
    data = content(layer)
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def content(layer: Any) -> bytes:
    """The bytes of a .weights.h5 file."""
    weights = layer.named_weights()
    names: dict[str, str] = {}
    paths = dict(translated(layer, names))
    arrays = {there: backend.to_numpy(weights[here]) for here, there in paths.items()}
    return hdf5.content(arrays, {f"{group}vars": name for group, name in names.items()})


def load(layer: Any, path: str | os.PathLike[str]) -> dict[str, Any]:
    """The arrays in a file by the paths of their weights here; what has no place here keeps its name."""
    path = as_path(path)
    check_opens(path, "an HDF5 file")
    return arrays_for(layer, path.read_bytes(), path)


def arrays_for(layer: Any, data: bytes, source: Any) -> dict[str, Any]:
    """The same for the bytes of a file. What training and random draws need is left out."""
    paths = {there: here for here, there in translated(layer, {})}
    found = hdf5.read(data, source)
    passed_over = [name for name in found if name.startswith("optimizer/") or "seed_generator/" in name]
    return {paths.get(name, name): a for name, a in found.items() if name not in passed_over}


def translated(layer: Any, names: dict[str, str], here: str = "", there: str = "") -> Iterator[tuple[str, str]]:
    """(path here, path in the file) of every weight; `names` gets the name of the layer in each group of the file."""
    todo, seen = [(layer, here, there, "")], set()
    while todo:
        part, here, there, name = todo.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        names[there] = name or part.name or kind_of(part)
        inside: list[tuple[str, Any]] = list(part.direct_parts())
        group = there
        if type(part).__name__ in RECURRENT:
            group, names[f"{there}cell/"] = f"{there}cell/", RECURRENT[type(part).__name__]
        own = [name for name, weight in inside if hasattr(weight, "requires_grad")]
        yield from ((f"{here}{name}", f"{group}vars/{i}") for i, name in enumerate(own))
        layers = [(name, one) for name, one in inside if hasattr(one, "named_weights") and not is_operation(one)]
        groups = _groups(part, [inner for _, inner in layers])
        found = [(inner, f"{here}{name}/", f"{there}{groups[id(inner)]}/", name) for name, inner in layers]
        todo += found[::-1]


def _groups(part: Any, layers: list[Any]) -> dict[int, str]:
    """The groups of the layers in a layer or model, by id.

    Keras goes through the attributes in the order of their names, private ones last, and a layer is in the group of the
    first that has it. `layers`, a list of all, is an attribute of every model: the first one if the model has a graph.
    """
    there = ATTRIBUTES.get(type(part).__name__, {})
    values = {there.get(name, name): value for name, value in vars(part).items() if name not in part._without_parts}
    if hasattr(part, "has_graph"):
        values["layers"] = layers
    found: dict[int, str] = {}
    first = "layers" if getattr(part, "has_graph", False) else ""
    for name in sorted(values, key=lambda name: (name != first, name.startswith("_"), name)):
        for group, layer in _inside(name, values[name]):
            found.setdefault(id(layer), group)
    return found


def _inside(group: str, value: Any, around: tuple[int, ...] = ()) -> Iterator[tuple[str, Any]]:
    """(group, layer) of the layers in an attribute: itself, or in its lists and dicts at any depth.

    `around`: the ids of the lists around it; one that contains itself is looked into once.
    """
    if hasattr(value, "named_weights"):
        yield group, value
    elif isinstance(value, CONTAINERS) and id(value) not in around:
        numbers: dict[str, int] = {}
        for inner in value.values() if isinstance(value, dict) else value:
            kind = "container" if isinstance(inner, CONTAINERS) else kind_of(inner)
            numbers[kind] = numbers.get(kind, -1) + 1
            name = f"{group}/{kind}_{numbers[kind]}" if numbers[kind] else f"{group}/{kind}"
            yield from _inside(name, inner, (*around, id(value)))


def kind_of(layer: Any) -> str:
    """The name that Keras makes of the class of a layer."""
    if getattr(layer, "has_graph", False):
        return "sequential" if hasattr(layer, "_stack") else "functional"
    return snake_case(type(layer).__name__)
