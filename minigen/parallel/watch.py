"""A small process that sees a rank die: a program of its own, of the standard library only.

    python watch.py FILE_DESCRIPTOR RANKS

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

LAUNCHER = 3.0  # seconds in which a launcher ends the other ranks; after them it is done here


def watch(listener: socket.socket, ranks: int) -> None:
    """Until all have ended, or one has died."""
    lines: dict[socket.socket, list[str]] = {}
    reported, resume = False, ""
    selector = selectors.DefaultSelector()  # on Linux it gives connections in the order in which they ended
    selector.register(listener, selectors.EVENT_READ)
    connected = 0
    while connected < ranks or lines:
        for key, _ in selector.select():
            connection = key.fileobj
            assert isinstance(connection, socket.socket)
            if connection is listener:
                lines[listener.accept()[0]] = []
                connected += 1
                selector.register(list(lines)[-1], selectors.EVENT_READ)
                continue
            text = received(connection)
            lines[connection] += text.splitlines()
            resume = next((x[7:] for x in reversed(lines[connection]) if x.startswith("resume ")), resume)
            reported = reported or "said" in lines[connection]
            if text:
                continue
            selector.unregister(connection)
            said = lines.pop(connection)
            if "end" in said or "said" in said:
                continue
            if not reported:
                report(said, resume)
            end({connection: int(said[0].split()[1]) for connection, said in lines.items() if said})
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


def end(processes: dict[socket.socket, int]) -> None:
    """End the other ranks that still run, if their launcher has not."""
    time.sleep(LAUNCHER)
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
    watch(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]))
