"""What train_step, test_step and on_epoch_end return, and what a model carries along from epoch to epoch."""

import signal

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import Adam, Dense, Input, Model, Sequential, Tensor, models
from minigen.models import VAE, CharRNN
from minigen.storage import npz
from minigen.training import loop as training
from minigen.training.checkpoints import Run
from minigen.training.checks import checked_logs
from minigen.training.loop import Task, alternate

X = np.random.default_rng(0).random((12, 3)).astype("float32")
pytestmark = pytest.mark.filterwarnings("ignore::minigen.models.CollapseWarning")  # so small a VAE, so few steps


class Returning(Model):
    """train_step and test_step return what they are told to."""

    def __init__(self, logs, hook=None):
        super().__init__()
        self.dense = Sequential([Input((3,)), Dense(1)])
        self.logs, self.hook = logs, hook

    def train_step(self, x):
        return self.logs

    test_step = train_step

    def on_epoch_end(self, history):
        return self.hook


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


@pytest.mark.parametrize("logs", NO_LOGS.values(), ids=NO_LOGS)
def test_a_step_that_returns_no_dict_of_numbers_is_refused(logs):
    model = Returning(logs)
    for where, action in [
        ("Returning.train_step", lambda: model.fit(X, verbose=0)),
        ("Returning.test_step", lambda: model.evaluate(X)),
        ("Returning.train_step", lambda: alternate([(Task("a", model, X), 1)], verbose=0)),
        ("own.train_step", lambda: checked_logs(logs, "own.train_step")),
    ]:
        with refused(TypeError, where):
            action()
    with pytest.raises(TypeError, match=r'return \{"loss": loss\}'):
        model.fit(X, verbose=0)


@pytest.mark.parametrize(
    "number", [0.5, 1, True, np.float32(0.5), np.arange(3), Tensor(np.float32(0.5)), [0.5, 1.0]], ids=repr
)
def test_numbers_of_every_kind_are_logged(number, tmp_path):
    model = Returning({"loss": number}, {"besides": number})
    history = model.fit(X, epochs=2, verbose=1, checkpoint=tmp_path / "run.npz").history
    assert list(history) == ["loss", "besides"] and len(history["besides"]) == 2


def test_an_epoch_end_that_returns_nothing_logs_nothing(tmp_path):
    model = Returning({"loss": 0.5}, None)
    assert model.fit(X, epochs=2, verbose=1, checkpoint=tmp_path / "run.npz").history == {"loss": [0.5, 0.5]}
    history = alternate([(Task("a", model, X), 1)], epochs=2, verbose=0).history
    assert history == {"a/loss": [0.5, 0.5]}


def test_the_vae_of_a_learner_who_draws_after_each_epoch():
    class Drawing(VAE):
        def on_epoch_end(self, history):
            self.sample(2)

    minigen.seed(0)
    vae = models.vae(2, hidden=4)
    vae = Drawing(vae.encoder, vae.decoder)
    vae.compile()
    assert "active_units" not in vae.fit(np.full((8, 784), 0.5, "float32"), epochs=2, verbose=0).history


@pytest.mark.parametrize(
    "hook", [0.5, [0.5], "text", (1, 2), {"a": None}, {"a": "b"}, {3: 0.5}, Tensor([1.0])], ids=repr
)
def test_an_epoch_end_that_returns_something_else_is_refused(hook):
    model = Returning({"loss": 0.5}, hook)
    with refused(TypeError, "Returning.on_epoch_end"):
        model.fit(X, verbose=0)
    with refused(TypeError, "Returning.on_epoch_end"):
        alternate([(Task("a", model, X), 1)], verbose=0)


def test_an_epoch_end_cannot_log_a_name_a_second_time():
    """history["loss"] would have two numbers for each epoch."""
    with refused(ValueError, "Returning.on_epoch_end"):
        Returning({"loss": 0.5}, {"loss": 1.0}).fit(X, verbose=0)


def test_a_vector_whose_length_changes_cannot_be_averaged():
    """The loss of each sample, and a last batch that is short."""

    class Each(Returning):
        def train_step(self, x):
            return {"loss": x.mean(axis=1)}

    with refused(ValueError, "the logs: 'loss'"):
        Each(None).fit(X, batch_size=5, verbose=0)
    assert len(Each(None).fit(X, batch_size=4, verbose=0).history["loss"][0]) == 4


def test_arrays_of_every_shape_are_shown(capsys):
    Returning({"loss": 0.5, "map": np.eye(3)}, {"empty": [], "pair": [[1, 2]]}).fit(X, verbose=1)
    assert "map [9 numbers, 0.00 to 1.00]  empty []  pair [1.00 2.00]" in capsys.readouterr().out


# ---- what a model carries from epoch to epoch


