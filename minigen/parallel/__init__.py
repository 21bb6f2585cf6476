"""Data-parallel training: several processes, the ranks, train one model, each on its share of every batch.

    from minigen import parallel
    parallel.init()                # and everything else as before: mpiexec -n 4 python train.py

share.py      which rows of a batch a rank computes, and the random draws that belong to them
job.py        init(), and what the ranks do together
gradients.py  the gradients of a step in one array, added up in one call
devices.py    a GPU for each rank, and NCCL between them
faults.py     how a fault on one rank ends the job; watch.py sees a rank die

What is added up is divided right: rank r has w_r = rows / rows of the batch, the loss is L = Σ w_r L_r of the means
L_r over the rows of a rank, and so are its gradients. Communication is MPI's (mpi4py), on arrays of NumPy; NCCL's for
gradients on GPUs.
"""

from .checks import NonFiniteGradientError, ParallelError
from .faults import fail, note
from .gradients import Gradients, on_gpus
from .job import (
    add_up,
    at,
    check_alike,
    from_first,
    init,
    joined,
    launched,
    mean,
    on_any_rank,
    rank,
    running,
    share_of,
    size,
    take_gpu,
    tell_of_nan,
)
from .share import Share, current, drawn, places, sharing

# fmt: off
__all__ = [
    "NonFiniteGradientError", "ParallelError", "init", "mean", "rank", "size",  # for users
    # for the other folders
    "Gradients", "Share", "add_up", "at", "check_alike", "current", "drawn", "fail", "from_first", "joined", "launched",
    "note", "on_any_rank", "on_gpus", "places", "running", "share_of", "sharing", "take_gpu", "tell_of_nan",
]
# fmt: on
