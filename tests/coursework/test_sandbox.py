"""What a student's file may do in the process that runs it, and that nothing of it gains marks."""

import os

import pytest

from minigen.coursework import Sandbox, child, get, grade, sandbox

EXERCISE = get(1)
SOLVED = EXERCISE.solved
WRONG = SOLVED.replace("1 - y * y", "1 + y * y")  # has the values of tanh, 2 marks, and no derivative
VALUES = EXERCISE.tests[0]
READ = "import os, minigen\nfolder = os.path.dirname(minigen.__file__) + '/coursework'\n"
PART = ".split('# ---- tests')[0]"
HIDDEN = "this file is not for exercises"
IS_THE_EXERCISE = "does what this exercise asks you to write"
ENDED = "the program ended before the test did"
POSIX = pytest.mark.skipif(not hasattr(os, "fork"), reason="limits and forks need POSIX")


@pytest.fixture(scope="module")
def run():
    with Sandbox(seconds=20, megabytes=400) as made:
        yield made


@pytest.fixture(scope="module")
def short():
    with Sandbox(seconds=0.3, megabytes=400) as made:
        yield made


def result_of(source, run):
    """What the first test gives."""
    return run(source, EXERCISE.text_of(VALUES), VALUES.name, list(EXERCISE.refused))


def message_of(source, run):
    from minigen.coursework.grading import judge

    return judge(EXERCISE, VALUES, result_of(source, run))


def test_the_solution_gets_all_marks(run):
    assert grade(EXERCISE, SOLVED, run).score == 10


# ---- programs that do not end, or end too early


@POSIX
@pytest.mark.parametrize("source", ["while True: pass", "import time\ntime.sleep(99)"])
def test_what_takes_too_long_is_stopped(source, short):
    assert "time limit" in message_of(source, short)


@POSIX
def test_after_two_tests_that_take_too_long_the_others_are_not_run(short):
    marks = grade(EXERCISE, SOLVED.replace("return np.tanh(x)", "while True: pass"), short)
    assert marks.score == 2  # backward is right, and the first two tests that use forward are over time
    assert sum("time limit is" in mark.message for mark in marks.marks) == 2
    assert "not run: two tests" in marks.marks[-1].message


@POSIX
@pytest.mark.parametrize("source", ["import sys\nsys.exit(0)", "import os\nos._exit(0)", "quit()"])
def test_an_exit_gives_no_marks(source, run):
    assert ENDED in message_of(f"{source}\n{SOLVED}", run) or "NameError" in message_of(source, run)


@POSIX
def test_threads_and_handlers_that_go_on_are_ended(run):
    goes_on = "import atexit, threading, time\natexit.register(time.sleep, 99)\n"
    assert message_of(goes_on + "threading.Thread(target=time.sleep, args=[99]).start()\n" + SOLVED, run) == ""


# ---- too much


@POSIX
@pytest.mark.parametrize(
    "source", ["a = b'x' * 10**12", "import numpy as np\na = []\nwhile True: a.append(np.ones(10**7))"]
)
def test_too_much_memory_is_refused(source, run):
    assert "memory limit" in message_of(source, run)


def test_of_what_is_printed_the_beginning_is_kept(run):
    loud = "import os, sys\nprint('first')\nfor _ in range(2000): print('x' * 1000)\n"
    result = result_of(f"{loud}os.write(1, b'y' * 10**6)\nos.write(2, b'z' * 10**6)\n{SOLVED}", run)
    assert result["kind"] == "arrays" and result["printed"].startswith("first\nxxx")
    assert len(result["printed"]) == child.MOST_PRINTED


def test_messages_of_errors_are_cut(run):
    assert len(message_of("raise ValueError('x' * 10**6)", run)) < 2 * child.MOST_TEXT
    unreadable = "class E(Exception):\n    def __str__(self): return 1 / 0\nraise E"
    assert "its text cannot be read" in message_of(unreadable, run)