class WarmUp(VAE):
    """The weight of the KL rises by a quarter after each epoch, and a number at each step."""

    def start(self):
        self.beta, self.steps, self.recent = 0.25, 0, np.zeros(3, "float32")
        return self

    def loss_z(self, mu, logvar):
        return super().loss_z(mu, logvar) * (self.beta + 0.001 * self.steps + float(self.recent.sum()) * 1e-3)

    def train_step(self, x):
        self.steps += 1
        logs = super().train_step(x)
        self.recent = np.append(self.recent[1:], np.float32(float(logs["kl"])))
        return logs

    def on_epoch_end(self, history):
        self.beta = min(1.0, self.beta + 0.25)
        return super().on_epoch_end(history) | {"beta": self.beta}

    def training_state(self):
        return {"beta": self.beta, "steps": self.steps, "recent": self.recent, "zero": np.zeros(())}

    def set_training_state(self, state):
        assert type(state["beta"]) is float and type(state["steps"]) is int and state["zero"].item() == 0.0
        self.beta, self.steps, self.recent = state["beta"], state["steps"], state["recent"]


IMAGES = np.random.default_rng(1).random((12, 784)).astype("float32")


def warm_up(seed=0):
    minigen.seed(seed)
    parts = models.vae(2, hidden=4)
    model = WarmUp(parts.encoder, parts.decoder).start()
    model.compile(Adam(0.01))
    return model


class Pair(Model):
    """A model that holds another one with a state of its own."""

    def __init__(self, inner):
        super().__init__()
        self.inner, self.optimizer, self.loss = inner, inner.optimizer, inner.loss

    def train_step(self, x):
        return self.inner.train_step(x)

    def on_epoch_end(self, history):
        return self.inner.on_epoch_end(history)


def run(kind, epochs, seed=0, **options):
    """(history, weights) of a fit, of a model inside another, or of two tasks in turn."""
    model = warm_up(seed)
    options = {"batch_size": 5, "epochs": epochs, "verbose": 0} | options
    if kind == "fit":
        history = model.fit(IMAGES, **options)
    elif kind == "inside another":
        history = Pair(model).fit(IMAGES, **options)
    else:
        other = warm_up(seed + 1)
        history = alternate([(Task("a", model, IMAGES), 2), (Task("b", other, IMAGES[:7]), 1)], **options)
    return history.history, model.get_weights(), model.training_state()


@pytest.mark.parametrize("kind", ["fit", "inside another", "in turn"])
def test_a_warm_up_is_resumed_after_an_epoch(kind, tmp_path):
    """4 epochs, and 2 + 2, and 1 + 1 + 1 + 1, are equal bit for bit."""
    unbroken = run(kind, 4)
    for ends in ((2, 4), (1, 2, 3, 4)):
        path = tmp_path / f"{len(ends)}.npz"
        for i, epochs in enumerate(ends):
            resumed = run(kind, epochs, seed=10 * i, checkpoint=path, resume=True)
        np.testing.assert_equal(resumed, unbroken)


@pytest.mark.parametrize("at", [1, 4, 6, 8])
def test_a_warm_up_is_resumed_within_an_epoch(at, tmp_path, monkeypatch, capsys):
    unbroken, record, count = run("fit", 3), Run.record, []

    def recorded(self, logs, n):
        record(self, logs, n)
        count.append(n)
        if len(count) == at:
            signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(training.Run, "record", recorded)
        run("fit", 3, checkpoint=tmp_path / "run.npz")
    signal.signal(signal.SIGINT, before)
    np.testing.assert_equal(run("fit", 3, seed=7, checkpoint=tmp_path / "run.npz", resume=True), unbroken)


BAD_STATES = {
    "None": None,
    "a list": [1],
    "None inside": {"beta": None},
    "an object inside": {"beta": object()},
    "rows of different length": {"beta": [[1], [1, 2]]},
}


@pytest.mark.parametrize("state", BAD_STATES.values(), ids=BAD_STATES)
def test_a_state_that_cannot_be_saved_is_refused_before_the_training(state, tmp_path):
    model = warm_up()
    model.training_state = lambda: state
    with refused(TypeError, "training_state"):
        model.fit(IMAGES, verbose=0, checkpoint=tmp_path / "run.npz")
    assert model.optimizer.iterations == 0


def test_a_state_without_its_other_half_is_refused(tmp_path):
    class Half(Returning):
        def training_state(self):
            return {"beta": 1.0}

    model = Half({"loss": 0.5})
    with refused(TypeError, "set_training_state"):
        model.fit(X, verbose=0, checkpoint=tmp_path / "run.npz")


