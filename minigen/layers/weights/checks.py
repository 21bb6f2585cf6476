"""What is refused of weights: the sizes of new ones, and arrays, dicts and files that do not fit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ... import backend
from ...checks.values import check_is_list, check_no_problems, is_integer
from ...errors import message
from ...tensor import Tensor

if TYPE_CHECKING:
    from ..base import Layer


def refuse_weight_size(label: str, name: str, shape: Sequence[int]) -> NoReturn:
    """MemoryError for more numbers than memory can hold."""
    where, got = f"{label}: weight {name}", f"shape {tuple(shape)}, {math.prod(shape):,} numbers"
    expected, fix = "numbers that fit into memory", "fewer units or filters"
    raise MemoryError(message(where, expected=expected, got=got, fix=fix)) from None


def check_room(label: str, name: str, shape: Sequence[Any], room: int) -> None:
    """ValueError for a weight that is larger than what the file has numbers for."""
    if not all(is_integer(n, 0) for n in shape) or math.prod(shape) > room:
        where, got, fix = f"{label}: weight {name} of a model in a file", f"shape {tuple(shape)}", "another file"
        raise ValueError(message(where, expected=f"at most the {room:,} numbers left", got=got, fix=fix))


def check_initial_values(label: str, name: str, data: Any, shape: Sequence[int]) -> None:
    """ValueError for an initializer that returns another shape."""
    if getattr(data, "shape", None) != tuple(shape):
        got, fix = getattr(data, "shape", type(data).__name__), "def initializer(shape, dtype): return an array"
        raise ValueError(message(f"{label}: initializer of {name}", expected=f"an array {shape}", got=got, fix=fix))


def check_set_weights(label: str, arrays: Any) -> None:
    """TypeError for weights that are neither a list nor a dict with names as its keys."""
    where = f"{label}.set_weights"
    if not isinstance(arrays, dict):
        check_is_list(where, arrays, "set_weights(other.get_weights())", "a list of arrays, or a dict by name")
        return
    no_names = [key for key in arrays if not isinstance(key, str)]
    if no_names:
        expected, fix = "names of weights or layers", "set_weights(other.named_weights()), a list for a list"
        raise TypeError(message(where, expected=expected, got=repr(no_names[0]), fix=fix))


def check_once(label: str, paths: Iterable[str], seen: Iterable[str]) -> None:
    """ValueError for a weight that a dict has twice."""
    twice = [path for path in paths if path in seen]
    if twice:
        where, fix = f"{label}.set_weights: {twice[0]}", "the list of a layer, or its weights by name"
        raise ValueError(message(where, expected="every weight once", got="it twice", fix=fix))


def as_weight(label: str, name: str, a: Any) -> np.ndarray:
    """`a` as a NumPy array; TypeError for rows of different length."""
    try:
        return np.asarray(backend.to_numpy(a))
    except ValueError as error:
        where, fix = f"{label}: weight {name}", "np.asarray(rows of one length)"
        raise TypeError(message(where, expected="an array", got=str(error), fix=fix)) from error


def check_built(layer: Layer, what: str, expected: str, fix: str, waiting: Sequence[str]) -> None:
    """ValueError for a layer or model that has no weights yet, because some layers wait for data."""
    if waiting:
        where, got = f"{layer.label}{what}", f"{', '.join(waiting)}: neither an Input nor data was seen"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))


def check_suffix_of_weights(where: str, name: str) -> None:
    """ValueError for the name of a file in a format of Keras that does not hold weights alone."""
    if name.endswith((".h5", ".hdf5", ".keras")) and not name.endswith(".weights.h5"):
        expected, stem = "a name that ends in .weights.h5, .safetensors or .npz", name.rpartition(".")[0]
        fix = f'"{stem}.weights.h5"; model.save("{stem}.keras") and load_model for a whole model'
        raise ValueError(message(where, expected=expected, got=repr(name), fix=fix))


def check_weights_fit(layer: Layer, own: dict[str, Tensor], arrays: dict[str, np.ndarray], source: str) -> None:
    """ValueError that names all weights that are missing, unexpected, of another shape or no numbers."""
    found = {k: a for k, a in arrays.items() if k in own}
    problems = [f"missing: {k} {own[k].shape}" for k in own if k not in arrays]
    problems += [f"unexpected: {k} {a.shape}" for k, a in arrays.items() if k not in own]
    wrong = {k: a for k, a in found.items() if own[k].shape != a.shape}
    problems += [f"wrong shape: {k} is {own[k].shape}, got {a.shape}" for k, a in wrong.items()]
    problems += [f"no numbers: {k} of type {a.dtype}" for k, a in found.items() if a.dtype.kind not in "fiub"]
    if problems or not own:
        expected = "a layer or model whose input shape is known"
        fix = "Sequential([Input(shape=(784,)), ...]), or model(x[:1]) before loading"
        no_place = f": it has no weights yet, so those of {source} have no place"
        check_built(layer, no_place, expected, fix, layer.unbuilt())
    fix = "the model that saved them, built with the same layers and names"
    if source.endswith(".safetensors") and all("." in name and "/" not in name for name in arrays):
        fix = f"minigen.interchange.load_state_dict(model, {source!r}), for weights of PyTorch"
    where = f"{layer.label}: the weights of {source} do not fit; nothing was changed"
    check_no_problems(where, problems, f"the {len(own)} weights of named_weights()", fix)
