"""The watcher: what it says when a connection ends."""

import socket
import subprocess
import sys

import pytest

from minigen.parallel import watch


@pytest.fixture
def watched(tmp_path):
    """(two connections to a running watcher, the process)"""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "watch"))
        listener.listen(2)
        command = [sys.executable, "-I", "-S", watch.__file__, str(listener.fileno()), "2", "0.3"]
        process = subprocess.Popen(command, pass_fds=[listener.fileno()], stderr=subprocess.PIPE, text=True)
    ranks = [socket.socket(socket.AF_UNIX) for _ in range(2)]
    sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    for i, rank in enumerate(ranks):
        rank.connect(str(tmp_path / "watch"))
        rank.sendall(f"{i} {sleeper.pid}\n".encode())
    yield ranks, process, sleeper
    for rank in ranks:
        rank.close()
    sleeper.kill()
    sleeper.communicate()
    process.communicate(timeout=10)


def test_ranks_that_end_say_nothing(watched):
    ranks, process, _ = watched
    for rank in ranks:
        rank.sendall(b"end\n")
        rank.close()
    assert process.communicate(timeout=10)[1] == ""


def test_a_rank_that_dies_is_named_with_the_way_to_go_on(watched):
    ranks, process, sleeper = watched
    for rank in ranks:
        rank.sendall(b"resume fit(..., resume=True) goes on after epoch 3.\n")
    ranks[1].close()
    line = process.stderr.readline()
    assert line.startswith("minigen.parallel: rank 1 has died")
    assert line.endswith("goes on after epoch 3.\n")
    ranks[0].close()  # the launcher ends it
    process.wait(10)
    assert sleeper.poll() is None  # and the watcher kills nobody


def test_a_rank_that_its_launcher_leaves_running_is_ended(watched):
    ranks, process, sleeper = watched
    ranks[1].close()
    assert sleeper.wait(10) == -9
    process.wait(10)


def test_a_fault_that_was_reported_is_not_reported_again(watched):
    ranks, process, _ = watched
    ranks[1].sendall(b"said\n")
    ranks[0].close()  # ended by the launcher
    ranks[1].close()
    assert process.communicate(timeout=10)[1] == ""


def test_a_connection_is_open_until_its_other_end_is_closed():
    one, other = socket.socketpair()
    with one, other:
        one.setblocking(False)
        assert watch.is_open(one)
        other.close()
        assert not watch.is_open(one)
