"""What a model carries along from epoch to epoch is part of its checkpoints."""

import numpy as np
import pytest
from helpers.interrupted import ctrl_c_in_step
from helpers.recorder import Returning
from helpers.refusals import refused

import minigen
from minigen import Adam, Model, models
from minigen.callbacks import Callback
from minigen.models import VAE
from minigen.storage import npz
from minigen.training import Task, alternate

pytestmark = pytest.mark.filterwarnings("ignore::minigen.models.CollapseWarning")  # so small a VAE, so few steps

X = np.random.default_rng(0).random((12, 3)).astype("float32")


IMAGES = np.random.default_rng(1).random((12, 784)).astype("float32")


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

    def own_callbacks(self):
        return [*super().own_callbacks(), Rising(self)]

    def training_state(self):
        return {"beta": self.beta, "steps": self.steps, "recent": self.recent, "zero": np.zeros(())}

    def set_training_state(self, state):
        assert type(state["beta"]) is float and type(state["steps"]) is int and state["zero"].item() == 0.0
        self.beta, self.steps, self.recent = state["beta"], state["steps"], state["recent"]


class Rising(Callback):
    def __init__(self, model):
        self.model = model

    def on_epoch_end(self, epoch, logs=None):
        logs["beta"] = self.model.beta = min(1.0, self.model.beta + 0.25)


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

    def own_callbacks(self):
        found = self.inner.own_callbacks()
        for callback in found:
            callback.set_model(self.inner)
        return found


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
def test_a_warm_up_is_resumed_within_an_epoch(at, tmp_path, capsys):
    unbroken = run("fit", 3)
    with ctrl_c_in_step(at):
        run("fit", 3, checkpoint=tmp_path / "run.npz")
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
