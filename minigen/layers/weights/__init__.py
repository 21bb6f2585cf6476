"""Weights: how they begin; in and out as lists in Keras' order, dicts by path, files."""

from __future__ import annotations

import contextlib
import math
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ... import backend, initializers, parallel
from ...checks.values import check_is_list
from ...storage import npz
from ...storage.files import as_path
from ...storage.older_files import join_biases
from ...types import Array, DType, Shape
from . import checks

if TYPE_CHECKING:
    from ...tensor import Tensor
    from ..base import Layer


class Weights(list["Tensor"]):
    """The weights of a layer. layer.weights, Keras' property, and layer.weights() are this list."""

    def __call__(self) -> Weights:
        return self


# ---- new weights


class _Room(threading.local):
    """How many more numbers add_weight() may make in a model that is read from a file; None: it is no such model."""

    numbers: int | None = None


_room = _Room()


@contextlib.contextmanager
def weights_from_file(numbers: int) -> Iterator[None]:
    """In this block new weights are zeros, so many numbers at most: the file has the numbers, and the sizes too."""
    before, _room.numbers = _room.numbers, numbers
    try:
        yield
    finally:
        _room.numbers = before


def come_from_file() -> bool:
    """Whether the numbers of the weights are still to be read: then there is nothing to test with them."""
    return _room.numbers is not None


def check_room(label: str, name: str, shape: Shape) -> None:
    """ValueError, in a model that is read from a file, for a weight with more numbers than the file has left.

    For what is made before the weights, and is as large as one of them.
    """
    if _room.numbers is not None:
        checks.check_room(label, name, shape, _room.numbers)


def initial_values(label: str, name: str, shape: Shape, dtype: DType, initializer: Any) -> Array:
    """The numbers of a new weight."""
    check_is_list(f"{label}.add_weight: shape", shape, f'add_weight("{name}", ({shape},))', "a tuple of sizes")
    size = math.prod(shape)
    check_room(label, name, shape)
    if _room.numbers is not None:
        _room.numbers -= size
        return backend.xp.zeros(shape, dtype)
    if size > sys.maxsize // 8:
        checks.refuse_weight_size(label, name, shape)
    try:
        with parallel.sharing(None):  # the rows of a weight are no samples
            data = initializers.get(initializer)(shape, dtype)
    except MemoryError:
        checks.refuse_weight_size(label, name, shape)
    checks.check_initial_values(label, name, data, shape)
    return data


# ---- in and out


def by_path(layer: Layer, arrays: Any) -> dict[str, Any]:
    """The arrays that set_weights() was given, by the paths of their weights."""
    checks.check_set_weights(layer.label, arrays)
    known = list(layer.named_weights())
    if isinstance(arrays, dict):
        return _from_dict(layer, arrays, known)
    return dict(zip(_numbered(known, len(arrays)), arrays, strict=True))


def _numbered(paths: list[str], n: int, prefix: str = "") -> list[str]:
    """n paths; more than there are get numbers, and an error will list them."""
    return paths[:n] + [f"{prefix}array {i}" for i in range(len(paths), n)]


def _from_dict(layer: Layer, arrays: dict[str, Any], known: list[str]) -> dict[str, Any]:
    """The arrays by path; the list of a whole layer, under its name, is split into its weights."""
    found: dict[str, Any] = {}
    for name, value in arrays.items():
        if isinstance(value, (list, tuple)) and name not in known:
            paths = [path for path in known if path.startswith(f"{name}/")]
            paths += _numbered(paths, len(value), f"{name}/")[len(paths) :]
        else:
            paths, value = [name], [value]
        checks.check_once(layer.label, paths, found)
        found |= dict(zip(paths, value, strict=False))
    return found


def assign(layer: Layer, arrays: Mapping[str, Any], source: str) -> None:
    """Overwrite all weights; ValueError, and nothing is changed, if the arrays do not fit."""
    own = layer.named_weights()
    found = join_biases({k: checks.as_weight(layer.label, k, a) for k, a in arrays.items()}, own)
    checks.check_weights_fit(layer, own, found, source)
    for k, a in found.items():
        own[k].assign(a)


def format_of(where: str, path: str | os.PathLike[str]) -> str:
    """The suffix of a format of others, or "" for an .npz file, which may have any name."""
    name = as_path(path).name
    checks.check_suffix_of_weights(where, name)
    return next((suffix for suffix in (".safetensors", ".weights.h5") if name.endswith(suffix)), "")


def save(layer: Layer, path: str | os.PathLike[str]) -> None:
    """Write all weights to a file, aside and then renamed."""
    weights = layer.named_weights()
    if not weights:
        where, fix = ".save_weights: it has no weights yet", "model(x[:1]) before it, or an Input"
        checks.check_built(layer, where, "a layer or model with weights", fix, layer.unbuilt())
    kind = format_of(f"{layer.label}.save_weights", path)
    if kind == ".safetensors":
        from ...storage import safetensors  # the formats of others are imported where they are used

        safetensors.write(path, weights)
    elif kind == ".weights.h5":
        from ...interchange import keras_weights

        keras_weights.save(layer, path)
    else:
        npz.write(path, weights, {"kind": "weights"})


def load(layer: Layer, path: str | os.PathLike[str]) -> dict[str, Any]:
    """The weights in a file of save(), in a checkpoint, or in a file of a whole model."""
    kind = format_of(f"{layer.label}.load_weights", path)
    if kind == ".safetensors":
        from ...storage import safetensors

        return safetensors.read(path)
    if kind == ".weights.h5":
        from ...interchange import keras_weights

        return keras_weights.load(layer, path)
    arrays, meta = npz.read(path)
    if meta.get("kind") in ("checkpoint", "model"):
        arrays = {k.removeprefix("weights/"): a for k, a in arrays.items() if k.startswith("weights/")}
    return arrays
