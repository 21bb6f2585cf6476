"""The process of the command `minigen` before cli.main() begins and after it ends, such as while Python imports.

Ctrl-C is a KeyboardInterrupt in Python, and an error in MINIGEN_BACKEND a ValueError. main() catches both; outside of
it they would end in a traceback. Here Ctrl-C ends the process at once, with "stopped" and exit status 130, and of an
error its text is shown. Where another program imports minigen, nothing is changed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any


def is_running() -> bool:
    """True in a process that was started as `minigen ...` or `python -m minigen ...`."""
    name = os.path.basename(sys.argv[0]) if sys.argv else ""
    return name in ("minigen", "minigen.exe") or (name == "-m" and _module_asked_for() == "minigen")


def _module_asked_for() -> str:
    """NAME of `python -m NAME`."""
    return "".join(sys.orig_argv[sys.orig_argv.index("-m") + 1 :][:1]) if "-m" in sys.orig_argv else ""


def stop_at_once(signum: int, frame: Any) -> None:
    """What Ctrl-C does outside of main(): no exception, nothing is cleared up."""
    os.write(2, b"stopped\n")
    os._exit(130)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """In this block Ctrl-C is a KeyboardInterrupt as usual, so that what was begun can be cleared up."""
    set_here = signal.getsignal(signal.SIGINT) is stop_at_once
    try:
        if set_here:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
    finally:
        if set_here:
            signal.signal(signal.SIGINT, stop_at_once)


def show_text(kind: Any, error: Any, trace: Any) -> None:
    """What an error outside of main() shows: its text, or all that Python knows with MINIGEN_DEBUG=1."""
    if os.environ.get("MINIGEN_DEBUG") or not issubclass(kind, (ValueError, RuntimeError)):
        sys.__excepthook__(kind, error, trace)
    else:
        print(f"minigen: {error}\n(MINIGEN_DEBUG=1 shows where)", file=sys.stderr)


if is_running():
    sys.excepthook = show_text
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where a shell has Ctrl-C ignored
        signal.signal(signal.SIGINT, stop_at_once)
