"""What the ranks of a parallel training compare and average: here one rank whose communicator stands for the others."""

import numpy as np
import pytest
from helpers.ranks import joins

import minigen as mg
from minigen import backend, parallel
from minigen.layers import BatchNormalization
from minigen.training.history import of_whole_batches

X = np.arange(12.0).reshape(4, 3)


def model_of(*layers):
    model = mg.Sequential([mg.Input(shape=(3,)), *layers, mg.Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_all_begin_with_the_weights_and_the_random_state_of_rank_0():
    model = model_of()
    weights, state = [np.full_like(w, 7) for w in model.get_weights()], backend.random_state()
    backend.seed(9)
    seen = []

    class Look(mg.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            seen.extend([*self.model.get_weights(), backend.random_state()])
            raise StopIteration

    with joins(1, 2) as comm, pytest.raises(StopIteration):
        comm.first = ((weights, state), None)
        model.fit(X, X[:, :1], callbacks=[Look()], verbose=0)
    assert seen[-1] == state
    for found, wanted in zip(seen, weights, strict=False):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(
    "synchronized, warned, mean",
    [(True, "", 4.0), (False, "BatchNormalization(synchronized=True) takes all of it", 3.0)],
)
def test_statistics_of_shares_are_averaged_with_one_line(synchronized, warned, mean, capsys):
    """The mean of 6 and of 0, which the other rank brings to each sum."""
    model = model_of(BatchNormalization(momentum=0.0, synchronized=synchronized))
    with joins(0, 2):
        model.fit(np.full((4, 3), 8.0) if synchronized else np.full((4, 3), 6.0), np.zeros((4, 1)), verbose=0)
    moving = next(w for path, w in model.named_weights().items() if "moving_mean" in path)
    np.testing.assert_allclose(moving.numpy(), mean)
    assert warned in capsys.readouterr().out
    assert bool(warned) == bool(model.layers[0].local_statistics())


def test_logs_are_means_over_the_rows_of_all_ranks():
    """Two steps: 3 rows here with the mean 1, 1 row there with 5; then none here and 2 there with 4."""
    seen = [({"loss": 1.0, "kl": [1.0, 0.0]}, 3), ({"loss": 9.0}, 0)]
    with joins(0, 2, [np.array([1, 5, 5, 3, 2, 8])]):
        assert of_whole_batches(seen) == [({"loss": 2.0, "kl": [2.0, 0.75]}, 4), ({"loss": 4.0}, 2)]
    assert of_whole_batches(seen) == seen


def test_other_data_are_found_by_their_samples():
    model = model_of()
    with joins(0, 2) as comm:
        comm.change = {4: 5}
        with pytest.raises(parallel.ParallelError, match=r"different data in Sequential.fit"):
            model.fit(X, X[:, :1], verbose=0)


def test_other_ranks_print_nothing_and_write_nothing(tmp_path, capsys):
    model, path = model_of(), tmp_path / "run.npz"
    weights = model.get_weights()
    with joins(1, 2) as comm:
        comm.first = ((weights, backend.random_state()), None)
        model.fit(X, X[:, :1], checkpoint=path, callbacks=[mg.callbacks.CSVLogger(tmp_path / "log.csv")])
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().out == ""
