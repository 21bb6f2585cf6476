"""Callback: the moments that fit() and alternate() call, with their arguments."""

import numpy as np
import pytest
from helpers.refusals import refused
from helpers.trainings import ONES, Scripted, train

from minigen import Dense, Input, Model, Sequential, Task, alternate, callbacks
from minigen.callbacks import Callback


class Diary(Callback):
    """Notes every moment with its arguments."""

    def __init__(self):
        self.lines = []

    def on_train_begin(self, logs=None):
        self.lines.append(("train begin", logs))

    def on_train_end(self, logs=None):
        self.lines.append(("train end", dict(logs)))

    def on_epoch_begin(self, epoch, logs=None):
        self.lines.append(("epoch begin", epoch, logs))

    def on_epoch_end(self, epoch, logs=None):
        self.lines.append(("epoch end", epoch, dict(logs)))

    def on_batch_end(self, batch, logs=None):
        self.lines.append(("batch end", batch, logs))


def small():
    model = Sequential([Input((3,)), Dense(1, kernel_initializer="zeros")])
    model.compile("sgd", "mse")
    return model


def test_the_moments_of_a_training_in_their_order():
    diary = Diary()
    model, _ = train([2.0, 1.0], [diary], "loss", batch_size=4)
    assert diary.model is model
    assert diary.lines == [
        ("train begin", {}),
        ("epoch begin", 0, {}),
        ("batch end", 0, {"loss": 2.0}),
        ("epoch end", 0, {"loss": 2.0}),
        ("epoch begin", 1, {}),
        ("batch end", 0, {"loss": 1.0}),
        ("epoch end", 1, {"loss": 1.0}),
        ("train end", {"loss": 1.0}),
    ]


def test_the_logs_of_an_epoch_have_the_validation_and_are_plain_numbers(xp):
    diary = Diary()
    small().fit(
        ONES, ONES[:, :1], epochs=1, batch_size=2, validation_data=(ONES, ONES[:, :1]), verbose=0, callbacks=diary
    )
    (end,) = [line for line in diary.lines if line[0] == "epoch end"]
    assert list(end[2]) == ["loss", "loss_end", "val_loss"] and {type(v) for v in end[2].values()} == {float}
    assert [line[1] for line in diary.lines if line[0] == "batch end"] == [0, 1]
    assert all(type(line[2]["loss"]) is float for line in diary.lines if line[0] == "batch end")


def test_keras_other_name_for_the_end_of_a_batch():
    class Counting(Callback):
        n = 0

        def on_train_batch_end(self, batch, logs=None):
            self.n += 1

    counting = Counting()
    train([1.0, 1.0], [counting], batch_size=2, epochs=1)
    assert counting.n == 2


@pytest.mark.parametrize("name", ["on_batch_end", "on_train_batch_end"])
def test_the_end_of_a_batch_in_a_class_its_base_and_a_mixin(name):
    """Under both names, which may call the method of the base class."""
    seen = []

    def noting(who):
        def method(self, batch, logs=None):
            seen.append((who, batch, logs))
            if who != "mixin":
                getattr(super(classes[who], self), name)(batch, logs)

        return {name: method}

    classes = {"base": type("Base", (Callback,), noting("base"))}
    classes["derived"] = type("Derived", (classes["base"],), noting("derived"))
    mixed = type("Mixed", (type("Mixin", (), noting("mixin")), Callback), {})
    train([3.0], [classes["derived"](), mixed()], "loss")
    assert seen == [(who, 0, {"loss": 3.0}) for who in ("derived", "base", "mixin")]


def test_a_moment_that_does_not_exist_is_refused_in_a_base_class_too():
    with refused(TypeError, "Mine.on_test_begin", fix="a loop over model.evaluate(...)"):
        type("Mine", (type("Base", (), {"on_test_begin": lambda self, logs=None: None}), Callback), {})


@pytest.mark.parametrize("moment", ["on_train_batch_begin", "on_test_end", "on_predict_begin"])
def test_moments_that_do_not_exist_are_refused(moment):
    """They would never be called."""
    with refused(TypeError, f"Mine.{moment}", expected="minigen.callbacks.Callback"):
        type("Mine", (Callback,), {moment: lambda self: None})
    with refused(TypeError, f"Mixed.{moment}"):
        type("Mixed", (type("Mixin", (), {moment: lambda self: None}), Callback), {})


def test_close_is_called_however_the_training_ended():
    class Closing(Callback):
        def __init__(self, epoch, error):
            self.epoch, self.error, self.closed = epoch, error, 0

        def on_epoch_end(self, epoch, logs=None):
            if epoch == self.epoch:
                raise self.error

        def close(self):
            self.closed += 1

    callback = Closing(9, None)
    train([1.0, 2.0], [callback])
    assert callback.closed == 1
    for error in (RuntimeError("stop"), KeyboardInterrupt()):
        callback = Closing(1, error)
        with pytest.raises(type(error)):
            train([1.0, 2.0], [callback])
        assert callback.closed == 1


