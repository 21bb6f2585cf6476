"""Winograd's convolutions equal the loops, whatever the sizes, and are as exact as patches times the kernel."""

import tracemalloc

import numpy as np
import pytest
from helpers import loops
from helpers.runs import same
from helpers.slides import assert_equal, channels, draw, images, results, sixty_examples, use_threads
from hypothesis import given
from hypothesis import strategies as st

import minigen
from minigen import Tensor, gradcheck, ops
from minigen.kernels import blocks, conv, routes, winograd
from minigen.kernels.windows import lay

ROUTES = ["winograd_output", "winograd_kernel_gradient", "winograd_input_gradient", "winograd_both"]


@st.composite
def geometries(draw):
    """((rows, columns), padding) of images under 3 x 3 taps: even, odd, and of one pixel or one window."""
    padding = draw(st.sampled_from(["same", "valid"]))
    size = st.integers(1 if padding == "same" else 3, 8)
    return (draw(size), draw(size)), padding


def by_winograd(patch, chosen=True):
    """Every convolution of 3 x 3 taps with stride and dilation 1, or none."""

    def is_chosen(images, axes, *_):
        return chosen and all(axis.taps == 3 and axis.stride == axis.dilation == 1 for axis in axes)

    for name in ROUTES:
        patch.setattr(routes, name, is_chosen)


@pytest.fixture
def only_winograd(monkeypatch):
    by_winograd(monkeypatch)


# ---- the fast code equals the loops


def test_one_tile_by_hand():
    """d = (0, 1, 2, 3; 4, ...; ...) under taps that are all 1: the sums of 3 x 3 numbers."""
    d = np.arange(16.0).reshape(1, 4, 4, 1)
    y, dw = winograd.gather(
        d, lay("test", (4, 4), (3, 3), (1, 1), "valid"), np.ones((3, 3, 1, 1)), g=np.ones((1, 2, 2, 1))
    )
    assert y.ravel().tolist() == [45, 54, 81, 90]
    assert dw.ravel().tolist() == [10, 14, 18, 26, 30, 34, 42, 46, 50]  # each tap covers 2 x 2 numbers


@sixty_examples
@given(geometry=geometries(), n=images, c=channels, o=channels)
def test_both_functions_give_the_numbers_of_the_loops(geometry, n, c, o):
    size, padding = geometry
    axes = lay("test", size, (3, 3), (1, 1), padding)
    x, w, g = draw(n, *size, c), draw(3, 3, c, o, seed=1), draw(n, axes[0].count, axes[1].count, o, seed=2)
    dw = loops.conv2d_kernel_gradient(x, w, g, padding=padding)
    assert_equal(winograd.gather(x, axes, w, g=g), [loops.conv2d(x, w, padding=padding), dw])
    dx = loops.conv2d_input_gradient(x, w, g, padding=padding)
    assert_equal(winograd.gather_gradients(g, axes, w, x), [dx, dw])
    assert winograd.gather(x, axes, w)[1] is winograd.gather(x, axes, g=g)[0] is None


@sixty_examples
@given(geometry=geometries(), n=images, c=channels, o=channels, bias=st.booleans(), relu=st.booleans())
@pytest.mark.parametrize("f", [ops.conv2d, ops.conv2d_transpose])
def test_the_ops_give_the_numbers_of_the_other_ways(f, geometry, n, c, o, bias, relu):
    """With the bias and the relu in the same op: their gradients take g block by block."""
    size, padding = geometry
    kernel = (3, 3, c, o) if f is ops.conv2d else (3, 3, o, c)
    arrays = [draw(n, *size, c), draw(*kernel, seed=1), draw(o, seed=2)][: 3 if bias else 2]
    found = []
    for chosen in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            use_threads(patch, 2, block_bytes=64)
            by_winograd(patch, chosen)
            found.append(results(lambda x, w, b=None: f(x, w, b, padding=padding, relu=relu), *arrays))
    assert_equal(*found)


@pytest.mark.parametrize("needs", [(1, 1, 1), (1, 0, 1), (0, 1, 1)])
def test_every_block_of_g_is_computed_once(needs, monkeypatch, only_winograd):
    """The gradient of the relu is computed when the convolution asks for it."""
    use_threads(monkeypatch, 2, block_bytes=64)
    asked = []
    g = blocks.Lazy((5, 6, 6, 2), np.dtype("float64"), lambda block: asked.append(block.start) or np.ones((1, 6, 6, 2)))
    axes = lay("test", (6, 6), (3, 3), (1, 1), "same")
    conv.conv2d_gradients(draw(5, 6, 6, 2), draw(3, 3, 2, 2), g, axes, needs[:2])
    assert sorted(asked) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("f", [ops.conv2d, ops.conv2d_transpose, ops.conv_max_pool2d])
