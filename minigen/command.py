"""The process of the command `minigen` outside of cli.main(): while Python imports, and after main() has returned.

Ctrl-C raises KeyboardInterrupt in Python, and a wrong MINIGEN_BACKEND raises ValueError. main() catches both; outside
of it they would end in a traceback. There, Ctrl-C ends the process at once, with "stopped" and exit status 130, and of
an error only the text is shown. Where another program imports minigen, nothing is changed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from types import FrameType, TracebackType


def is_running() -> bool:
    """True in a process that was started as `minigen ...` or `python -m minigen ...`."""
    name = os.path.basename(sys.argv[0]) if sys.argv else ""
    return name in ("minigen", "minigen.exe") or (name == "-m" and _module_name() == "minigen")


def _module_name() -> str:
    """NAME in `python -m NAME`, or ""."""
    return "".join(sys.orig_argv[sys.orig_argv.index("-m") + 1 :][:1]) if "-m" in sys.orig_argv else ""


def stop_at_once(signum: int, frame: FrameType | None) -> None:
    """The signal handler for Ctrl-C outside of main(): it ends the process without an exception and without cleanup."""
    os.write(2, b"stopped\n")
    os._exit(130)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """In this block Ctrl-C raises KeyboardInterrupt as usual, so that unfinished work can be cleaned up."""
    installed = signal.getsignal(signal.SIGINT) is stop_at_once
    try:
        if installed:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
    finally:
        if installed:
            signal.signal(signal.SIGINT, stop_at_once)


def _text_alone(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    return f"{category.__name__}: {message}\n"


@contextlib.contextmanager
def short_warnings() -> Iterator[None]:
    """In this block a warning is shown by its text: the line of the program that it names would be the script minigen.

    With MINIGEN_DEBUG=1 the line is shown too.
    """
    before = warnings.formatwarning
    try:
        if not os.environ.get("MINIGEN_DEBUG"):
            warnings.formatwarning = _text_alone
        yield
    finally:
        warnings.formatwarning = before


def show_text(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The sys.excepthook outside of main(): print the text of the error, or the traceback with MINIGEN_DEBUG=1."""
    if os.environ.get("MINIGEN_DEBUG") or not issubclass(kind, (ValueError, RuntimeError)):
        sys.__excepthook__(kind, error, trace)
    else:
        print(f"minigen: {error}\n(MINIGEN_DEBUG=1 shows where)", file=sys.stderr)


if is_running():
    sys.excepthook = show_text
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a shell may have set Ctrl-C to be ignored
        signal.signal(signal.SIGINT, stop_at_once)
