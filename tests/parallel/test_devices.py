"""A GPU for each rank and NCCL between them, on stand-ins for both."""

import types

import numpy as np
import pytest
from helpers import mpi
from helpers.families import trained
from helpers.ranks import joins

import minigen as mg
from minigen import parallel
from minigen.parallel import devices


@pytest.mark.parametrize(("gpus", "chosen", "sums"), [(2, [0, 1], 20), (1, [0, 0], 0)])
def test_gradients_are_added_on_the_gpus_if_there_is_one_for_each_rank(gpus, chosen, sums, tmp_path):
    """The weights of one process on NumPy, to rounding; otherwise the gradients go through the host."""
    path = tmp_path / "found.npz"
    status, _, stderr = mpi.mpiexec(2, mpi.HERE / "gpu_ranks.py", path, gpus)
    assert status == 0, stderr
    with np.load(path) as found:
        assert found["chosen"].tolist() == chosen and found["sums"].tolist() == [sums, sums]
        for i, wanted in enumerate(trained("dense")):
            np.testing.assert_allclose(found[f"{i:02d}"], wanted, rtol=0, atol=1e-12)


def test_without_nccl_gradients_go_through_the_host(stand_in, monkeypatch):
    monkeypatch.setattr(stand_in.cuda, "nccl", types.SimpleNamespace(available=False), raising=False)
    with joins(0, 2):
        assert not parallel.on_gpus()


def test_ranks_with_fewer_gpus_than_ranks_share_them(stand_in, monkeypatch):
    used = []
    device = lambda number: types.SimpleNamespace(use=lambda: used.append(number))  # noqa: E731
    monkeypatch.setattr(stand_in.cuda, "Device", device)
    monkeypatch.setattr(stand_in.cuda.runtime, "getDeviceCount", lambda: 2)
    for place in range(3):
        devices.take(place)
    assert used == [0, 1, 0]


def test_one_process_takes_no_gpu_of_its_own(stand_in, monkeypatch):
    monkeypatch.setattr(stand_in.cuda, "Device", None)  # a call of it would be an error
    with mg.using("cupy"):
        assert not parallel.on_gpus()


def test_nan_on_a_gpu_is_told_before_any_weight_changes(stand_in):
    with mg.using("cupy"), joins(0, 3), parallel.sharing(parallel.share_of(10)):
        g = mg.backend.asarray(np.array([1.0, np.nan, np.inf]))
        with pytest.raises(parallel.NonFiniteGradientError, match="2 on rank 0"):
            parallel.Gradients().add_up([g], mg.backend.xp)
