"""Weights in and out: lists in Keras' order, dicts by path, files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..storage import npz
from ..storage.older_files import join_biases
from . import checks

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .base import Layer


class Weights(list["Tensor"]):
    """The weights of a layer. layer.weights, Keras' property, and layer.weights() are this list."""

    def __call__(self) -> Weights:
        return self


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


def save(layer: Layer, path: str | os.PathLike[str]) -> None:
    """Write all weights to a file, aside and then renamed."""
    weights = layer.named_weights()
    if not weights:
        where, fix = ".save_weights: it has no weights yet", "model(x[:1]) before it, or an Input"
        checks.check_built(layer, where, "a layer or model with weights", fix, layer.unbuilt())
    npz.write(path, weights, {"kind": "weights"})


def load(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The weights in a file of save(), or in a checkpoint."""
    arrays, meta = npz.read(path)
    if meta.get("kind") == "checkpoint":
        arrays = {k.removeprefix("weights/"): a for k, a in arrays.items() if k.startswith("weights/")}
    return arrays
