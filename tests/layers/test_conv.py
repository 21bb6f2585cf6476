"""Convolution, pooling and up-sampling equal the loops of loops.py, whatever the sizes, the blocks and the threads."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import tracemalloc
import types
from typing import NamedTuple

import numpy as np
import pytest
from helpers import loops
from helpers.threads import LONG, Work
from hypothesis import given, settings
from hypothesis import strategies as st

import minigen
from minigen import Tensor, gradcheck, ops
from minigen.kernels import blocks, conv, pool
from minigen.kernels.windows import Axis, lay

sixty_examples = settings(max_examples=60, deadline=None, derandomize=True)


def draw(*shape, seed=0, dtype="float64"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def results(f, *arrays):
    """[f(*arrays), dL/d(each array)] for L = Σ v f with random v, through the rules on arrays."""
    xs = [Tensor(a, requires_grad=True) for a in arrays]
    y = f(*xs)
    (y * draw(*y.shape, seed=9, dtype=y.dtype)).sum().backward()
    return [y.numpy(), *(x.grad for x in xs)]


def assert_equal(found, expected):
    """Equal to rounding: the numbers here are sums of up to some hundred draws from N(0, 1)."""
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-11)


# ---- random shapes


class Slide(NamedTuple):
    """Windows on an image."""

    image: tuple[int, int]
    taps: tuple[int, int]
    strides: tuple[int, int]
    padding: str
    dilation: tuple[int, int]

    @property
    def axes(self):
        return lay("test", self.image, self.taps, self.strides, self.padding, self.dilation)

    @property
    def how(self):
        return self.strides, self.padding, self.dilation


@st.composite
def slides(draw, dilations=3):
    """Even and odd sizes; strides wider than the window; with "same" padding windows larger than the image."""
    padding = draw(st.sampled_from(["same", "valid"]))
    axes = []
    for _ in range(2):
        taps, stride = draw(st.integers(1, 5)), draw(st.integers(1, 3))
        dilation = draw(st.integers(1, dilations))
        smallest = 1 if padding == "same" else (taps - 1) * dilation + 1
        axes.append((draw(st.integers(smallest, smallest + 7)), taps, stride, dilation))
    image, taps, strides, dilation = zip(*axes, strict=True)
    return Slide(image, taps, strides, padding, dilation)


images = st.integers(1, 3)
channels = st.integers(1, 5)  # FEW_CHANNELS is 4: both ways through the kernels


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


@pytest.mark.parametrize("f", [ops.conv2d, ops.conv2d_transpose, ops.conv_max_pool2d, ops.up_sampling_conv2d])
@pytest.mark.parametrize("o", [1, 4])
def test_no_images(f, o):
    """A batch of none gives none, and a kernel that they do not change."""
    y, dx, dw = results(f, draw(0, 5, 4, 4), draw(2, 2, *((o, 4) if f is ops.conv2d_transpose else (4, o))))
    assert (len(y), dx.shape) == (0, (0, 5, 4, 4))
    assert (dw == 0).all()


@pytest.mark.parametrize("wanted", ["x", "w"])
def test_a_gradient_alone_is_the_one_of_both(wanted):
    """backward(wrt=[...]) leaves out half of the work: another way through the kernels."""
    for f in (ops.conv2d, ops.conv2d_transpose, ops.conv_max_pool2d, ops.up_sampling_conv2d):
        xs = {"x": Tensor(draw(3, 6, 5, 4), requires_grad=True), "w": Tensor(draw(3, 2, 4, 4), requires_grad=True)}
        y = f(xs["x"], xs["w"])
        (y * draw(*y.shape, seed=9)).sum().backward(wrt=[xs[wanted]])
        _, dx, dw = results(f, xs["x"].data, xs["w"].data)
        assert_equal([xs[wanted].grad], [dx if wanted == "x" else dw])


@pytest.mark.parametrize("f", [ops.conv2d, ops.conv2d_transpose, ops.conv_max_pool2d, ops.up_sampling_conv2d])
@pytest.mark.parametrize("constant", ["x", "w"])
def test_one_side_may_be_a_plain_array(f, constant):
    x, w = draw(2, 4, 3, 4), draw(2, 2, 4, 4)
    if constant == "x":
        gradcheck(lambda w: f(x, w), [w], order=2)
    else:
        gradcheck(lambda x: f(x, w), [x], order=2)


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


# ---- blocks and threads


def use_threads(monkeypatch, count, block_bytes=1):
    """Every kernel works with so many threads, on blocks as small as they get: one image."""
    monkeypatch.setattr(blocks, "_threads", lambda: count)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(blocks, "WORTH_A_THREAD", 0)


WINDOWS = lay("test", (5, 6), (2, 3), (2, 2), "same")
TAPS = np.random.default_rng(0).integers(0, 6, (7, 3, 3, 2))

EVERY_KERNEL = {  # name: (function, channels in, channels out)
    "conv2d": (lambda x, w: ops.conv2d(x, w, padding="same"), 4, 4),
    "conv2d_of_one_channel": (ops.conv2d, 1, 4),
    "conv2d_to_one_channel": (ops.conv2d, 4, 1),
    "conv2d_strides": (lambda x, w: ops.conv2d(x, w, strides=2), 4, 4),
    "conv2d_transpose": (lambda x, w: ops.conv2d_transpose(x, w, strides=2), 4, 4),
    "conv2d_transpose_to_one_channel": (lambda x, w: ops.conv2d_transpose(x, w, strides=2), 1, 4),
    "max_pool2d": (lambda x, w: ops.max_pool2d(x, 3, 2, "same") * w.sum(), 2, 2),
    "average_pool2d": (lambda x, w: ops.average_pool2d(x, 3, 2, "same") * w.sum(), 2, 2),
    "window_sum_where": (lambda x, w: ops.WindowSum(WINDOWS, TAPS)(x) * w.sum(), 2, 2),
    "up_sampling2d": (lambda x, w: ops.up_sampling2d(x) * w.sum(), 2, 2),
    "conv_max_pool2d": (ops.conv_max_pool2d, 4, 4),
    "up_sampling_conv2d": (ops.up_sampling_conv2d, 4, 4),
}
every_kernel = pytest.mark.parametrize("name", EVERY_KERNEL)


def run(name):
    """The value and the gradients, for seven images: they do not divide into equal shares."""
    f, c, o = EVERY_KERNEL[name]
    return results(f, draw(7, 5, 6, 4 if "transpose" in name else c), draw(3, 3, c, o, seed=1))


@every_kernel
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("block_bytes", [1, 8000])
def test_many_blocks_and_threads_give_what_one_block_gives(name, threads, block_bytes, monkeypatch):
    use_threads(monkeypatch, 1, block_bytes=1 << 40)
    expected = run(name)
    use_threads(monkeypatch, threads, block_bytes)
    assert_equal(run(name), expected)


@every_kernel
def test_the_same_run_twice_is_the_same_to_the_bit(name, monkeypatch):
    use_threads(monkeypatch, 3)
    for first, second in zip(run(name), run(name), strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("images", [1, 2, 7, 8])
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_every_image_is_in_one_block_and_no_block_is_too_large(images, threads, at_once, monkeypatch):
    use_threads(monkeypatch, threads, block_bytes=10 * at_once)
    shares = blocks.in_blocks(lambda share: share, images, 10)
    seen = [i for share in shares for block in share for i in range(images)[block]]
    assert sorted(seen) == list(range(images))
    assert all(1 <= block.stop - block.start <= at_once for share in shares for block in share)
    assert len(shares) == threads or images < threads


def test_little_work_wakes_no_thread(monkeypatch):
    use_threads(monkeypatch, 2)
    monkeypatch.setattr(blocks, "WORTH_A_THREAD", 1000)
    assert len(blocks.in_blocks(lambda share: share, 10, 100)) == 1
    assert len(blocks.in_blocks(lambda share: share, 10, 101)) == 2


def blas_threads():
    return [library.num_threads for library in blocks._blas().lib_controllers]


def test_blas_has_one_thread_inside_and_afterwards_what_it_had(monkeypatch):
    use_threads(monkeypatch, 2)
    before = blas_threads()
    if not before:
        pytest.skip("threadpoolctl does not know NumPy's BLAS")
    assert blocks.in_blocks(lambda share: set(blas_threads()), 2, 10) == [{1}, {1}]
    assert blas_threads() == before


@pytest.mark.parametrize("who", ["the caller", "a helper"])
def test_an_error_in_a_thread_reaches_the_caller_and_the_next_call_works(who, monkeypatch):
    use_threads(monkeypatch, 2)
    before, caller = blas_threads(), threading.get_ident()

    def work(share):
        if (threading.get_ident() == caller) == (who == "the caller"):
            raise ArithmeticError(who)

    with pytest.raises(ArithmeticError, match=who):
        blocks.in_blocks(work, 2, 10)
    assert blas_threads() == before
    assert len(set(blocks.in_blocks(lambda share: threading.get_ident(), 2, 10))) == 2
    assert_equal(run("conv2d"), run("conv2d"))


def test_blocks_inside_a_block_stay_on_its_thread(monkeypatch):
    """Threads that wait for threads of the same pool would wait for ever."""
    use_threads(monkeypatch, 2)

    def idents(share):
        return threading.get_ident()

    for outer, inner in blocks.in_blocks(lambda share: (idents(share), blocks.in_blocks(idents, 2, 10)), 2, 10):
        assert inner == [outer]


def test_errstate_holds_in_the_helpers(monkeypatch):
    use_threads(monkeypatch, 2)
    x = np.full((2, 2, 2, 1), 3e38, "float32")
    x[0] = 0  # the caller's share
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        ops.average_pool2d(x)
    with np.errstate(over="ignore"):
        assert np.isinf(ops.average_pool2d(x)[1]).all()


def test_two_users_at_once_leave_blas_as_it_was(monkeypatch):
    """The second would take the 1 of the first for what BLAS had, and leave it at that for good."""
    use_threads(monkeypatch, 2)
    before, first_inside, second_inside = blas_threads(), threading.Event(), threading.Event()

    def first(share):
        first_inside.set()
        second_inside.wait(0.2)

    def second(share):
        second_inside.set()
        user.join(0.2)

    user = Work(lambda: blocks.in_blocks(first, 2, 10))
    assert first_inside.wait(LONG)
    blocks.in_blocks(second, 2, 10)
    user.wait()
    assert blas_threads() == before


@contextlib.contextmanager
def traced():
    before = sys.gettrace()
    sys.settrace(lambda frame, event, arg: None)
    try:
        yield
    finally:
        sys.settrace(before)


def test_there_is_one_thread_in_a_debugger_in_a_block_and_on_a_gpu(monkeypatch, stand_in):
    four = types.SimpleNamespace(num_threads=4, user_api="blas")
    monkeypatch.setattr(blocks, "_blas", lambda: types.SimpleNamespace(lib_controllers=[four]))
    debuggers = {}
    monitoring = types.SimpleNamespace(DEBUGGER_ID=0, get_tool=debuggers.get)  # what Python has from 3.12 on
    monkeypatch.setattr(sys, "monitoring", monitoring, raising=False)
    with traced():
        assert blocks._threads() == 1
    monkeypatch.setattr(sys, "gettrace", lambda: None)  # the tests themselves may run in a debugger
    assert blocks._threads() == 4
    debuggers[0] = "pydevd"
    assert blocks._threads() == 1
    debuggers.clear()
    with minigen.using("cupy"):
        assert blocks.in_blocks(lambda share: share, 10, 1 << 30) == [[slice(0, 10)]]
    monkeypatch.setattr(blocks._thread, "busy", True, raising=False)
    assert len(blocks.in_blocks(lambda share: share, 10, 1 << 30)) == 1


FORK = """
import os, signal
import numpy as np
from minigen import ops
from minigen.kernels import blocks

