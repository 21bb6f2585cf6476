"""The pooling kernels equal the loops, whatever the sizes and the ties."""

import numpy as np
from helpers import loops
from helpers.slides import assert_equal, channels, draw, images, results, sixty_examples, slides
from hypothesis import given

from minigen import ops
from minigen.kernels import pool


@sixty_examples
@given(slide=slides(dilations=1), n=images, c=channels)
def test_max_pool2d_and_its_gradient(slide, n, c):
    x, pooling = draw(n, *slide.image, c), (slide.taps, slide.strides, slide.padding)
    y, dx = results(lambda x: ops.max_pool2d(x, *pooling), x)
    expected, first = loops.max_pool2d(x, *pooling)
    assert_equal([y, dx], [expected, loops.max_pool2d_gradient(x, draw(*y.shape, seed=9), *pooling)])
    np.testing.assert_array_equal(pool.max_pool2d(x, slide.axes)[1], first)


@sixty_examples
@given(slide=slides(dilations=1), n=images, c=channels)
def test_max_pool2d_of_many_ties(slide, n, c):
    """Images of 0 and 1, in which almost every window has several largest numbers."""
    x, pooling = (draw(n, *slide.image, c) > 0.5).astype("float64"), (slide.taps, slide.strides, slide.padding)
    y, dx = results(lambda x: ops.max_pool2d(x, *pooling), x)
    expected = loops.max_pool2d(x, *pooling)[0]
    assert_equal([y, dx], [expected, loops.max_pool2d_gradient(x, draw(*y.shape, seed=9), *pooling)])


@sixty_examples
@given(slide=slides(dilations=1), n=images, c=channels)
def test_average_pool2d_and_its_gradient(slide, n, c):
    x, windows = draw(n, *slide.image, c), (slide.taps, slide.strides, slide.padding)
    y, dx = results(lambda x: ops.average_pool2d(x, *windows), x)
    share = draw(*y.shape, seed=9) / loops.window_sum(np.ones(x.shape), *windows)
    assert_equal([y, dx], [loops.average_pool2d(x, *windows), loops.window_spread(share, slide.image, *windows)])
