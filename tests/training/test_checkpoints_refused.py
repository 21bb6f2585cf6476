"""Checkpoints that fit no run: of other kinds, of another model, optimizer or data."""

import signal

import pytest
from helpers.refusals import refused
from helpers.small_model import X

from minigen import Dense, Input, Sequential
from minigen.storage import npz


def test_a_file_of_weights_is_no_checkpoint(model, saved):
    arrays, meta = npz.read(saved)
    npz.write(saved, {k: a + 1 for k, a in arrays.items()}, meta)
    with refused(ValueError, where="not a checkpoint", expected="fit(checkpoint=...)", fix="load_weights"):
        model.fit(X, X, checkpoint=saved, resume=True, verbose=0)


def test_resume_needs_the_path_of_a_checkpoint(model):
    with refused(ValueError, where="resume", fix='checkpoint="run.npz"'):
        model.fit(X, X, resume=True, verbose=0)


def test_a_folder_is_no_checkpoint(model, tmp_path):
    with refused(OSError, where=str(tmp_path), expected="file", got="folder"):
        model.fit(X, X, checkpoint=tmp_path, verbose=0)


def test_a_checkpoint_of_another_model_is_refused(model, tmp_path):
    other = Sequential([Input((4,)), Dense(3, name="code"), Dense(4, name="picture")])
    other.compile("adam", "mse")
    other.fit(X, X, checkpoint=tmp_path / "run.npz", verbose=0)
    with refused(ValueError, got="wrong shape: code/kernel is (4, 2), got (4, 3)"):
        model.fit(X, X, checkpoint=tmp_path / "run.npz", resume=True, verbose=0)


@pytest.mark.parametrize("other", ["sgd", "adadelta", "rmsprop"])
def test_a_checkpoint_of_another_optimizer_is_refused(model, tmp_path, other):
    """Adam's averages are not Adadelta's: with them √ meets a negative number."""
    source = Sequential([Input((4,)), Dense(2, "relu", name="code"), Dense(4, "sigmoid", name="picture")])
    source.compile(other, "mse")
    source.fit(X, X, checkpoint=tmp_path / "run.npz", verbose=0)
    with refused(ValueError, where="run.npz"):
        model.fit(X, X, epochs=2, checkpoint=tmp_path / "run.npz", resume=True, verbose=0)


@pytest.mark.parametrize("changed", ["batch_size", "samples"])
def test_within_an_epoch_the_batches_must_stay_the_same(tmp_path, changed):
    """Half an epoch in batches of 2 is not half an epoch in batches of 4: samples would be missed or seen twice."""

    class Interrupted(Sequential):
        def train_step(self, x, y):
            logs = super().train_step(x, y)
            if self.optimizer.iterations == 2:
                signal.raise_signal(signal.SIGINT)
            return logs

    def build(kind):
        model = kind([Input((4,)), Dense(4)])
        model.compile("adam", "mse")
        return model

    path = tmp_path / "run.npz"
    with pytest.raises(KeyboardInterrupt):
        build(Interrupted).fit(X, X, batch_size=2, checkpoint=path, verbose=0)
    x, size = (X, 4) if changed == "batch_size" else (X[:6], 2)
    with refused(ValueError, where="run.npz"):
        build(Sequential).fit(x, x, batch_size=size, checkpoint=path, resume=True, verbose=0)
