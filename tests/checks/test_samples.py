"""Samples that are read batch by batch: shapes, ranges and indices that are none, and what read() may not return."""

import numpy as np
import pytest
from helpers.refusals import refused
from helpers.streamed import Counted, X

from minigen import metrics, models, plot
from minigen.streams import Streamed


@pytest.mark.parametrize(
    ("samples", "kind"),
    [
        (lambda i: np.zeros((len(i), 4), "uint8"), TypeError),
        (lambda i: [[0.0] * 4 for _ in i], TypeError),
        (lambda i: None, TypeError),
        (lambda i: np.zeros((len(i), 5)), ValueError),
        (lambda i: np.zeros((len(i) + 1, 4)), ValueError),
    ],
)
def test_what_read_may_not_return(samples, kind):
    x = Streamed((8, 4), (0.0, 1.0))
    x.read = samples
    with refused(kind, where="Streamed.read"):
        x[:3]


@pytest.mark.parametrize("index", [1.5, (1, 2), 50, -51, "a", None, [[1, 2]], np.array([0.5]), [True]])
def test_other_indices_are_refused(index):
    with refused(IndexError, where="Counted: index", expected="50 samples"):
        Counted(X)[index]


@pytest.mark.parametrize(
    "use", [np.asarray, lambda x: plot.rows(x), lambda x: models.PCA(x, 2), lambda x: metrics.binary_entropy(x)]
)
def test_where_all_samples_are_needed_it_says_how_to_read_some(use):
    with refused(TypeError, where="all samples at once", fix="x[:1000]"):
        use(Counted(X))


@pytest.mark.parametrize("shape", [(), 5, None, (3, -1), (2.5,), (True, 2), "ab"])
def test_shapes_that_are_none(shape):
    with refused(ValueError, where="Streamed: shape"):
        Streamed(shape, (0.0, 1.0))


@pytest.mark.parametrize("data_range", [(1, 0), (0, 0), (0,), None, (0, np.inf), (np.nan, 1), "01"])
def test_ranges_that_are_none(data_range):
    with refused(ValueError, where="Streamed: data_range"):
        Streamed((3, 4), data_range)
