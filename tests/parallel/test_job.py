"""Several ranks: the same mathematics as in one process, in every family of models; and what the ranks do together."""

import sys

import numpy as np
import pytest
from helpers import mpi
from helpers.families import FAMILIES, trained
from helpers.ranks import alone, joins

import minigen as mg
from minigen import parallel
from minigen.parallel import job


def results_of(ranks, folder, *names):
    path = folder / f"{ranks}.npz"
    status, _, stderr = mpi.mpiexec(ranks, mpi.HERE / "families.py", path, *names)
    assert status == 0, stderr
    with np.load(path) as found:
        return dict(found)


@pytest.fixture(scope="module")
def of_two(tmp_path_factory):
    return results_of(2, tmp_path_factory.mktemp("two"))


@pytest.fixture(scope="module")
def of_three(tmp_path_factory):
    return results_of(3, tmp_path_factory.mktemp("three"), "dense", "dropout", "char_rnn", "gan")


def check_same(found, name):
    """After 20 steps weights, histories and validation agree to 1e-12."""
    for i, wanted in enumerate(trained(name)):
        np.testing.assert_allclose(found[f"{name}/{i:02d}"], wanted, rtol=0, atol=1e-12)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", FAMILIES)
def test_two_ranks_train_as_one_process(of_two, name):
    check_same(of_two, name)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ["dense", "dropout", "char_rnn", "gan"])
def test_three_ranks_train_as_one_process(of_three, name):
    check_same(of_three, name)


# ---- the functions, with the ranks of a test


def test_one_process_is_rank_0_of_1():
    assert (parallel.rank(), parallel.size(), parallel.running()) == (0, 1, None)
    assert parallel.mean(3) == 3
    assert parallel.on_any_rank(True, False) == [True, False]
    assert parallel.from_first(lambda: 5) == 5
    assert parallel.share_of(10) is None


def test_without_mpi4py_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    parallel.init()  # one process needs none
    monkeypatch.setenv("PMI_SIZE", "2")
    with pytest.raises(ImportError, match=r'pip install "minigen\[mpi\]"'):
        parallel.init()


def test_mean_weights_each_rank_by_its_rows():
    """Rank 0 has 2 rows of 5, with the mean 1; rank 1 has 3, with the mean 2."""
    with joins(0, 2, [np.array([6.0])]) as comm:
        comm.sums = [2 * 3 / 5]  # what the other rank brings
        with parallel.sharing(parallel.share_of(5)):
            assert parallel.mean(1.0) == pytest.approx((2 * 1 + 3 * 2) / 5)


@pytest.mark.parametrize(
    "values, other, wanted",
    [
        (mg.Tensor(np.float32(3)), 1, 2.5),
        (np.array([1, 2]), [1, 0], [1.5, 1]),  # no whole numbers
        (np.array([[1.0, 2.0], [3.0, 4.0]]).T, [[0, 0], [0, 0]], [[0.5, 1.5], [1, 2]]),  # in the order of Fortran
    ],
)
def test_mean_takes_tensors_and_arrays_of_any_kind(values, other, wanted):
    with joins(0, 2, [other]), parallel.sharing(parallel.share_of(4)):
        np.testing.assert_array_equal(parallel.mean(values), wanted)


def test_ranks_with_batches_of_different_sizes_are_named():
    with joins(0, 2, []) as comm, parallel.sharing(parallel.share_of(4)):
        comm.change = {4: 5}
        with pytest.raises(parallel.ParallelError, match="a batch of 4.* in epoch 0, .*a batch of 5"):
            parallel.mean(1.0)


def test_rows_on_a_gpu_are_joined_on_the_host(stand_in):
    with mg.using("cupy"), joins(0, 2):
        found = parallel.joined(mg.backend.asarray(np.ones((2, 3))), 4)
    assert type(found) is np.ndarray and found.shape == (4, 3)


def test_ranks_at_different_places_are_named():
    with joins(0, 2, []) as comm:
        comm.change = {0: job.END}
        with pytest.raises(parallel.ParallelError) as error:
            parallel.on_any_rank(False)
    assert "rank 0 asks whether to stop in epoch 0, step 0; rank 1 has ended its program" in str(error.value)


def test_a_flag_of_any_rank_counts():
    with joins(0, 2, []) as comm:
        comm.change = {5: 2}
        assert parallel.on_any_rank(False, False) == [False, True]


def test_a_nan_of_another_rank_is_named_wherever_this_one_is():
    with joins(0, 2, []) as comm:
        comm.change = {0: job.GRADIENTS, 5: 7}
        with pytest.raises(parallel.NonFiniteGradientError, match="7 on rank 1"):
            parallel.on_any_rank(False)


def test_other_bytes_on_a_rank_are_named():
    with joins(1, 3, []) as comm:
        comm.change = {5: 99}
        with pytest.raises(parallel.ParallelError, match="one on ranks 0, 1; others on rank 2"):
            parallel.check_alike("weights", [np.ones(3)], "")


def test_what_rank_0_raises_all_raise():
    def missing():
        raise FileNotFoundError("no file")

    for rank in (0, 1):
        with joins(rank, 2, []) as comm:
            comm.first = (None, FileNotFoundError("no file"))
            with pytest.raises(FileNotFoundError, match="no file"):
                parallel.from_first(missing)


def test_an_array_in_the_order_of_fortran_is_refused():
    with joins(0, 2, []), pytest.raises(ValueError, match="the order of C"):
        alone().add_up(np.ones((2, 3)).T)
