"""Files that are damaged, changed or another program's: refused with one message, and nothing is changed."""

import copy
import json
import os
import zipfile

import numpy as np
import pytest
from helpers.memory import peak
from helpers.refusals import refused
from helpers.runs import X, autoencoder, fit

import minigen
from minigen import SGD, Adam, Dense, Dropout, Input, RMSprop, Sequential, backend
from minigen.storage import npz
from minigen.training.checkpoints import Run


def everything(model):
    """All that a refused file must leave alone: weights, slots, steps, and the random generator."""
    weights = model.named_weights()
    return {
        "weights": {k: w.numpy().copy() for k, w in weights.items()},
        "slots": [[a.copy() for a in slots] for slots in model.optimizer.get_state(list(weights.values()))],
        "iterations": model.optimizer.iterations,
        "draws": copy.deepcopy(backend.random_state()),
    }


def unchanged(model, action, problem, kind=ValueError):
    before = everything(model)
    with refused(kind, problem):
        action()
    after = everything(model)
    np.testing.assert_equal(after, before)


@pytest.fixture
def path(tmp_path):
    """A checkpoint after two epochs of six steps."""
    fit(autoencoder(), epochs=2, checkpoint=tmp_path / "run.npz")
    return tmp_path / "run.npz"


@pytest.fixture
def within(tmp_path, monkeypatch):
    """A checkpoint after one epoch and two steps."""
    model, record = autoencoder(), Run.record

    def stopping(self, logs, n):
        record(self, logs, n)
        if self.epoch == 1 and self.step == 2:
            self.save(tmp_path / "within.npz")
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Run, "record", stopping)
        with pytest.raises(KeyboardInterrupt):
            fit(model, checkpoint=tmp_path / "within.npz")
    return tmp_path / "within.npz"


def write_plain(path, arrays, meta):
    """As the version before wrote it, or whoever makes such a file by hand: without a checksum."""
    np.savez(path, meta=np.array(json.dumps(meta)), **{f"arrays/{k}": a for k, a in arrays.items()})


def drop(where, start):
    for k in [k for k in where if k.startswith(start)]:
        del where[k]


def put(where, *keys_and_value):
    *keys, last, value = keys_and_value
    for key in keys:
        where = where[key]
    where[last] = value


def rename(where, old, new):
    where[new] = where.pop(old)


def deep(n):
    """[[[...]]]"""
    return json.loads("[" * n + "]" * n)


# ---- a checkpoint: every damage is refused before anything is assigned

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
    "a schedule of no samples": (lambda a, m: put(m, "schedule", [["", 0, 1]]), "schedule: "),
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
    model, at, record = autoencoder(copy.deepcopy(optimizer)), 2 if file == "within" else 6, Run.record

    def stopping(self, logs, n):
        record(self, logs, n)
        if self.epoch == 1 and self.step == at:
            self.save(tmp_path / "run.npz")
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Run, "record", stopping)
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
    class Now(Sequential):
        def on_epoch_end(self, history):
            return {"fid": 1.0} if len(history["loss"]) % 2 == 0 else None

    def model():
        minigen.seed(0)
        model = Now([Input((6,)), Dense(6)])
        model.compile("adam", "mse")
        return model

    assert fit(model(), epochs=5)["fid"] == [1.0, 1.0]
    for epochs in range(1, 6):
        history = fit(model(), epochs=epochs, checkpoint=tmp_path / "run.npz", resume=True)
    assert history["fid"] == [1.0, 1.0] and len(history["loss"]) == 5
    arrays, meta = npz.read(tmp_path / "run.npz")
    meta["history"]["fid"] = [1.0] * 6
    npz.write(tmp_path / "run.npz", arrays, meta)
    with refused(ValueError, "history: 'fid' of 6 epochs"):
        fit(model(), epochs=6, checkpoint=tmp_path / "run.npz", resume=True)


# ---- the file itself


@pytest.fixture
def weights(tmp_path):
    autoencoder().save_weights(tmp_path / "w.npz")
    return tmp_path / "w.npz"


