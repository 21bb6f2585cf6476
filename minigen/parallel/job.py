"""The ranks of a parallel job, and everything that they do together.

Each of these calls has to be made by all ranks, in the same order. They begin with meet(), in which every rank tells
the others where it is: ranks that are out of step notice it there, before MPI would mix up their data or wait for ever.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ..types import Array
from . import checks, devices, faults
from .share import Share, current

T = TypeVar("T")

PLACES = (
    "has gradients",
    "asks whether to stop",
    "adds up logs",
    "compares weights",
    "computes a mean",
    "joins rows",
    "waits for what rank 0 does",
    "connects its GPU to those of the others",
    "has ended its program",
)
GRADIENTS, STOP, LOGS, COMPARE, MEAN, ROWS, FIRST, CONNECT, END = range(len(PLACES))


class Job:
    """A number of ranks, and their MPI communicator; which of how many ranks of its machine this one is."""

    def __init__(self, communicator: Any, place: int = 0, neighbours: int = 1) -> None:
        self.communicator = communicator
        self.place, self.neighbours = place, neighbours
        self._nccl: Any = None  # False where there is none
        self.rank, self.size = communicator.Get_rank(), communicator.Get_size()
        self.epoch, self.step = 0, 0  # of the running training
        self._own = np.zeros(6, "int64")
        self._all = np.zeros((self.size, 6), "int64")

    def meet(self, place: int, numbers: int = 0, flag: int = 0) -> np.ndarray:
        """The flags of all ranks (ranks,). Raises ParallelError unless all ranks are at the same place.

        Gradients that are not finite are told here too: then the ranks stop at their places, whichever these are.
        """
        share = current()
        self._own[:] = place, self.epoch, self.step, numbers, 0 if share is None else share.whole, flag
        self.communicator.Allgather(self._own, self._all)
        flags = self._all[:, -1].copy()
        checks.check_finite(np.where(self._all[:, 0] == GRADIENTS, flags, 0))
        if (self._all[:, :-1] != self._own[:-1]).any():
            checks.check_same_place([_described(*row) for row in self._all[:, :-1].tolist()])
        return flags

    def add_up(self, array: Array) -> None:
        """Replace the array by the sum of those of all ranks, after a meet(): one of NumPy, or of CuPy with NCCL."""
        checks.check_contiguous(array)
        if isinstance(array, np.ndarray):
            self.communicator.Allreduce(self._in_place(), array)
        else:
            self._nccl.all_reduce(array, array)

    def adds_on_gpus(self) -> bool:
        """Whether arrays of CuPy can be added where they are. All ranks ask, and get the same answer."""
        if self._nccl is None:
            can = not self.meet(CONNECT, flag=not devices.fit(self.neighbours)).any()
            self._nccl = can and devices.connect(self)
        return self._nccl is not False

    def abort(self) -> None:
        """End the processes of all ranks, by their launcher, soon."""
        from mpi4py import MPI

        MPI.COMM_WORLD.Abort(1)

    def _in_place(self) -> Any:
        from mpi4py import MPI

        return MPI.IN_PLACE


def _described(place: int, epoch: int, step: int, numbers: int, rows: int) -> str:
    """A place in words."""
    if place == END:
        return PLACES[place]
    sizes = [f"{numbers:,} numbers"] if numbers else []
    sizes += [f"a batch of {rows}"] if rows else []
    told = f" ({', '.join(sizes)})" if sizes else ""
    return f"{PLACES[place]}{told} in epoch {epoch}, step {step}"


_job: Job | None = None


def init() -> None:
    """Train in parallel from here on, if this program was started by mpiexec with several ranks.

        mpiexec -n 4 python train.py

    Every rank runs the same program. fit(), alternate() and train_on_batch() divide each batch among the ranks, and add
    up their gradients: the weights are those of one process with the same batch size, up to rounding. In a program that
    was started without mpiexec nothing changes. A second call does nothing.

    From here on an error on one rank ends all of them, and each rank uses its share of the cores. On rank 0 alone
    minigen prints, writes files and shows warnings. Raises ImportError under mpiexec without mpi4py and an MPI that it
    can load.
    """
    global _job
    if _job is not None:
        return
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:  # RuntimeError: mpi4py is there, a library of MPI is not
        if not launched():
            return
        checks.refuse_no_mpi(error)
    if MPI.COMM_WORLD.Get_size() > 1:
        from .. import backend  # here, because backend draws with share.py

        of_machine = MPI.COMM_WORLD.Split_type(MPI.COMM_TYPE_SHARED)
        _job = Job(MPI.COMM_WORLD.Dup(), of_machine.Get_rank(), of_machine.Get_size())
        faults.prepare(_job, of_machine)
        backend.set_random_state(from_first(backend.random_state))
        if backend.active() == "cupy":
            take_gpu()


def take_gpu() -> None:
    """Make the GPU of this rank the current one; in one process nothing changes."""
    if _job is not None:
        devices.take(_job.place)


def launched() -> bool:
    """Whether mpiexec has started this process as one of several: MPICH's or Intel's, or that of Open MPI."""
    return any(os.environ.get(name, "1") != "1" for name in ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE"))


def running() -> Job | None:
    """The job of this process; None in one process."""
    return _job


def rank() -> int:
    """The number of this process, 0, 1, ..., size() - 1."""
    return 0 if _job is None else _job.rank


def size() -> int:
    """The number of ranks, 1 without init() or mpiexec."""
    return 1 if _job is None else _job.size


# ---- what the ranks do together; in one process these functions return what they were given


def share_of(rows: int) -> Share | None:
    """The share of this rank in a batch; None in one process."""
    return None if _job is None else Share(rows, _job.rank, _job.size)


def at(epoch: int, step: int) -> None:
    """Note where the training is, for messages."""
    if _job is not None:
        _job.epoch, _job.step = epoch, step


def mean(values: Any) -> Any:
    """The mean over a whole batch, from means over the rows of this rank: a float of a number, an array of an array.

    For a train_step() whose updates depend on it, as those of a GAN with a margin do: all ranks have to decide alike.
    Tensors and arrays of a GPU are read, and no gradient goes through it. Outside of the steps of a parallel training
    the values are those of the whole batch already, and are returned as they are.
    """
    share = current()
    if _job is None or share is None:
        return values
    values = _on_host(values)
    total = np.array(values, "float64", order="C")
    total *= share.weight
    _job.meet(MEAN, total.size)
    _job.add_up(total)
    kind = values.dtype if values.dtype.kind == "f" else "float64"  # a mean of whole numbers is none
    return total.astype(kind, copy=False) if total.ndim else float(total)


def _on_host(values: Any) -> np.ndarray:
    """As an array of NumPy, which the buffers of MPI are."""
    from .. import backend  # here, because backend draws with share.py

    return backend.to_numpy(values)


def add_up(numbers: np.ndarray) -> np.ndarray:
    """The sums (n,) of the numbers (n,) of all ranks."""
    if _job is None:
        return numbers
    total = np.array(numbers, "float64")
    _job.meet(LOGS, total.size)
    _job.add_up(total)
    return total


def on_any_rank(*flags: bool) -> list[bool]:
    """Of each flag, whether it is true on some rank."""
    if _job is None:
        return list(flags)
    found = _job.meet(STOP, flag=sum(flag << i for i, flag in enumerate(flags)))
    return [bool((found >> i & 1).any()) for i in range(len(flags))]


def tell_of_nan(error: Exception) -> None:
    """Let the other ranks know that this one has met a NaN in a step: they raise NonFiniteGradientError."""
    if _job is not None and not isinstance(error, checks.NonFiniteGradientError):
        with contextlib.suppress(checks.NonFiniteGradientError):
            _job.meet(GRADIENTS, flag=1)


def joined(rows: Any, whole: int) -> Any:
    """The rows (whole, ...) of a batch from those of this rank."""
    if _job is None:
        return rows
    share = Share(whole, _job.rank, _job.size)
    _job.meet(ROWS, whole)
    return np.concatenate(_job.communicator.allgather(_on_host(rows)[: share.rows]))


def from_first(compute: Callable[[], T]) -> T:
    """What compute() returns on rank 0, on all ranks. What it raises there is raised on all of them."""
    if _job is None:
        return compute()
    _job.meet(FIRST)
    found: Any = None
    if _job.rank == 0:
        try:
            found = compute(), None
        except Exception as error:
            found = None, error
    value, problem = _job.communicator.bcast(found)
    if problem is not None:
        raise problem
    return value


def check_alike(what: str, arrays: Any, fix: str, place: int = COMPARE) -> None:
    """Raise ParallelError, with the ranks, unless all ranks have the same bytes (an iterable of arrays or bytes)."""
    if _job is None:
        return
    checksum = 0
    for a in arrays:
        checksum = zlib.crc32(a if isinstance(a, bytes) else np.ascontiguousarray(a).data, checksum)
    checks.check_alike(what, _job.meet(place, flag=checksum).tolist(), fix)
