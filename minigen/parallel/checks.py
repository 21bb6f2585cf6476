"""What stops a parallel training: no MPI, ranks that do not do the same, numbers that are not finite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from ..errors import message


class ParallelError(RuntimeError):
    """The ranks do not do the same: one has left the training, has another model, or other data."""


class NonFiniteGradientError(FloatingPointError):
    """A rank has computed a gradient that is NaN or infinite. All ranks raise it, before any weight is changed."""


def refuse_no_mpi(error: Exception) -> NoReturn:
    """ImportError without mpi4py, or without an MPI that it can load."""
    got = f"{type(error).__name__}: {error}"
    fix = 'pip install "minigen[mpi]", in the environment of each machine'
    expected = "mpi4py, and an MPI such as MPICH"
    raise ImportError(message("parallel.init", expected=expected, got=got, fix=fix)) from error


def refuse_one_process(where: str, n: int, fix: str) -> NoReturn:
    """RuntimeError for what runs in one process only."""
    raise RuntimeError(message(where, expected="one process", got=f"{n} ranks of mpiexec", fix=fix))


def check_same_place(places: Sequence[str]) -> None:
    """ParallelError unless all ranks are at the same place of their programs."""
    if len(set(places)) > 1:
        fix = "every rank has to run the same trainings, with the same data, in the same order"
        where, expected = "parallel: the ranks are out of step", "all ranks at one place"
        raise ParallelError(message(where, expected=expected, got=_by_rank(places), fix=fix))


def check_alike(what: str, values: Sequence[Any], fix: str) -> None:
    """ParallelError unless all ranks have the same."""
    if len(set(values)) > 1:
        where, expected = f"parallel: the ranks have different {what}", "the same on all ranks"
        raise ParallelError(message(where, expected=expected, got=f"one on {_groups(values)}", fix=fix))


def check_finite(counts: np.ndarray) -> None:
    """NonFiniteGradientError, with the ranks, unless no rank has NaN or infinity in its gradients: counts (ranks,)."""
    if counts.any():
        got = ", ".join(f"{n:,} on rank {rank}" for rank, n in enumerate(counts.tolist()) if n)
        fix = "a smaller learning rate, or global_clipnorm; minigen.callbacks.TerminateOnNaN() names the op"
        where, expected = "parallel: NaN or infinity in the gradients", "finite numbers"
        raise NonFiniteGradientError(message(where, expected=expected, got=got, fix=fix))


def check_one_dtype(gradients: Sequence[np.ndarray]) -> None:
    """ValueError unless all gradients are float32, or all float64: MPI adds numbers of one type."""
    found = sorted({g.dtype.name for g in gradients})
    if found not in (["float32"], ["float64"]):
        where, expected = "parallel: the gradients of one step", "float32 or float64, all of them"
        raise ValueError(message(where, expected=expected, got=", ".join(found), fix="one dtype for all weights"))


def check_contiguous(array: np.ndarray) -> None:
    """ValueError unless the numbers lie in the order of C: MPI adds arrays of two orders without a word."""
    if not array.flags.c_contiguous:
        where, fix = "parallel: an array that all ranks add", "numpy.ascontiguousarray(a)"
        raise ValueError(message(where, expected="the order of C", got="another order", fix=fix))


def _by_rank(values: Sequence[Any]) -> str:
    return "; ".join(f"rank {rank} {value}" for rank, value in enumerate(values))


def _groups(values: Sequence[Any]) -> str:
    """Which ranks have the same: "ranks 0, 2; others on ranks 1, 3"."""
    ranks = [[str(r) for r, other in enumerate(values) if other == value] for value in dict.fromkeys(values)]
    return "; others on ".join(f"rank{'s' * (len(group) > 1)} {', '.join(group)}" for group in ranks)
