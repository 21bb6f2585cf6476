"""compile(): losses and metrics of one and of several outputs, and what cannot be compiled."""

from functools import partial

import numpy as np
import pytest
from helpers.digit_models import LABELS, X, autoencoder, two_outputs
from helpers.draws import uniform as draw
from helpers.refusals import refused, text_of
from helpers.small_model import ONES, compiled
from helpers.small_model import X as ROWS

import minigen
from minigen import Adam, Dense, Input, Model, Sequential, losses, metrics

# ---- losses


def test_one_loss_serves_every_output_as_in_keras():
    def trained(loss):
        minigen.seed(0)
        x = Input((3,))
        model = Model(x, [Dense(3)(x), Dense(3)(x)])
        model.compile("sgd", loss)
        return model.fit(draw(8, 3), [draw(8, 3), draw(8, 3, seed=1)], verbose=0).history

    assert trained("mse") == trained(["mse", "mse"])


def test_as_many_losses_as_outputs():
    x = Input((4,))
    model = Model(x, [Dense(4)(x), Dense(4)(x)])
    model.compile("adam", ["mse", "mse", "mse"])
    with refused(ValueError, expected="2 of each", got="3 losses and 2 targets"):
        model.fit(ROWS, [ROWS, ROWS], verbose=0)
    model.compile("adam", ["mse", "mse"])
    with refused(ValueError, expected="2"):
        model.fit(ROWS, ROWS, verbose=0)


@pytest.mark.parametrize(
    ("problem", "call", "error"),
    [
        ("the loss", lambda: compiled(lambda y, p: (y - p) ** 2).evaluate(ONES, ONES[:, :2]), ValueError),
        ("the loss", lambda: compiled(lambda y, p: None).fit(ONES, ONES[:, :2], verbose=0), TypeError),
    ],
)
def test_a_loss_that_gives_no_single_number_is_refused(problem, call, error):
    with refused(error, problem):
        call()


# ---- metrics


def test_a_metric_of_tensors(xp):
    """What it returns stays on the device."""
    model = Sequential([Input((4,)), Dense(2)])
    model.compile("sgd", "mse", metrics=[lambda y, p: abs(p - y).mean()])
    loss, metric = model.evaluate(np.ones((8, 4), "float32"), np.ones((8, 2), "float32"))
    assert loss >= 0 and metric >= 0


def test_metrics_of_several_outputs():
    model, y = two_outputs([["accuracy", "mse"], ["accuracy"]]), [np.zeros((12, 1)), LABELS]
    history = model.fit(X, y, validation_data=(X, y), verbose=0).history
    names = {"ring_accuracy", "ring_mse", "digit_accuracy"}
    assert set(history) >= names | {f"val_{name}" for name in names}
    ring, digit = model.predict(X)
    want = [metrics.accuracy(y[0], ring), metrics.mean_squared_error(y[0], ring), metrics.accuracy(y[1], digit)]
    assert model.evaluate(X, y)[3:] == pytest.approx(want)  # after the loss, and that of each output
    logged = set(two_outputs([None, "accuracy"]).fit(X, y, verbose=0).history)
    assert logged == {"loss", "ring_loss", "digit_loss", "digit_accuracy"}


@pytest.mark.parametrize("flat", [["accuracy"], ["accuracy", "mse"], [["accuracy"]], [["mse"]] * 3])
def test_metrics_that_are_not_one_list_for_each_output(flat):
    text = text_of(lambda: two_outputs(flat), ValueError)
    assert "each of the 2 outputs" in text
    two_outputs(eval(text.split("fix:      metrics=")[1]))


