"""Files of older versions under the names of today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

RENAMED_LOGS = {"pull": "gradient_norm"}  # what version 0.1.0 calls them
LATER = {"sometimes", "steps", "arithmetic"}  # entries of a checkpoint that earlier versions do not write


def rename_logs(meta: dict[str, Any]) -> None:
    """Give the logs of a checkpoint, which stand in its history, the names of today."""
    for key in ("history", "sometimes"):
        kept = meta.get(key)
        if isinstance(kept, dict):
            meta[key] = {RENAMED_LOGS.get(name, name): values for name, values in kept.items()}
        elif isinstance(kept, list):
            meta[key] = [RENAMED_LOGS.get(name, name) if isinstance(name, str) else name for name in kept]


def join_biases(arrays: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Older files have the two biases of a GRU apart; they are the rows of one weight, as in Keras.

    own: the tensors that the arrays belong to, by the same names.
    """
    for path in [k for k in arrays if "recurrent_bias" in k and k not in own]:
        bias = "bias".join(path.rsplit("recurrent_bias", 1))
        if bias in arrays and bias in own and arrays[bias].shape == arrays[path].shape == own[bias].shape[1:]:
            arrays[bias] = np.stack([arrays[bias], arrays.pop(path)])
    return arrays