def test_a_flipped_bit_is_refused_or_harmless(weights):
    """Of 200 bits, from the beginning to the end of the file: what loads is what was saved."""
    model, data = autoencoder(seed=5), weights.read_bytes()
    own = model.get_weights()
    model.load_weights(weights)
    saved, refusals = model.get_weights(), 0
    for bit in np.linspace(0, 8 * len(data) - 1, 200).astype(int).tolist():
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << (bit % 8)
        weights.write_bytes(damaged)
        model.set_weights(own)
        try:
            model.load_weights(weights)
            wanted = saved
        except ValueError as error:
            assert "expected:" in str(error)
            wanted, refusals = own, refusals + 1
        np.testing.assert_equal(model.get_weights(), wanted)
    assert refusals > 100


def test_numbers_that_were_changed_are_refused(weights):
    """By a program that writes a sound archive: zip's own checksums are right, ours is not."""
    with np.load(weights) as file:
        entries = {k: file[k] for k in file.files}
    for change in ("a number", "a name", "a type", "a shape", "meta"):
        changed = dict(entries)
        kernel = changed["arrays/dense/kernel"].copy()
        if change == "a number":
            kernel[3, 2] = np.nextafter(kernel[3, 2], np.float32(9))
        if change == "a type":
            kernel = kernel.astype("float64")
        if change == "a shape":
            kernel = kernel.reshape(4, 6)
        changed["arrays/dense/kernel"] = kernel
        if change == "a name":
            rename(changed, "arrays/dense/bias", "arrays/dense/beta")
        if change == "meta":
            changed["meta"] = np.array(str(changed["meta"]).replace("weights", "weight"))
        np.savez(weights, **changed)
        model = autoencoder(seed=5)
        unchanged(model, lambda m=model: m.load_weights(weights), "another checksum")
    np.savez(weights, **entries)
    autoencoder().load_weights(weights)


def test_data_that_zip_does_not_check_is_refused(weights):
    """A size in the archive's directory that is one too large keeps zipfile from comparing its own checksum."""
    arrays, meta = npz.read(weights)
    write_plain(weights, arrays, meta)
    data = bytearray(weights.read_bytes())
    entry = data.rindex(b"arrays/dense/kernel.npy") - 46  # its line in the directory at the end
    size = int.from_bytes(data[entry + 24 : entry + 28], "little")
    data[entry + 24 : entry + 28] = (size + 1).to_bytes(4, "little")
    numbers = data.index(arrays["dense/kernel"].tobytes())
    data[numbers] ^= 64
    weights.write_bytes(data)
    model = autoencoder(seed=5)
    unchanged(model, lambda: model.load_weights(weights), "cannot be read")


def add_entry(path, name, data, size=None, how=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "a", how) as archive:
        archive.writestr(name, data)


def npy(shape, dtype="<f4", data=b""):
    header = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + data


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("arrays/dense/kernel.npy", npy((6, 4), data=bytes(96))),  # a second entry of that name
        ("spam.npy", npy((1,), data=bytes(4))),
        ("arrays/huge.npy", npy((2**40, 2**20))),
        ("arrays/huge.npy", npy((2**62, 2**62), data=bytes(64))),
        ("arrays/short.npy", npy((100,), data=bytes(64))),
        ("arrays/long.npy", npy((10,), data=bytes(64))),
        ("arrays/negative.npy", npy((-4, -4), data=bytes(64))),
        ("arrays/objects.npy", npy((1,), "|O", data=b"cos\nsystem\n(S'exit 1'\ntR.")),
        ("arrays/records.npy", npy((1,), [("a", "<f4")], data=bytes(4))),
        ("arrays/nothing.npy", npy((4,), "|S0")),
        ("arrays/words.npy", b"no array at all"),
        ("arrays/deep.npy", npy("(" * 3000 + ")" * 3000)),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_strange_entry_is_refused(weights, name, data):
    add_entry(weights, name, data)
    model = autoencoder(seed=5)
    unchanged(model, lambda: model.load_weights(weights), "cannot be read")
    np.savez(weights, meta=np.array("{}"), **{"arrays/dense/kernel": np.zeros((6, 4))})
    npz.read(weights)  # a file without a checksum
    add_entry(weights, name, data)
    with refused(ValueError, "cannot be read"):
        npz.read(weights)


