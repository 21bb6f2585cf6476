"""Two layers at once give what the one gives after the other."""

import numpy as np
import pytest
from helpers import loops
from helpers.op_table import OPS, draws
from helpers.parameters import tensors
from helpers.slides import assert_equal, channels, draw, images, results, sixty_examples, slides
from hypothesis import given
from hypothesis import strategies as st

import minigen
from minigen import ops


def conv_max_pool(x, w, b):
    return loops.max_pool2d(loops.conv2d(x, w, padding="same") + b, (2, 2), (2, 2), "same")[0]


def conv_max_pool_overlap(x, w):
    return loops.max_pool2d(loops.conv2d(x, w, (1, 2)), (3, 3), (1, 1))[0]


FORMULAS = {
    "conv_max_pool2d": conv_max_pool,
    "conv_max_pool2d_overlap": conv_max_pool_overlap,
    "up_sampling_conv2d": lambda x, w, b: loops.conv2d(loops.up_sampling2d(x, (2, 2)), w, padding="same") + b,
    "up_sampling_conv2d_relu": lambda x, w, b: np.maximum(
        loops.conv2d(loops.up_sampling2d(x, (2, 2)), w, padding="same") + b, 0
    ),
    "up_sampling_conv2d_to_one_channel": lambda x, w: loops.conv2d(loops.up_sampling2d(x, (3, 2)), w),
}


# ---- the value, in plain NumPy


@pytest.mark.parametrize("name", FORMULAS)
def test_value_is_the_formula(name, xp):
    arrays = draws(name)
    minigen.seed(5)
    y = OPS[name][0](*tensors(arrays))
    expected = FORMULAS[name](*arrays)
    assert y.shape == np.shape(expected)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12, atol=1e-12)


# ---- fused equals unfused


@sixty_examples
@given(slide=slides(), pooling=slides(dilations=1), n=images, c=channels, o=channels, bias=st.booleans())
def test_conv_max_pool2d_is_conv2d_and_max_pool2d(slide, pooling, n, c, o, bias):
    if any(k > m for k, m in zip(pooling.taps, loops.counts(slide.image, slide.taps, *slide.how), strict=True)):
        pooling = pooling._replace(padding="same")

    def fused(x, w, b=None):
        return ops.conv_max_pool2d(x, w, b, *slide.how, pooling.taps, pooling.strides, pooling.padding)

    def unfused(x, w, b=None):
        return ops.max_pool2d(ops.conv2d(x, w, b, *slide.how), pooling.taps, pooling.strides, pooling.padding)

    arrays = [draw(n, *slide.image, c), draw(*slide.taps, c, o, seed=1), draw(o, seed=2)][: 3 if bias else 2]
    assert_equal(results(fused, *arrays), results(unfused, *arrays))


@sixty_examples
@given(slide=slides(), size=st.tuples(channels, channels), n=images, c=channels, o=channels, bias=st.booleans())
def test_up_sampling_conv2d_is_up_sampling2d_and_conv2d(slide, size, n, c, o, bias):
    def fused(x, w, b=None):
        return ops.up_sampling_conv2d(x, w, b, size, slide.padding)

    def unfused(x, w, b=None):
        return ops.conv2d(ops.up_sampling2d(x, size), w, b, padding=slide.padding)

    arrays = [draw(n, *slide.image, c), draw(*slide.taps, c, o, seed=1), draw(o, seed=2)][: 3 if bias else 2]
    assert_equal(results(fused, *arrays), results(unfused, *arrays))
