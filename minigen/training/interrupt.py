"""Ctrl-C while a model is trained."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def defer_interrupt(wanted: bool) -> Iterator[list[bool]]:
    """Ctrl-C lets the running batch end, so that no half-updated weights are saved; a second Ctrl-C stops at once."""
    asked: list[bool] = []
    if not wanted or threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def on_interrupt(signum: int, frame: Any) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(True)

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
