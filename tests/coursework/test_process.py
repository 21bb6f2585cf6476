"""The process that executes submissions; what it allows is tested in test_sandbox.py."""

import subprocess
import sys
from pathlib import Path

from helpers.processes import environment

from minigen.coursework import frames, get, process

EXERCISE = get(1)


def test_a_process_without_fork_does_one_job():
    """What it does on Windows."""
    test = EXERCISE.tests[0]
    job = {"source": EXERCISE.solved, "test": EXERCISE.text_of(test), "name": "values", "refused": [], "seconds": 5}
    job |= {"megabytes": 400, "user": 0, "hidden": [str(Path(process.__file__).parent)]}
    program = "import os; del os.fork; from minigen.coursework import process; process.main()"
    given, command = frames.encode(job, {}), [sys.executable, "-c", program]
    done = subprocess.run(command, input=given, capture_output=True, env=environment())
    assert frames.decode(done.stdout[8:])["arrays"]["y"].shape == (2, 3)
