"""What a training logs: means over samples, and what train_step, test_step and on_epoch_end return."""

import re

import numpy as np
import pytest
from helpers.draws import uniform as draw
from helpers.recorder import Recorder, Returning
from helpers.refusals import refused
from helpers.runs import X, autoencoder, fit, same
from helpers.small_model import ONES

import minigen
from minigen import SGD, Dense, Input, Model, Sequential, Tensor, models
from minigen.callbacks import Callback
from minigen.models import VAE
from minigen.training import Task, alternate
from minigen.training.checks import checked_logs
from minigen.training.history import History

pytestmark = pytest.mark.filterwarnings("ignore::minigen.models.CollapseWarning")  # so small a VAE, so few steps

SAMPLES = np.random.default_rng(0).random((12, 3)).astype("float32")

NO_LOGS = {
    "None": None,
    "a Tensor": Tensor(np.float32(0.5)),
    "a tuple": (0.5, 0.2),
    "a number": 0.5,
    "a string": "loss",
    "a list": [0.5],
    "None inside": {"loss": None},
    "text inside": {"loss": "0.5"},
    "an object inside": {"loss": Dense(1)},
    "rows of different length inside": {"loss": [[1.0], [1.0, 2.0]]},
    "Tensors in a list inside": {"loss": [Tensor(np.float32(0.5))]},
    "a complex number inside": {"loss": 1j},
    "a number as name": {0: 0.5},
}


# ---- what is logged


def test_loss_is_the_mean_over_samples_while_the_weights_move(xp):
    """Recomputed by hand: the loss of each batch before its update, weighted by its size (the last batch is short)."""
    by_hand = autoencoder(SGD(0.5))
    total = 0.0
    for i in range(0, 22, 4):
        batch = X[i : i + 4]
        total += by_hand.train_on_batch(batch, batch) * len(batch)

    model = autoencoder(SGD(0.5))
    history = fit(model, epochs=1, shuffle=False)

    assert history["loss"] == [pytest.approx(total / 22, rel=1e-6)]
    assert same(model.get_weights(), by_hand.get_weights())
    assert set(history) == {"loss"}


def test_a_short_batch_counts_by_its_samples():
    model = Recorder()
    x = np.array([[0.0], [0.0], [3.0]], "float32")
    assert model.fit(x, batch_size=2, shuffle=False, verbose=0).history["loss"] == [pytest.approx(1.0)]
    assert model.evaluate(x, batch_size=2) == pytest.approx(1.0)


def test_metrics_are_logged_for_both_sets(xp):
    model = autoencoder()
    model.compile("adam", "mse", metrics=["mse"])
    history = fit(model, epochs=2, validation_data=(X, X))
    assert list(history) == ["loss", "mse", "loss_end", "mse_end", "val_loss", "val_mse"]
    np.testing.assert_allclose(history["loss"], history["mse"], rtol=1e-5)
    np.testing.assert_allclose(history["val_loss"], history["val_mse"], rtol=1e-5)


def test_history_holds_plain_floats(xp):
    model = autoencoder()
    model.compile("adam", "mse", metrics=["mse"])
    result = model.fit(X, X, epochs=2, validation_data=(X, X), verbose=0)
    assert {type(v) for values in result.history.values() for v in values} == {float}
    assert result.epoch == [0, 1]


def test_a_test_step_may_log_what_it_likes(tmp_path):
    class Mine(Model):
        def __init__(self):
            super().__init__()
            self.inner = Dense(6)

        def train_step(self, x):
            return {"g_loss": self.inner(x).mean()}

        def test_step(self, x):
            return {"g_loss": self.inner(x).mean()}

    history = Mine().fit(X, validation_data=X, verbose=0).history
    assert list(history) == ["g_loss", "g_loss_end", "val_g_loss"]


