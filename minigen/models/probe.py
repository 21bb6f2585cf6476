"""What is in a code? A linear classifier on top of it tells (section 9.2.5)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import backend, losses, metrics
from ..errors import message
from ..layers import Dense, Input
from ..model import Sequential
from ..optimizers import Adam, LinearDecay

STEPS, BATCH, RATE = 2000, 200, 0.02


def linear_probe(z: Any, y: Any, z_test: Any, y_test: Any) -> float:
    """The accuracy in [0, 1] of softmax(z W + b), trained on codes z (n, dim) and labels y, for other codes z_test.

    It says how much of the class can be read from the code along straight borders: the encoder has to have sorted the
    images, because a linear map cannot. Columns are brought to mean 0 and deviation 1 first. The draws of the caller
    are not touched. Raises ValueError for codes that are not finite or that differ in width, and for labels that are
    not integers from 0, one for each code. Source: Alain and Bengio 2017.
    """
    write = "linear_probe(z_train, y_train, z_test, y_test), codes (n, dim)"
    z, z_test = (backend.finite_array("linear_probe: codes", a, 2, write).astype("float64") for a in (z, z_test))
    if len(z) == 0 or len(z_test) == 0 or z.shape[1] != z_test.shape[1]:
        expected, got = "codes of one width, some of each", f"{z.shape} and {z_test.shape}"
        raise ValueError(message("linear_probe: codes", expected=expected, got=got, write=write))
    classes = int(np.max(backend.to_numpy(y), initial=1)) + 1
    y = losses.check_labels("linear_probe: y", y, (len(z), classes))
    y_test = losses.check_labels("linear_probe: y_test", y_test, (len(z_test), classes))
    mean, deviation = z.mean(axis=0), np.maximum(z.std(axis=0), 1e-12)
    state = backend.random_state()
    backend.seed(0)
    model = Sequential([Input(shape=(z.shape[1],)), Dense(classes, "softmax")])
    model.compile(Adam(LinearDecay(RATE, STEPS)), "sparse_categorical_crossentropy")
    epochs = math.ceil(STEPS / math.ceil(len(z) / BATCH))
    model.fit((z - mean) / deviation, y, batch_size=BATCH, epochs=epochs, verbose=0)
    backend.set_random_state(state)
    return metrics.accuracy(y_test, model.predict((z_test - mean) / deviation))
