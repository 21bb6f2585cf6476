"""Black and white: by a threshold and by a draw."""

import numpy as np
import pytest
from helpers.autoregressive import DIGITS
from helpers.refusals import refused

from minigen import Tensor
from minigen.datasets import binarize
from minigen.datasets.binary import how_text


def test_binarize_by_a_threshold_and_by_a_draw():
    x = np.array([[0.0, 0.3, 0.5, 0.6, 1.0]], "float32")
    np.testing.assert_array_equal(binarize(x, 0.5), [[0, 0, 0, 1, 1]])
    np.testing.assert_array_equal(binarize(x, 0), [[0, 1, 1, 1, 1]])
    drawn = binarize(np.tile(x, (20_000, 1)), "sample")
    np.testing.assert_allclose(drawn.mean(axis=0), x[0], atol=0.015)
    assert drawn.dtype == np.float32 and drawn[:, 0].sum() == 0 and drawn[:, 4].all()
    np.testing.assert_array_equal(binarize(x, "sample", seed=4), binarize(Tensor(x), "sample", seed=4))
    assert (binarize(DIGITS, "sample", seed=4) != binarize(DIGITS, "sample", seed=5)).any()


def test_a_score_can_say_how_its_data_was_made():
    assert how_text("sample") == "pixels drawn with probability x" and how_text(0.5) == "pixels > 0.5"


@pytest.mark.parametrize("how", [None, "threshold", True, 1, 1.5, -0.1, np.nan, [0.5]])
def test_binarize_wants_to_be_told_how(how):
    with refused(ValueError, "binarize: how"):
        binarize(DIGITS, how)


def test_binarize_takes_images_in_0_to_1():
    with refused(ValueError, "binarize"):
        binarize(DIGITS * 255, 0.5)
    with refused(TypeError, "binarize"):
        binarize((DIGITS * 255).astype("uint8"), 0.5)
    with refused(ValueError, "binarize"):
        binarize(np.full(3, np.nan), 0.5)
    with pytest.raises(TypeError, match="how"):
        binarize(DIGITS)