def test_steps_may_log_different_things_and_a_model_may_log_besides(tmp_path):
    """As a GAN that skips a step of the generator. What a callback adds is kept as floats and lists."""

    class Mine(Sequential):
        steps = 0

        def train_step(self, x):
            self.steps += 1
            return {"d_loss": Tensor([1.0 * self.steps])} | ({"g_loss": 10.0} if self.steps % 2 == 0 else {})

        def own_callbacks(self):
            return [Counting()]

    class Counting(Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs |= {"epochs": epoch + 1, "share": np.float32(0.5), "digits": np.arange(3)}

    model = Mine([Input((2,)), Dense(1)])
    x = np.zeros((6, 2), "float32")
    history = model.fit(x, epochs=2, batch_size=2, verbose=0, checkpoint=tmp_path / "run.npz").history
    assert history["d_loss"] == [[2.0], [5.0]] and history["g_loss"] == [10.0, 10.0]
    assert history["epochs"] == [1, 2] and history["share"] == [0.5, 0.5] and history["digits"] == [[0, 1, 2]] * 2


# ---- what a step logs


def test_logs_may_be_tensors_arrays_or_numbers(xp):
    class Logging(Model):
        def __init__(self):
            super().__init__()
            self.inner = Dense(3)

        def train_step(self, x):
            loss = self.inner(x).mean()
            return {
                "tensor": loss,
                "array": loss.data,
                "host": loss.numpy(),
                "float": loss.item(),
                "numpy": np.float32(loss.item()),
            }

    model = Logging()
    history = model.fit(draw(4, 3), verbose=0).history
    assert len({float(v[0]) for v in history.values()}) == 1 and {type(v[0]) for v in history.values()} == {float}


@pytest.mark.parametrize("logs", NO_LOGS.values(), ids=NO_LOGS)
def test_a_step_that_returns_no_dict_of_numbers_is_refused(logs):
    model = Returning(logs)
    for where, action in [
        ("Returning.train_step", lambda: model.fit(SAMPLES, verbose=0)),
        ("Returning.test_step", lambda: model.evaluate(SAMPLES)),
        ("Returning.train_step", lambda: alternate([(Task("a", model, SAMPLES), 1)], verbose=0)),
        ("own.train_step", lambda: checked_logs(logs, "own.train_step")),
    ]:
        with refused(TypeError, where):
            action()
    with pytest.raises(TypeError, match=r'return \{"loss": loss\}'):
        model.fit(SAMPLES, verbose=0)


@pytest.mark.parametrize(
    "number", [0.5, 1, True, np.float32(0.5), np.arange(3), Tensor(np.float32(0.5)), [0.5, 1.0]], ids=repr
)
def test_numbers_of_every_kind_are_logged(number, tmp_path):
    model = Returning({"loss": number}, {"besides": number})
    history = model.fit(SAMPLES, epochs=2, verbose=1, checkpoint=tmp_path / "run.npz").history
    assert list(history) == ["loss", "besides"] and len(history["besides"]) == 2


def test_a_vector_whose_length_changes_cannot_be_averaged():
    """The loss of each sample, and a last batch that is short."""

    class Each(Returning):
        def train_step(self, x):
            return {"loss": x.mean(axis=1)}

    with refused(ValueError, "the logs: 'loss'"):
        Each(None).fit(SAMPLES, batch_size=5, verbose=0)
    assert len(Each(None).fit(SAMPLES, batch_size=4, verbose=0).history["loss"][0]) == 4


def test_arrays_of_every_shape_are_shown(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    Returning({"loss": 0.5, "map": np.eye(3)}, {"empty": [], "pair": [[1, 2]]}).fit(SAMPLES, verbose=1)
    assert "map [9 numbers, 0.00 to 1.00]  empty []  pair [1.00 2.00]" in capsys.readouterr().out


# ---- what a callback logs


def test_a_model_with_a_moment_of_a_callback_is_refused():
    """The name that a callback has: as a method of the model nothing would call it."""

    for moment in ("on_epoch_end", "on_batch_end", "on_train_batch_end", "on_train_begin", "on_test_end"):
        own = type("Own", (Sequential,), {moment: lambda self, *args: None})
        model = own([Input(shape=(4,)), Dense(2)])
        model.compile("sgd", "mse")
        with refused(TypeError, moment, fix="own_callbacks"):
            model.fit(ONES, ONES[:, :2], verbose=0)


def test_a_callback_that_adds_nothing_logs_nothing(tmp_path):
    model = Returning({"loss": 0.5}, None)
    assert model.fit(SAMPLES, epochs=2, verbose=1, checkpoint=tmp_path / "run.npz").history == {"loss": [0.5, 0.5]}
    history = alternate([(Task("a", model, SAMPLES), 1)], epochs=2, verbose=0).history
    assert history == {"a/loss": [0.5, 0.5]}


def test_the_vae_of_a_learner_who_draws_after_each_epoch():
    class Draw(Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.sample(2)

    class Drawing(VAE):
        def own_callbacks(self):
            return [Draw()]

    minigen.seed(0)
    vae = models.vae(2, hidden=4)
    vae = Drawing(vae.encoder, vae.decoder)
    vae.compile()
    assert "active_units" not in vae.fit(np.full((8, 784), 0.5, "float32"), epochs=2, verbose=0).history


@pytest.mark.parametrize("besides", [{"a": None}, {"a": "b"}, {3: 0.5}], ids=repr)
def test_a_callback_that_logs_something_else_is_refused(besides):
    model = Returning({"loss": 0.5}, besides)
    with refused(TypeError, "Logging.on_epoch_end"):
        model.fit(SAMPLES, verbose=0)
    with refused(TypeError, "Logging.on_epoch_end"):
        alternate([(Task("a", model, SAMPLES), 1)], verbose=0)


def test_a_callback_cannot_log_a_name_a_second_time():
    """history["loss"] would have two numbers for each epoch."""
    with refused(ValueError, "Logging.on_epoch_end"):
        Returning({"loss": 0.5}, {"loss": 1.0}).fit(SAMPLES, verbose=0)


def test_a_history_is_read_by_names():
    history = Returning({"loss": 0.5}).fit(SAMPLES, epochs=2, verbose=0)
    assert history["loss"] == history.history["loss"] == [0.5, 0.5]
    assert "loss" in history and "val_loss" not in history and list(history) == ["loss"]
    with pytest.raises(KeyError, match="one of loss") as refusal:
        history["val_loss"]
    assert "\\n" not in str(refusal.value)


# ---- what a History shows


def trained(epochs=3):
    logs = [{"loss": 1 / e, "val_loss": 2 / e, "accuracy": 0.5, "kl": [1.0, 2.0]} for e in range(1, epochs + 1)]
    history = History()
    for each in logs:
        history.add(each)
    return history


def test_a_history_that_begins_later_counts_from_there(capsys):
    model = Sequential([Input((3,)), Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(SAMPLES, SAMPLES[:, :1], initial_epoch=5, epochs=7)
    printed = [line.split()[1] for line in capsys.readouterr().out.splitlines() if line.startswith("epoch")]
    assert printed == ["6/7", "7/7"] and history.epoch == [5, 6]
    assert [line.split()[0] for line in str(history).splitlines()] == ["epoch", "6", "7"]
    assert "<td>6</td>" in re.sub("<td[^>]*>", "<td>", history._repr_html_())


def test_a_history_draws_its_curves():
    figure = trained().plot()
    assert [line.get_label() for line in figure.axes[0].lines] == ["loss", "val_loss", "accuracy"]
    assert figure.axes[0].get_ylabel() == ""
    figure = trained().plot("val_loss", "loss")
    assert [line.get_label() for line in figure.axes[0].lines] == ["val_loss", "loss"]
    assert figure.axes[0].get_ylabel() == "loss"
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata(), [2, 1, 2 / 3])
    assert trained().plot("accuracy").axes[0].get_ylabel() == "accuracy"


def test_curves_that_are_not_there():
    with refused(ValueError, where="unknown curve 'los'", expected="val_loss", fix="'loss'"):
        trained().plot("los")
    for history, names in ((trained(), ["kl"]), (History(), []), (History({"loss": []}), [])):
        with refused(ValueError, where="plot.curves", expected="a curve of one number or more"):
            history.plot(*names)
    with refused(TypeError, where="unknown argument 'metric'"):
        trained().plot(metric="loss")


def test_the_curves_of_no_epoch():
    for names in ((), ("loss",)):
        with refused(ValueError, where="plot.curves", got="0 epochs", fix="fit(..., epochs=10)"):
            History().plot(*names)


def test_a_learning_rate_is_drawn_where_it_is_asked_for():
    """Beside losses it would be a line at 0."""
    history = History({"loss": [3.0, 2.0], "learning_rate": [1e-3, 1e-4], "digit/learning_rate": [1e-3, 1e-4]})
    axes = history.plot().axes[0]
    assert [line.get_label() for line in axes.lines] == ["loss"] and axes.get_ylabel() == "loss"
    assert [line.get_label() for line in history.plot("learning_rate").axes[0].lines] == ["learning_rate"]
    assert "learning_rate" in str(history)


def test_a_history_as_text():
    history = trained()
    assert (
        repr(history)
        == "<History, 3 epochs: loss 1.0000 to 0.3333, val_loss 2.0000 to 0.6667, accuracy 0.5000 to 0.5000>"
    )
    assert str(history).splitlines()[1].split() == ["1", "1.0000", "2.0000", "0.5000", "[1.00", "2.00]"]
    assert repr(History()) == "<History, 0 epochs>" and str(History()) == "0 epochs"
    assert history == trained() and history != trained(2)


def test_a_notebook_shows_the_table_and_the_curves():
    html = trained()._repr_html_()
    assert "<td" in html and html.count("<img ") == html.count("data:image/png;base64,") == 1
    for without_curves in (History(), History({"kl": [[1.0], [2.0]]}), History({"loss": []})):
        assert "<table>" in without_curves._repr_html_() and "<img" not in without_curves._repr_html_()
    assert "<img" in History({"loss": [float("nan")]})._repr_html_()


def test_fit_returns_what_can_be_shown():
    model = autoencoder()
    history = model.fit(X, X, epochs=2, validation_data=(X, X), verbose=0)
    assert str(history).splitlines()[0].split() == ["epoch", "loss", "val_loss", "loss_end"]
    assert history.plot().axes[0].get_ylabel() == "loss"


def test_a_history_without_epochs_has_no_logs():
    model = Returning({"loss": 0.5}, None)
    history = model.fit(SAMPLES, epochs=1, initial_epoch=1, verbose=0)
    with refused(KeyError, "history['loss']", fix="epochs="):
        history["loss"]


def test_a_step_that_logs_the_name_of_a_validation_loss():
    """One would hide the other."""

    class Mine(Model):
        def train_step(self, x):
            return {"loss": x.mean(), "val_loss": x.mean()}

        def test_step(self, x):
            return {"loss": x.mean()}

    assert Mine().fit(X, verbose=0)["val_loss"] == [pytest.approx(X.mean())]
    with refused(ValueError, where="names in the logs", got="val_loss", fix="train_step"):
        Mine().fit(X, validation_data=X, verbose=0)
