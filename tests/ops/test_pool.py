"""Pooling and up-sampling: values, three ways to make an image larger, ties and NaN."""

import numpy as np
import pytest
from helpers import loops
from helpers.op_table import OPS, TAPS, draws
from helpers.parameters import tensors
from helpers.slides import assert_equal, channels, draw, images, results, sixty_examples
from hypothesis import given
from hypothesis import strategies as st

import minigen
from minigen import Tensor, ops
from minigen.kernels import pool
from minigen.kernels.windows import lay


def window_sum_where(x):
    """Of each window of 2 x 2, what its tap of TAPS sees."""
    y = np.zeros(TAPS.shape)
    for i, j, r, q, a, b in loops.sights((4, 5), (2, 2), (2, 2), "same"):
        y[:, i, j] += x[:, a, b] * (TAPS[:, i, j] == 2 * r + q)
    return y


def window_spread_where(g):
    """Each number at the pixel that its tap of TAPS sees."""
    dx = np.zeros((2, 4, 5, 2))
    for i, j, r, q, a, b in loops.sights((4, 5), (2, 2), (2, 2), "same"):
        dx[:, a, b] += g[:, i, j] * (TAPS[:, i, j] == 2 * r + q)
    return dx


FORMULAS = {
    "max_pool2d": lambda x: loops.max_pool2d(x, (2, 2), (2, 2))[0],
    "max_pool2d_overlap": lambda x: loops.max_pool2d(x, (3, 3), (2, 1), "same")[0],
    "average_pool2d": lambda x: loops.average_pool2d(x, (2, 2), (2, 2)),
    "average_pool2d_overlap": lambda x: loops.average_pool2d(x, (3, 3), (2, 1), "same"),
    "window_sum": lambda x: loops.window_sum(x, (2, 2), (2, 2), "same"),
    "window_sum_where": window_sum_where,
    "window_spread": lambda g: loops.window_spread(g, (4, 5), (2, 2), (2, 2), "same"),
    "window_spread_where": window_spread_where,
    "up_sampling2d": lambda x: loops.up_sampling2d(x, (2, 3)),
    "up_sampling2d_bilinear": lambda x: loops.up_sampling2d_bilinear(x, (2, 3)),
    "zero_insertion2d": lambda x: loops.zero_insertion2d(x, (2, 3)),
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


# ---- the fast code equals the loops


@sixty_examples
@given(h=st.integers(1, 5), w=st.integers(1, 5), size=st.tuples(channels, channels), n=images, c=channels)
def test_up_sampling2d_and_zero_insertion2d(h, w, size, n, c):
    x = draw(n, h, w, c)
    y, dx = results(lambda x: ops.up_sampling2d(x, size), x)
    block_sums = loops.window_sum(draw(*y.shape, seed=9), size, size)
    assert_equal([y, dx], [loops.up_sampling2d(x, size), block_sums])
    y, dx = results(lambda x: ops.zero_insertion2d(x, size), x)
    assert_equal([y, dx], [loops.zero_insertion2d(x, size), draw(*y.shape, seed=9)[:, :: size[0], :: size[1]]])
    assert_equal([ops.up_sampling2d(x, size, "bilinear")], [loops.up_sampling2d_bilinear(x, size)])


# ---- three ways to make an image larger


def with_border(x, before, after):
    """x with so many zeros before and behind its rows and columns."""
    return ops.pad(x, [(0, 0), (before, after), (before, after), (0, 0)])


def test_nearest_up_sampling_is_zero_insertion_and_a_box_filter():
    """The chapter's words: up-sampling inserts zeros between the samples and is followed by a convolution."""
    x, box = draw(2, 4, 3, 3), np.ones((2, 2, 1, 1)) * np.eye(3)
    y = ops.conv2d(with_border(ops.zero_insertion2d(x), 1, 0), box)
    assert_equal([y], [ops.up_sampling2d(x)])


def test_nearest_up_sampling_is_a_transposed_convolution_with_ones():
    x, box = draw(2, 4, 3, 3), np.ones((2, 2, 1, 1)) * np.eye(3)
    assert_equal([ops.conv2d_transpose(x, box, strides=2)], [ops.up_sampling2d(x)])


def test_up_sampling_and_a_3x3_kernel_are_zero_insertion_and_a_blurred_4x4_kernel():
    x, w = draw(2, 4, 3, 3), draw(3, 3, 3, 2, seed=1)
    blurred = sum(np.pad(w, [(a, 1 - a), (b, 1 - b), (0, 0), (0, 0)]) for a in (0, 1) for b in (0, 1))
    y = ops.conv2d(with_border(ops.zero_insertion2d(x), 2, 1), blurred)
    assert_equal([y], [ops.conv2d(ops.up_sampling2d(x), w, padding="same")])


def test_up_sampling_by_1_changes_nothing():
    x = draw(2, 4, 3, 3)
    for f in (ops.up_sampling2d, ops.zero_insertion2d, lambda x, size: ops.up_sampling2d(x, size, "bilinear")):
        np.testing.assert_array_equal(f(x, 1), x)


# ---- ties, NaN, large windows


def gradient(f, x):
    """dL/dx for L = Σ f(x)"""
    x = Tensor(x, requires_grad=True)
    f(x).sum().backward()
    return minigen.to_numpy(x.grad)


def test_a_constant_image_sends_the_gradient_to_the_first_pixel_of_each_window(xp):
    dx = gradient(ops.max_pool2d, np.ones((1, 4, 4, 1), "float32"))[0, :, :, 0]
    np.testing.assert_array_equal(dx, [[1, 0, 1, 0], [0, 0, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]])
    dx = gradient(lambda x: ops.max_pool2d(x, 3, 2, "same"), np.ones((1, 3, 3, 1), "float32"))[0, :, :, 0]
    np.testing.assert_array_equal(dx, [[1, 1, 0], [1, 1, 0], [0, 0, 0]])


def test_the_zeros_of_a_relu_tie(xp):
    """A window of zeros: its first pixel. Two threes behind zeros: the first three."""
    x = np.array([[-1, -2, 0, 3], [-3, -4, 3, -1]], "float32").reshape(1, 2, 4, 1)
    dx = gradient(ops.max_pool2d, np.maximum(x, 0))[0, :, :, 0]
    np.testing.assert_array_equal(dx, [[1, 0, 0, 1], [0, 0, 0, 0]])
    dx = gradient(lambda x: ops.max_pool2d(ops.relu(x)), x)[0, :, :, 0]
    np.testing.assert_array_equal(dx, [[0, 0, 0, 1], [0, 0, 0, 0]])


@pytest.mark.parametrize("place", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_a_nan_comes_out_of_its_window_and_of_no_other(place, xp):
    x = draw(1, 4, 4, 2, dtype="float32")
    x[0, place[0], 2 + place[1], 1] = np.nan
    for f in (
        ops.max_pool2d,
        ops.average_pool2d,
        lambda x: ops.conv_max_pool2d(x, Tensor(np.ones((1, 1, 2, 1), "float32"))),
    ):
        y = f(Tensor(x)).numpy()
        expected = np.zeros(y.shape, bool)
        expected[0, 0, 1, -1] = True
        np.testing.assert_array_equal(np.isnan(y), expected)


@pytest.mark.parametrize("size, dtype", [(16, "uint8"), (17, "int32")])
def test_the_largest_tap_number_that_fits_and_the_first_that_does_not(size, dtype, xp):
    """256 taps are numbered 0 to 255; in 8 bits tap 288 of a 17 x 17 window would be tap 32."""
    x = np.zeros((1, size, size, 1), "float32")
    x[0, -1, -1, 0] = 1
    dx = gradient(lambda x: ops.max_pool2d(x, size), x)
    np.testing.assert_array_equal(dx, x)
    assert pool.tap_dtype(lay("test", (size, size), (size, size), (1, 1), "valid")) == dtype
