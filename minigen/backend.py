"""The NumPy/CuPy switch, and every random number minigen draws.

`backend.xp` is the active array library: `numpy` or `cupy`. Always read it as `backend.xp.f(...)`; a copy made by
`from minigen.backend import xp` would keep the old library after `use()`.

Random numbers are drawn on the host by a seeded NumPy Generator and then moved, so the same seed gives the same draws
on the CPU and on the GPU. Each thread has its own generator, which the draws of other threads do not change. In a
parallel training normal() and uniform() give a rank its part of what is drawn for the whole batch (parallel/share.py).
"""

from __future__ import annotations

import contextlib
import copy
import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .arguments import checks_arguments
from .checks import arrays
from .checks.values import check_name, natural_number
from .errors import BackendError as BackendError
from .parallel import drawn, take_gpu
from .types import Array, ArrayLike, DType, TensorLike

xp: Any = np  # the active library
recorder: Any = None  # a kernels.graph.Recording, while a step is recorded on the GPU


class _Seeds:
    """Generators for the threads that have not called seed(): children 0, 1, ... of one SeedSequence."""

    def __init__(self, n: int | None = None) -> None:
        self.entropy = np.random.SeedSequence(n).entropy
        self.numbers = itertools.count()

    def next_generator(self) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence(self.entropy, spawn_key=(next(self.numbers),)))


class _Draws(threading.local):
    """The generator of a thread."""

    def __init__(self) -> None:  # runs once in each thread, at its first draw
        self.generator = _seeds.next_generator()


_seeds = _Seeds()
_draws = _Draws()


# ---- the switch


@checks_arguments
def use(name: str) -> str:
    """Make "numpy", "cupy" or "auto" (cupy where a GPU is usable, else numpy) the active library; returns its name.

    Arrays made before the switch stay where they are: switch first, build the model afterwards. Raises ValueError for
    another name, and BackendError, with CuPy's own reason, when cupy is requested and cannot be used.
    """
    global xp
    check_name("backend", name, ("numpy", "cupy", "auto"))
    reason = "" if name == "numpy" else why_not_cupy()
    if name == "cupy" and reason:
        arrays.refuse_cupy(reason)
    if name == "numpy" or reason:
        xp = np
    else:
        import cupy

        take_gpu()
        xp = cupy
    return active()


@contextlib.contextmanager
def using(name: str) -> Iterator[str]:
    """`with minigen.using("cupy"):` switches for one block and restores the library before it. Errors as for use()."""
    before = active()
    try:
        yield use(name)
    finally:
        use(before)


def active() -> str:
    """The name of the active library: "numpy" or "cupy"."""
    return "numpy" if xp is np else "cupy"


def why_not_cupy() -> str:
    """The reason why CuPy cannot be used here, in CuPy's own words; "" if it can.

    `import cupy` succeeds without a GPU, so the import alone proves nothing.
    """
    try:
        import cupy

        if cupy.cuda.is_available():
            (cupy.asarray(np.ones(1)) + 1).get()  # a first kernel: it needs CuPy's compiler as well
            return ""
        cupy.cuda.runtime.getDeviceCount()
    except Exception as error:  # a broken installation or driver may raise anything
        return str(error) or repr(error)
    return "cupy.cuda.is_available() is False"


# ---- arrays of either library


def asarray(x: ArrayLike, dtype: DType = None) -> Array:
    """`x` as an array of the active library: host arrays are moved, arrays already there are not copied.

    Python floats and lists of floats become float32, NumPy arrays keep their dtype. Raises BackendError for an array of
    the other library, TypeError for masked arrays and other than numeric data, ValueError for rows of unequal length.
    """
    if is_device_array(x) and not isinstance(x, xp.ndarray):
        arrays.refuse_other_library("asarray", x, active())
    if isinstance(x, np.ma.MaskedArray):
        arrays.refuse_masked(TypeError, "a masked array", x)
    try:
        a = x if type(x) is xp.ndarray else np.asarray(x)  # np.matrix has other operators: it becomes an array
    except ValueError as error:
        arrays.refuse_ragged(error)
    if a.dtype.kind not in "fiub":
        arrays.refuse_type_of_data(x, a.dtype)
    if dtype is None and a.dtype == np.float64 and not hasattr(x, "dtype"):
        dtype = np.float32
    a = a if dtype is None else a.astype(dtype, copy=False)
    return a if type(a) is xp.ndarray else xp.asarray(a)


def to_numpy(x: TensorLike | ArrayLike) -> np.ndarray:
    """A NumPy array of a Tensor, a device array, or anything np.asarray takes, for plots and files.

    Raises TypeError for a masked array that hides some numbers, since the array would show them.
    """
    x = x.data if hasattr(x, "requires_grad") else x
    if np.ma.is_masked(x):
        arrays.refuse_masked(TypeError, "a masked array", x)
    return x.get() if is_device_array(x) else np.asarray(x)


def array_or_none(x: TensorLike | ArrayLike) -> np.ndarray:
    """to_numpy(x); for rows of different length an array of None, which is no array of numbers."""
    try:
        return to_numpy(x)
    except ValueError:
        return np.array(None)


