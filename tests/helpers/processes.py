"""Fresh interpreters that import this minigen."""

import os
import subprocess
import sys
from pathlib import Path

import minigen

PARENT = Path(minigen.__file__).parents[1]


def environment(**variables):
    return {**os.environ, "PYTHONPATH": str(PARENT), "MPLBACKEND": "Agg", **variables}


def python(*arguments, **variables):
    """(exit status, stdout, stderr) of a fresh interpreter, as bytes."""
    done = subprocess.run([sys.executable, *map(str, arguments)], env=environment(**variables), capture_output=True)
    return done.returncode, done.stdout, done.stderr
