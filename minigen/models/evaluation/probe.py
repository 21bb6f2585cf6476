"""A linear probe: how much of the class can be read from a code by a linear classifier (section 9.2.5)."""

from __future__ import annotations

import math

import numpy as np

from ... import backend
from ...arguments import checks_arguments
from ...checks.values import positive_integer
from ...metrics.checks import labels_of
from ...optimizers import Adam, LinearDecay
from ...types import ArrayLike
from ..checks import rows
from .classifier import logistic_regression

BATCH, RATE = 200, 0.02
LABELS = 'integer labels, such as y.astype("int64") or y.argmax(axis=1); for a number the error of np.linalg.lstsq'


@checks_arguments
def linear_probe(z: ArrayLike, y: ArrayLike, z_test: ArrayLike, y_test: ArrayLike, steps: int = 2000) -> float:
    """Train softmax(z W + b) on codes z (n, dim) and labels y (n,); its accuracy in [0, 1] on other codes z_test.

    It measures how far the encoder has made the classes linearly separable. Columns are standardised to mean 0 and
    standard deviation 1 first. A training step takes 200 codes. The caller's random draws do not change. Test labels
    that do not occur in training count as errors. Source: Alain and Bengio 2017.

    Raises ValueError for codes that are not finite or differ in width, and unless each code has an integer label,
    TypeError for codes that are no arrays of numbers.
    """
    z = rows("linear_probe: codes", z)  # (n, dim)
    z_test = rows("linear_probe: codes", z_test, z.shape[1])  # (m, dim)
    steps = positive_integer("linear_probe: steps", steps, "steps=2000")
    y = labels_of("linear_probe: y", y, len(z), LABELS)
    y_test = labels_of("linear_probe: y_test", y_test, len(z_test), LABELS)
    classes, y = np.unique(y, return_inverse=True)
    largest = np.maximum(np.abs(z).max(axis=0), np.finfo("float64").tiny)  # (dim,); squares of huge codes overflow
    mean, deviation = (z / largest).mean(axis=0), (z / largest).std(axis=0)  # (dim,)
    deviation[deviation < 1e-9] = np.inf  # a column that is constant in training carries no information
    scaled, scaled_test = ((codes / largest - mean) / deviation for codes in (z, z_test))
    with backend.own_draws(0):
        model = logistic_regression(z.shape[1], len(classes))
        model.compile(Adam(LinearDecay(RATE, steps)), "sparse_categorical_crossentropy")
        epochs = math.ceil(steps / math.ceil(len(z) / BATCH))
        model.fit(scaled, y, batch_size=BATCH, epochs=epochs, verbose=0)
    return float((classes[model.predict(scaled_test).argmax(axis=1)] == y_test).mean())
