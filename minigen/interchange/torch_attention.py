"""The weights of a MultiHeadAttention in a MultiheadAttention of PyTorch, one module there and four layers here.

query/kernel (in, heads, dim)              q_proj_weight (heads · dim, in), and the same for keys and values
query/bias (heads, dim)                    q_proj_bias (heads · dim,)
attention_output/kernel (heads, dim, in)   out_proj.weight (in, heads · dim)

PyTorch keeps q, k and v below each other in one array: in_proj_bias, and in_proj_weight where queries, keys and values
have equally many features. Its heads · dim is the number of features of the query.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

KIND = "MultiHeadAttention"
NAME = re.compile(r"(?:(.+)\.)?(in_proj_weight|in_proj_bias|[qkv]_proj_weight|out_proj\.weight|out_proj\.bias)")
PARTS = {"q": "query", "k": "key", "v": "value"}
JOINED = {"in_proj_weight": "weight", "in_proj_bias": "bias"}  # name -> the end of the names of its three parts


def modules_in(keys: Iterable[str]) -> set[str]:
    """The names of the modules that are attentions: an out_proj alone may be any layer."""
    matches = [NAME.fullmatch(key) for key in keys]
    return {match[1] or "" for match in matches if match and not match[2].startswith("out_proj")}


def split_key(key: str, attentions: set[str]) -> tuple[str, str] | None:
    """(module, name) of an array of one of these modules, or None."""
    match = NAME.fullmatch(key)
    return (match[1] or "", match[2]) if match and (match[1] or "") in attentions else None


def apart(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays of a module, each joined one as its three parts."""
    found: dict[str, np.ndarray] = {}
    for name, a in arrays.items():
        if name in JOINED and len(a) % 3 == 0:
            found |= {f"{part}_proj_{JOINED[name]}": third for part, third in zip(PARTS, np.split(a, 3), strict=True)}
        else:
            found[name] = a
    return found


def joined(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays of a module as PyTorch has them: the opposite of apart()."""
    found: dict[str, np.ndarray] = {}
    rest = dict(arrays)
    for name, end in JOINED.items():
        parts = [rest[key] for key in (f"{part}_proj_{end}" for part in PARTS) if key in rest]
        if parts and len({part.shape for part in parts}) == 1:
            found[name] = np.concatenate(parts)
            rest = {key: a for key, a in rest.items() if not re.fullmatch(f"[qkv]_proj_{end}", key)}
    return found | rest


def places(at: Mapping[str, np.ndarray]) -> dict[str, tuple[str, np.ndarray]]:
    """Where the numbers come from, as in torch_layers.py."""
    found: dict[str, tuple[str, np.ndarray]] = {}
    for letter, part in PARTS.items():
        kernel = at[f"{part}/kernel"]
        found[f"{letter}_proj_weight"] = (f"{part}/kernel", kernel.reshape(len(kernel), -1).T)
        if f"{part}/bias" in at:
            found[f"{letter}_proj_bias"] = (f"{part}/bias", at[f"{part}/bias"].reshape(-1))
    kernel = at["attention_output/kernel"]
    found["out_proj.weight"] = ("attention_output/kernel", kernel.reshape(-1, kernel.shape[-1]).T)
    if "attention_output/bias" in at:
        found["out_proj.bias"] = ("attention_output/bias", at["attention_output/bias"])
    return found


def is_there(layer: Any) -> bool:
    """Whether PyTorch has an attention of these sizes."""
    widths = {layer.num_heads * layer.key_dim, layer.num_heads * layer.value_dim, layer.attention_output.units}
    return widths == {layer.query.kernel.shape[0]}
