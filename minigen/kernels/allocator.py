"""Memory that stays in the process.

glibc gives an array above a threshold pages of its own and returns them to the system when it is freed, so a training
step maps, zeroes and faults in the same pages again and again. With both thresholds up, freed arrays are used again: a
training step of the FC autoencoder takes half the time it takes without.
"""

from __future__ import annotations

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # from glibc's malloc.h
HIGH, OLD_LIMIT = 1 << 30, 32 << 20  # older versions of glibc refuse a mapping threshold above 32 MiB


def keep_freed_memory() -> bool:
    """Tell glibc's malloc to reuse freed arrays; False where there is another C library (nothing is changed then)."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # Windows, macOS, musl
        return False
    mapped = mallopt(M_MMAP_THRESHOLD, HIGH) or mallopt(M_MMAP_THRESHOLD, OLD_LIMIT)
    return bool(mapped and mallopt(M_TRIM_THRESHOLD, HIGH))
