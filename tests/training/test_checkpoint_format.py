"""Checkpoints that are damaged or changed: one message lists all that is wrong, and nothing is changed."""

import copy
import json

import numpy as np
import pytest
from helpers.damage import everything, rename, unchanged, write_plain
from helpers.refusals import refused
from helpers.runs import X, autoencoder, fit

import minigen
from minigen import SGD, Adam, Dense, Dropout, Input, RMSprop, Sequential, backend
from minigen.callbacks import Callback
from minigen.storage import npz
from minigen.training.checkpoints import TrainingRun


@pytest.fixture
def path(tmp_path):
    """A checkpoint after two epochs of six steps."""
    fit(autoencoder(), epochs=2, checkpoint=tmp_path / "run.npz")
    return tmp_path / "run.npz"


def drop(where, start):
    for k in [k for k in where if k.startswith(start)]:
        del where[k]


def put(where, *keys_and_value):
    *keys, last, value = keys_and_value
    for key in keys:
        where = where[key]
    where[last] = value


def deep(n):
    """[[[...]]]"""
    return json.loads("[" * n + "]" * n)


ADAM, KERNEL = "0.optimizer", "dense/kernel"
DAMAGE = {  # a = arrays, m = meta
    "a weight is missing": (lambda a, m: drop(a, f"weights/{KERNEL}"), f"missing: {KERNEL}"),
    "a weight of another shape": (lambda a, m: put(a, f"weights/{KERNEL}", X), f"wrong shape: {KERNEL}"),
    "a weight of another type": (
        lambda a, m: put(a, f"weights/{KERNEL}", a[f"weights/{KERNEL}"].astype("float64")),
        f"wrong type: {KERNEL}",
    ),
    "a weight that is NaN": (
        lambda a, m: put(a, f"weights/{KERNEL}", a[f"weights/{KERNEL}"] * np.float32(np.nan)),
        "NaN or infinity",
    ),
    "a foreign array": (lambda a, m: put(a, "weights/dense/extra", X), "unexpected: weights/dense/extra"),
    "a state that the model has not": (lambda a, m: put(a, "state/beta", X), "unexpected: state/beta"),
    "all slots are missing": (lambda a, m: drop(a, ADAM), ADAM),
    "one slot is missing": (lambda a, m: drop(a, f"{ADAM}/{KERNEL}/1"), f"missing: {ADAM}/{KERNEL}/1"),
    "a third slot": (lambda a, m: put(a, f"{ADAM}/{KERNEL}/2", X), f"unexpected: {ADAM}/{KERNEL}/2"),
    "a slot under another name": (
        lambda a, m: rename(a, f"{ADAM}/{KERNEL}/1", f"{ADAM}/{KERNEL}/v"),
        f"unexpected: {ADAM}/{KERNEL}/v",
    ),
    "a slot of another shape": (lambda a, m: put(a, f"{ADAM}/{KERNEL}/0", X), f"wrong shape: {ADAM}/{KERNEL}/0"),
    "a slot of another type": (
        lambda a, m: put(a, f"{ADAM}/{KERNEL}/0", np.zeros((6, 4), "int8")),
        f"wrong type: {ADAM}/{KERNEL}/0",
    ),
    "an epoch below 0": (lambda a, m: put(m, "epoch", -3), "epoch: -3"),
    "an epoch that is no integer": (lambda a, m: put(m, "epoch", 2.0), "epoch: 2.0"),
    "an epoch beyond 64 bits": (lambda a, m: put(m, "epoch", 10**400), "epoch: 1000"),
    "more epochs than were logged": (lambda a, m: put(m, "epoch", 9), "history: 'loss' of 2 epochs, 9"),
    "no epoch": (lambda a, m: drop(m, "epoch"), "missing: epoch"),
    "a step that is true": (lambda a, m: put(m, "step", True), "step: True"),
    "a step behind the end of the epoch": (lambda a, m: put(m, "step", 7), "step: 7 of an epoch of 6"),
    "a step without logs": (lambda a, m: put(m, "step", 2), "seen: the logs of 0 steps"),
    "logs without a step": (lambda a, m: put(m, "seen", [[{"loss": 0.5}, 4]]), "seen: the logs of 1 steps"),
    "logs of text": (lambda a, m: put(m, "seen", [[{"loss": "0.5"}, 4]]), "seen: "),
    "logs of no samples": (lambda a, m: put(m, "seen", [[{"loss": 0.5}, 0]]), "seen: "),
    "no state of the generator": (lambda a, m: put(m, "now", None), "now: None"),
    "a state of another generator": (lambda a, m: put(m, "now", "bit_generator", "MT19937"), "now: "),
    "a state that calls a function": (lambda a, m: put(m, "now", "bit_generator", "seed"), "now: "),
    "a state too large": (lambda a, m: put(m, "now", "state", "state", 2**128), "now: "),
    "a state below 0": (lambda a, m: put(m, "epoch_seed", "state", "inc", -1), "epoch_seed: "),
    "a state of text": (lambda a, m: put(m, "epoch_seed", "state", "state", "7"), "epoch_seed: "),
    "a state and more": (lambda a, m: put(m, "now", "spam", 1), "now: "),
    "half a state": (lambda a, m: put(m, "epoch_seed", {"bit_generator": "PCG64"}), "epoch_seed: "),
    "a history of text": (lambda a, m: put(m, "history", "loss", ["a", "b"]), "history: "),
    "a history that is a list": (lambda a, m: put(m, "history", [1, 2]), "history: [1, 2]"),
    "a history that is too short": (lambda a, m: m["history"]["loss"].pop(), "history: 'loss' of 1 epochs, 2"),
    "a history that is too long": (lambda a, m: m["history"]["loss"].append(1.0), "history: 'loss' of 3 epochs, 2"),
    "iterations below 0": (lambda a, m: put(m, "optimizers", ADAM, "iterations", -1), "optimizers: "),
    "iterations of text": (lambda a, m: put(m, "optimizers", ADAM, "iterations", "12"), "optimizers: "),
    "no settings": (lambda a, m: drop(m["optimizers"][ADAM], "settings"), "optimizers: "),
    "optimizers that are a list": (lambda a, m: put(m, "optimizers", []), "optimizers: []"),
    "a schedule of fewer than no samples": (lambda a, m: put(m, "schedule", [["", -1, 1]]), "schedule: "),
    "an epoch of no steps": (lambda a, m: put(m, "steps", 0), "steps: 0"),
    "a schedule that is a number": (lambda a, m: put(m, "schedule", 3), "schedule: 3"),
    "a batch size of 0": (lambda a, m: put(m, "batch_size", 0), "batch_size: 0"),
    "a shuffle that is a word": (lambda a, m: put(m, "shuffle", "yes"), "shuffle: 'yes'"),
    "a loss that is a number": (lambda a, m: put(m, "loss", 3), "loss: 3"),
    "a setting that is a list": (lambda a, m: put(m, "optimizers", ADAM, "settings", "beta_1", [0.9]), "optimizers: "),
    "a very deep history": (lambda a, m: put(m, "history", "loss", deep(600)), "history: "),
    "very deep settings": (lambda a, m: put(m, "optimizers", ADAM, "settings", "class", deep(600)), "optimizers: "),
    "a number without end": (lambda a, m: put(m, "history", "loss", [10**400, 1.0]), "history: "),
    "no schedule": (lambda a, m: drop(m, "schedule"), "missing: schedule"),
    "a foreign key": (lambda a, m: put(m, "spam", 1), "unexpected: spam"),
}


