"""A GPU for each rank, and sums of arrays that lie on GPUs, by NCCL through CuPy.

Two ranks can use one GPU, but NCCL wants one for each: where there are fewer, or CuPy finds no NCCL, the gradients go
through the host and MPI. No part of this has run on a GPU yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .job import Job


def take(place: int) -> None:
    """Make a GPU the current one: rank k of a machine takes number k, and they are shared if there are fewer."""
    import cupy

    cupy.cuda.Device(place % cupy.cuda.runtime.getDeviceCount()).use()


def fit(neighbours: int) -> bool:
    """Whether NCCL can be used on this machine, with so many ranks on it."""
    import cupy

    return bool(cupy.cuda.nccl.available) and cupy.cuda.runtime.getDeviceCount() >= neighbours


def connect(job: Job) -> Any:
    """NCCL between the GPUs of all ranks; MPI tells them where they meet."""
    from cupyx.distributed import NCCLBackend

    return NCCLBackend(job.size, job.rank, use_mpi=True)
