"""What Keras and PyTorch compute for losses: golden/losses.npz, made by golden/make_losses.py."""

import ast
from pathlib import Path
from typing import NamedTuple

import numpy as np

with np.load(Path(__file__).parents[1] / "golden" / "losses.npz") as file:
    GOLDEN = {key: file[key] for key in file.files}


class Case(NamedTuple):
    """One call: what the other library's call is, and minigen's, of which array, and what comes out."""

    theirs: str
    here: str
    predictions: str
    y: np.ndarray
    dy: np.ndarray


def cases():
    """Every case of the file."""
    y, dy = iter(GOLDEN["y"]), iter(GOLDEN["dy"])
    for (theirs, here, name), text in zip(GOLDEN["calls"].tolist(), GOLDEN["shapes"].tolist(), strict=True):
        shape, of_predictions = ast.literal_eval(text), GOLDEN[name].shape
        value = np.array([next(y) for _ in range(np.prod(shape, dtype=int))]).reshape(shape)
        gradient = np.array([next(dy) for _ in range(np.prod(of_predictions))]).reshape(of_predictions)
        yield Case(theirs, here, name, value, gradient)
    assert not list(y) and not list(dy)


CASES = list(cases())


def group(prefix):
    """{name: array} of the arrays whose keys begin with `prefix`/."""
    return {key.partition("/")[2]: a for key, a in GOLDEN.items() if key.startswith(f"{prefix}/")}