@pytest.mark.parametrize("text", ["", "[1, 2]", "3", "null", "{", '"meta"', "[" * 100_000, '{"sha256": 3}'])
def test_meta_that_is_none_is_refused(weights, text):
    arrays, _ = npz.read(weights)
    np.savez(weights, meta=np.array(text), **{f"arrays/{k}": a for k, a in arrays.items()})
    model = autoencoder(seed=5)
    unchanged(model, lambda: model.load_weights(weights), "cannot be read")


def test_a_file_that_would_unpack_to_much_more_costs_next_to_nothing(tmp_path):
    """40 MB of zeros, compressed to 40 kB; and 10 MB without compression, in entries that lie in one another."""
    path, model = tmp_path / "bomb.npz", autoencoder()
    zeros = np.zeros(10_000_000, "float32")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("arrays/w.npy", "w") as entry:
        np.lib.format.write_array(entry, zeros)
    assert path.stat().st_size < 1e5
    del zeros
    assert peak(lambda: unchanged(model, lambda: model.load_weights(path), "compressed arrays")) < 2e6

    np.savez(path, meta=np.array("{}"), **{"arrays/w0": np.zeros(250_000, "float32")})  # 1 MB
    data, inside = path.read_bytes(), []
    start = data.rindex(b"PK\x05\x06")
    directory = data[int.from_bytes(data[start + 16 : start + 20], "little") : start]
    line = directory[directory.rindex(b"PK\x01\x02") :]
    inside = b"".join(line.replace(b"arrays/w0", b"arrays/w%d" % i) for i in range(10))
    end = bytearray(data[start:])
    end[8:10] = end[10:12] = (2 + 9).to_bytes(2, "little")
    whole = directory[: -len(line)] + inside
    end[12:16] = len(whole).to_bytes(4, "little")
    path.write_bytes(data[: start - len(directory)] + whole + end)
    assert peak(lambda: unchanged(model, lambda: model.load_weights(path), "in a file of")) < 2e6


def test_a_pickle_is_never_run(weights, tmp_path):
    class Touch:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "executed"),))

    arrays, meta = npz.read(weights)
    np.savez(weights, meta=np.array(json.dumps(meta)), **{"arrays/dense/kernel": np.array([Touch()], dtype=object)})
    model = autoencoder(seed=5)
    unchanged(model, lambda: model.load_weights(weights), "cannot be read")
    assert not (tmp_path / "executed").exists()


def test_objects_are_not_written(tmp_path):
    """What could not be read again is refused when it is saved."""
    with refused(TypeError, "is not written"):
        npz.write(tmp_path / "w.npz", {"w": np.array([None])}, {})
    assert os.listdir(tmp_path) == []


def test_a_file_is_read_once(path, monkeypatch):
    """Weights and slots of a checkpoint come from one file, though another run may replace it meanwhile."""
    count, read = [], npz.read
    monkeypatch.setattr(npz, "read", lambda path: count.append(path) or read(path))
    fit(autoencoder(seed=5), checkpoint=path, resume=True)
    assert len(count) == 1


def test_the_checksum_covers_names_types_shapes_numbers_and_meta():
    a = {"w": np.arange(6, dtype="int32").reshape(2, 3)}
    sums = {
        npz._checksum(b, text)
        for b, text in [
            (a, "{}"),
            (a, "{} "),
            ({"v": a["w"]}, "{}"),
            ({"w": a["w"].reshape(3, 2)}, "{}"),
            ({"w": a["w"].view("float32")}, "{}"),
            ({"w": a["w"] + 1}, "{}"),
            (a | {"b": a["w"]}, "{}"),
        ]
    }
    assert len(sums) == 7
    assert npz._checksum({"w": np.asfortranarray(a["w"])}, "{}") in sums
