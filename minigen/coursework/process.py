"""The process in which submissions are executed.

It imports NumPy and minigen, and then forks once for each job that it reads from its standard input; where there is no
fork(), it does a single job and ends. A fork has limits of time and memory, an empty folder, and a hook that refuses to
open the exercises, to write files elsewhere, to start processes and to load C libraries; it closes every file but the
pipe of its result. It never has the right numbers: they are in the process that compares.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from stat import S_IFREG, S_ISDIR, S_ISREG
from typing import Any, BinaryIO

from .child import MOST_BYTES, run
from .frames import encode, read_frame

FORBIDDEN = set(
    "os.fork os.forkpty os.exec os.posix_spawn os.spawn os.system os.kill os.killpg os.link os.putenv os.chmod "
    "subprocess.Popen socket.__new__ ctypes.dlopen pty.spawn".split()
)  # events of sys.addaudithook
CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.truncate"}
TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def serve(jobs: BinaryIO, results: BinaryIO) -> None:
    """Do the jobs of the stream, each in a fork; a result goes back with its length as 8 bytes before it."""
    while frame := read_frame(jobs):
        job = json.loads(frame[8:])
        result = _in_a_fork(job) if hasattr(os, "fork") else _here(job)
        results.write(len(result).to_bytes(8, "big") + result)
        results.flush()


def _here(job: dict[str, Any]) -> bytes:
    limit(job)
    return _frame_of(job)


def _frame_of(job: dict[str, Any]) -> bytes:
    result = run(job["source"], job["test"], job["name"], job["refused"])
    return encode({k: v for k, v in result.items() if k != "arrays"}, result["arrays"])


def _in_a_fork(job: dict[str, Any]) -> bytes:
    """The frame that the fork has written, or one that says how it ended."""
    ours, theirs = os.pipe()
    folder = tempfile.mkdtemp(prefix="minigen-coursework-")
    if job["user"]:
        os.chown(folder, job["user"], job["user"])
    pid = os.fork()
    if pid == 0:
        _be_the_fork(job, theirs, folder)
    os.close(theirs)
    frame, ended = _read_until(ours, time.monotonic() + job["seconds"])
    os.close(ours)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    shutil.rmtree(folder, ignore_errors=True)
    if frame and ended:
        return frame
    cpu = os.WIFSIGNALED(status) and os.WTERMSIG(status) == getattr(signal, "SIGXCPU", None)
    kind = "time" if not ended or cpu else "exit"
    header = {"kind": kind, "text": "", "line": 0, "printed": ""}
    return encode(header, {})


def _read_until(pipe: int, deadline: float) -> tuple[bytes, bool]:
    """(what came through the pipe, whether its writer ended before the deadline and kept to MOST_BYTES)."""
    import select

    parts: list[bytes] = []
    size = 0
    while (left := deadline - time.monotonic()) > 0 and size <= 2 * MOST_BYTES:
        if select.select([pipe], [], [], left)[0]:
            part = os.read(pipe, 2**20)
            if not part:
                return b"".join(parts), True
            parts.append(part)
            size += len(part)
    return b"", False


def _be_the_fork(job: dict[str, Any], pipe: int, folder: str) -> None:
    """Do the job, write the frame and end; nothing of what the student's code leaves running goes on."""
    leave, write = os._exit, os.write
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        os.dup2(pipe, 3)
        os.closerange(4, 4096)
        os.chdir(folder)
        tempfile.tempdir = folder
        limit(job)
        frame = memoryview(_frame_of(job))
        while frame:
            frame = frame[write(3, frame) :]
    finally:
        leave(0)


def limit(job: dict[str, Any]) -> None:
    """Set the limits of this process, which nothing in it can undo."""
    try:
        import resource
    except ImportError:  # Windows: the time alone is limited, from outside
        pass
    else:
        seconds = int(job["seconds"]) + 1
        limits = {"RLIMIT_CPU": seconds, "RLIMIT_FSIZE": 2**20, "RLIMIT_CORE": 0}
        limits["RLIMIT_AS"] = _memory_now() + job["megabytes"] * 2**20
        for name, value in limits.items():
            with contextlib.suppress(ValueError, OSError, AttributeError):
                resource.setrlimit(getattr(resource, name), (value, value))
    hook = _hook(job["hidden"], os.getcwd())
    if job["user"]:
        os.setgroups([])
        os.setgid(job["user"])
        os.setuid(job["user"])
    sys.addaudithook(hook)


def _memory_now() -> int:
    """The address space that this process has, in bytes."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # macOS
        return 2**34


def _hook(hidden: Sequence[str], own: str) -> Any:
    """A hook that refuses the events of FORBIDDEN, what is hidden, and what writes outside the folder `own`.

    Hidden are the files in the folders `hidden`, under any name and by any path, the folders above them, and /proc. An
    open folder counts as written, since its files can be removed through it.
    """
    stat, real = os.stat, os.path.realpath
    closed = {_identity(stat(path)) for folder in map(Path, hidden) for path in [*folder.rglob("*"), *_upwards(folder)]}
    proc = stat("/proc").st_dev if os.path.isdir("/proc") else None

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event in FORBIDDEN:
            raise PermissionError(f"{event} is not allowed in an exercise")
        paths = args[:1] if event == "open" else args if event in CHANGES else ()
        for path in paths:
            if path is None or isinstance(path, int):  # a file that is open, or another argument of the event
                continue
            try:
                found = stat(path) if isinstance(path, (str, bytes)) else None
            except (OSError, ValueError):  # there is no such file yet
                mode = S_IFREG
            else:
                if found is None or _identity(found) in closed or found.st_dev == proc:
                    raise PermissionError("this file is not for exercises")
                mode = found.st_mode
            changes = event in CHANGES or S_ISDIR(mode) or (S_ISREG(mode) and args[2] & TO_WRITE)
            if changes and not f"{os.fsdecode(real(path))}{os.sep}".startswith(own + os.sep):
                raise PermissionError("files outside its folder are not for an exercise to write")

    return hook


def _identity(found: os.stat_result) -> tuple[int, int]:
    """By which a file is known, whatever its name is."""
    return found.st_dev, found.st_ino


def _upwards(folder: Path) -> list[Path]:
    """The folder and those above it."""
    return [folder, *folder.resolve().parents]


def main() -> None:
    """Do jobs until the input ends."""
    jobs, results = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    serve(jobs, results)
