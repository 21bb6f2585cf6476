"""benchmarks/gpu.sh without a GPU: its syntax, and its Python parts on the stand-in for CuPy."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import fakecupy

import minigen
from minigen.model import replay
from minigen.model.trainer import Trainer

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
MODULES = ("gpu", "gpu_parity", "gpu_worker", "minigen_models", "run")


@pytest.fixture
def benchmark(monkeypatch):
    """A module of the folder by its name."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    for name in [name for name in sys.modules if name.partition(".")[0] in (*MODULES, "data")]:
        monkeypatch.delitem(sys.modules, name)
    yield importlib.import_module
    for name in [name for name in sys.modules if name.partition(".")[0] in (*MODULES, "data")]:
        sys.modules.pop(name)


def test_the_script_is_bash():
    subprocess.run(["bash", "-n", BENCHMARKS / "gpu.sh"], check=True)


def test_an_unknown_flag_starts_nothing():
    done = subprocess.run(["bash", BENCHMARKS / "gpu.sh", "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stderr.startswith("Everything about a GPU in one command")


def test_a_step_is_compared_with_numpy(benchmark, stand_in):
    parity = benchmark("gpu_parity")
    assert parity.difference("dense autoencoder") < 1e-6
    assert parity.difference("GPT") < 1e-5


def test_a_difference_is_found(benchmark, monkeypatch):
    parity = benchmark("gpu_parity")
    right = parity.gradients("dense autoencoder", "numpy")
    wrong = {key: g * (1.01 if g.ndim == 2 else 1) for key, g in right.items()}
    monkeypatch.setattr(parity, "gradients", lambda name, backend: wrong if backend == "cupy" else right)
    np.testing.assert_allclose(parity.difference("dense autoencoder"), 0.01, rtol=1e-3)
    with pytest.raises(SystemExit, match="dense autoencoder"):
        monkeypatch.setattr(sys, "argv", ["gpu_parity.py", "dense autoencoder"])
        parity.main()


def test_a_worker_times_blocks_of_steps_and_the_table_has_its_numbers(benchmark, stand_in, monkeypatch, tmp_path):
    worker, gpu = benchmark("gpu_worker"), benchmark("gpu")
    waits = []
    steps = iter(range(1000))
    found = worker.measure(lambda: np.float32(next(steps)), lambda: waits.append(next(steps)), lambda: 5.0, 0)
    assert found["loss"] == 10 and found["mb"] == 5  # the tenth step, after one wait
    assert np.diff(waits[1:]).tolist() == [11, 1] * 2 + [11]  # BLOCK steps between two waits

    monkeypatch.setattr(gpu, "installed", lambda dry_run: gpu.CONTENDERS[:3])
    answers = {"minigen": found | {"ms": 1.0}, "PyTorch": found | {"ms": 2.0}, "minigen graphs": {"error": "a | b"}}
    monkeypatch.setattr(gpu, "train", lambda contender, *settings: answers[contender])
    before = tmp_path / "tests"
    before.write_text("3 passed\n")
    out = tmp_path / "out" / "gpu.md"
    monkeypatch.setattr(sys, "argv", ["gpu.py", "--dry-run", "--before", str(before), "--out", str(out)])
    gpu.main()
    text = out.read_text()
    assert "3 passed" in text and "| tiny_mlp | float32" in text and "| 0.50 " in text and "not installed" in text
    assert gpu.row("m", True, answers)[3] == "a / b"


def test_a_worker_runs_a_model_of_minigen_on_the_stand_in(benchmark, stand_in, monkeypatch):
    monkeypatch.setenv("TF32", "1")
    monkeypatch.setenv("CUPY_TF32", "0")
    with minigen.using("numpy"):  # and back
        found = benchmark("gpu_worker").measure(*benchmark("gpu_worker").minigen_step("tiny_mlp", dry_run=True), 0)
        assert minigen.backend.active() == "cupy" and os.environ["CUPY_TF32"] == "1"
    assert 0 < found["loss"] < 1 and found["ms"] > 0


@pytest.mark.filterwarnings("error::minigen.model.replay.GraphWarning")
def test_the_steps_of_a_worker_are_recorded(benchmark, monkeypatch):
    """In the dry run too; the check of the targets, which would read them back, is made before."""
    for name in fakecupy.MODULES:
        monkeypatch.setitem(sys.modules, name, None)  # what dry_run() puts there goes with the test
    monkeypatch.setenv("CUPY_TF32", "0")
    monkeypatch.setattr(Trainer, "compile", Trainer.compile)  # and so does that of the worker
    launches = []
    monkeypatch.setattr(fakecupy.Graph, "launch", lambda graph: launches.append(graph))
    monkeypatch.setattr(replay.Recorded, "check", lambda *_: None)
    with minigen.using("numpy"):
        step, _, _ = benchmark("gpu_worker").minigen_step("fc_ae", dry_run=True, graphs=True)
        for _ in range(replay.WARM_UP + 2):
            step()
    assert len(launches) == 2
