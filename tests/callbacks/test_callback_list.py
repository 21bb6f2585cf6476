"""The callbacks of a training together: what each may log, and their states in a checkpoint."""

import numpy as np
import pytest
from helpers.interrupted import ctrl_c_in_step
from helpers.refusals import refused
from helpers.trainings import ONES, Scripted, train

import minigen
from minigen import Dense, Dropout, Input, Sequential
from minigen.callbacks import (
    Callback,
    CallbackList,
    CSVLogger,
    EarlyStopping,
    LearningRateScheduler,
    LossCurve,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TensorBoard,
)
from minigen.storage import npz
from minigen.training import Task, alternate

RNG = np.random.default_rng(0)
X = RNG.random((40, 6)).astype("float32")
Y = (X[:, :1] - X[:, 1:2] + RNG.normal(0, 0.3, (40, 1))).astype("float32")


class Adding(Callback):
    def __init__(self, **logs):
        self.logs = logs

    def on_epoch_end(self, epoch, logs=None):
        logs.update(self.logs)


def test_a_callback_sees_what_those_before_it_have_logged():
    class Reading(Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["twice"] = 2 * logs["beta"]

    _, history = train([1.0], [Adding(beta=0.25), Reading()])
    assert history["twice"] == [0.5]
    with pytest.raises(KeyError, match="beta"):
        train([1.0], [Reading(), Adding(beta=0.25)])


def test_logs_of_every_kind_become_plain_numbers(xp):
    values = {
        "a": np.float32(0.5),
        "b": minigen.Tensor([1.0, 2.0]),
        "c": minigen.backend.xp.ones((2, 1)),
        "d": True,
        "e": 3,
    }
    _, history = train([1.0], [Adding(**values)])
    assert history.history == {
        "val_loss": [1.0],
        "a": [0.5],
        "b": [[1.0, 2.0]],
        "c": [[[1.0], [1.0]]],
        "d": [True],
        "e": [3],
    }


@pytest.mark.parametrize("change", [{"val_loss": 0.0}, {"val_loss": None}])
def test_what_is_logged_already_stays(change):
    with refused(ValueError, "Adding.on_epoch_end", got="val_loss"):
        train([1.0], [Adding(**change)])

    class Removing(Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs.clear()

    with refused(ValueError, "Removing.on_epoch_end", got="val_loss"):
        train([1.0], [Removing()])


def test_only_callbacks_that_want_batches_are_called_for_them():
    class Each(Callback):
        def on_batch_end(self, batch, logs=None):
            pass

    each, own, batches = Each(), Callback(), TensorBoard(update_freq="batch")
    own.on_batch_end = lambda batch, logs=None: None
    found = CallbackList([EarlyStopping("loss"), each, own, TensorBoard(), batches, Adding()], None, 1).of_batches()
    assert [callback for callback, _ in found] == [each, own, batches]


# ---- which model a callback watches


def test_own_callbacks_watch_the_model_that_is_trained_now():
    """Also if they have watched another one before."""

    class Own(Scripted):
        def own_callbacks(self):
            return [stopping]

    stopping = EarlyStopping("val_loss", patience=0, min_delta=10.0)
    first, _ = train([1.0] * 5, [stopping])
    first.stop_training = False
    for model in (Own([1.0] * 5), Own([1.0] * 5)):
        assert len(model.fit(ONES, batch_size=4, epochs=5, verbose=0)["val_loss"]) == 2
        assert stopping.model is model and model.stop_training and not first.stop_training


def test_a_callback_object_stands_once_in_a_list():
    curve = LossCurve()
    with refused(ValueError, "Scripted.fit: callbacks", got="LossCurve twice"):
        train([1.0], [curve, EarlyStopping("val_loss"), curve])


def test_one_object_is_called_once_and_for_one_model():
    """fit() may be given an own callback of the model too; one of two models cannot watch both."""

    class Own(Scripted):
        def own_callbacks(self):
            return [curve]

    curve, model = LossCurve(), Own([2.0, 1.0])
    model.fit(ONES, batch_size=4, verbose=0, callbacks=[curve])
    assert curve.values == {"val_loss": [2.0]}
    turns = [(Task(name, Own([2.0]), ONES), 1) for name in "ab"]
    with refused(ValueError, "Own.own_callbacks", got="LossCurve"):
        alternate(turns, batch_size=4, verbose=0)


# ---- resuming


def model_and_callbacks(folder, seed):
    minigen.seed(seed)
    model = Sequential([Input((6,)), Dense(8, "tanh"), Dropout(0.3), Dense(1)])
    model.compile(minigen.Adam(0.05), "mse")
    return model, [
        EarlyStopping(patience=3, restore_best_weights=True, min_delta=0.05),
        ReduceLROnPlateau(patience=1, factor=0.5, cooldown=1),
        LearningRateScheduler(lambda epoch, rate: rate * 0.95),
        CSVLogger(folder / "log.csv"),
        ModelCheckpoint(folder / "best.npz", save_best_only=True, save_weights_only=True),
        LossCurve(),
    ]


def everything(model, callbacks, history, folder):
    stopping = callbacks[0]
    return (
        history.history,
        model.get_weights(),
        [model.optimizer.learning_rate, stopping.best, stopping.best_epoch, stopping.wait, stopping.stopped_epoch],
        (folder / "log.csv").read_text(),
        npz.read(folder / "best.npz")[0],
        callbacks[-1].values,
    )


def run(folder, epochs, seed=0, **options):
    folder.mkdir(exist_ok=True)
    model, callbacks = model_and_callbacks(folder, seed)
    options = {"batch_size": 8, "validation_split": 0.4, "verbose": 0, "epochs": epochs} | options
    history = model.fit(X, Y, callbacks=callbacks, **options)
    return everything(model, callbacks, history, folder)


def test_a_broken_training_ends_as_one_without_a_break(tmp_path):
    """The states of all callbacks are in the checkpoint: also the best weights, the table, the rates."""
    unbroken = run(tmp_path / "a", 12)
    assert 5 < len(unbroken[0]["loss"]) < 12 and unbroken[2][0] < 0.05 * 0.95**4  # it stopped, and the rate was reduced
    for epochs in (2, 3, 5, 12):
        resumed = run(tmp_path / "b", epochs, seed=epochs - 2, checkpoint=tmp_path / "run.npz", resume=True)
    np.testing.assert_equal(resumed, unbroken)


@pytest.mark.parametrize("at", [2, 8, 13])
def test_a_training_that_is_broken_within_an_epoch(at, tmp_path, capsys):
    unbroken = run(tmp_path / "a", 12)
    with ctrl_c_in_step(at):
        run(tmp_path / "b", 12, checkpoint=tmp_path / "run.npz")
    resumed = run(tmp_path / "b", 12, seed=7, checkpoint=tmp_path / "run.npz", resume=True)
    np.testing.assert_equal(resumed, unbroken)


def test_a_training_may_go_on_with_other_callbacks(tmp_path):
    """Those that the file does not know begin anew; what it has of others is not used."""
    path = tmp_path / "run.npz"
    options = {"epochs": 2, "batch_size": 8, "verbose": 0, "checkpoint": path}
    model, _ = model_and_callbacks(tmp_path, 0)
    model.fit(X, Y, callbacks=[EarlyStopping("loss", patience=9)], **options)
    assert "callback/EarlyStopping(loss).0.best" in npz.read(path)[0]
    model, _ = model_and_callbacks(tmp_path, 0)
    logger = CSVLogger(tmp_path / "new.csv")
    model.fit(X, Y, callbacks=[logger], **options | {"epochs": 3, "resume": True})
    assert (tmp_path / "new.csv").read_text().splitlines()[1].startswith("2,")
    model, _ = model_and_callbacks(tmp_path, 0)
    assert len(model.fit(X, Y, **options | {"epochs": 4, "resume": True})["loss"]) == 4


def test_a_training_that_was_stopped_does_not_go_on(tmp_path):
    """The same program twice; with more patience it does."""

    def fit(patience):
        stopping = EarlyStopping("loss", patience=patience, min_delta=10.0, restore_best_weights=True)
        model, _ = model_and_callbacks(tmp_path, 0)
        options = {"epochs": 6, "verbose": 0, "checkpoint": tmp_path / "run.npz", "resume": True}
        history = model.fit(X, Y, callbacks=[stopping], **options)
        return history.epoch, stopping.best, stopping.best_epoch, stopping.stopped_epoch, model.get_weights()

    first = fit(1)
    assert first[0] == [0, 1] and first[3] == 1
    np.testing.assert_equal([fit(1), fit(1)], [first, first])
    assert fit(4)[0] == [0, 1, 2, 3, 4]


def test_what_is_restored_also_where_nothing_becomes_better_later(tmp_path):
    options = {"verbose": 0, "checkpoint": tmp_path / "run.npz", "resume": True}
    for epochs in (3, 4):
        model, _ = model_and_callbacks(tmp_path, 0)
        stopping = EarlyStopping("value", patience=9, mode="min", start_from_epoch=1)
        model.fit(X, Y, callbacks=[Adding(value=1.0), stopping], epochs=epochs, **options)
        assert (stopping.best_epoch, stopping.best, stopping.wait) == (1, 1.0, epochs - 2)


def test_a_state_belongs_to_what_is_watched_in_whatever_order(tmp_path):
    options = {"validation_split": 0.2, "verbose": 0, "checkpoint": tmp_path / "run.npz", "resume": True}
    found = []
    for names in (["loss", "val_loss"], ["val_loss", "loss"]):
        model, _ = model_and_callbacks(tmp_path, 0)
        callbacks = {name: EarlyStopping(name, patience=9) for name in names}
        model.fit(X, Y, callbacks=list(callbacks.values()), epochs=2, **options)
        found.append({name: callback.best for name, callback in callbacks.items()})
    assert found[0] == found[1] and len(set(found[0].values())) == 2


def test_half_a_state_is_refused(tmp_path):
    path = tmp_path / "run.npz"
    options = {"batch_size": 8, "verbose": 0, "checkpoint": path}
    model, _ = model_and_callbacks(tmp_path, 0)
    model.fit(X, Y, callbacks=[EarlyStopping("loss")], **options)
    arrays, meta = npz.read(path)
    del arrays["callback/EarlyStopping(loss).0.wait"]
    npz.write(path, arrays, meta)
    model, _ = model_and_callbacks(tmp_path, 1)
    with refused(ValueError, "missing: callback/EarlyStopping(loss).0.wait"):
        model.fit(X, Y, callbacks=[EarlyStopping("loss")], epochs=2, resume=True, **options)


def test_a_callback_with_a_state_that_cannot_be_saved(tmp_path):
    class Odd(Callback):
        def training_state(self):
            return {"a": object()}

        def set_training_state(self, state):
            pass

    model, _ = model_and_callbacks(tmp_path, 0)
    with refused(TypeError, "Odd.training_state"):
        model.fit(X, Y, callbacks=[Odd()], verbose=0, checkpoint=tmp_path / "run.npz")
    assert model.optimizer.iterations == 0


def test_a_table_goes_on_with_another_separator(tmp_path):
    options = {"batch_size": 8, "verbose": 0, "checkpoint": tmp_path / "run.npz", "resume": True}
    for epochs, separator in enumerate(",;", 1):
        model, _ = model_and_callbacks(tmp_path, 0)
        model.fit(X, Y, callbacks=[CSVLogger(tmp_path / "log.csv", separator)], epochs=epochs, **options)
    rows = (tmp_path / "log.csv").read_text().splitlines()
    assert rows[0] == "epoch;loss" and [row.split(";")[0] for row in rows[1:]] == ["0", "1"]


@pytest.mark.parametrize("first", [True, False])
def test_settings_of_a_callback_that_change_its_state(first, tmp_path):
    options = {"batch_size": 8, "verbose": 0, "checkpoint": tmp_path / "run.npz", "resume": True}
    model, _ = model_and_callbacks(tmp_path, 0)
    model.fit(X, Y, callbacks=[EarlyStopping("loss", restore_best_weights=first)], **options)
    model, _ = model_and_callbacks(tmp_path, 0)
    with refused(ValueError, "callback/EarlyStopping(loss).0.found", fix="callbacks of that run, with their arguments"):
        model.fit(X, Y, callbacks=[EarlyStopping("loss", restore_best_weights=not first)], epochs=2, **options)
