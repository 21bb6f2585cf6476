"""A training step as a CUDA graph: its kernels recorded once, and then launched together.

A small step is hundreds of kernels of a few microseconds each, and Python needs longer than that to launch one. A CUDA
graph holds the kernels with their arguments, the addresses of arrays and numbers, and is launched as a whole. Python
does not run again. So what differs from step to step has to reach the kernels through memory whose address stays:

    number(f, like)           f() into an array of shape (), such as the learning rate
    backend.normal, uniform   draws of the generator on the host into an array
    on_host(work)             what only the host has to do, such as counting steps

These three do what they say at once outside of a recording. In a recording they do nothing at once but are repeated, in
their order, before each launch. Whatever else would read from the device, or move an array to it, CuPy refuses in a
recording with an error, and there is no graph. Arrays of a recording come from a pool of memory of its own, so that no
other array is ever laid where a graph writes.

The stand-in for CuPy records and repeats calls in the tests. No card has run this yet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import backend
from ..types import Array, DType, Shape
from . import products

ROOM = 1024  # numbers of one type in a step
Number = Callable[[], float]


class Recording:
    """step(), recorded; replay() repeats it. Raises what CuPy raises where it cannot be recorded."""

    def __init__(self, step: Callable[[], Any]) -> None:
        xp = backend.xp
        self.pool = xp.cuda.MemoryPool()  # as long as the graph
        self.works: list[Callable[[], None]] = []
        self.draws: list[tuple[Array, Callable[[], np.ndarray]]] = []
        self.tables: dict[str, tuple[Array, list[Number]]] = {}
        stream = xp.cuda.Stream(non_blocking=True)
        xp.cuda.Device().synchronize()  # arrays that were made before are complete
        with xp.cuda.using_allocator(self.pool.malloc), stream, products.by_cutensor():
            stream.begin_capture()
            backend.recorder = self
            try:
                self.result = step()
            except BaseException:
                _discard(stream)
                raise
            finally:
                backend.recorder = None
            self.graph = stream.end_capture()

    def replay(self) -> None:
        """The work of the host, the draws and the numbers, and then all kernels."""
        for work in self.works:
            work()
        for array, draw in self.draws:
            array.set(draw())
        for table, numbers in self.tables.values():
            table[: len(numbers)].set(np.array([number() for number in numbers], table.dtype))
        self.graph.launch()

    def drawn(self, draw: Callable[[], np.ndarray], shape: Shape, dtype: DType) -> Array:
        """The array that draw() is to be written to."""
        array = backend.xp.empty(shape, dtype)
        self.draws.append((array, draw))
        return array

    def number(self, number: Number, dtype: DType) -> Array:
        """Its place in a table, so that all numbers of a type are moved at once."""
        key = np.dtype(dtype).str
        if key not in self.tables:
            self.tables[key] = backend.xp.empty(ROOM, dtype), []
        table, numbers = self.tables[key]
        numbers.append(number)
        return table[len(numbers) - 1 : len(numbers)].reshape(())


def _discard(stream: Any) -> None:
    """End a recording that has failed; CuPy may say so once more."""
    try:
        stream.end_capture()
    except Exception:
        return


def number(compute: Number, like: Array) -> Any:
    """compute(), a number that differs from step to step, for a kernel on arrays like this one."""
    return compute() if backend.recorder is None else backend.recorder.number(compute, like.dtype)


class Count:
    """A number of steps in a recording, for number(): int(t) is that of the step that is launched."""

    def __init__(self, now: Callable[[], int]) -> None:
        self.now = now

    def __int__(self) -> int:
        return self.now()


def on_host(work: Callable[[], None]) -> None:
    """work(), which needs no array."""
    if backend.recorder is None:
        work()
    else:
        backend.recorder.works.append(work)