@POSIX
def test_large_files_cannot_be_written(run):
    assert "File too large" in message_of("open('x', 'w').write('y' * 10**8)", run)


def test_each_test_begins_with_an_empty_folder(run):
    leaves = "import os\nassert os.listdir() == []\nopen('left', 'w').write('x')\n"
    assert grade(EXERCISE, leaves + SOLVED, run).score == 10


# ---- what belongs to the marking


@POSIX
@pytest.mark.parametrize(
    "source",
    [
        "from minigen.coursework import get\nexec(get(1).solution)",
        f"{READ}exec(open(folder + '/exercises/e01_tanh.py').read(){PART})",
        f"{READ}f = os.open(folder + '/exercises/e01_tanh.py', os.O_RDONLY)\nexec(os.read(f, 9999).decode(){PART})",
        f"{READ}os.symlink(folder, 'c')\nexec(open('c/exercises/e01_tanh.py').read(){PART})",
        f"{READ}import io, pathlib\nio.FileIO(pathlib.Path(folder, 'exercises', 'e01_tanh.py'))",
        f"{READ}os.open(os.path.dirname(folder), os.O_RDONLY)",
        "open('/proc/self/maps').read()",
    ],
)
def test_the_solution_cannot_be_read(source, run):
    assert HIDDEN in message_of(source, run)


@POSIX
def test_files_elsewhere_are_not_changed(run, tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("kept")
    writes = ["open(p + 'x', 'w')", "open(p, 'a')", "os.truncate(p, 0)"]
    for what in (*writes, "os.remove(p)", "os.rename(p, 'x')", "shutil.rmtree(p[:-9])"):
        message = message_of(f"import os, shutil\np = {str(path)!r}\n{what}\n{SOLVED}", run)
        assert "for an exercise to write" in message and path.read_text() == "kept"
    own = "import os, pathlib, tempfile\nwith tempfile.TemporaryDirectory() as d: open(d + '/x', 'w').write('y')\n"
    own += (
        "open('a', 'w').close()\nos.replace('a', 'b')\npathlib.Path('b').unlink()\nopen(os.devnull, 'w').write('z')\n"
    )
    assert message_of(own + SOLVED, run) == ""


@POSIX
@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.system('true')",
        "import os\nos.fork()",
        "import os\nos.kill(os.getppid(), 9)",
        "import subprocess\nsubprocess.run(['true'])",
        "import socket\nsocket.socket()",
        "import ctypes\nctypes.CDLL(None)",
    ],
)
def test_no_process_is_started_and_no_library_loaded(source, run):
    assert "is not allowed in an exercise" in message_of(f"{source}\n{SOLVED}", run)


@pytest.mark.parametrize(
    "source",
    [
        "from minigen.ops import Tanh",
        "import minigen\nclass Tanh(minigen.ops.Tanh): pass",
        "import minigen\nTanh = getattr(minigen.ops, 'Ta' + 'nh')",
        "import minigen\nclass Tanh:\n    def __call__(self, x): return getattr(minigen, 'ta' + 'nh')(x)",
        "import minigen.ops.activation as a\nTanh = a.Tanh",
    ],
)
def test_the_function_of_minigen_that_is_the_exercise_is_refused(source, run):
    assert IS_THE_EXERCISE in message_of(source, run)


def test_minigen_itself_may_use_it(run):
    in_a_layer = "import minigen\nminigen.Dense(3, activation='tanh')(minigen.Tensor([[1.0]]))\n"
    assert message_of(in_a_layer + SOLVED, run) == ""


