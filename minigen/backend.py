"""The NumPy/CuPy switch, and every random number minigen draws.

`backend.xp` is the active array library: `numpy` or `cupy`. Always read it as `backend.xp.f(...)`; a copy made by
`from minigen.backend import xp` would keep the old library after `use()`.

Random numbers are drawn on the host by a seeded NumPy Generator and then moved, so the same seed gives the same draws
on the CPU and on the GPU. Each thread has a generator of its own: what one thread draws changes nothing in another.
"""

from __future__ import annotations

import contextlib
import copy
import itertools
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .arguments import checks_arguments
from .checks import natural_number
from .errors import message, unknown_name

xp: Any = np  # the active library


class _Seeds:
    """Where the generators of threads that have not called seed() come from: numbers 0, 1, ... of one seed."""

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


class BackendError(RuntimeError):
    """The asked-for array library cannot be used, or arrays of two libraries met."""


# ---- the switch


@checks_arguments
def use(name: str) -> str:
    """Make "numpy", "cupy" or "auto" (cupy where a GPU is usable, else numpy) the active library; returns its name.

    Arrays made before the switch stay where they are: switch first, build the model afterwards.
    Raises BackendError, with CuPy's own reason, when cupy is asked for and cannot be used.
    """
    global xp
    if not isinstance(name, str) or name not in ("numpy", "cupy", "auto"):
        raise ValueError(unknown_name("backend", name, ["numpy", "cupy", "auto"]))
    reason = "" if name == "numpy" else why_not_cupy()
    if name == "cupy" and reason:
        raise BackendError(
            message(
                "backend 'cupy' cannot be used",
                expected="CuPy and a CUDA device",
                got=reason,
                fix='minigen.use("numpy"), or pip install cupy-cuda12x on a machine with an NVIDIA GPU',
            )
        )
    if name == "numpy" or reason:
        xp = np
    else:
        import cupy

        xp = cupy
    return active()


@contextlib.contextmanager
def using(name: str) -> Iterator[str]:
    """`with minigen.using("cupy"):` switches for one block and back again."""
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

    `import cupy` succeeds without a GPU, so the import alone tells nothing.
    """
    try:
        import cupy

        if cupy.cuda.is_available():
            (cupy.asarray(np.ones(1)) + 1).get()  # a first kernel: it needs CuPy's compiler as well
            return ""
        cupy.cuda.runtime.getDeviceCount()
    except Exception as error:  # a broken installation or driver raises what it likes, a damaged package too
        return str(error) or repr(error)
    return "cupy.cuda.is_available() is False"


# ---- arrays through the door


def asarray(x: Any, dtype: Any = None) -> Any:
    """`x` as an array of the active library: host arrays are moved, arrays already there are not copied.

    Python floats and lists of floats become float32, as everything in minigen; NumPy arrays keep their dtype.
    Raises BackendError for an array of the other library, TypeError for what is no numbers.
    """
    if is_device_array(x) and not isinstance(x, xp.ndarray):
        raise BackendError(mixed("asarray", x))
    if isinstance(x, np.ma.MaskedArray):
        fix = "x.filled(0) for a number in the gaps; x.data if nothing is masked"
        raise TypeError(message("a masked array", expected="an array without gaps", got=type(x).__name__, fix=fix))
    try:
        a = x if type(x) is xp.ndarray else np.asarray(x)  # np.matrix has other operators: it becomes an array
    except ValueError as error:
        fix = "np.stack(rows) of rows of one length"
        raise ValueError(message("a list of rows", expected="one length", got=f"{error}", fix=fix)) from None
    if a.dtype.kind not in "fiub":
        fix = "np.array([1.0, 2.0]), or another array of numbers"
        raise TypeError(message(f"data of type {a.dtype}", expected="numbers", got=f"{x!r:.60}", fix=fix))
    if dtype is None and a.dtype == np.float64 and not hasattr(x, "dtype"):
        dtype = np.float32
    a = a if dtype is None else a.astype(dtype, copy=False)
    return a if type(a) is xp.ndarray else xp.asarray(a)


def to_numpy(x: Any) -> np.ndarray:
    """A NumPy array of a Tensor, a device array, or anything np.asarray takes, for plots and files.

    Raises TypeError for a masked array that hides some numbers: they would be shown.
    """
    x = x.data if hasattr(x, "requires_grad") else x
    if np.ma.is_masked(x):
        fix = "x.filled(0) for a number in the gaps, x.data for what is hidden"
        raise TypeError(message("a masked array", expected="an array without gaps", got="one with gaps", fix=fix))
    return x.get() if is_device_array(x) else np.asarray(x)


def finite_array(where: str, x: Any, axes: int, fix: str) -> np.ndarray:
    """`x` as a NumPy array of finite numbers with so many axes, or ValueError: for functions that work on the host."""
    try:
        a = to_numpy(x)
    except ValueError:  # rows of different length
        a = np.array(None)
    if a.ndim != axes or a.dtype.kind not in "fiub" or not np.isfinite(a).all():
        found = f"{a.dtype}, shape {a.shape}" if a.ndim != axes or a.dtype.kind not in "fiub" else "NaN or infinity"
        raise ValueError(message(where, expected=f"finite numbers, {axes} axes", got=found, fix=fix))
    return a


def is_device_array(x: Any) -> bool:
    """True for a CuPy array, whether or not CuPy is the active library."""
    cupy = sys.modules.get("cupy")  # not imported: then nothing can be one of its arrays
    return isinstance(x, getattr(cupy, "ndarray", ()))  # () for None, and for a broken CuPy: no object is one of none


def mixed(where: str, x: Any) -> str:
    """The error text for an array `x` of the library that is not active."""
    fix = "minigen.to_numpy(x)" if active() == "numpy" else "minigen.Tensor(x)"
    return message(
        f"{where}: arrays of two libraries meet",
        expected=f"a Tensor or a {active()} array, the active backend",
        got=f"{type(x).__module__}.{type(x).__qualname__}",
        fix=f"{fix} for this argument, and minigen.use(...) before anything is built",
    )


def ignore_overflow() -> contextlib.AbstractContextManager:
    """exp may overflow to inf on purpose, as in 1 / (1 + exp(-x)): no warning from NumPy (CuPy never warns)."""
    return np.errstate(over="ignore") if xp is np else contextlib.nullcontext()


def ignore_log_of_zero() -> contextlib.AbstractContextManager:
    """log may meet 0 on purpose and give -inf: no warning from NumPy (CuPy never warns)."""
    return np.errstate(divide="ignore") if xp is np else contextlib.nullcontext()


# ---- random draws


@checks_arguments
def seed(n: int) -> None:
    """Start this thread's generator afresh: same seed, same weights, shuffles, noise and dropout, on both backends.

    Other threads keep theirs. A thread that has not called seed() draws from a stream of its own; after seed(n) in the
    main thread, those of the threads that begin to draw from then on follow from n, in this order.
    """
    global _seeds
    _draws.generator = generator(n)
    if threading.current_thread() is threading.main_thread():
        _seeds = _Seeds(n)


def generator(n: int, where: str = "seed") -> np.random.Generator:
    """Draws of their own from the seed n, on the host: they change no others. ValueError unless n is 0, 1, 2, ..."""
    return np.random.default_rng(natural_number(where, n, "0, or another natural number"))


def random_state() -> dict[str, Any]:
    """The state of this thread's generator, as plain JSON-able values."""
    return dict(_draws.generator.bit_generator.state)


