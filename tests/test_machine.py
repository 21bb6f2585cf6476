"""The machine around the library: consoles without Unicode, Ctrl-C, cores, output folders, a broken CuPy."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.refusals import refused

import minigen
from minigen import backend, cli
from minigen.recipes import Run, Settings, cores, registry, report

PARENT = Path(minigen.__file__).parents[1]


def environment(**variables):
    return {**os.environ, "PYTHONPATH": str(PARENT), "MPLBACKEND": "Agg", **variables}


def python(*arguments, **variables):
    """(exit status, stdout, stderr) of a fresh interpreter, as bytes."""
    done = subprocess.run([sys.executable, *map(str, arguments)], env=environment(**variables), capture_output=True)
    return done.returncode, done.stdout, done.stderr


# ---- consoles and files without Unicode

PRINTS = """
import sys
from minigen.cli import tutorial_flags
tutorial_flags("", 1, 1, 1)
print("1/2 ‖x̂ - x‖² → Σ ←")
"""

TRACE = """
import minigen, numpy as np
with minigen.trace() as t:
    minigen.log(minigen.Tensor(np.zeros((2, 3)), requires_grad=True)).sum().backward()
print(t)
raise ValueError("Σ")
"""


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_output_to_a_console_without_the_characters_goes_on(encoding):
    status, out, err = python("-c", PRINTS, PYTHONIOENCODING=encoding)
    assert status == 0 and b"?" in out and err == b""
    _, out, err = python("-W", "ignore", "-c", TRACE, PYTHONIOENCODING=encoding)
    assert b"dL/dy?" in out and b"UnicodeEncodeError" not in err and b"ValueError: \\u03a3" in err


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_the_command_line_prints_to_such_a_console(encoding):
    status, out, err = python("-m", "minigen", "train", PYTHONIOENCODING=encoding)
    assert status == 0 and b"784 ? 32 ? 784" in out and err == b""


def test_a_trace_in_a_file_keeps_its_characters():
    with minigen.trace() as t:
        minigen.exp(minigen.Tensor([1.0]))
    assert "→" in t.table() and "→" in str(t)


# ---- Ctrl-C


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


# ---- the command line


@pytest.mark.parametrize("name", ["gpu", "cupy"])
def test_a_backend_in_the_environment_that_cannot_be_used_is_one_message(name):
    status, _, err = python("-m", "minigen", "info", MINIGEN_BACKEND=name)
    assert status == 1 and err.startswith(b"minigen: ") and b"fix:" in err and b"Traceback" not in err


@pytest.mark.parametrize("flags", [["--seed", "-1"], ["--seed", "²"], ["--epochs", "²"], ["--epochs", "1.5"]])
def test_bad_numbers_are_errors_of_usage(flags, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["train", "vae", *flags])
    assert stop.value.code == 2 and "is needed, got" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["train", "pca"], ["chapter", "--quick"]])
@pytest.mark.parametrize("where", ["file", "file/below", "a\0b"])
def test_an_output_folder_that_cannot_be_is_refused_before_anything_runs(command, where, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert cli.main([*command, "--out", str(tmp_path / where)]) == 1
    error = capsys.readouterr().err
    assert all(part in error for part in ("expected:", "got:", "fix:"))


def test_a_model_too_large_for_the_memory_is_explained(tmp_path, capsys):
    flags = ["--quick", "--data", "sample", "--latent-dim", "99999999999999", "--out", str(tmp_path)]
    assert cli.main(["train", "vae", *flags]) == 1
    assert "numbers that fit into memory" in capsys.readouterr().err


def test_a_reader_that_closes_early_is_no_traceback():
    command = f"{sys.executable} -m minigen train | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], env=environment(), capture_output=True, text=True)
    assert done.stderr == "" and done.stdout in ("0\n", "1\n")


# ---- cores


@pytest.mark.parametrize(
    ("files", "cores_paid"),
    [
        ({"cpu.max": "max 100000\n"}, 8),
        ({"cpu.max": "200000 100000\n"}, 2),
        ({"cpu.max": "150000 100000\n"}, 2),
        ({"cpu.max": "5000 100000\n"}, 1),
        ({"cpu.max": "nonsense\n"}, 8),
        ({"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8),
        ({}, 8),
    ],
)
def test_the_limits_of_a_container_count(files, cores_paid, tmp_path, monkeypatch):
    monkeypatch.setattr(cores, "CGROUP", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert cores.usable_cores() == cores_paid


def test_one_core_of_many_is_one_job(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {3}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr("minigen.recipes.execute_all", lambda recipes, settings, jobs: 1 / 0)
    assert cli.main(["chapter", "--out", str(tmp_path)]) == 1
    assert "recipes, 1 at a time" in capsys.readouterr().out


# ---- short runs


@pytest.mark.parametrize("shorter", [{"quick": True}, {"epochs": 1}])
def test_every_row_of_a_short_run_is_marked_and_the_page_says_so(shorter, tmp_path):
    run = Run(
        registry.recipes["logistic-regression"], Settings(out=str(tmp_path), data="sample", verbose=0, **shorter), 30
    )
    run.digits()
    run.number("a", 1.0, "0.92 to 0.93")
    run.number("b", 1.0)
    run.table("c", ["d"], [["e"]])
    assert [table.caption for table in run.tables] == ["c (of a short run)"]
    assert [expected for _, _, expected in run.numbers] == ["of the full run: 0.92 to 0.93", "of a short run"]
    page = report.write([run], tmp_path / "page.html", "").read_text(encoding="utf-8")
    assert page.count("A short run, with fewer digits or epochs") == 1
    assert run.digits_learnt == (1000 if "quick" in shorter else 5000)


def test_a_full_run_has_no_mark(tmp_path):
    run = Run(registry.recipes["pca"], Settings(out=str(tmp_path), data="sample", verbose=0), 1)
    run.number("a", 1.0, "0.92")
    run.table("c", ["d"], [["e"]])
    assert [table.caption for table in run.tables] == ["c"]
    page = report.write([run], tmp_path / "page.html", "").read_text(encoding="utf-8")
    assert run.numbers == [("a", "1.0000", "0.92")] and "A short run" not in page


# ---- a CuPy that is installed and broken

BROKEN = {
    "raise OSError('libcuda.so.1: file too short')": "libcuda.so.1",
    "raise RuntimeError('CuPy is not correctly installed')": "not correctly installed",
    "import numpy; numpy.no_such_name": "no_such_name",
    "raise SyntaxError('bad')": "bad",
    "raise Exception": "Exception()",
    "": "has no attribute 'cuda'",
    "class cuda:\n    is_available = staticmethod(lambda: True)": "has no attribute 'asarray'",
    "class cuda:\n    def is_available(): raise SystemError('driver')": "driver",
}


@pytest.mark.parametrize("source", BROKEN)
def test_a_broken_cupy_is_no_cupy(source, tmp_path, monkeypatch):
    (tmp_path / "cupy.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    try:
        assert backend.use("auto") == "numpy" and BROKEN[source] in backend.why_not_cupy()
        with refused(backend.BackendError, "backend 'cupy' cannot be used"):
            backend.use("cupy")
        assert backend.asarray([1.0]).tolist() == [1.0]  # a module without ndarray is in sys.modules
    finally:
        sys.modules.pop("cupy", None)


@pytest.mark.parametrize("passing", ["KeyboardInterrupt", "SystemExit"])
def test_an_interrupt_while_cupy_is_imported_passes(passing, tmp_path, monkeypatch):
    (tmp_path / "cupy.py").write_text(f"raise {passing}")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        backend.use("auto")


def test_the_environment_and_info_fall_back_too(tmp_path):
    (tmp_path / "cupy.py").write_text("raise OSError('libcuda.so.1: file too short')")
    path = f"{tmp_path}{os.pathsep}{PARENT}"
    status, out, err = python("-m", "minigen", "info", MINIGEN_BACKEND="auto", PYTHONPATH=path)
    assert status == 0 and b"backend: numpy" in out and re.search(rb"cupy: +libcuda", out) and b"Traceback" not in err
