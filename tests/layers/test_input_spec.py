"""InputSpec: what it admits, and which number of features it takes from a shape."""

import numpy as np
import pytest
from helpers.refusals import refused

from minigen import Tensor
from minigen.layers.input_spec import FEATURES, IMAGES, SEQUENCES, InputSpec


@pytest.mark.parametrize(
    ("spec", "shape", "dtype", "admitted"),
    [
        (InputSpec(), (3,), "int64", True),
        (InputSpec(), (), "float32", False),
        (InputSpec("integer"), (3,), "float32", False),
        (InputSpec(ndim=3), (1, 2, 3), "float32", True),
        (InputSpec(ndim=3), (1, 2, 3, 4), "float32", False),
        (InputSpec(ndim=3), (0, 2, 3), "float32", True),
        (InputSpec(ndim=3), (1, 0, 3), "float32", False),
        (InputSpec(min_ndim=2, features=5), (2, 3, 5), "float32", True),
        (InputSpec(min_ndim=2, features=5), (2, 5, 3), "float32", False),
    ],
)
def test_dtype_axes_and_features_are_compared(spec, shape, dtype, admitted):
    assert spec.admits(Tensor(np.ones(shape, dtype))) is admitted
    assert not spec.admits(np.ones(shape, dtype))


def test_of_a_list_the_first_is_compared():
    x = Tensor(np.ones((2, 3, 4), "float32"))
    assert SEQUENCES.admits([x, "a state"]) and not FEATURES.admits([x, "a state"])


@pytest.mark.parametrize(
    ("spec", "shape"), [(FEATURES, (None, 7)), (FEATURES, (2, 3, 7)), (SEQUENCES, (2, 3, 7)), (IMAGES, (2, 5, 5, 7))]
)
def test_the_features_of_a_shape(spec, shape):
    assert spec.with_features("Mine", shape).features == 7 and spec.features is None


@pytest.mark.parametrize(
    ("spec", "shape", "expected"),
    [
        (FEATURES, (7,), "(batch, features)"),
        (SEQUENCES, (2, 7), "(batch, steps, features)"),
        (IMAGES, (2, 5, 7), "(images, rows, columns, channels)"),
    ],
)
def test_the_shape_of_other_data_is_refused(spec, shape, expected):
    with refused(ValueError, where="Mine", expected=expected):
        spec.with_features("Mine", shape)
