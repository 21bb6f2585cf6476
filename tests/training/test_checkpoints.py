"""Checkpoints: a run that was interrupted goes on as if it had not been, and a NaN overwrites no good one."""

import signal

import numpy as np
import pytest
from helpers.interrupted import interrupted
from helpers.refusals import refused
from helpers.runs import X, autoencoder, fit, same

import minigen
from minigen import SGD, Adam, Dense, Input, Model, Sequential, losses, square
from minigen.storage import npz

# ---- checkpoints and Ctrl-C


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("first", [1, 2])
def test_resuming_after_an_epoch_is_an_unbroken_run(xp, tmp_path, first, shuffle):
    path = tmp_path / "run.npz"
    unbroken = autoencoder()
    history = fit(unbroken, epochs=4, shuffle=shuffle)

    fit(autoencoder(), epochs=first, shuffle=shuffle, checkpoint=path)
    second = autoencoder(seed=99)  # other weights, other draws: everything comes from the file
    assert fit(second, epochs=4, shuffle=shuffle, checkpoint=path, resume=True) == history
    assert same(second.get_weights(), unbroken.get_weights())


@pytest.mark.parametrize("at", [1, 3, 6, 7, 12, 17, 18])  # six steps an epoch: within one, its first and its last
def test_resuming_after_ctrl_c_is_an_unbroken_run(xp, tmp_path, capsys, at):
    path = tmp_path / "run.npz"
    unbroken = autoencoder()
    history = fit(unbroken, validation_data=(X[:5], X[:5]))

    broken = interrupted(at)
    with pytest.raises(KeyboardInterrupt):
        fit(broken, checkpoint=path, validation_data=(X[:5], X[:5]))
    assert broken.steps == at  # the running batch was finished, and no other begun
    assert "resume=True" in capsys.readouterr().out

    second = autoencoder(seed=99)
    assert fit(second, checkpoint=path, resume=True, validation_data=(X[:5], X[:5])) == history
    assert same(second.get_weights(), unbroken.get_weights())


def test_a_run_may_be_interrupted_again_and_again(tmp_path):
    path = tmp_path / "run.npz"
    unbroken = autoencoder()
    history = fit(unbroken)
    for at in (2, 3, 1, 5):  # steps since the last start
        with pytest.raises(KeyboardInterrupt):
            fit(interrupted(at), checkpoint=path, resume=True)
    last = autoencoder(seed=99)
    assert fit(last, checkpoint=path, resume=True) == history
    assert same(last.get_weights(), unbroken.get_weights())


def test_a_finished_run_resumes_to_nothing(tmp_path):
    path = tmp_path / "run.npz"
    model = autoencoder()
    history = fit(model, checkpoint=path)
    again = autoencoder(seed=99)
    assert fit(again, checkpoint=path, resume=True) == history
    assert same(again.get_weights(), model.get_weights())


def test_resume_without_a_file_starts_at_the_beginning(tmp_path):
    history = fit(autoencoder())
    assert fit(autoencoder(), checkpoint=tmp_path / "run.npz", resume=True) == history


def test_a_sequential_that_is_not_built_yet_can_be_resumed(tmp_path):
    """A fresh process has no weights before it sees data."""
    path = tmp_path / "run.npz"

    def model():
        model = Sequential([Dense(8, "relu"), Dense(6, "sigmoid")])
        model.compile("adam", "mse")
        return model

    minigen.seed(0)
    unbroken = model()
    history = fit(unbroken, epochs=2)
    minigen.seed(0)
    fit(model(), epochs=1, checkpoint=path)
    second = model()
    assert fit(second, epochs=2, checkpoint=path, resume=True) == history
    assert same(second.get_weights(), unbroken.get_weights())


def test_a_model_with_two_optimizers_is_resumed(tmp_path):
    class Pair(Model):
        def __init__(self):
            super().__init__()
            self.a, self.b = Sequential([Input((6,)), Dense(6)]), Sequential([Input((6,)), Dense(6)])
            self.a_optimizer, self.b_optimizer = Adam(0.01), SGD(0.1, momentum=0.9)

        def train_step(self, x, y):
            logs = {}
            for name in ("a", "b"):
                net = getattr(self, name)
                logs[name] = losses.mean_squared_error(y, net(x))
                logs[name].backward(wrt=net.parameters())
                getattr(self, f"{name}_optimizer").step(net.parameters())
            return logs

    path = tmp_path / "run.npz"
    minigen.seed(0)
    unbroken = Pair()
    history = fit(unbroken)
    minigen.seed(0)
    fit(Pair(), epochs=1, checkpoint=path)
    second = Pair()
    assert fit(second, checkpoint=path, resume=True) == history
    assert same(second.get_weights(), unbroken.get_weights())


def test_checkpoints_hold_weights_that_load(tmp_path):
    model = autoencoder()
    fit(model, checkpoint=tmp_path / "run.npz")
    other = autoencoder(seed=1)
    other.load_weights(tmp_path / "run.npz")
    assert same(other.get_weights(), model.get_weights())


# ---- when training goes wrong


