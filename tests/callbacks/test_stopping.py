"""EarlyStopping does what Keras' does; TerminateOnNaN names the op and saves the weights."""

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from helpers.refusals import refused
from helpers.trainings import ONES, train

import minigen
from minigen import Dense, Input, Model, Sequential, Task, alternate
from minigen.callbacks import Callback, EarlyStopping, TerminateOnNaN
from minigen.training import NaNWarning

KERAS = json.loads((Path(__file__).parents[1] / "golden" / "callbacks.json").read_text())["cases"]
CASES = [case[1:] for case in KERAS if case[0] == "EarlyStopping"]


def finite_loop(options, values):
    """What the golden file has: [epochs that ran, stopped_epoch, best_epoch, the epoch of the weights]."""
    callback = EarlyStopping(**options)
    name = options["monitor"]

    class Plain(Callback):  # the values of the file may be NaN, which fit() would refuse as a loss
        def on_epoch_end(self, epoch, logs=None):
            logs["watched"] = values[epoch]

    callback.monitor.name = "watched"
    model, history = train([1.0] * len(values), [Plain(), callback], name)
    return [len(history["watched"]), callback.stopped_epoch, callback.best_epoch, model.weight]


@pytest.mark.parametrize("options", {json.dumps(options): options for options, _, _ in CASES}.values(), ids=json.dumps)
def test_it_stops_where_keras_stops(options):
    cases = [(values, result) for given, values, result in CASES if given == options]
    assert len(cases) >= 8
    for values, result in cases:
        assert finite_loop(options, values) == result, values


def test_the_defaults_and_names_are_those_of_keras():
    callback = EarlyStopping()
    assert (callback.monitor.name, callback.monitor.min_delta, callback.patience) == ("val_loss", 0, 0)
    assert not callback.restore_best_weights and callback.baseline is None and callback.start_from_epoch == 0


def test_the_weights_and_the_best_value_after_the_training(capsys):
    callback = EarlyStopping("loss", patience=2, restore_best_weights=True, verbose=1)
    model, history = train([3.0, 1.0, 2.0, 2.0, 0.5], [callback], "loss")
    assert history["loss"] == [3.0, 1.0, 2.0, 2.0] and model.weight == 1
    assert (callback.best, callback.best_epoch, callback.stopped_epoch) == (1.0, 1, 3)
    assert capsys.readouterr().out == "epoch 4: loss has not become better, so the training ends\n"


@pytest.mark.parametrize(("values", "stopped"), [([3.0, 2.0, 1.0], 0), ([1.0, 2.0, 3.0], 1)])
def test_the_epoch_that_ended_the_training_is_known_after_it_was_resumed(values, stopped, tmp_path):
    """stopped_epoch counts from 0, and is 0 where all epochs ran."""
    for _ in range(2):
        callback = EarlyStopping("loss", patience=1)
        train(values, [callback], "loss", checkpoint=tmp_path / "run.npz", resume=True)
        assert callback.stopped_epoch == stopped


def test_what_has_not_ended_a_training_does_not_end_the_resumed_one(tmp_path):
    """Values that get better above the baseline: the patience is over, and no epoch has ended the training."""
    for values, epochs in (([3.0, 2.0], 2), ([1.0], 3)):
        callback = EarlyStopping("loss", patience=1, baseline=0.5)
        _, history = train(values, [callback], "loss", epochs=epochs, checkpoint=tmp_path / "run.npz", resume=True)
    assert history["loss"] == [3.0, 2.0, 1.0] and callback.stopped_epoch == 0


def test_a_second_training_begins_anew():
    callback = EarlyStopping("loss", patience=1)
    assert len(train([1.0, 2.0, 3.0], [callback], "loss")[1]["loss"]) == 2
    assert len(train([5.0, 4.0, 3.0], [callback], "loss")[1]["loss"]) == 3
    assert callback.stopped_epoch == 0


