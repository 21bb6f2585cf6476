"""The masked convolution kernels equal the convolution with a kernel whose dead taps are zero, whatever the sizes."""

import numpy as np
import pytest
from helpers.slides import assert_equal, channels, draw, images, sixty_examples
from hypothesis import given
from hypothesis import strategies as st

from minigen.kernels import conv, masked
from minigen.kernels.windows import lay

odd = st.sampled_from([1, 3, 5])
sizes = st.integers(1, 6)


def only_live(w, sees_itself):
    """w with zeros at the taps that come behind the middle one, or from it on."""
    kh, kw = w.shape[:2]
    return w * (np.arange(kh * kw).reshape(kh, kw, 1, 1) < kh * kw // 2 + sees_itself)


@pytest.mark.parametrize("sees_itself", [False, True])
@sixty_examples
@given(h=sizes, w=sizes, kh=odd, kw=odd, n=images, c=channels, o=channels)
def test_masked_conv2d_and_its_gradients(sees_itself, h, w, kh, kw, n, c, o):
    if kh * kw == 1 and not sees_itself:
        return  # no tap is left
    x, kernel, b = draw(n, h, w, c), draw(kh, kw, c, o, seed=1), draw(o, seed=2)
    g, axes = draw(n, h, w, o, seed=9), lay("test", (h, w), (kh, kw), (1, 1), "same", (1, 1))
    y = conv.conv2d(x, only_live(kernel, sees_itself), axes) + b
    dx = conv.input_gradient(g, only_live(kernel, sees_itself), axes)
    dw = only_live(conv.kernel_gradient(x, g, axes), sees_itself)
    assert_equal([masked.masked_conv2d(x, kernel, sees_itself, b)], [y])
    assert_equal([masked.masked_conv2d(x, kernel, sees_itself, b, relu=True)], [np.maximum(y, 0)])
    assert_equal(masked.masked_conv2d_gradients(x, kernel, g, sees_itself), [dx, dw])
    nothing, found = masked.masked_conv2d_gradients(x, kernel, g, sees_itself, needs_dx=False)
    assert nothing is None
    assert_equal([found], [dw])


@pytest.mark.parametrize("sees_itself", [False, True])
def test_live_taps_and_back(sees_itself):
    w = draw(3, 5, 2, 4)
    matrix = masked.live(w, sees_itself)
    assert matrix.shape == ((7 + sees_itself) * 2, 4)
    np.testing.assert_array_equal(masked.with_masked_taps(matrix, w.shape, sees_itself), only_live(w, sees_itself))
