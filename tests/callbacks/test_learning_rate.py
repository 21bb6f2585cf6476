"""Callbacks that change the learning rate: those of Keras, step by step."""

import json
from pathlib import Path

import pytest
from helpers.refusals import refused
from helpers.trainings import train

from minigen import SGD, models
from minigen.callbacks import Callback, LearningRateScheduler, ReduceLROnPlateau
from minigen.optimizers import LinearDecay

KERAS = json.loads((Path(__file__).parents[1] / "golden" / "callbacks.json").read_text())["cases"]
CASES = [case[1:] for case in KERAS if case[0] == "ReduceLROnPlateau"]


class Rates(Callback):
    """Notes the rate after each epoch."""

    def on_train_begin(self, logs=None):
        self.rates = []

    def on_epoch_end(self, epoch, logs=None):
        self.rates.append(self.model.optimizers()[0].learning_rate)


@pytest.mark.parametrize("options", {json.dumps(options): options for options, _, _ in CASES}.values(), ids=json.dumps)
def test_it_reduces_where_keras_reduces(options):
    cases = [(values, result) for given, values, result in CASES if given == options]
    assert len(cases) >= 8
    for values, expected in cases:

        class Plain(Callback):
            def on_epoch_end(self, epoch, logs=None, values=values):
                logs["watched"] = values[epoch]

        callback, rates = ReduceLROnPlateau(**options), Rates()
        callback.monitor.name = "watched"
        train([1.0] * len(values), [Plain(), callback, rates])
        assert rates.rates == pytest.approx(expected, rel=1e-6), values


def test_the_rate_of_each_epoch_is_logged(capsys):
    callback = ReduceLROnPlateau("loss", factor=0.1, patience=1, verbose=1)
    _, history = train([1.0, 2.0, 2.0, 0.5], [callback], "loss")
    assert history["learning_rate"] == pytest.approx([0.5, 0.5, 0.05, 0.005])
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"epoch {n}: loss has not become better: learning rate {r}" for n, r in ((2, 0.05), (3, 0.005))]


def test_a_schedule_of_epochs(capsys):
    rates = Rates()
    callback = LearningRateScheduler(lambda epoch, rate: rate if epoch < 2 else rate / 2, verbose=1)
    _, history = train([1.0] * 4, [callback, rates])
    assert rates.rates == history["learning_rate"] == [0.5, 0.5, 0.25, 0.125]
    assert capsys.readouterr().out.splitlines()[-1] == "epoch 4: learning rate 0.125"


@pytest.mark.parametrize("schedule", [lambda epoch: 0.1 / (epoch + 1), LinearDecay(0.1, 4)])
def test_a_schedule_may_take_the_epoch_alone(schedule):
    _, history = train([1.0] * 3, [LearningRateScheduler(schedule)])
    assert history["learning_rate"] == [schedule(epoch) for epoch in range(3)]


def test_a_schedule_that_does_not_say_what_it_takes_gets_both():
    _, history = train([1.0] * 2, [LearningRateScheduler(max)])
    assert history["learning_rate"] == [0.5, 1.0]


def test_an_error_in_a_schedule_is_its_own():
    with pytest.raises(TypeError, match="can only concatenate str"):
        train([1.0], [LearningRateScheduler(lambda epoch, rate: "0.1" + rate)])


class Two:
    """A model with two optimizers, as a GAN has them."""

    def __init__(self, *rates):
        self.found = [SGD(rate) for rate in rates]

    def optimizers(self):
        return self.found


def test_rates_that_are_equal_are_printed_once(capsys):
    for rates, text in (((0.5, 0.5), "learning rate 0.05"), ((0.5, 0.1), "learning rates 0.05, 0.01")):
        schedule, plateau = (
            LearningRateScheduler(lambda epoch, rate: rate / 10, verbose=1),
            ReduceLROnPlateau("loss", patience=1, verbose=1),
        )
        schedule.set_model(Two(*rates))
        schedule.on_epoch_begin(0)
        plateau.set_model(Two(*rates))
        plateau.on_train_begin()
        for epoch in range(2):
            plateau.on_epoch_end(epoch, {"loss": 1.0})
        expected = [f"epoch 1: {text}", f"epoch 2: loss has not become better: {text}"]
        assert capsys.readouterr().out.splitlines() == expected


def test_all_optimizers_of_a_model_get_the_rate():
    gan = models.gan(4)
    gan.compile(SGD(0.5), SGD(0.25))
    callback = LearningRateScheduler(lambda epoch, rate: rate / 5)
    callback.set_model(gan)
    callback.on_epoch_begin(0)
    assert (gan.d_optimizer.learning_rate, gan.g_optimizer.learning_rate) in ((0.1, 0.05), (0.05, 0.1))


def test_two_callbacks_may_change_the_rate():
    callbacks = [LearningRateScheduler(lambda epoch, rate: rate / 2), ReduceLROnPlateau("loss", patience=1)]
    _, history = train([1.0, 2.0, 2.0], callbacks, "loss")
    assert history["learning_rate"] == pytest.approx([0.25, 0.125, 0.00625])


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda: ReduceLROnPlateau(factor=1.0), "ReduceLROnPlateau: factor"),
        (lambda: ReduceLROnPlateau(factor=0), "ReduceLROnPlateau: factor"),
        (lambda: ReduceLROnPlateau(factor=-0.1), "ReduceLROnPlateau: factor"),
        (lambda: ReduceLROnPlateau(patience=-1), "ReduceLROnPlateau: patience"),
        (lambda: ReduceLROnPlateau(cooldown=1.5), "ReduceLROnPlateau: cooldown"),
        (lambda: ReduceLROnPlateau(min_lr=-1), "ReduceLROnPlateau: min_lr"),
        (lambda: ReduceLROnPlateau(mode="up"), "ReduceLROnPlateau: mode"),
        (lambda: LearningRateScheduler(0.1), "LearningRateScheduler: schedule"),
        (lambda: LearningRateScheduler(lambda: 0.1), "LearningRateScheduler: schedule"),
        (lambda: LearningRateScheduler(lambda e, r, x: r), "LearningRateScheduler: schedule"),
        (lambda: LearningRateScheduler(lambda e, r: r, verbose=-1), "LearningRateScheduler: verbose"),
    ],
)
def test_arguments_that_cannot_be(make, where):
    with refused((TypeError, ValueError), where=where):
        make()


@pytest.mark.parametrize(
    "callback", [ReduceLROnPlateau("loss"), LearningRateScheduler(lambda e, r: r)], ids=lambda c: type(c).__name__
)
def test_a_rate_that_is_a_function_cannot_be_changed(callback):
    class Decaying(Callback):
        def on_train_begin(self, logs=None):
            self.model.optimizer = SGD(LinearDecay(0.1, 10))

    with refused(ValueError, f"{type(callback).__name__}: the learning rate", got="a function"):
        train([1.0, 1.0], [Decaying(), callback], "loss")


@pytest.mark.parametrize("bad", [-1.0, float("nan"), None, "0.1"])
def test_a_schedule_that_returns_no_rate(bad):
    with refused(ValueError, where="LearningRateScheduler: what the schedule returned for 0", fix="lambda epoch, lr"):
        train([1.0], [LearningRateScheduler(lambda epoch, rate: bad)])
