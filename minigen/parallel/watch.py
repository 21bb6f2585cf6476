"""A small process that sees a rank die: a program of its own, of the standard library only.

    python watch.py FILE_DESCRIPTOR RANKS SECONDS

A rank that is killed cannot say so, and a launcher that notices it kills the others within milliseconds: there is
nobody left who could. So the first rank of each machine starts this process. Every rank on the machine connects to it
and sends lines: its number and process first; then "resume TEXT", how to go on after a fault; "said", when it has
reported a fault itself; and "end" at the end of its program. A connection that ends without either belongs to a rank
that has died.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import sys
import time

START = 60.0  # seconds in which all ranks of the machine connect


def watch(listener: socket.socket, ranks: int, launcher: float) -> None:
    """Until all have ended, or one has died. launcher: seconds in which a launcher ends the other ranks."""
    listener.settimeout(START)
    lines: dict[socket.socket, list[str]] = {listener.accept()[0]: [] for _ in range(ranks)}
    selector = selectors.DefaultSelector()  # on Linux it gives connections in the order in which they ended
    for connection in lines:
        connection.setblocking(True)
        selector.register(connection, selectors.EVENT_READ)
    reported, resume = False, ""
    while lines:
        ended = []
        for key, _ in selector.select():
            connection = next(one for one in lines if one is key.fileobj)
            text = received(connection)
            lines[connection] += text.splitlines()
            resume = next((x[7:] for x in reversed(text.splitlines()) if x.startswith("resume ")), resume)
            reported = reported or "said" in lines[connection]
            if not text:
                ended.append(connection)
        for connection in ended:
            selector.unregister(connection)
            said = lines.pop(connection)
            if "end" in said or "said" in said:
                continue
            if not reported:
                report(said, resume)
            end({connection: int(said[0].split()[1]) for connection, said in lines.items() if said}, launcher)
            return


def received(connection: socket.socket) -> str:
    """The lines that have come; "" at the end of the connection. Lines are short, and come whole."""
    try:
        return connection.recv(65536).decode(errors="replace")
    except OSError:
        return ""


def report(said: list[str], resume: str) -> None:
    """The one message about a rank that has died."""
    rank = said[0].split()[0] if said else "?"
    text = f"minigen.parallel: rank {rank} has died: it was killed, or ended itself without an error. {resume}"
    print(text.strip(), file=sys.stderr, flush=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())  # a launcher waits until its pipe is closed


def end(processes: dict[socket.socket, int], launcher: float) -> None:
    """End the other ranks that still run, if their launcher has not."""
    time.sleep(launcher)
    for connection, process in processes.items():
        connection.setblocking(False)
        with contextlib.suppress(OSError):
            if is_open(connection):
                os.kill(process, signal.SIGKILL)


def is_open(connection: socket.socket) -> bool:
    """Whether the rank at its other end is alive."""
    try:
        return bool(connection.recv(65536))
    except BlockingIOError:  # nothing has come, and nothing has ended
        return True


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the ranks
    watch(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]), float(sys.argv[3]))
