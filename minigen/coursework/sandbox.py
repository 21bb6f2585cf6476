"""Sandbox: where a student's code runs, in a process of its own that can neither see nor change what it is marked by.

The process of process.py is started once and serves any number of submissions: each test is run in a fork of it, which
ends after the test.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from . import frames
from .child import Result

SECONDS, MEGABYTES = 10.0, 1024
PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from minigen.coursework import process; process.main()"
)
TO_IMPORT = 15.0  # seconds for NumPy and minigen, where each test has a process
KEPT = "PATH HOME LANG LC_ALL LD_LIBRARY_PATH SYSTEMROOT TEMP TMP TMPDIR".split()  # of the environment


class Sandbox:
    """`with Sandbox() as run:` run(source, test, name, refused) gives what child.run() gives, from another process.

    seconds    of a test; a test that takes longer is stopped, with the kind "time"
    megabytes  that a test may take beyond what Python, NumPy and minigen have
    user       the number of the user that runs the student's code, which root alone can set; 0 for the same user
    """

    def __init__(self, seconds: float = SECONDS, megabytes: int = MEGABYTES, user: int = 0) -> None:
        self.seconds = seconds
        user = user if hasattr(os, "geteuid") and os.geteuid() == 0 else 0
        hidden = [str(Path(__file__).parent)]
        self.settings = {"seconds": seconds, "megabytes": megabytes, "user": user, "hidden": hidden}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def __call__(self, source: str, test: str, name: str, refused: list[str]) -> Result:
        job = {"source": source, "test": test, "name": name, "refused": refused, **self.settings}
        try:
            return frames.decode(self._answer(frames.encode(job, {})))
        except OSError:  # the process has ended
            self.close()
        except ValueError:  # what came is no result
            pass
        return {"kind": "exit", "text": "", "line": 0, "printed": "", "arrays": {}}

    def _answer(self, job: bytes) -> bytes:
        if not hasattr(os, "fork"):
            return self._answer_without_fork(job)
        process = self._process = self._process or _started()
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(job)
        process.stdin.flush()
        size = process.stdout.read(8)
        if len(size) < 8:
            raise BrokenPipeError
        return process.stdout.read(int.from_bytes(size, "big"))

    def _answer_without_fork(self, job: bytes) -> bytes:
        """One process for each test, as on Windows."""
        self.close()
        process = self._process = _started()
        try:
            out, _ = process.communicate(job, timeout=self.seconds + TO_IMPORT)
        except subprocess.TimeoutExpired:
            return frames.encode({"kind": "time", "text": "", "line": 0, "printed": ""}, {})
        return out[8:]


def _started() -> subprocess.Popen[bytes]:
    """The process of process.py, ready for jobs."""
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return subprocess.Popen(
        [sys.executable, "-I", "-B", "-c", PROGRAM, json.dumps([str(Path(__file__).parents[2]), *sys.path])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