@pytest.fixture
def within(tmp_path, monkeypatch):
    """A checkpoint after one epoch and two steps."""
    model, record = autoencoder(), TrainingRun.record

    def stopping(self, logs, n):
        record(self, logs, n)
        if self.epoch == 1 and self.step == 2:
            self.save(tmp_path / "within.npz")
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(TrainingRun, "record", stopping)
        with pytest.raises(KeyboardInterrupt):
            fit(model, checkpoint=tmp_path / "within.npz")
    return tmp_path / "within.npz"


# ---- a checkpoint: every damage is refused before anything is assigned


@pytest.mark.parametrize("writer", [npz.write, write_plain], ids=["with a checksum", "without"])
@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_checkpoint_is_refused_and_nothing_is_changed(path, name, writer):
    damage, problem = DAMAGE[name]
    arrays, meta = npz.read(path)
    damage(arrays, meta)
    writer(path, arrays, meta)
    model = autoencoder(seed=5)
    fit(model, epochs=1)  # so that there are slots that must stay
    unchanged(model, lambda: fit(model, checkpoint=path, resume=True), problem)


@pytest.mark.parametrize("name", ["one weight lost all its slots", "counts of another model", "counts of text"])
def test_a_slot_that_must_be_there_is_known(path, name):
    """Which weights an optimizer has moved stands in the checkpoint: a GAN's discriminator has no slots for G."""
    arrays, meta = npz.read(path)
    if name == "one weight lost all its slots":
        drop(arrays, f"{ADAM}/{KERNEL}")
    else:
        meta["optimizers"][ADAM]["counts"] = [12] if name == "counts of another model" else ["12"] * 4
    npz.write(path, arrays, meta)
    model = autoencoder(seed=5)
    problem = f"missing: {ADAM}/{KERNEL}/0" if "slots" in name else ("counts of 1 weights" if "model" in name else "")
    unchanged(model, lambda: fit(model, checkpoint=path, resume=True), problem)


def test_one_message_lists_all_that_is_wrong(path):
    arrays, meta = npz.read(path)
    del arrays[f"{ADAM}/{KERNEL}/0"], arrays["weights/dense_1/bias"]
    meta["epoch"], meta["spam"], meta["now"]["state"]["inc"] = -3, 1, None
    npz.write(path, arrays, meta)
    with pytest.raises(ValueError) as caught:
        fit(autoencoder(), checkpoint=path, resume=True)
    text = str(caught.value)
    *_, listed = text.partition("got:      ")
    lines = [line.strip() for line in listed.partition("\n  fix:")[0].split("\n")]
    wanted = ["unexpected: spam", "epoch: -3", "now: {", "missing: dense_1/bias", f"missing: {ADAM}/{KERNEL}/0"]
    assert all(line.startswith(want) for line, want in zip(lines, wanted, strict=True)), lines
    assert "nothing was changed" in text


