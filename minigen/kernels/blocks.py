"""A batch in blocks of images: the arrays of one block stay in the cache, and the blocks are divided among threads.

NumPy releases the GIL while it copies and multiplies, so that threads run in parallel. threadpoolctl then limits BLAS
to one thread, so that it does not divide the products again. A training step of the convolutional autoencoder takes
0.84 of its time in blocks, and 0.82 of that with two threads in place of one thread and BLAS on two cores.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .. import backend
from ..types import Array, DType, Shape
from .products import matmul

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

BLOCK_BYTES = 2 << 20  # at most, of the arrays of one block
WORTH_A_THREAD = 1 << 20  # bytes: waking another thread takes 0.1 ms
PIECE = 1 << 17  # numbers; with a quarter two threads take 1.6 of the time, waiting for Python's lock

Work = Callable[[list[slice]], Any]

_thread = threading.local()  # .busy while this thread computes a block, .throughout while products are to be in blocks
_one_at_a_time = threading.RLock()  # a second user would save the limit of one thread as BLAS's own, and restore it


def in_blocks(work: Work, images: int, bytes_per_image: int) -> list[Any]:
    """[work(blocks) of each thread], for slices of range(images) of about BLOCK_BYTES, divided among the threads.

    Work that sums over images returns its sum, and the caller adds the sums of all threads, always in the same order. A
    GPU takes all images as one block. In a debugger there is one thread, so that every block can be stepped through.
    """
    total = images * bytes_per_image
    if backend.active() == "cupy" or getattr(_thread, "busy", False):  # a block inside a block
        return [work(_cut(images, total, threads=1))]
    try:
        _thread.busy = True
        with _one_at_a_time:
            threads = _threads() if total > WORTH_A_THREAD else 1
            blocks = _cut(images, total, threads)
            with _blas().limit(limits=1, user_api="blas"):
                return _share_out(work, blocks, threads) if threads > 1 and len(blocks) > 1 else [work(blocks)]
    finally:
        _thread.busy = False


def in_pieces(work: Callable[[slice], None], numbers: int, bytes_each: int) -> None:
    """work(piece) for slices of range(numbers), divided among the threads: for functions of one number in many steps.

    The intermediate results of PIECE numbers stay in the cache of one core. A GPU takes all numbers as one piece.
    """
    step = PIECE if backend.active() == "numpy" else numbers
    if numbers <= step:
        work(slice(0, numbers))
        return

    def on_thread(blocks: list[slice]) -> None:
        for block in blocks:
            for start in range(block.start, block.stop, step):
                work(slice(start, min(start + step, block.stop)))

    in_blocks(on_thread, numbers, bytes_each)


def _cut(images: int, total: int, threads: int) -> list[slice]:
    """Blocks of one size, as many for each thread, so that all threads finish together; one block on a GPU."""
    rounds = max(1, -(-total // (threads * BLOCK_BYTES))) if backend.active() == "numpy" else 1
    step = max(1, -(-images // (threads * rounds)))
    return [slice(i, min(i + step, images)) for i in range(0, images, step)]


def _share_out(work: Work, blocks: list[slice], threads: int) -> list[Any]:
    """The first block goes to this thread, the second one to the next, and so on in turn."""
    from concurrent.futures import wait  # here, because the import takes 2 ms

    context = contextvars.copy_context()  # with np.errstate
    others: list[Future[Any]] = []
    try:
        for t in range(1, min(threads, len(blocks))):
            helpers = _helpers(os.getpid(), threads - 1)
            others.append(helpers.submit(context.copy().run, _help, work, blocks[t::threads]))
    except RuntimeError:  # Python is shutting down and starts no threads
        wait(others)
        return [work(blocks)]
    try:
        mine = work(blocks[::threads])
    finally:
        wait(others)
    return [mine, *(other.result() for other in others)]


def _help(work: Work, blocks: list[slice]) -> Any:
    """The work of another thread."""
    _thread.busy = True
    return work(blocks)


class Lazy:
    """An array that exists one block of images at a time: lazy[block] computes the block."""

    def __init__(self, shape: Shape, dtype: DType, compute: Callable[[slice], Array]) -> None:
        self.shape, self.dtype, self.compute = shape, dtype, compute

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, block: slice) -> Array:
        return self.compute(block)


def undisturbed(work: Callable[..., Array], *arrays: Array) -> Array:
    """work(*arrays), such as a product, while no other thread computes blocks.

    Blocks limit BLAS to one thread, and a product on two threads is rounded differently from one on one thread: the
    result would depend on the other threads of the program. So the products of all threads run one at a time. The lock
    costs 0.1 us.
    """
    if getattr(_thread, "busy", False):
        return work(*arrays)
    with _one_at_a_time:
        return work(*arrays)


@contextlib.contextmanager
def throughout() -> Iterator[None]:
    """Inside, the products of matrices are computed in blocks too: for a model with convolutions or attention.

    BLAS on all cores would be as fast, but its threads keep a core each busy for another 0.1 s after their work,
    waiting for more, and the blocks of the next convolution have to wait for the core.
    """
    before = are_used_throughout()
    _thread.throughout = True
    try:
        yield
    finally:
        _thread.throughout = before


def are_used_throughout() -> bool:
    """Whether this thread is inside of throughout()."""
    return getattr(_thread, "throughout", False)


def product(a: Array, b: Array) -> Array:
    """a @ b for two matrices, the rows of a shared out among the threads."""
    y = backend.xp.empty((len(a), b.shape[1]), backend.xp.result_type(a, b))

    def work(blocks: list[slice]) -> None:
        for block in blocks:
            matmul(a[block], b, y[block])

    in_blocks(work, len(a), (a.shape[1] + b.shape[1]) * a.itemsize)
    return y


def _threads() -> int:
    """The number of threads that BLAS would use; one in a debugger, or where BLAS is not known to threadpoolctl."""
    if _in_debugger():
        return 1
    return max((library.num_threads for library in _blas().lib_controllers if library.user_api == "blas"), default=1)


def _in_debugger() -> bool:
    """Whether a debugger traces this thread or, from Python 3.12 on, monitors the process."""
    monitoring: Any = getattr(sys, "monitoring", None)
    return sys.gettrace() is not None or bool(monitoring and monitoring.get_tool(monitoring.DEBUGGER_ID))


@functools.cache
def _blas() -> Any:
    """The BLAS library that NumPy has loaded."""
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]  # `import minigen` needs NumPy only

    return ThreadpoolController()


@functools.cache
def _helpers(process: int, threads: int) -> ThreadPoolExecutor:
    """The other threads; a forked process has new ones."""
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(threads, thread_name_prefix="minigen")


def _wait_for_blocks() -> None:
    """Before a fork: a child forked in the middle of a block would keep the limit of one BLAS thread."""
    _one_at_a_time.acquire()


def _let_blocks_go_on() -> None:
    _one_at_a_time.release()


def _renew_lock() -> None:
    """In a forked process, which has one thread: it could not release a lock that another thread held."""
    global _one_at_a_time
    _one_at_a_time = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_wait_for_blocks, after_in_parent=_let_blocks_go_on, after_in_child=_renew_lock)
