"""The convolution kernels equal the loops, whatever the sizes, and need little memory."""

import tracemalloc

import numpy as np
from helpers import loops
from helpers.slides import assert_equal, channels, draw, images, results, sixty_examples, slides, use_threads
from hypothesis import given

from minigen import Tensor, ops
from minigen.kernels import blocks, conv

# ---- the fast code equals the loops


@sixty_examples
@given(slide=slides(), n=images, c=channels, o=channels)
def test_conv2d_and_its_gradients(slide, n, c, o):
    x, w, b = draw(n, *slide.image, c), draw(*slide.taps, c, o, seed=1), draw(o, seed=2)
    y, dx, dw, db = results(lambda x, w, b: ops.conv2d(x, w, b, *slide.how), x, w, b)
    g = draw(*y.shape, seed=9)
    expected_dx = loops.conv2d_input_gradient(x, w, g, *slide.how)
    expected_dw = loops.conv2d_kernel_gradient(x, w, g, *slide.how)
    assert_equal([y, dx, dw, db], [loops.conv2d(x, w, *slide.how) + b, expected_dx, expected_dw, g.sum(axis=(0, 1, 2))])
    assert_equal([conv.input_gradient(g, w, slide.axes)], [expected_dx])
    assert_equal([conv.kernel_gradient(x, g, slide.axes)], [expected_dw])


@sixty_examples
@given(slide=slides(), n=images, c=channels, o=channels)
def test_conv2d_transpose_and_its_gradients(slide, n, c, o):
    """Its gradient to x is the convolution, and its gradient to w that of the convolution with x and g exchanged."""
    x, w, b = draw(n, *slide.image, c), draw(*slide.taps, o, c, seed=1), draw(o, seed=2)
    y, dx, dw, db = results(lambda x, w, b: ops.conv2d_transpose(x, w, b, *slide.how), x, w, b)
    g = draw(*y.shape, seed=9)
    expected_dw = loops.conv2d_kernel_gradient(g, w, x, *slide.how)
    expected = [loops.conv2d_transpose(x, w, *slide.how) + b, loops.conv2d(g, w, *slide.how), expected_dw]
    assert_equal([y, dx, dw, db], [*expected, g.sum(axis=(0, 1, 2))])


@sixty_examples
@given(slide=slides(), n=images, c=channels, o=channels)
def test_the_transposed_convolution_is_the_adjoint(slide, n, c, o):
    """⟨conv2d(x, w), y⟩ = ⟨x, conv2d_transpose(y, w)⟩ for every x, y and w"""
    y, w = draw(n, *slide.image, o), draw(*slide.taps, c, o, seed=1)
    back = ops.conv2d_transpose(y, w, None, *slide.how)
    x = draw(*back.shape, seed=2)
    there = ops.conv2d(x, w, None, *slide.how)
    scale = np.linalg.norm(there) * np.linalg.norm(y)
    assert abs((there * y).sum() - (x * back).sum()) <= 1e-12 * scale


# ---- memory


def test_a_training_step_needs_little_memory_beside_its_results(monkeypatch):
    """(128, 28, 28, 32) * (3, 3, 32, 32): the patches of all images would be a matrix of 115 MB."""
    use_threads(monkeypatch, 2, blocks.BLOCK_BYTES)
    x = Tensor(np.ones((128, 28, 28, 32), "float32"), requires_grad=True)
    w = Tensor(np.ones((3, 3, 32, 32), "float32"), requires_grad=True)
    tracemalloc.start()
    try:
        y = ops.conv2d(x, w, padding="same")
        forward = tracemalloc.get_traced_memory()[1] - y.data.nbytes
        g = np.ones_like(y.data)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        conv.conv2d_gradients(x.data, w.data, g, y.op.axes, [True, True])
        backward = tracemalloc.get_traced_memory()[1] - before - x.data.nbytes
    finally:
        tracemalloc.stop()
    # Two threads hold 2 MiB of patches each, their products, and the images that they come from with a border: 7 MB.
    assert max(forward, backward) < x.data.nbytes
