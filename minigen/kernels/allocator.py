"""Memory that stays in the process.

glibc maps new pages for an array above a threshold and returns them to the system when it is freed, so that a training
step maps, zeroes and faults in the same pages again and again. With higher thresholds the memory of freed arrays is
reused: a training step of the FC autoencoder takes half the time.
"""

from __future__ import annotations

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # from glibc's malloc.h
HIGH, OLD_LIMIT = 1 << 30, 32 << 20  # older versions of glibc refuse a mapping threshold above 32 MiB


def keep_freed_memory() -> bool:
    """Make glibc's malloc reuse the memory of freed arrays; False, without a change, where the C library is another."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # Windows, macOS, musl
        return False
    mapped = mallopt(M_MMAP_THRESHOLD, HIGH) or mallopt(M_MMAP_THRESHOLD, OLD_LIMIT)
    return bool(mapped and mallopt(M_TRIM_THRESHOLD, HIGH))