blocks._threads, blocks.WORTH_A_THREAD = (lambda: 2), 0
x, w = np.ones((4, 8, 8, 4)), np.ones((3, 3, 4, 4))
y = ops.conv2d(x, w)
child = os.fork()
if child == 0:
    signal.alarm(30)
    os._exit(0 if np.array_equal(ops.conv2d(x, w), y) else 1)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_a_forked_process_has_threads_of_its_own():
    """As a loader of data with worker processes forks them, after the parent has begun to train."""
    done = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


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


LATE = """
import itertools, signal, threading
import numpy as np
from minigen import ops
from minigen.kernels import blocks

blocks._threads, blocks.WORTH_A_THREAD = (lambda: 2), 0
x, w = np.ones((64, 28, 28, 4), "float32"), np.ones((3, 3, 4, 4), "float32")

def handler(number, frame):
    global handled
    ops.conv2d(x, w)
    handled += inside  # in the middle of another convolution of this thread

handled, inside = 0, False
signal.signal(signal.SIGALRM, handler)
delays = itertools.cycle([0.0003, 0.001, 0.003, 0.01])  # one of them ends in the middle, however fast the machine is
while handled < 10:
    inside = True
    signal.setitimer(signal.ITIMER_REAL, next(delays))
    ops.conv2d(x, w)
    inside = False
    signal.setitimer(signal.ITIMER_REAL, 0)

def go_on():
    threading.main_thread().join()  # Python is shutting down now, and starts no threads
    print(ops.conv2d(x, w).sum() == 64 * 26 * 26 * 4 * 36)

threading.Thread(target=go_on).start()
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers here")
def test_signals_and_the_end_of_the_program_find_no_closed_door():
    done = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr


@pytest.mark.parametrize("channels", [(4, 4), (1, 4), (4, 1), (2, 2)])
def test_windows_that_begin_behind_the_first_pixel(channels):
    """before = -1: the first row and column are seen by no window. Both ways through the kernels, and their adjoint."""
    rng = np.random.default_rng(0)
    axes = Axis(5, 2, 1, 1, before=-1, count=3), Axis(6, 3, 1, 1, before=-2, count=2)
    x, w = rng.standard_normal((2, 5, 6, channels[0])), rng.standard_normal((2, 3, *channels))
    want = loops.conv2d(x[:, 1:, 2:], w)[:, :3, :2]
    np.testing.assert_allclose(conv.conv2d(x, w, axes), want, atol=1e-12)
    g = rng.standard_normal(want.shape)
    dx, dw = conv.input_gradient(g, w, axes), conv.kernel_gradient(x, g, axes)
    assert (dx * x).sum() == pytest.approx((want * g).sum()) == pytest.approx((dw * w).sum())
    assert (dx[:, 0] == 0).all() and (dx[:, :, :2] == 0).all()