def test_a_checkpoint_within_an_epoch_is_checked_as_well(within):
    for change, problem in [
        ((("step", 5),), "seen: the logs of 2 steps, 5 are done"),
        ((("seen", [[{"loss": 0.5}, 4], [{"loss": [0.5, 0.5]}, 4]]),), "seen: lists of different length"),
        ((("history", {}), ("epoch", 0), ("step", 1)), "seen: "),
    ]:
        arrays, meta = npz.read(within)
        meta.update(change)
        npz.write(within.with_name("b.npz"), arrays, meta)
        model = autoencoder(seed=5)
        unchanged(model, lambda m=model: fit(m, checkpoint=within.with_name("b.npz"), resume=True), problem)
    assert len(fit(autoencoder(seed=5), checkpoint=within, resume=True)["loss"]) == 3  # it was whole


def test_a_checkpoint_of_another_model_lists_weights_and_slots_and_changes_nothing(path):
    model = Sequential([Input((6,)), Dense(5, "relu"), Dense(6, "sigmoid")])
    model.compile(Adam(0.01), "binary_crossentropy")
    fit(model, epochs=1)
    unchanged(model, lambda: fit(model, checkpoint=path, resume=True), "wrong shape: dense/kernel is (6, 5)")


def test_a_refused_checkpoint_leaves_the_draws_of_a_model_that_it_builds(path):
    """A Sequential without an Input is built by its first data."""
    arrays, meta = npz.read(path)
    meta["epoch"] = -3
    npz.write(path, arrays, meta)
    minigen.seed(3)
    model = Sequential([Dense(4, "relu"), Dropout(0.3), Dense(6, "sigmoid")])
    model.compile(Adam(0.01), "binary_crossentropy")
    before = copy.deepcopy(backend.random_state())
    with refused(ValueError, "epoch: -3"):
        fit(model, checkpoint=path, resume=True)
    assert backend.random_state() == before


OPTIMIZERS = [SGD(0.1), SGD(0.1, momentum=0.9), RMSprop(0.01, momentum=0.5), Adam(0.01)]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=["sgd", "momentum", "rmsprop", "adam"])
@pytest.mark.parametrize("file", ["path", "within"])
def test_files_of_the_version_before_still_load(optimizer, file, tmp_path, monkeypatch):
    """Without checksum, counts and list of what is logged sometimes: the run goes on bit for bit."""
    unbroken = autoencoder(copy.deepcopy(optimizer))
    history = fit(unbroken)
    model, at, record = autoencoder(copy.deepcopy(optimizer)), 2 if file == "within" else 6, TrainingRun.record

    def stopping(self, logs, n):
        record(self, logs, n)
        if self.epoch == 1 and self.step == at:
            self.save(tmp_path / "run.npz")
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(TrainingRun, "record", stopping)
        with pytest.raises(KeyboardInterrupt):
            fit(model)
    arrays, meta = npz.read(tmp_path / "run.npz")
    del meta["sometimes"]
    for state in meta["optimizers"].values():
        del state["counts"]
    write_plain(tmp_path / "run.npz", arrays, meta)
    again = autoencoder(copy.deepcopy(optimizer), seed=9)
    assert fit(again, checkpoint=tmp_path / "run.npz", resume=True) == history
    np.testing.assert_equal(everything(again), everything(unbroken))


def test_what_is_logged_in_some_epochs_only_is_whole(tmp_path):
    class Now(Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch % 2 == 1:
                logs["fid"] = 1.0

    def model():
        minigen.seed(0)
        model = Sequential([Input((6,)), Dense(6)])
        model.compile("adam", "mse")
        return model

    assert fit(model(), epochs=5, callbacks=[Now()])["fid"] == [1.0, 1.0]
    for epochs in range(1, 6):
        history = fit(model(), epochs=epochs, checkpoint=tmp_path / "run.npz", resume=True, callbacks=[Now()])
    assert history["fid"] == [1.0, 1.0] and len(history["loss"]) == 5
    arrays, meta = npz.read(tmp_path / "run.npz")
    meta["history"]["fid"] = [1.0] * 6
    npz.write(tmp_path / "run.npz", arrays, meta)
    with refused(ValueError, "history: 'fid' of 6 epochs"):
        fit(model(), epochs=6, checkpoint=tmp_path / "run.npz", resume=True, callbacks=[Now()])


# ---- the file itself


def test_a_file_is_read_once(path, monkeypatch):
    """Weights and slots of a checkpoint come from one file, though another run may replace it meanwhile."""
    count, read = [], npz.read
    monkeypatch.setattr(npz, "read", lambda path: count.append(path) or read(path))
    fit(autoencoder(seed=5), checkpoint=path, resume=True)
    assert len(count) == 1