@pytest.mark.parametrize(
    "patch",
    [
        "minigen.gradcheck = minigen.gradcheck.gradcheck = lambda *a, **k: 'ok'",
        "np.testing.assert_allclose = lambda *a, **k: None\nnp.allclose = np.array_equal = lambda *a, **k: True",
        "minigen.Tensor.__eq__ = lambda *a: True\nnp.isclose = lambda *a, **k: np.ones(1, bool)",
        "import builtins\nbuiltins.all = lambda *a: True\nbuiltins.abs = lambda *a: 0",
    ],
)
def test_what_is_patched_gains_nothing(patch, run):
    assert grade(EXERCISE, f"{WRONG}\nimport minigen, minigen.gradcheck.gradcheck\n{patch}", run).score == 2


def test_an_array_that_is_equal_to_everything_gains_nothing(run):
    always = """
import numpy as np
class Always(np.ndarray):
    def __eq__(self, other): return True
    __sub__ = __rsub__ = lambda self, other: 0
class Tanh:
    def forward(self, *xs): return np.zeros(np.shape(xs[0])).view(Always)
    __call__ = backward = forward
"""
    assert grade(EXERCISE, always, run).score == 0


@POSIX
@pytest.mark.parametrize(
    "write", ["os.write(3, b'garbage' * 100)", "os.close(3)", "os.write(3, b'\\0' * 7 + b'\\x02{}')"]
)
def test_who_writes_into_the_pipe_of_the_result_gets_nothing(write, run):
    assert ENDED in message_of(f"import os\n{write}\n{SOLVED}", run)


@POSIX
def test_a_flood_in_the_pipe_is_stopped(short):
    assert "time limit" in message_of("import os\nwhile True: os.write(3, b'x' * 10**5)", short)


def test_variables_of_the_environment_are_not_passed_on(run, monkeypatch):
    monkeypatch.setenv("TOKEN_OF_THE_SERVER", "secret")
    with Sandbox(seconds=20) as fresh:
        result = result_of(f"import os\nprint('TOKEN_OF_THE_SERVER' in os.environ)\n{SOLVED}", fresh)
    assert result["printed"] == "False\n"


# ---- wrong values


@pytest.mark.parametrize(
    "value, message",
    [
        ("x * float('nan')", "NaN or infinity"),
        ("np.tanh(x).ravel()[:2]", "the shape is wrong: y has the shape (2,), not (2, 3)"),
        ("None", "returned no array"),
        ("'text'", "returned no array"),
    ],
)
def test_wrong_values_are_described(value, message, run):
    assert message in message_of(SOLVED.replace("np.tanh(x)", value), run)


@pytest.mark.parametrize(
    "source, message",
    [
        ("", "there is no Tanh in the file"),
        ("def f(:", "line 1: SyntaxError: "),
        ("\0", "SyntaxError"),
        ("import no_such_module_anywhere", "line 1: ModuleNotFoundError: No module named 'no_such_module_anywhere'"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("def f(): f()\nf()", "RecursionError"),
    ],
)
def test_files_that_do_not_run_are_described(source, message, run):
    assert message in message_of(source, run)


# ---- the process


def test_a_sandbox_goes_on_after_its_process_has_ended(run):
    result_of(SOLVED, run)
    run._process.kill()
    run._process.wait()
    result_of(SOLVED, run)
    assert result_of(SOLVED, run)["kind"] == "arrays"


def test_where_there_is_no_fork_each_test_has_a_process(monkeypatch):
    monkeypatch.delattr(sandbox.os, "fork", raising=False)
    with Sandbox(seconds=20) as made:
        assert result_of(SOLVED, made)["kind"] == "arrays"
        first = made._process
        assert result_of(SOLVED, made)["kind"] == "arrays" and made._process is not first
    monkeypatch.setattr(sandbox, "TO_IMPORT", 0.0)
    with Sandbox(seconds=0.05) as made:
        assert "time limit" in message_of(SOLVED, made)


@POSIX
@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() != 0, reason="only root can be another user")
def test_another_user_runs_the_code():
    with Sandbox(seconds=20, user=65534) as made:
        assert result_of(f"import os\nprint(os.getuid())\n{SOLVED}", made)["printed"] == "65534\n"
