"""What is refused of an explorer: models that a page cannot compute, weights that it cannot hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..checks.values import check_no_problems
from ..errors import described, message
from ..model import Model

LARGEST = 65_504  # of the numbers in 16 bits


def check_is_graph(name: str, model: Any) -> None:
    """TypeError unless it is a model whose layers and shapes are known."""
    if not (isinstance(model, Model) and model.runs_its_graph):
        where = f"explore: {name}" if name else "explore"
        got = model.label if isinstance(model, Model) else described(model)
        expected = "Model(inputs, outputs), or Sequential with an Input, which computes its layers and nothing else"
        fix = "Sequential([Input(shape=(2,)), Dense(784)]): without an Input there are no weights before the first data"
        raise TypeError(message(f"{where} is no graph of layers", expected=expected, got=got, fix=fix))


def check_can_be_explored(name: str, problems: list[str], known: Iterable[type]) -> None:
    """ValueError that lists all layers that a page cannot compute."""
    names = sorted({kind.__name__ for kind in known} | {"Dropout", "GaussianNoise"})
    expected = f"layers that the page has: {', '.join(names)}"
    fix = "a model of these layers; model.save(path) writes any other"
    check_no_problems(f"explore: {name} cannot run in a page", problems, expected, fix)


def check_is_finite(name: str, values: np.ndarray) -> None:
    """ValueError, with the name, for a weight that is not finite."""
    wrong = int((~np.isfinite(values)).sum())
    if wrong:
        got, fix = f"NaN or infinity in {wrong} of {values.size}", "the model before its training diverged"
        raise ValueError(message(f"explore: {name}", expected="finite numbers", got=got, fix=fix))


def check_fits_float16(name: str, values: np.ndarray) -> None:
    """ValueError for numbers that are not finite, and for those beyond the largest one in 16 bits."""
    check_is_finite(name, values)
    largest = float(abs(values).max(initial=0.0))
    if largest > LARGEST:
        expected = f"numbers of at most {LARGEST:,} in size, as 16 bits hold them"
        fix = "weights of a usual size; model.save(path) writes them in full precision"
        raise ValueError(message(f"explore: {name}", expected=expected, got=f"{largest:g}", fix=fix))
