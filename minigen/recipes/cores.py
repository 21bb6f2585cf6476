"""How many cores this process may use: often fewer than the machine has."""

from __future__ import annotations

import math
import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")  # where a Linux container finds its limits


def usable_cores() -> int:
    """The cores that this process may run on (taskset, a batch system), or that its container's share of CPU time pays
    for, rounded up: the smaller number of the two."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(allowed, _container_share())))


def _container_share() -> float:
    """CPU time per time that the container may use, such as 1.5; infinity where there is no limit."""
    try:
        if (CGROUP / "cpu.max").exists():  # version 2: "150000 100000" microseconds, or "max 100000"
            quota, period = (CGROUP / "cpu.max").read_text().split()
        else:  # version 1: two files, and -1 for no limit
            quota, period = ((CGROUP / "cpu" / f"cpu.cfs_{part}_us").read_text() for part in ("quota", "period"))
        return float(quota) / float(period) if quota != "max" and float(quota) > 0 else math.inf
    except (OSError, ValueError):
        return math.inf
