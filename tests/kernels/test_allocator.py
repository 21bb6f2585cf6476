"""The allocator's setting is harmless, and skipped where there is none."""

import ctypes

import numpy as np
import pytest

from minigen.kernels import allocator


def test_the_allocator_setting_is_harmless():
    """It may be called again, returns whether it took hold, and big arrays come and go as before."""
    assert allocator.keep_freed_memory() in (True, False)
    for _ in range(3):
        big = np.ones(10_000_000, "float32")
        assert big.sum() == 10_000_000
        del big


@pytest.mark.parametrize("error", [OSError, AttributeError, TypeError])
def test_the_allocator_setting_is_skipped_without_glibc(error, monkeypatch):
    def no_library(name):
        raise error("no such library")

    monkeypatch.setattr(ctypes, "CDLL", no_library)
    assert allocator.keep_freed_memory() is False


@pytest.mark.parametrize("refused, expected", [((), True), ((1 << 30,), True), ((1 << 30, 32 << 20), False)])
def test_an_old_glibc_gets_the_largest_threshold_it_takes(refused, expected, monkeypatch):
    """mallopt returns 1 for a value that it takes and 0 for one that it does not."""
    asked = []

    class OldGlibc:
        def mallopt(self, option, value):
            asked.append((option, value))
            return int(option == allocator.M_TRIM_THRESHOLD or value not in refused)

    monkeypatch.setattr(ctypes, "CDLL", lambda name: OldGlibc())
    assert allocator.keep_freed_memory() is expected
    assert asked[0] == (allocator.M_MMAP_THRESHOLD, 1 << 30)
