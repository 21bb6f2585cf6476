"""The weights of each layer in a PyTorch module: under which name, and which number stands where.

kernel (in, out)           weight (out, in)               Dense, Linear
kernel (kh, kw, in, out)   weight (out, in, kh, kw)       Conv2D, Conv2d
kernel (kh, kw, out, in)   weight (in, out, kh, kw)       Conv2DTranspose, ConvTranspose2d; nothing is flipped
gates i, f, c, o           i, f, g, o                     LSTM; PyTorch adds up two biases
gates z, r, c              r, z, n                        GRU; both biases, as the rows of one here
moving_variance            running_var                    BatchNormalization, BatchNorm
gamma, beta                weight, bias                   LayerNormalization, LayerNorm; GroupNormalization, GroupNorm
embeddings                 weight                         Embedding and PositionEmbedding, Embedding

What is in a MultiHeadAttention says torch_attention.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from . import torch_attention

COUNTER = "num_batches_tracked"  # of BatchNorm: how many batches it has seen; minigen does not need it

Places = dict[str, tuple[str, np.ndarray]]  # name there -> (name here, for each number the place that it has here)


def places_of(layer: Any, orders: tuple[np.ndarray, np.ndarray]) -> Places | None:
    """Where the numbers of a layer come from, in PyTorch's shapes; None for a layer that PyTorch has not.

    orders: for the features that come in and go out, the place that feature i has in PyTorch (torch_order.py).
    """
    make = MAKERS.get(type(layer).__name__)
    if make is None or not type(layer).__module__.startswith("minigen."):
        return None
    weights = weights_of(layer)
    at = {name: np.arange(weight.size).reshape(weight.shape) for name, weight in weights.items()}
    there = [np.argsort(order) for order in orders]  # for place i in PyTorch the feature here
    return {name: found for name, found in make(at, *there).items() if found[0] in at}


def weights_of(layer: Any) -> dict[str, Any]:
    """The weights that a module has: those of the layer itself, of an attention those inside of it too."""
    if type(layer).__name__ == torch_attention.KIND:
        return dict(layer.named_weights())
    return {name: part for name, part in layer.direct_parts() if hasattr(part, "requires_grad")}


def _dense(at: Mapping[str, np.ndarray], rows: np.ndarray, columns: np.ndarray) -> Places:
    found = {"weight": ("kernel", at["kernel"].T[np.ix_(columns, rows)])}
    return found | ({"bias": ("bias", at["bias"][columns])} if "bias" in at else {})


def _conv(at: Mapping[str, np.ndarray], *_: np.ndarray) -> Places:
    return {"weight": ("kernel", at["kernel"].transpose(3, 2, 0, 1)), "bias": ("bias", at.get("bias", np.zeros(0)))}


def _batch_norm(at: Mapping[str, np.ndarray], _: np.ndarray, features: np.ndarray) -> Places:
    here = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
    return {there: (name, at[name][features]) for there, name in here.items()}


def _norm(at: Mapping[str, np.ndarray], _: np.ndarray, features: np.ndarray) -> Places:
    here = {"weight": "gamma", "bias": "beta"}
    return {there: (name, at[name][features]) for there, name in here.items() if name in at}


def _embedding(at: Mapping[str, np.ndarray], *_: np.ndarray) -> Places:
    return {"weight": ("embeddings", at["embeddings"])}


def _attention(at: Mapping[str, np.ndarray], *_: np.ndarray) -> Places:
    return torch_attention.places(at)


def _recurrent(at: Mapping[str, np.ndarray], gates: list[int], biases: list[np.ndarray]) -> Places:
    """gates: for each gate there, which one it is here."""

    def sorted_gates(a: np.ndarray) -> np.ndarray:
        blocks = np.split(a, len(gates), axis=-1)
        return np.concatenate([blocks[gate] for gate in gates], axis=-1)

    found = {"weight_ih": ("kernel", sorted_gates(at["kernel"]).T)}
    found |= {"weight_hh": ("recurrent_kernel", sorted_gates(at["recurrent_kernel"]).T)}
    return found | {name: ("bias", sorted_gates(b)) for name, b in zip(("bias_ih", "bias_hh"), biases, strict=True)}


def _simple_rnn(at: Mapping[str, np.ndarray], *_: np.ndarray) -> Places:
    return _recurrent(at, [0], [at["bias"], at["bias"]])


def _lstm(at: Mapping[str, np.ndarray], *_: np.ndarray) -> Places:
    return _recurrent(at, [0, 1, 2, 3], [at["bias"], at["bias"]])


def _gru(at: Mapping[str, np.ndarray], *_: np.ndarray) -> Places:
    return _recurrent(at, [1, 0, 2], list(at["bias"]))


MAKERS: dict[str, Any] = {
    "BatchNormalization": _batch_norm,
    "Conv2D": _conv,
    "Conv2DTranspose": _conv,
    "Dense": _dense,
    "Embedding": _embedding,
    "GRU": _gru,
    "GroupNormalization": _norm,
    "LSTM": _lstm,
    "LayerNormalization": _norm,
    "MaskedConv2D": _conv,
    "MaskedDense": _dense,
    "MultiHeadAttention": _attention,
    "PositionEmbedding": _embedding,
    "SimpleRNN": _simple_rnn,
}


def to_torch(places: Places, weights: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays of a module. A number that PyTorch has twice, to add both up, is the first one; the second is 0."""
    found, done = {}, {name: np.zeros(weight.size, bool) for name, weight in weights.items()}
    for there, (name, at) in places.items():
        values = weights[name].ravel()[at]
        found[there] = np.ascontiguousarray(np.where(done[name][at], 0, values).astype(values.dtype))
        done[name][at] = True
    return found


def from_torch(places: Places, arrays: Mapping[str, np.ndarray], shapes: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The weights of a layer. What PyTorch adds up is added here."""
    found = {name: np.zeros(shapes[name], arrays[there].dtype) for there, (name, _) in places.items()}
    for there, (name, at) in places.items():
        found[name].reshape(-1)[at] += arrays[there]
    return found
