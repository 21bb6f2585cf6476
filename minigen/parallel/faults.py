"""What ends a parallel job when something goes wrong on one of its ranks.

A rank that raises an error prints it, with the way to go on, and aborts all ranks: those that wait for it in MPI would
wait for ever. A rank that is killed is seen by the process of watch.py, which is started here. A rank that ends its
program early meets the others there (Job.meet).
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ..cores import usable_cores
from .checks import NonFiniteGradientError, ParallelError

if TYPE_CHECKING:
    from .job import Job

LAUNCHER = 3.0  # seconds in which a launcher ends the other ranks after one has died
FORWARDED = 0.5  # seconds in which the launcher passes the message on; what it has not when it is told to end is lost
PATH = 80  # bytes of a folder's path: that of a Unix socket in a folder in it has at most 104
FIRST = 1.0  # seconds that other ranks leave to rank 0, so that an error of all ranks is printed once


class _State:
    """What this process knows of the job."""

    job: Job | None = None
    resume = ""  # how to go on after a fault
    limits: Any = None  # of the threads of BLAS, as long as the process runs
    watcher: socket.socket | None = None
    process: Any = None  # the watcher itself, on the first rank of a machine
    has_failed = False


def prepare(job: Job, neighbours: Any) -> None:
    """From here on a fault on this rank ends the job. neighbours: the communicator of the ranks on this machine."""
    _State.job = job
    sys.excepthook = _with_end(sys.excepthook)
    threading.excepthook = _of_thread
    atexit.register(_at_exit)
    _share_cores(neighbours.Get_size())
    _connect(job, neighbours)
    if job.rank:
        warnings.simplefilter("ignore")


def note(resume: str) -> None:
    """How to go on after a fault, such as the epoch of the last checkpoint."""
    if _State.job is not None:
        _State.resume = resume
        _tell(f"resume {resume}")


def fail(error: BaseException, show: Callable[[], None]) -> None:
    """Show the error, name this rank and the way to go on, and end all ranks.

    Errors that all ranks raise together name the ranks themselves, and Ctrl-C reaches all of them.
    """
    job = _State.job
    if job is None or _State.has_failed:  # one process; or an error while the job ends
        show()
        return
    _State.has_failed = True
    if job.rank:
        time.sleep(FIRST)
    _tell("said")
    sys.stderr = sys.__stderr__  # a rank may have been silent until now
    show()
    who = f"rank {job.rank} of {job.size} has failed"
    if isinstance(error, (ParallelError, NonFiniteGradientError, KeyboardInterrupt)):
        who = "all ranks have stopped"
    where = f" in epoch {job.epoch}, step {job.step}" if job.epoch else ""
    text = f"minigen.parallel: {who}{where}, with {type(error).__name__}. {_State.resume}"
    print(text.rstrip(), file=sys.stderr, flush=True)
    time.sleep(FORWARDED)
    job.abort()
    time.sleep(10)  # the launcher ends this process meanwhile
    os._exit(1)


def _with_end(before: Any) -> Any:
    """The sys.excepthook that shows the error as before, and then ends the job."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        fail(error, lambda: before(kind, error, trace))

    return hook


def _of_thread(found: Any) -> None:
    """The threading.excepthook."""
    if found.exc_type is not SystemExit:
        sys.excepthook(found.exc_type, found.exc_value, found.exc_traceback)


def _at_exit() -> None:
    """Wait for the ends of the other ranks: if they are in a training, this rank has left it."""
    from .job import END

    job = _State.job
    if job is None or _State.has_failed:
        return
    try:
        job.meet(END)
    except Exception as error:
        fail(error, functools.partial(print, error, file=sys.stderr))
    _tell("end")


def _share_cores(ranks: int) -> None:
    """Limit the threads of BLAS, and with them those of kernels/blocks.py, to this rank's share of the cores."""
    from threadpoolctl import threadpool_info, threadpool_limits  # type: ignore[import-untyped]

    most = max(1, usable_cores() // ranks)
    if any(library["num_threads"] > most for library in threadpool_info()):
        _State.limits = threadpool_limits(most)


def _connect(job: Job, neighbours: Any) -> None:
    """Start the watcher of this machine on its first rank, and connect to it. Without Unix sockets there is none."""
    if not hasattr(socket, "AF_UNIX"):
        return
    folder = _new_folder() if neighbours.Get_rank() == 0 else ""
    if folder:
        _start_watcher(f"{folder}/watch", neighbours.Get_size())
    path = neighbours.bcast(f"{folder}/watch")
    _State.watcher = socket.socket(socket.AF_UNIX)
    _State.watcher.connect(path)
    _tell(f"{job.rank} {os.getpid()}")
    neighbours.Barrier()
    if folder:
        shutil.rmtree(folder)


def _new_folder() -> str:
    """In the system's folder for temporary files, or in /tmp if the path of that one is too long for a Unix socket."""
    usual = tempfile.gettempdir()
    return tempfile.mkdtemp(prefix="minigen-", dir=usual if len(os.fsencode(usual)) <= PATH else "/tmp")


def _start_watcher(path: str, ranks: int) -> None:
    """Run watch.py, which listens at this path."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(ranks)
        file = listener.fileno()
        program = [sys.executable, "-I", "-S", str(Path(__file__).with_name("watch.py"))]
        command = [*program, str(file), str(ranks), str(LAUNCHER)]
        quiet = subprocess.DEVNULL
        _State.process = subprocess.Popen(command, pass_fds=[file], start_new_session=True, stdin=quiet, stdout=quiet)


def _tell(line: str) -> None:
    """A line for the watcher. One that has ended is not needed any more."""
    if _State.watcher is not None:
        try:
            _State.watcher.sendall(f"{line}\n".encode())
        except OSError:
            _State.watcher = None
