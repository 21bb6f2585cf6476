"""x[key] for every kind of key. NumPy gives the elements that a key selects, PyTorch their gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from minigen import Tensor, ops

from . import draws
from .case import Case

RULES = [(ops.GetItem, "forward"), (ops.GetItem, "backward"), (ops.PutItem, "forward"), (ops.PutItem, "backward")]
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "intp")


def integers(rng: draws.Rng, n: int, shape: tuple[int, ...]) -> np.ndarray:
    """Indices into an axis of length n, some of them repeated, some negative."""
    dtype = draws.one_of(rng, INTEGERS)
    low = 0 if dtype.startswith("u") else -n
    return rng.integers(low, n, size=shape).astype(dtype) if n else np.zeros((*shape[:-1], 0), dtype)


def part(rng: draws.Rng, n: int, shape: tuple[int, ...]) -> Any:
    """A key for one axis of length n; all index arrays of one key have the same `shape`."""
    kind = draws.one_of(rng, ["slice", "slice", "array", "array", "list", "tuple", "range", "mask", *["integer"] * 2])
    if kind == "slice" or n == 0:
        ends = [None if draws.chance(rng, 0.4) else int(rng.integers(-n - 1, n + 2)) for _ in range(2)]
        return slice(*ends, draws.one_of(rng, [None, 1, 2, 3, -1, -2, -3]))
    if kind == "integer":
        return int(rng.integers(-n, n)) if draws.chance(rng) else integers(rng, n, ())[()]
    if kind == "range":
        return range(0, n, int(rng.integers(1, 3)))
    if kind == "mask":
        return rng.random(n) < 0.6
    places = integers(rng, n, shape)
    if kind == "tuple" and len(shape) == 1:
        return tuple(places.tolist())
    return places if kind == "array" else places.tolist()


def draw_key(rng: draws.Rng, shape: tuple[int, ...]) -> Any:
    kind = draws.one_of(rng, ["mixed", "mixed", "mixed", "mask", "one", "nested"])
    if kind == "mask":  # over the first axes, as an array or as a list
        mask = rng.random(shape[: int(rng.integers(0, len(shape) + 1))]) < 0.5
        return mask.tolist() if draws.chance(rng, 0.3) else mask
    places = draws.shape(rng, 2, (1, 2, 3, 3, 7), 1)
    if kind == "one" or len(shape) == 0:
        lone = [(), ..., None, (None, ...), True, False, np.True_]
        return part(rng, shape[0], places) if shape and draws.chance(rng, 0.9) else draws.one_of(rng, lone)
    if kind == "nested":
        return integers(rng, shape[0], draws.shape(rng, 3, (0, 1, 2, 3), 1)).tolist()
    keys = [part(rng, n, places) for n in shape[: int(rng.integers(1, len(shape) + 1))]]
    for extra in (None, None, ...):
        if draws.chance(rng, 0.2):
            keys.insert(int(rng.integers(len(keys) + 1)), extra)
    return tuple(keys)


def tensors(key: Any) -> Any:
    """The key with its arrays as Tensors."""
    if isinstance(key, tuple):
        return tuple(tensors(k) for k in key)
    return Tensor(key) if isinstance(key, np.ndarray) else key


def draw(rng: draws.Rng) -> Case:
    while True:
        shape = draws.shape(rng, 4, (0, 1, 2, 3, 3, 4, 5))
        key = draw_key(rng, shape)
        try:
            places = np.arange(int(np.prod(shape))).reshape(shape)[key]
        except (IndexError, ValueError):
            continue  # NumPy refuses this key: draw another
        break

    as_tensors = draws.chance(rng, 0.2)

    def ours(x):
        return x[tensors(key) if as_tensors else key]

    def theirs(x):
        return x.reshape(-1)[torch.from_numpy(np.array(places))]

    text = " ".join(repr(key).split())
    return Case(
        f"x {shape} [{text}]{', arrays as Tensors' if as_tensors else ''}",
        [rng.normal(size=shape)],
        ours,
        theirs,
        draws.order(rng),
    )