def finite_array(where: str, x: TensorLike | ArrayLike, axes: int, fix: str) -> np.ndarray:
    """`x` as a NumPy array of finite numbers with this number of axes, or ValueError: for functions on the host."""
    a = array_or_none(x)
    arrays.check_finite_axes(where, a, axes, fix)
    return a


def is_device_array(x: Any) -> bool:
    """True for a CuPy array, whether or not CuPy is the active library."""
    cupy = sys.modules.get("cupy")  # None if it is not imported: then no array can be one of its arrays
    return isinstance(x, getattr(cupy, "ndarray", ()))  # isinstance(x, ()) is False; a broken CuPy has no ndarray


def ignore_overflow() -> contextlib.AbstractContextManager[Any]:
    """No warning from NumPy where exp overflows to inf on purpose, as in 1 / (1 + exp(-x)). (CuPy never warns.)"""
    return np.errstate(over="ignore") if xp is np else contextlib.nullcontext()


def ignore_log_of_zero() -> contextlib.AbstractContextManager[Any]:
    """No warning from NumPy where log 0 = -inf on purpose. (CuPy never warns.)"""
    return np.errstate(divide="ignore") if xp is np else contextlib.nullcontext()


# ---- random draws


@checks_arguments
def seed(n: int) -> None:
    """Restart this thread's generator: same seed, same weights, shuffles, noise and dropout, on both backends.

    Other threads keep their generators. A thread that has not called seed() draws from its own stream. After seed(n) in
    the main thread, the streams of threads that start to draw later follow from n, in the order in which they start.
    Raises ValueError unless n is 0, 1, 2, ...
    """
    global _seeds
    _draws.generator = generator(n)
    if threading.current_thread() is threading.main_thread():
        _seeds = _Seeds(n)


def generator(n: int, where: str = "seed") -> np.random.Generator:
    """A separate generator of NumPy with seed n. Raises ValueError, which begins with `where`, unless n is 0, 1, ..."""
    return np.random.default_rng(natural_number(where, n, "0, or another natural number"))


def random_state() -> dict[str, Any]:
    """The state of this thread's generator, as values that JSON can store."""
    return dict(_draws.generator.bit_generator.state)


def set_random_state(state: dict[str, Any]) -> None:
    """Restore a state that random_state() returned."""
    _draws.generator = generator_at(state)


def generator_at(state: dict[str, Any]) -> np.random.Generator:
    """A separate generator, which draws what this thread's draws from a state that random_state() returned."""
    restored = np.random.Generator(getattr(np.random, state["bit_generator"])())
    restored.bit_generator.state = state
    return restored


@contextlib.contextmanager
def own_draws(n: int | None = None) -> Iterator[None]:
    """The draws in this block leave this thread's generator as it was; with n, they start from seed n."""
    before = _draws.generator
    _draws.generator = copy.deepcopy(before) if n is None else generator(n)
    try:
        yield
    finally:
        _draws.generator = before


def normal(shape: Sequence[int], dtype: DType = np.float32) -> Array:
    """Draws from N(0, 1), on the active library."""
    kind = _draw_dtype(dtype)
    return _on_device(lambda: drawn(lambda n: _draws.generator.standard_normal(n, dtype=kind), shape), shape, dtype)


def uniform(shape: Sequence[int], dtype: DType = np.float32) -> Array:
    """Draws from U[0, 1), on the active library."""
    kind = _draw_dtype(dtype)
    return _on_device(lambda: drawn(lambda n: _draws.generator.random(n, dtype=kind), shape), shape, dtype)


def _on_device(draw: Callable[[], np.ndarray], shape: Sequence[int], dtype: DType) -> Array:
    """What draw() gives, on the active library; in a recorded step it is drawn before each launch."""
    if recorder is not None:
        return recorder.drawn(lambda: draw().astype(dtype, copy=False), tuple(shape), dtype)
    return xp.asarray(draw().astype(dtype, copy=False))


def uniform_on_host(n: int) -> np.ndarray:
    """n draws from U[0, 1) in float64, a NumPy array: a GPU would wait if they were read back from it."""
    return _draws.generator.random((n,))


def _draw_dtype(dtype: DType) -> DType:
    """float32 for float16, which NumPy cannot draw; else dtype."""
    return np.float32 if np.dtype(dtype) == np.float16 else np.dtype(dtype).type


def truncated_normal(shape: Sequence[int], dtype: DType = np.float32) -> Array:
    """Draws from N(0, 1) with those beyond two standard deviations drawn again, on the active library."""
    z = _draws.generator.standard_normal(tuple(shape))
    while (far := np.abs(z) > 2).any():
        z[far] = _draws.generator.standard_normal(int(far.sum()))
    return xp.asarray(z.astype(dtype))


def permutation(n: int) -> np.ndarray:
    """0..n-1 in random order, (n,): a NumPy array, since shuffles index host data."""
    return _draws.generator.permutation(n)


def choice(weights: ArrayLike) -> int:
    """One of 0..n-1 with probabilities proportional to weights (n,), which are 0 or more; on the host."""
    weights = np.asarray(weights, "float64")
    return int(_draws.generator.choice(len(weights), p=weights / weights.sum()))


use(os.environ.get("MINIGEN_BACKEND") or "numpy")