def test_gradients_of_first_and_second_order(f, only_winograd):
    x, w, b = draw(2, 5, 4, 2), draw(3, 3, 2, 2, seed=1), draw(2, seed=2)
    gradcheck(f, [x, w, b], order=2)


# ---- how exact


def test_float32_is_as_exact_as_patches_times_the_kernel():
    """Against float64, in units of the largest number: 3e-7 in place of 9e-7 for y and dL/dx, 6e-7 for 4e-7 for dL/dw.

    The 16 products sum over 48 channels each, and a patch over 432 numbers; dL/dw is a sum over tiles, and the
    numbers of a tile are sums already.
    """
    axes = lay("test", (14, 14), (3, 3), (1, 1), "same")
    x, w, g = draw(4, 14, 14, 48), draw(3, 3, 48, 48, seed=1), draw(4, 14, 14, 48, seed=2)
    exact = conv.conv2d(x, w, axes), *conv.conv2d_gradients(x, w, g, axes, [True, True])
    x, w, g = (a.astype("float32") for a in (x, w, g))
    found = winograd.gather(x, axes, w)[0], *winograd.gather_gradients(g, axes, w, x)
    for values, right in zip(found, exact, strict=True):
        assert values.dtype == "float32"
        assert abs(values - right).max() < 1e-6 * abs(right).max()


# ---- threads and memory


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_number_of_threads_gives_the_same_bits_each_time(threads, monkeypatch):
    """And the numbers of one block, to rounding."""
    axes = lay("test", (14, 13), (3, 3), (1, 1), "same")
    x, w, g = (draw(*shape, dtype="float32") for shape in ((17, 14, 13, 48), (3, 3, 48, 48), (17, 14, 13, 48)))

    def run():
        return [*winograd.gather(x, axes, w, g=g), *winograd.gather_gradients(g, axes, w, x)]

    use_threads(monkeypatch, 1, block_bytes=1 << 40)
    alone = run()
    use_threads(monkeypatch, threads, block_bytes=1 << 20)
    first = run()
    assert same(first, run())
    for a, b in zip(first, alone, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=2e-6 * abs(b).max())


def test_a_step_needs_little_memory_beside_its_results(monkeypatch):
    """The tiles of all images would be four times as large as the images."""
    use_threads(monkeypatch, 2, blocks.BLOCK_BYTES)
    axes = lay("test", (28, 28), (3, 3), (1, 1), "same")
    x, w = np.ones((64, 28, 28, 64), "float32"), np.ones((3, 3, 64, 64), "float32")
    tracemalloc.start()
    try:
        winograd.gather_gradients(x, axes, w, x)
        needed = tracemalloc.get_traced_memory()[1] - x.nbytes
    finally:
        tracemalloc.stop()
    assert needed < x.nbytes


# ---- where it is chosen


def test_a_trace_says_so():
    x = Tensor(np.ones((16, 14, 14, 48), "float32"), requires_grad=True)
    w = Tensor(np.ones((3, 3, 48, 48), "float32"), requires_grad=True)
    with minigen.trace() as t:
        ops.conv2d(x, w, padding="same").sum().backward()
        ops.conv2d_transpose(x.numpy(), w, padding="same", relu=True)
    ways = [row.way for row in t.rows]
    assert ways == ["y by Winograd, both gradients by Winograd", "", "with relu, y by Winograd"]


def test_all_functions_take_it_where_it_is_chosen(monkeypatch, only_winograd):
    """The other ways would give the same numbers."""
    calls = []
    gather = winograd.gather
    monkeypatch.setattr(winograd, "gather", lambda *args, **named: calls.append(1) or gather(*args, **named))
    axes = lay("test", (4, 4), (3, 3), (1, 1), "same")
    x, w = draw(2, 4, 4, 3), draw(3, 3, 3, 3)
    conv.conv2d(x, w, axes)
    conv.input_gradient(x, w, axes)
    conv.kernel_gradient(x, x, axes)
    conv.conv2d_gradients(x, w, x, axes, [True, True])
    conv.input_gradient_gradients(x, w, x, axes, [True, True])
    assert len(calls) == 5
