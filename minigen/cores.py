"""The number of cores that this process may use, which may be smaller than that of the machine."""

from __future__ import annotations

import math
import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")  # the limits of a Linux container


def usable_cores() -> int:
    """The number of cores in the CPU affinity of this process, or the CPU quota of its container if it is smaller."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(allowed, _container_quota())))


def _container_quota() -> float:
    """CPU time per elapsed time that the container may use, such as 1.5; infinity without a limit."""
    try:
        if (CGROUP / "cpu.max").exists():  # version 2: "150000 100000" microseconds, or "max 100000"
            quota, period = (CGROUP / "cpu.max").read_text(encoding="ascii").split()
        else:  # version 1: two files, and -1 for no limit
            quota, period = ((CGROUP / "cpu" / f"cpu.cfs_{part}_us").read_text("ascii") for part in ("quota", "period"))
        return float(quota) / float(period) if quota != "max" and float(quota) > 0 else math.inf
    except (OSError, ValueError):
        return math.inf
