"""One rank of a job without MPI: its communicator answers for the other ranks."""

import contextlib

import numpy as np

from minigen.parallel import job


class Communicator:
    """Every other rank does as this one, with what a test changes: change {column: value} of what the last other rank
    tells in a meeting, sums for what the others add, first for what rank 0 sends."""

    def __init__(self, rank, size):
        self.rank, self.size = rank, size
        self.change, self.sums, self.first, self.calls = {}, [], None, []

    def Get_rank(self):
        return self.rank

    def Get_size(self):
        return self.size

    def Allgather(self, own, every):
        self.calls.append("Allgather")
        every[:] = own
        other = self.size - 1 if self.rank != self.size - 1 else self.size - 2
        for column, value in self.change.items():
            every[other, column] = value

    def Allreduce(self, in_place, array):
        self.calls.append(("Allreduce", array.nbytes))
        array += np.asarray(self.sums.pop(0) if self.sums else 0, array.dtype)

    def allgather(self, value):
        return [value] * self.size

    def bcast(self, value):
        return value if self.rank == 0 else self.first


class Job(job.Job):
    def _in_place(self):
        return None


def alone(rank=0, size=2):
    return Job(Communicator(rank, size))


@contextlib.contextmanager
def joins(rank, size, sums=()):
    """In this block the process is that rank; gives its communicator."""
    before, job._job = job._job, alone(rank, size)
    job._job.communicator.sums = list(sums)
    try:
        yield job._job.communicator
    finally:
        job._job = before
