"""The process of the command: Ctrl-C at any moment, and a reader that closes early."""

import os
import signal
import subprocess
import sys
import time

import pytest
from helpers.processes import environment, python

import minigen


def interrupted(arguments, after, seconds):
    """Start minigen, wait until a module is being imported and some time more, and send Ctrl-C to all its processes."""
    command = [sys.executable, "-X", "importtime", "-m", "minigen", *map(str, arguments)]
    process = subprocess.Popen(
        command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    seen = ""
    while after not in seen:
        seen = process.stderr.readline()
        assert seen, f"the process ended before it imported {after}"
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    _, text = process.communicate(timeout=60)  # until the last process that has stderr is gone
    return process.returncode, [line for line in text.splitlines() if not line.startswith("import time:")]


@pytest.mark.skipif(os.name == "nt", reason="signals to a group of processes")
@pytest.mark.parametrize(
    ("arguments", "after", "seconds"),
    [
        (["info"], "minigen.command", 0),
        (["chapter", "--quick", "--jobs", "2"], "minigen.command", 0.02),
        (["train", "pca"], "numpy", 0),
        (["chapter", "--quick", "--jobs", "2"], "minigen.recipes", 0.3),
    ],
)
def test_ctrl_c_stops_at_any_moment_without_a_traceback(arguments, after, seconds, tmp_path):
    out = [] if arguments[0] == "info" else ["--out", tmp_path]
    for _ in range(5):
        status, lines = interrupted([*arguments, *out], after, seconds)
        if status != 0:  # 0: on a busy machine the program was done before the signal came
            break
    assert (status, lines) == (130, ["stopped"])


def test_another_program_keeps_its_own_ctrl_c():
    code = "import signal, sys, minigen; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    assert python("-c", code)[1].split() == [b"True"]
    assert sys.excepthook is not minigen.command.show_text


def test_a_reader_that_closes_early_is_no_traceback():
    command = f"{sys.executable} -m minigen train | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], env=environment(), capture_output=True, text=True)
    assert done.stderr == "" and done.stdout in ("0\n", "1\n")