def test_it_stops_several_tasks():
    values = {"a": iter([3.0, 1.0, 2.0]), "b": iter([1.0, 1.0, 1.0])}

    class Given(Model):
        def __init__(self, name):
            super().__init__(name=name)
            self.inner = Sequential([Input((3,)), Dense(1)])

        def train_step(self, x):
            self.inner.set_weights([np.full((3, 1), value := next(values[self.name])), np.zeros(1)])
            return {"loss": value}

    models = {name: Given(name) for name in values}
    callback = EarlyStopping("a/loss", restore_best_weights=True)
    turns = [(Task(name, model, ONES), 1) for name, model in models.items()]
    history = alternate(turns, epochs=10, batch_size=4, verbose=0, callbacks=[callback])
    assert history["a/loss"] == [3.0, 1.0, 2.0]
    assert [model.get_weights()[0][0, 0] for model in models.values()] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"monitor": 3}, "EarlyStopping: monitor"),
        ({"monitor": ""}, "EarlyStopping: monitor"),
        ({"patience": -1}, "EarlyStopping: patience"),
        ({"patience": 1.5}, "EarlyStopping: patience"),
        ({"patience": None}, "EarlyStopping: patience"),
        ({"min_delta": math.nan}, "EarlyStopping: min_delta"),
        ({"min_delta": "0"}, "EarlyStopping: min_delta"),
        ({"baseline": math.inf}, "EarlyStopping: baseline"),
        ({"mode": "maximum"}, "EarlyStopping: mode"),
        ({"mode": ["min"]}, "EarlyStopping: mode"),
        ({"restore_best_weights": "yes"}, "EarlyStopping: restore_best_weights"),
        ({"start_from_epoch": -3}, "EarlyStopping: start_from_epoch"),
    ],
)
def test_arguments_that_cannot_be(options, where):
    with refused((TypeError, ValueError), where=where):
        EarlyStopping(**options)


def test_a_log_that_is_not_there():
    with refused(ValueError, "EarlyStopping: no number 'val_loss'", fix="validation_data"):
        train([1.0, 2.0], [EarlyStopping()], "loss")
    with refused(ValueError, "EarlyStopping: no number 'accuracy'", expected="one of loss"):
        train([1.0, 2.0], [EarlyStopping("accuracy")], "loss")


# ---- TerminateOnNaN


def exploding(rate):
    minigen.seed(0)
    model = Sequential([Input((3,)), Dense(4), Dense(1)])
    model.compile(minigen.SGD(rate), "mse")
    return model


def test_without_it_the_epoch_ends_in_an_error_and_the_weights_are_broken():
    model = exploding(1e12)
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match="NaN or infinity in loss"):
        model.fit(np.ones((64, 3), "float32"), np.zeros((64, 1)), batch_size=4, verbose=0)


def test_it_ends_the_training_before_the_weights_are_broken():
    model = exploding(1e12)
    with np.errstate(all="ignore"), pytest.warns(NaNWarning, match=r"epoch 1, at step") as caught:
        history = model.fit(
            np.ones((64, 3), "float32"), np.zeros((64, 1)), batch_size=4, verbose=0, callbacks=[TerminateOnNaN()]
        )
    assert history.history == {} and all(np.isfinite(w).all() for w in model.get_weights())
    assert "made the first NaN or infinity" in str(caught[0].message) and caught[0].filename == __file__


def test_of_a_step_with_two_updates_the_first_is_made():
    class Two(Model):
        def __init__(self):
            super().__init__()
            self.one, self.two = (Sequential([Input((3,)), Dense(1)]) for _ in range(2))

        def train_step(self, x):
            for part, factor in ((self.one, 1.0), (self.two, np.inf)):
                loss = (part(x) * factor).mean()
                loss.backward(wrt=part.parameters())
                self.optimizer.step(part.parameters())
            return {"loss": loss}

    model = Two()
    model.compile("sgd")
    before = model.get_weights()
    with np.errstate(all="ignore"), pytest.warns(NaNWarning, match=r"at step 1; this update was not made\.\n"):
        model.fit(ONES, verbose=0, callbacks=[TerminateOnNaN()])
    same = [np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert same == [False, False, True, True]


def test_the_epochs_before_stay_and_the_training_may_go_on():
    class Twice(Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.optimizer.learning_rate = 1e30 if epoch == 1 else 1e-3

    model = exploding(1e-3)
    x, y = np.ones((8, 3), "float32"), np.zeros((8, 1))
    with np.errstate(all="ignore"), pytest.warns(NaNWarning):
        history = model.fit(x, y, batch_size=4, epochs=9, verbose=0, callbacks=[Twice(), TerminateOnNaN()])
    assert len(history["loss"]) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.set_weights([np.zeros_like(w) for w in model.get_weights()])
        model.optimizer.learning_rate = 1e-3
        assert len(model.fit(x, y, epochs=2, verbose=0, callbacks=[TerminateOnNaN()])["loss"]) == 2


def test_a_training_without_a_nan_is_the_same():
    x = np.random.default_rng(0).random((16, 3)).astype("float32")
    runs = [exploding(0.1).fit(x, x[:, :1], epochs=2, verbose=0, callbacks=c)["loss"] for c in ([], [TerminateOnNaN()])]
    assert runs[0] == runs[1]
