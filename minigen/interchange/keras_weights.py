"""The weights of a model in a .weights.h5 file of Keras 3.

Keras numbers the weights of a layer, and names layers by their kinds in the order of model.layers, which is the same
here: layers/conv2d_1/vars/0 is the kernel of the second Conv2D. The layers in the attributes of a model have the names
of the attributes: encoder/layers/dense/vars/0. The numbers are stored alike, so only the names are translated.
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
        groups = _groups(part, layers)
        found = [(inner, f"{here}{name}/", f"{there}{groups[name]}/", name) for name, inner in layers]
        todo += found[::-1]


def _groups(part: Any, layers: list[tuple[str, Any]]) -> dict[str, str]:
    """The groups of the layers of a model, by their names here."""
    numbers: dict[str, int] = {}

    def numbered(group: str) -> str:
        numbers[group] = numbers.get(group, -1) + 1
        return f"{group}_{numbers[group]}" if numbers[group] else group

    found = {}
    for name, inner in layers:
        if inner in getattr(part, "names_in_graph", {}):
            found[name] = numbered(f"layers/{kind_of(inner)}")
        elif vars(part).get(name) is inner:
            found[name] = name
        else:  # in a list
            held = next(
                (a for a, v in vars(part).items() if isinstance(v, (list, tuple)) and any(one is inner for one in v)),
                name,
            )
            found[name] = numbered(f"{held}/{kind_of(inner)}")
    return found


def kind_of(layer: Any) -> str:
    """The name that Keras makes of the class of a layer."""
    if getattr(layer, "has_graph", False):
        return "sequential" if hasattr(layer, "_stack") else "functional"
    return snake_case(type(layer).__name__)