def set_random_state(state: dict[str, Any]) -> None:
    """Go back to a state that random_state() returned."""
    restored = np.random.Generator(getattr(np.random, state["bit_generator"])())
    restored.bit_generator.state = state
    _draws.generator = restored


@contextlib.contextmanager
def own_draws(n: int | None = None) -> Iterator[None]:
    """What is drawn in this block does not change what is drawn after it; with n, the block draws from seed n."""
    before = _draws.generator
    _draws.generator = copy.deepcopy(before) if n is None else generator(n)
    try:
        yield
    finally:
        _draws.generator = before


def normal(shape: Sequence[int], dtype: Any = np.float32) -> Any:
    """Draws from N(0, 1), on the active library."""
    return xp.asarray(_draws.generator.standard_normal(tuple(shape), dtype=_drawn_as(dtype)).astype(dtype, copy=False))


def uniform(shape: Sequence[int], dtype: Any = np.float32) -> Any:
    """Draws from U[0, 1), on the active library."""
    return xp.asarray(_draws.generator.random(tuple(shape), dtype=_drawn_as(dtype)).astype(dtype, copy=False))


def _drawn_as(dtype: Any) -> Any:
    """NumPy draws no float16: such numbers are drawn as float32."""
    return np.float32 if np.dtype(dtype) == np.float16 else np.dtype(dtype).type


def truncated_normal(shape: Sequence[int], dtype: Any = np.float32) -> Any:
    """Draws from N(0, 1) with those beyond two standard deviations drawn again, on the active library."""
    z = _draws.generator.standard_normal(tuple(shape))
    while (far := np.abs(z) > 2).any():
        z[far] = _draws.generator.standard_normal(int(far.sum()))
    return xp.asarray(z.astype(dtype))


def permutation(n: int) -> np.ndarray:
    """A random order of 0..n-1, a NumPy array: shuffles index host data."""
    return _draws.generator.permutation(n)


def choice(weights: Any) -> int:
    """One of 0..n-1, each as likely as its weight says; weights (n,), NumPy, 0 or more, of any positive sum."""
    weights = np.asarray(weights, "float64")
    return int(_draws.generator.choice(len(weights), p=weights / weights.sum()))


use(os.environ.get("MINIGEN_BACKEND") or "numpy")
