"""A relu inside a convolution: the same numbers, whatever the blocks and whichever gradients are needed."""

import numpy as np
import pytest
from helpers.slides import assert_equal, channels, draw, images, results, sixty_examples, slides, use_threads
from hypothesis import given
from hypothesis import strategies as st

from minigen import Tensor, ops
from minigen.kernels.relu import sum_of_rows


@sixty_examples
@given(slide=slides(), n=images, c=channels, o=channels, bias=st.booleans(), transposed=st.booleans())
def test_a_relu_inside_is_the_relu_outside(slide, n, c, o, bias, transposed):
    """In many blocks, on two threads: the gradient of the bias is the sum over all of them."""
    f, kernel = (ops.conv2d_transpose, (o, c)) if transposed else (ops.conv2d, (c, o))
    arrays = [draw(n, *slide.image, c), draw(*slide.taps, *kernel, seed=1), draw(o, seed=2)][: 3 if bias else 2]

    def outside(x, w, b=None):
        return ops.relu(f(x, w, b, *slide.how))

    def inside(x, w, b=None):
        return f(x, w, b, *slide.how, relu=True)

    with pytest.MonkeyPatch.context() as patch:
        use_threads(patch, 2, block_bytes=64)
        assert_equal(results(inside, *arrays), results(outside, *arrays))


@pytest.mark.parametrize("needed", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 1), (1, 1, 0)])
@pytest.mark.parametrize("f", [ops.conv2d, ops.conv2d_transpose])
def test_some_gradients_through_a_relu_inside(f, needed):
    arrays = draw(3, 4, 5, 2), draw(3, 2, 2, 2, seed=1), draw(2, seed=2)
    found = []
    for relu in (True, False):
        x, w, b = (Tensor(a, requires_grad=bool(need)) for a, need in zip(arrays, needed, strict=True))
        y = f(x, w, b, relu=relu)
        ((y if relu else ops.relu(y)) * draw(*y.shape, seed=9)).sum().backward()
        found.append([t.grad for t in (x, w, b) if t.requires_grad])
    assert len(found[0]) == sum(needed)
    assert_equal(*found)


def test_sum_of_rows():
    rows = draw(1000, 3, dtype="float32")
    np.testing.assert_allclose(sum_of_rows(rows), rows.sum(axis=0, dtype="float64"), rtol=1e-5, atol=1e-5)
