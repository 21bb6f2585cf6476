"""A fault on one rank ends the job within seconds, with one message; the checkpoint before it is whole."""

import shutil
import socket
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from helpers import mpi
from helpers.processes import python

from minigen.parallel import faults

PROGRAM = mpi.HERE / "faults.py"
RESUME = "fit(..., checkpoint='run.npz', resume=True) goes on after epoch 2"
FAULTS = {
    "raise": "rank 1 of 2 has failed in epoch 3, step 2, with ValueError",
    "raise-all": "rank 0 of 2 has failed in epoch 3, step 2, with ValueError",
    "nan": "all ranks have stopped in epoch 3, step 2, with NonFiniteGradientError",
    "drift": "all ranks have stopped in epoch 3, step 3, with ParallelError",
    "exit": "all ranks have stopped in epoch 3, step 2, with ParallelError",
    "leave": "all ranks have stopped in epoch 3, step 1, with ParallelError",
    "kill": "rank 1 has died: it was killed, or ended itself without an error",
}
NAMES = {"nan": "30 on rank 1", "drift": "others on rank 1", "exit": "rank 1 has ended its program"}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The weights after six epochs in one process."""
    path = tmp_path_factory.mktemp("alone") / "run.npz"
    status, _, stderr = python(PROGRAM, "none", path, **mpi.ONE_THREAD)
    assert status == 0, stderr
    return weights(path)


def weights(checkpoint):
    with np.load(f"{checkpoint}.weights.npz") as found:
        return [found[name] for name in found.files if name != "meta"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_ends_the_job_with_one_message(fault, tmp_path):
    start = time.perf_counter()
    status, stdout, stderr = mpi.mpiexec(2, PROGRAM, fault, "run.npz", folder=tmp_path)
    assert time.perf_counter() - start < 15  # with 2 seconds for the start, on a busy machine
    assert status != 0
    assert "the end" not in stdout
    assert stderr.count("minigen.parallel:") == 1, stderr
    assert f"minigen.parallel: {FAULTS[fault]}. {RESUME}." in stderr
    assert NAMES.get(fault, "") in stderr
    assert [path.name for path in tmp_path.iterdir()] == ["run.npz"]


def test_the_training_goes_on_with_another_number_of_ranks(undisturbed, tmp_path):
    """Interrupted on one of two ranks in the middle of an epoch, resumed on three, and compared with one process."""
    status, stdout, stderr = mpi.mpiexec(2, PROGRAM, "interrupt", "run.npz", folder=tmp_path)
    assert status != 0
    assert stdout.count("interrupted in epoch 3, saved") == 1
    assert f"{RESUME} and 2 steps." in stderr
    status, stdout, stderr = mpi.mpiexec(3, PROGRAM, "none", "run.npz", folder=tmp_path)
    assert status == 0, stderr
    assert "resumed from run.npz: 2 epochs and 2 steps done" in stdout
    for found, wanted in zip(weights(tmp_path / "run.npz"), undisturbed, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)


@pytest.mark.parametrize("fault, ended", [("stop", "epoch 3/6"), ("nan-callback", "epoch 2/6")])
def test_what_stops_one_rank_stops_all(fault, ended, tmp_path):
    """A callback that stops the training on one rank, and TerminateOnNaN where the NaN is on one rank."""
    status, stdout, stderr = mpi.mpiexec(2, PROGRAM, fault, "run.npz", folder=tmp_path)
    assert status == 0, stderr
    assert stdout.splitlines()[-2].startswith(ended)
    assert stdout.endswith("the end\n")


@pytest.mark.parametrize("fault, different", [("data", "data in Net.fit"), ("settings", "settings")])
def test_other_data_or_settings_on_a_rank_are_refused_before_the_first_step(fault, different, tmp_path):
    status, stdout, stderr = mpi.mpiexec(2, PROGRAM, fault, "run.npz", folder=tmp_path)
    assert status != 0
    assert f"the ranks have different {different}" in stderr
    assert stdout == ""


@pytest.mark.parametrize("length", [1, 80, 100])
def test_the_path_of_the_socket_is_short_enough(length, monkeypatch, tmp_path_factory):
    usual = tmp_path_factory.getbasetemp()
    usual = usual / ("x" * max(1, length - len(str(usual)) - 1))
    usual.mkdir(exist_ok=True)
    monkeypatch.setattr(tempfile, "tempdir", str(usual))
    folder = Path(faults._new_folder())
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/watch")
    shutil.rmtree(folder)


def test_in_one_process_an_error_is_only_shown(capsys):
    faults.fail(ValueError("x"), lambda: print("shown", file=sys.stderr))
    assert capsys.readouterr().err == "shown\n"