@pytest.mark.parametrize("change", ["missing", "another name", "text"])
def test_a_state_that_is_not_whole_is_refused_and_nothing_is_changed(change, tmp_path):
    run("fit", 2, checkpoint=tmp_path / "run.npz")
    arrays, meta = npz.read(tmp_path / "run.npz")
    beta = arrays.pop("state/beta")
    arrays |= {"missing": {}, "another name": {"state/gamma": beta}, "text": {"state/beta": np.array("a")}}[change]
    npz.write(tmp_path / "run.npz", arrays, meta)
    model = warm_up(seed=3)
    before = model.get_weights(), model.training_state()
    options = {"epochs": 4, "batch_size": 5, "verbose": 0, "checkpoint": tmp_path / "run.npz", "resume": True}
    with refused(ValueError, "state/beta"):
        model.fit(IMAGES, **options)
    np.testing.assert_equal((model.get_weights(), model.training_state()), before)


def test_a_model_that_refuses_its_state_stays_as_it_was(tmp_path):
    run("fit", 2, checkpoint=tmp_path / "run.npz")
    model = warm_up(seed=3)

    def only_small(state):
        model.beta = state["beta"]
        if model.beta > 0.5:
            raise ValueError("too large")

    model.set_training_state = only_small
    before = model.get_weights(), model.training_state()
    options = {"epochs": 4, "batch_size": 5, "verbose": 0, "checkpoint": tmp_path / "run.npz", "resume": True}
    with pytest.raises(ValueError, match="too large"):
        model.fit(IMAGES, **options)
    np.testing.assert_equal((model.get_weights(), model.training_state()), before)
    assert model.optimizer.iterations == 0


# ---- the streams of a CharRNN

TEXT = "the quick brown fox jumps over the lazy dog. " * 9


def writer(seed=0, text=TEXT):
    minigen.seed(seed)
    model = CharRNN(text, "gru", units=5, features=3, dropout=0.2)
    model.compile(Adam(0.01))
    return model


def test_the_batch_size_of_a_char_rnn_may_change_between_epochs(tmp_path):
    """The streams begin anew with each epoch: no state of the old ones goes on."""
    options = {"window": 8, "verbose": 0, "validation_text": "the dog."}
    by_hand = writer()
    by_hand.fit(TEXT, batch_size=4, epochs=2, **options)
    by_hand.fit(TEXT, batch_size=7, epochs=1, **options)
    writer().fit(TEXT, batch_size=4, epochs=2, checkpoint=tmp_path / "run.npz", **options)
    model = writer(seed=5)
    model.fit(TEXT, batch_size=7, epochs=3, checkpoint=tmp_path / "run.npz", resume=True, **options)
    np.testing.assert_equal(model.get_weights(), by_hand.get_weights())


def test_a_char_rnn_has_no_shuffle():
    for shuffle in (True, False):
        with refused(TypeError, "shuffle"):
            writer().fit(TEXT, 8, 4, shuffle=shuffle)


def interrupted_writer(path, monkeypatch):
    model, step = writer(), CharRNN.train_step

    def stopping(self, x, y):
        if self.optimizer.iterations == 2:
            signal.raise_signal(signal.SIGINT)
        return step(self, x, y)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(CharRNN, "train_step", stopping)
        model.fit(TEXT, window=8, batch_size=4, epochs=2, verbose=0, checkpoint=path)
    signal.signal(signal.SIGINT, before)


def test_a_char_rnn_goes_on_within_an_epoch(tmp_path, monkeypatch, capsys):
    interrupted_writer(tmp_path / "run.npz", monkeypatch)
    unbroken = writer()
    unbroken.fit(TEXT, window=8, batch_size=4, epochs=2, verbose=0)
    again = writer(seed=5)
    again.fit(TEXT, window=8, batch_size=4, epochs=2, verbose=0, checkpoint=tmp_path / "run.npz", resume=True)
    np.testing.assert_equal(again.get_weights(), unbroken.get_weights())


@pytest.mark.parametrize("damage", ["another shape", "missing", "another alphabet"])
def test_streams_that_do_not_fit_are_refused_and_nothing_is_changed(damage, tmp_path, monkeypatch, capsys):
    path = tmp_path / "run.npz"
    interrupted_writer(path, monkeypatch)
    arrays, meta = npz.read(path)
    if damage == "another shape":
        arrays["state/0"] = arrays["state/0"][:, :2]
    if damage == "missing":
        del arrays["state/0"]
    npz.write(path, arrays, meta)
    text = TEXT.replace("q", "Q") if damage == "another alphabet" else TEXT
    model = writer(seed=5, text=text)
    before, draws = model.get_weights(), minigen.backend.random_state()
    options = {"window": 8, "batch_size": 4, "epochs": 2, "verbose": 0, "checkpoint": path, "resume": True}
    problem = {"another shape": "state of the streams", "missing": "missing: state/0"}.get(damage, "the weights of")
    with refused(ValueError, problem):
        model.fit(text, **options)
    np.testing.assert_equal(model.get_weights(), before)
    assert minigen.backend.random_state() == draws and model.optimizer.iterations == 0