class GoesWrong(Sequential):
    """The loss is NaN from step `at` on."""

    at, steps, interrupt = 0, 0, False

    def train_step(self, x, y):
        self.steps += 1
        logs = super().train_step(x, y)
        if self.steps >= self.at:
            for w in self.weights():
                w.assign(np.full(w.shape, np.nan, "float32"))
            logs["loss"] = logs["loss"] * np.nan
            if self.interrupt:
                signal.raise_signal(signal.SIGINT)
        return logs


def goes_wrong(at):
    model = GoesWrong([Input((6,)), Dense(6, "sigmoid")])
    model.compile("adam", "mse")
    model.at = at
    return model


def test_a_nan_stops_training_and_the_last_good_checkpoint_stays(tmp_path):
    path = tmp_path / "run.npz"
    model = goes_wrong(at=9)  # the third step of the second epoch
    with pytest.raises(FloatingPointError, match="NaN or infinity in loss, epoch 2"):
        fit(model, checkpoint=path)
    arrays, meta = npz.read(path)
    assert meta["epoch"] == 1 and meta["step"] == 0
    assert all(np.isfinite(a).all() for a in arrays.values())


def test_ctrl_c_after_a_nan_does_not_overwrite_the_last_good_checkpoint(tmp_path):
    path = tmp_path / "run.npz"
    model = goes_wrong(at=9)
    model.interrupt = True
    with pytest.raises((KeyboardInterrupt, FloatingPointError)):
        fit(model, checkpoint=path)
    assert all(np.isfinite(a).all() for a in npz.read(path)[0].values())


def test_weights_that_overflow_in_the_last_step_are_not_saved_as_good(tmp_path):
    """The loss is taken before the update: it may be finite where the new weights no longer are."""
    path = tmp_path / "run.npz"
    minigen.seed(0)
    model = Sequential([Input((6,)), Dense(1)])
    model.compile(SGD(3e38), "mse")
    with pytest.raises(FloatingPointError), np.errstate(all="ignore"):
        model.fit(X, 100 * X[:, :1], batch_size=22, epochs=3, checkpoint=path, verbose=0)
    assert not path.exists() or all(np.isfinite(a).all() for a in npz.read(path)[0].values())


def test_a_checkpoint_that_cannot_be_written_is_refused_before_training(tmp_path):
    """Not after the first epoch, which may have taken an hour."""
    model = autoencoder()
    before = model.get_weights()
    with pytest.raises(OSError):
        fit(model, checkpoint=tmp_path / "no such folder" / "run.npz")
    assert same(before, model.get_weights())


# ---- optimizers


@pytest.mark.parametrize("keep", [lambda o: {"d": o}, lambda o: [o]], ids=["a dictionary", "a list"])
def test_optimizers_are_saved_wherever_the_model_keeps_them(tmp_path, keep):
    class Mine(Model):
        def __init__(self):
            super().__init__()
            self.inner = Sequential([Input((6,)), Dense(6)])
            self.adam = Adam(0.01)
            self.kept = keep(self.adam)
            del self.adam

        def train_step(self, x):
            loss = square(self.inner(x) - x).mean()
            loss.backward()
            optimizer = self.kept["d"] if isinstance(self.kept, dict) else self.kept[0]
            optimizer.step(self.parameters())
            return {"loss": loss}

    def run(epochs, **options):
        model = Mine()
        model.fit(X, epochs=epochs, batch_size=8, verbose=0, **options)
        return model.get_weights()

    minigen.seed(0)
    unbroken = run(2)
    minigen.seed(0)
    run(1, checkpoint=tmp_path / "run.npz")
    assert same(run(2, checkpoint=tmp_path / "run.npz", resume=True), unbroken)


def test_resume_refuses_an_optimizer_with_other_settings(tmp_path):
    def fit_with(optimizer, **options):
        model = Sequential([Input((6,)), Dense(6)])
        model.compile(optimizer, "mse")
        model.fit(X, X, verbose=0, checkpoint=tmp_path / "run.npz", **options)

    fit_with(SGD(0.1, momentum=0.9))
    with pytest.raises(ValueError, match="another run"):
        fit_with(SGD(0.1), epochs=2, resume=True)
    fit_with(SGD(0.01, momentum=0.9), epochs=2, resume=True)  # a smaller rate for the rest is a usual wish


@pytest.mark.parametrize("checkpoint", [None, "run.npz"])
def test_weights_that_overflow_in_the_last_step_end_the_training(checkpoint, tmp_path):
    """The loss of this step is still finite."""
    model = Sequential([Input((6,)), Dense(6)])
    model.compile(SGD(1e38), "mse")
    options = {} if checkpoint is None else {"checkpoint": tmp_path / checkpoint}
    with (
        np.errstate(over="ignore", invalid="ignore"),
        refused(FloatingPointError, where="dense/kernel, dense/bias, epoch 1", fix="a smaller learning rate"),
    ):
        model.fit(X * 1e5, X, batch_size=len(X), verbose=0, **options)
    assert not (tmp_path / "run.npz").exists()
