"""Programs on several ranks: mpiexec -n 2 python FILE ..."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.processes import environment

REQUIRED = os.environ.get("MINIGEN_MPI") == "1"  # where MPI must be there, its tests are not skipped
HERE = Path(__file__).parent
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


def launcher():
    """The mpiexec of this environment, or of the system; None without one, or without mpi4py."""
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return shutil.which("mpiexec", path=beside) if importlib.util.find_spec("mpi4py") else None


def mpiexec(ranks, *arguments, folder=None, command=(sys.executable,), **variables):
    """(exit status, stdout, stderr) of a program of this folder, or with another command of that, on so many ranks."""
    found = launcher()
    if found is None:
        reason = "no mpi4py, or no mpiexec"
        pytest.fail(f"MINIGEN_MPI=1, but {reason}", pytrace=False) if REQUIRED else pytest.skip(reason)
    done = subprocess.run(
        [found, "-n", str(ranks), *command, *map(str, arguments)],
        env=environment(**ONE_THREAD, **variables),
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
    )
    return done.returncode, done.stdout, done.stderr
