"""What a conditional model is told besides the image: its class, as a one-hot row."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import backend, losses
from ..arrays import as_array
from ..errors import message


def beside_one_hot(model: Any, x: Any, given: Any, fix: str) -> list[Any]:
    """[x, one-hot rows (n, model.classes) of the labels], for n images or codes x and given = (labels,).

    One label serves all n. Raises TypeError without labels or for labels that are no integers, ValueError for another
    number of them than x has rows and for a label out of range.
    """
    if len(given) != 1:
        raise TypeError(
            message(
                f"{model.label}: {1 + len(given)} arguments",
                expected="images (or codes, or noise) and their labels",
                got="no labels" if not given else f"{len(given)} things beside them",
                fix=fix,
            )
        )
    labels = backend.to_numpy(as_array(given[0], f"{model.label}: labels", "y"))
    labels = np.full(len(x), labels) if labels.ndim == 0 else labels
    labels = losses.check_labels(
        model.label,
        labels,
        (len(x), model.classes),
        f"labels from 0 to {model.classes - 1}; one-hot rows: y.argmax(axis=1)",
    )
    return [x, np.eye(model.classes, dtype=model.dtype)[labels]]
