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
    model, seen = model_of(BatchNormalization(momentum=0.0, synchronized=synchronized)), []
    moving = next(w for path, w in model.named_weights().items() if "moving_mean" in path)

    class Look(mg.callbacks.Callback):
        def on_train_end(self, logs=None):
            seen.append(moving.numpy().copy())

    with joins(0, 2):
        x = np.full((4, 3), 8.0 if synchronized else 6.0)
        model.fit(x, np.zeros((4, 1)), verbose=0, callbacks=[Look()])
    np.testing.assert_allclose(seen, [np.full(3, mean)])
    assert warned in capsys.readouterr().out
    assert bool(warned) == bool(model.layers[0].local_statistics())


def test_train_on_batch_averages_the_statistics_too():
    model = model_of(BatchNormalization(momentum=0.0))
    with joins(0, 2):
        model.train_on_batch(np.full((4, 3), 6.0), np.zeros((4, 1)))
    np.testing.assert_allclose(model.layers[0].moving_mean.numpy(), np.full(3, 3.0))


def test_logs_are_means_over_the_rows_of_all_ranks():
    """Two steps: 3 rows here with the mean 1, 1 row there with 5; then none here and 2 there with 4."""
    seen = [({"loss": 1.0, "kl": [1.0, 0.0]}, 3), ({"loss": 9.0}, 0)]
    with joins(0, 2, [np.array([1, 5, 5, 3, 2, 8])]):
        assert of_whole_batches(seen) == [({"loss": 2.0, "kl": [2.0, 0.75]}, 4), ({"loss": 4.0}, 2)]
    assert of_whole_batches(seen) == seen


def test_other_data_are_found_by_their_samples():
    model = model_of()
    with joins(0, 2) as comm:
        comm.change = {5: 5}
        with pytest.raises(parallel.ParallelError, match=r"different data in Sequential.fit"):
            model.fit(X, X[:, :1], verbose=0)


def test_other_validation_data_are_found():
    model = model_of()
    with joins(0, 2) as comm:
        comm.change = {5: 5}
        with pytest.raises(parallel.ParallelError, match=r"different data in Sequential.fit, validation_data"):
            model.fit(X, X[:, :1], verbose=0, validation_data=(X, X[:, :1]))


def test_weights_that_one_rank_changes_at_the_end_are_found():
    """As EarlyStopping(restore_best_weights=True) does, if it is on one rank only."""
    model = model_of()
    with joins(0, 2) as comm:

        class Restores(mg.callbacks.Callback):
            def on_train_end(self, logs=None):
                comm.change = {5: 5}

        with pytest.raises(parallel.ParallelError, match="different weights"):
            model.fit(X, X[:, :1], verbose=0, callbacks=[Restores()])


def test_a_step_inside_of_a_step_is_not_divided_again():
    """train_step() calls train_on_batch() with the rows of its rank: all of them are computed."""
    model, rows = model_of(), []
    step = model.train_step
    model.train_step = lambda x, y: (rows.append(len(x)), step(x, y))[1]
    with joins(0, 2), parallel.sharing(parallel.share_of(4)):
        model.train_on_batch(X[:2], X[:2, :1])
    assert rows == [2]


def test_other_ranks_print_nothing_and_write_nothing(tmp_path, capsys):
    model, path = model_of(), tmp_path / "run.npz"
    weights = model.get_weights()
    with joins(1, 2) as comm:
        comm.first = ((weights, backend.random_state()), None)
        model.fit(X, X[:, :1], checkpoint=path, callbacks=[mg.callbacks.CSVLogger(tmp_path / "log.csv")])
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().out == ""
