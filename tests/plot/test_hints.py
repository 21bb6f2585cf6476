"""What to write for arrays that are no images. test_images.py and test_images_kinds.py follow the hints."""

import numpy as np
import pytest

from minigen.plot.hints import fix_of_range, fix_of_shape


@pytest.mark.parametrize(
    "shape, image_shape",
    [((5, 28, 28), None), ((5, 784), None), ((5, 9, 8, 3), None), ((5, 72), (9, 8)), ((5, 9, 8), (9, 8, 1))],
)
def test_images_need_no_hint(shape, image_shape):
    assert fix_of_shape(shape, image_shape, counted=False) == ""


def test_a_shape_with_two_meanings_has_a_hint_unless_the_images_are_counted():
    for shape in ((64, 64), (28, 28, 3), (28, 28, 1)):
        assert "x[None]" in fix_of_shape(shape, None, counted=False)
        assert fix_of_shape(shape, None, counted=True) == ""


@pytest.mark.parametrize(
    "pixels, got, fix",
    [
        ([0, 255], "[0, 255]", "(0, 255)"),
        ([0.0, 200.5], "[0, 200.5]", "(0, 255)"),
        ([-1.0, 1.0], "[-1, 1]", "(-1, 1)"),
        ([0.0, 1.25], "[0, 1.25]", "np.clip(x, 0, 1)"),
        ([0, 300], "[0, 300]", "x.max()"),
        ([-1, 255], "[-1, 255]", "x.max()"),
        ([0.0, np.nan], "1 pixels that are NaN", "np.nan_to_num"),
    ],
)
def test_hints_for_every_range(pixels, got, fix):
    found = fix_of_range(np.array(pixels))
    assert got in found[0] and fix in found[1]