def test_a_training_is_stopped_after_the_epoch_or_the_batch():
    class Stop(Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    assert len(train([1.0] * 5, [Stop()])[1]["val_loss"]) == 2

    class StopAtOnce(Callback):
        def on_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 2

    diary = Diary()
    model, history = train(np.arange(8.0), [StopAtOnce(), diary], "loss", batch_size=1, epochs=2)
    assert history["loss"] == [1.0]  # of the steps 0, 1 and 2
    assert ("epoch end", 0, {"loss": 1.0}) in diary.lines and diary.lines[-1][0] == "train end"
    assert (
        len(model.fit(ONES, batch_size=1, verbose=0)["loss"]) == 1
    )  # a new training begins with stop_training = False


def test_a_model_may_stop_itself():
    class Enough(Scripted):
        def train_step(self, x):
            self.stop_training = self.epochs == 2
            return super().train_step(x)

    assert len(Enough([1.0] * 9).fit(ONES, batch_size=4, epochs=9, verbose=0)["val_loss"]) == 3


def test_callbacks_of_several_tasks():
    class Watching(Scripted):
        def own_callbacks(self):
            return [own[self.log]]

    own = {"x": Diary(), "y": Diary()}
    models = {name: Watching([3.0, 2.0], name) for name in own}
    diary = Diary()
    turns = [(Task(f"t{name}", model, ONES), 1) for name, model in models.items()]
    history = alternate(turns, batch_size=4, epochs=2, verbose=0, callbacks=[diary])
    assert history.history == {"tx/x": [3.0, 2.0], "ty/y": [3.0, 2.0]}
    assert ("epoch end", 1, {"tx/x": 2.0, "ty/y": 2.0}) in diary.lines
    assert [line for line in diary.lines if line[0] == "batch end"][:2] == [
        ("batch end", 0, {"tx/x": 3.0}),
        ("batch end", 1, {"ty/y": 3.0}),
    ]
    for name, seen in own.items():  # under the names that the model knows
        assert ("epoch end", 1, {name: 2.0}) in seen.lines and seen.model is models[name]
    assert len(diary.model.get_weights()) == 2 and len(diary.model.optimizers()) == 2
    assert list(diary.model.named_weights()) == ["task_tx/inner/dense/kernel", "task_ty/inner/dense/kernel"]


def test_a_callback_of_one_task_may_stop_all():
    class Watching(Scripted):
        def own_callbacks(self):
            return [Stop()]

    class Stop(Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    turns = [(Task("a", Watching([1.0] * 3), ONES), 1), (Task("b", Scripted([1.0] * 3), ONES), 1)]
    assert len(alternate(turns, batch_size=4, epochs=3, verbose=0)["a/val_loss"]) == 1


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        (3, "callbacks=["),
        ("EarlyStopping", "callbacks=["),
        ([callbacks.EarlyStopping], "EarlyStopping(...)"),
        ([lambda epoch, logs: None], "callbacks=["),
        ([None], "callbacks=["),
        ({"a": callbacks.EarlyStopping()}, "callbacks=["),
    ],
)
def test_what_is_no_callback_is_refused(given, fix):
    model = small()
    with refused(TypeError, "Sequential.fit: callbacks", fix=fix):
        model.fit(ONES, ONES[:, :1], callbacks=given, verbose=0)
    with refused(TypeError, "alternate: callbacks", fix=fix):
        alternate([(Task("a", model, ONES, ONES[:, :1]), 1)], callbacks=given, verbose=0)
    assert model.optimizer.iterations == 0


def test_nothing_and_one_alone_are_taken():
    for given in (None, [], (), Diary(), (Diary(),)):
        assert small().fit(ONES, ONES[:, :1], callbacks=given, verbose=0)["loss"]


def test_own_callbacks_that_are_none():
    class Wrong(Model):
        def own_callbacks(self):
            return ["watch"]

        def train_step(self, x):
            return {"loss": 1.0}

    with refused(TypeError, "Wrong.own_callbacks"):
        Wrong().fit(ONES, verbose=0)


@pytest.mark.parametrize(
    ("moment", "method", "fix"),
    [
        ("on_epoch_end", lambda self, epoch: None, "def on_epoch_end(self, epoch, logs=None)"),
        ("on_batch_end", lambda self: None, "def on_batch_end(self, batch, logs=None)"),
        ("on_train_begin", lambda self: None, "def on_train_begin(self, logs=None)"),
    ],
)
def test_a_moment_takes_what_it_is_called_with(moment, method, fix):
    with refused(TypeError, where=f"Mine.{moment}", fix=fix):
        type("Mine", (Callback,), {moment: method})
    type("Mine", (Callback,), {moment: lambda self, *others: None})
    type("Mine", (Callback,), {moment: staticmethod(lambda epoch, logs=None: None)})
