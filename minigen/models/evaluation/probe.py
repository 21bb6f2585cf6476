"""What is in a code? A linear classifier on top of it tells (section 9.2.5)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import backend
from ...arguments import checks_arguments
from ...checks import positive_integer
from ...errors import message
from ...layers import Dense, Input
from ...model import Sequential
from ...optimizers import Adam, LinearDecay

BATCH, RATE = 200, 0.02


@checks_arguments
def linear_probe(z: Any, y: Any, z_test: Any, y_test: Any, steps: int = 2000) -> float:
    """The accuracy in [0, 1] of softmax(z W + b), trained on codes z (n, dim) and labels y, for other codes z_test.

    It says how much of the class can be read from the code along straight borders: the encoder has to have sorted the
    images, because a linear map cannot. Columns are brought to mean 0 and deviation 1 first; a step of the training
    takes 200 codes. The draws of the caller are not touched. Raises ValueError for codes that are not finite or that
    differ in width, and for labels that are not integers, one for each code; a label that was not there in training
    counts as missed. Source: Alain and Bengio 2017.
    """
    fix = "linear_probe(z_train, y_train, z_test, y_test), codes (n, dim)"
    z, z_test = (backend.finite_array("linear_probe: codes", a, 2, fix).astype("float64") for a in (z, z_test))
    if 0 in z.shape or len(z_test) == 0 or z.shape[1] != z_test.shape[1]:
        expected, got = "codes of one width, some of each", f"{z.shape} and {z_test.shape}"
        raise ValueError(message("linear_probe: codes", expected=expected, got=got, fix=fix))
    steps = positive_integer("linear_probe: steps", steps, "steps=2000")
    y, y_test = _labels("linear_probe: y", y, len(z)), _labels("linear_probe: y_test", y_test, len(z_test))
    classes, y = np.unique(y, return_inverse=True)
    largest = np.maximum(np.abs(z).max(axis=0), np.finfo("float64").tiny)  # squares of huge codes would overflow
    mean, deviation = (z / largest).mean(axis=0), (z / largest).std(axis=0)
    deviation[deviation < 1e-9] = np.inf  # a column that is the same for all training codes says nothing
    scaled, scaled_test = ((codes / largest - mean) / deviation for codes in (z, z_test))
    with backend.own_draws(0):
        model = Sequential([Input(shape=(z.shape[1],)), Dense(len(classes), "softmax")])
        model.compile(Adam(LinearDecay(RATE, steps)), "sparse_categorical_crossentropy")
        epochs = math.ceil(steps / math.ceil(len(z) / BATCH))
        model.fit(scaled, y, batch_size=BATCH, epochs=epochs, verbose=0)
    return float((classes[model.predict(scaled_test).argmax(axis=1)] == y_test).mean())


def _labels(where: str, y: Any, n: int) -> np.ndarray:
    """n integers."""
    fix = 'integer labels, such as y.astype("int64") or y.argmax(axis=1); for a number the error of np.linalg.lstsq'
    y = backend.finite_array(where, y, 1, fix)
    if y.dtype.kind not in "iub" or len(y) != n:
        raise ValueError(message(where, expected=f"{n} integers", got=f"{y.dtype}, {len(y)} of them", fix=fix))
    return y