def test_metrics_of_a_model_without_a_graph_are_refused_at_the_first_step():
    class Heads(Model):
        def __init__(self):
            super().__init__()
            self.one, self.other = Dense(1, "sigmoid"), Dense(10, "softmax")

        def call(self, x):
            return [self.one(x), self.other(x)]

    model = Heads()
    model(X)
    before = model.get_weights()
    model.compile("adam", ["binary_crossentropy", "sparse_categorical_crossentropy"], metrics=["accuracy"])
    with refused(ValueError, "Heads: metrics"):
        model.fit(X, [np.zeros((12, 1)), LABELS], verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_one_output_in_a_list():
    x = Input(shape=(784,))
    model = Model(x, [Dense(1, "sigmoid")(x)])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    for y in (np.zeros((12, 1)), [np.zeros((12, 1))]):
        assert set(model.fit(X, y, verbose=0).history) == {"loss", "accuracy"}
        assert len(model.evaluate(X, y)) == 2
    assert [y.shape for y in model.predict(X)] == [(12, 1)]


@pytest.mark.parametrize("wrong", [3, {"decoder": 3}, [3], "accuracy"])
def test_metrics_that_are_none(wrong):
    text_of(lambda: autoencoder(metrics=wrong), TypeError)
    text_of(lambda: autoencoder(loss=3), TypeError)
    assert set(autoencoder(metrics=[partial(metrics.mean_squared_error)]).fit(X, X, verbose=0).history) == {
        "loss",
        "mean_squared_error",
    }


def measuring(value):
    model = Sequential([Input(shape=(4,)), Dense(2)])
    model.compile("sgd", "mse", metrics=[lambda y, p: value])
    return lambda: model.fit(ONES, ONES[:, :2], verbose=0)


ADVICE = {
    "a metric without a number": (measuring(None), "lambda y_true, y_pred"),
    "a metric that gives a word": (measuring("high"), "lambda y_true, y_pred"),
    "a metric of NaN": (measuring(float("nan")), "a metric that is finite"),
}


@pytest.mark.parametrize("mistake", ADVICE)
def test_a_metric_that_gives_no_finite_number_is_refused(mistake):
    call, fix = ADVICE[mistake]
    with refused((ValueError, TypeError, FloatingPointError), fix=fix):
        call()


def test_accuracy_of_logits_is_refused():
    model = Sequential([Input(shape=(4,)), Dense(1)])
    of_logits = partial(losses.binary_crossentropy, from_logits=True)
    with refused(ValueError, "compile: accuracy"):
        model.compile("sgd", of_logits, metrics=["accuracy"])
    model.compile("sgd", of_logits, metrics=[lambda y, x: metrics.accuracy(y, x > 0)])
    logs = model.fit(ONES, np.ones((len(ONES), 1)), verbose=0).history
    assert set(logs["<lambda>"]) <= {0.0, 1.0}
    model.compile("sgd", losses.binary_crossentropy, metrics=["accuracy"])


# ---- what cannot be compiled


def test_a_failed_compile_keeps_the_old_one(model):
    optimizer, loss = model.optimizer, model.loss
    for arguments in (["adamm", "mse"], ["adam", "msee"], ["adam", "mse", ["accurracy"]]):
        with refused(ValueError, where="unknown"):
            model.compile(*arguments)
        assert model.optimizer is optimizer and model.loss is loss


def test_one_metric_by_name(model):
    with refused((TypeError, ValueError), where="metrics", fix="['accuracy']"):
        model.compile("adam", "mse", metrics="accuracy")


def test_two_metrics_of_one_name(model):
    """A history has one place for each name: one of the two would be lost without a word."""
    with refused(ValueError, where="metrics", expected="every name once", got="mse"):
        model.compile("adam", "mse", metrics=["mse", "mse"])


@pytest.mark.parametrize("optimizer", [Adam, 0.1], ids=["the class", "a number"])
def test_an_optimizer_that_is_none(model, optimizer):
    with refused(TypeError, where="optimizer", fix="'adam'"):
        model.compile(optimizer, "mse")


@pytest.mark.parametrize("verb", ["fit", "evaluate", "train_on_batch"])
def test_not_compiled(verb):
    model = Sequential([Input((4,)), Dense(4)])
    with refused(RuntimeError, where="not compiled", fix="model.compile(optimizer='adam'"):
        getattr(model, verb)(ROWS, ROWS)


def compiled_in_another_way(**attributes):
    model = compiled()
    for name, value in attributes.items():
        setattr(model, name, value)
    return lambda: model.fit(ONES, ONES[:, :2], verbose=0)


@pytest.mark.parametrize("attributes", [{"optimizer": "adam"}, {"optimizer": None}, {"loss": "mae"}, {"loss": [None]}])
def test_a_model_that_is_compiled_by_its_attributes(attributes):
    with refused(TypeError, "compiled in another way"):
        compiled_in_another_way(**attributes)()


@pytest.mark.parametrize("given", [[X, X], (X, X)])
def test_arrays_are_no_metrics(given):
    with refused(TypeError, "metric"):
        compiled().compile("sgd", "mse", metrics=given)
