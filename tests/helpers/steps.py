"""How much work something is, counted in lines of Python."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

import minigen

X = np.ones((2, 4), "float32")  # for models of four features
PACKAGE = str(Path(minigen.__file__).parent)


def steps(action, most=math.inf):
    """How many lines of minigen's Python run: a clock would depend on the machine and its other work."""
    count = 0

    def trace(frame, event, arg):
        nonlocal count
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        count += 1
        if count > most:
            pytest.fail(f"more than {most:,} steps")
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(before)
    return count
