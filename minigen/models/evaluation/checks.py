"""Input validation of the scorer and of the linear probe."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import message
from ...model import Sequential


def check_classifier(classifier: Any) -> None:
    """TypeError unless it is a Sequential with ten outputs."""
    shape = getattr(getattr(classifier, "outputs", None), "shape", None)
    if not isinstance(classifier, Sequential) or shape != (None, 10):
        got, fix = f"{type(classifier).__name__} with outputs {shape}", "models.digit_classifier()"
        expected = "a Sequential with ten outputs, the probabilities of the digits"
        raise TypeError(message("Scorer: classifier", expected=expected, got=got, fix=fix))


def check_are_probabilities(p: np.ndarray) -> None:
    """ValueError unless each row of the classifier's outputs has the sum 1."""
    sums = p.sum(axis=1)
    if not np.allclose(sums, 1, atol=1e-3):
        got, fix = f"rows with sums of {sums.min():g} to {sums.max():g}", 'Dense(10, "softmax")'
        raise ValueError(message("Scorer: the outputs", expected="probabilities of the digits", got=got, fix=fix))
