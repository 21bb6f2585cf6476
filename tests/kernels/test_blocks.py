"""Blocks and threads: the same numbers as in one block on one thread, and BLAS as it was."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import types

import numpy as np
import pytest
from helpers.slides import assert_equal, draw, results, use_threads
from helpers.threads import LONG, Work

import minigen
from minigen import backend, ops
from minigen.kernels import blocks
from minigen.kernels.windows import lay

# ---- blocks and threads


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


# ---- signals


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


# ---- a product between convolutions


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("n, k, m", [(1, 1, 1), (1, 5, 4), (7, 3, 2), (8, 1, 9), (0, 3, 2)])
def test_product_is_the_product(n, k, m, threads, monkeypatch, xp):
    monkeypatch.setattr(blocks, "WORTH_A_THREAD", 0)
    monkeypatch.setattr(blocks, "_threads", lambda: threads)
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((n, k)), rng.standard_normal((k, m))
    for left in (a, np.asfortranarray(a)):  # xᵀ g comes with its rows across
        found = blocks.product(backend.asarray(left), backend.asarray(b))
        np.testing.assert_allclose(minigen.to_numpy(found), a @ b, rtol=1e-12, atol=1e-12)
