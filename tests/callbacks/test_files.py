"""ModelCheckpoint and CSVLogger: files that are whole at any time."""

import builtins
import csv
import errno
import math

import numpy as np
import pytest
from helpers.refusals import refused
from helpers.trainings import Scripted, train

from minigen import Dense, Input, Sequential, Task, alternate
from minigen.callbacks import Callback, CSVLogger, ModelCheckpoint


class Adding(Callback):
    def __init__(self, logs):
        self.logs = logs

    def on_epoch_end(self, epoch, logs=None):
        logs.update(self.logs[epoch])


# ---- ModelCheckpoint


def weight_in(path):
    model = Scripted([])
    model.load_weights(path)
    return model.weight


def test_the_weights_of_every_epoch(tmp_path, capsys):
    name = str(tmp_path / "w-{epoch:02d}-{val_loss:.1f}.npz")
    train([3.0, 1.0, 2.0], [ModelCheckpoint(name, verbose=1, save_weights_only=True)])
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["w-01-3.0.npz", "w-02-1.0.npz", "w-03-2.0.npz"]
    assert [weight_in(tmp_path / name) for name in names] == [0, 1, 2]
    assert capsys.readouterr().out.splitlines()[0] == f"epoch 1: saved {tmp_path}/w-01-3.0.npz"


@pytest.mark.parametrize(("mode", "best"), [("auto", 1), ("min", 1), ("max", 2)])
def test_only_the_best_epoch(tmp_path, mode, best):
    callback = ModelCheckpoint(tmp_path / "best.npz", save_best_only=True, save_weights_only=True, mode=mode)
    train([2.0, 1.0, 3.0, 3.0], [callback])
    assert weight_in(tmp_path / "best.npz") == best


def test_a_second_training_does_not_replace_a_better_epoch_of_the_first(tmp_path):
    """As in Keras."""
    callback = ModelCheckpoint(tmp_path / "best.npz", save_best_only=True, save_weights_only=True)
    train([3.0, 2.0], [callback])
    train([9.0, 5.0], [callback])
    assert weight_in(tmp_path / "best.npz") == 1 and callback.monitor.best == 2.0
    train([1.0], [callback])
    assert weight_in(tmp_path / "best.npz") == 0


@pytest.mark.parametrize(
    ("name", "loss", "weights_only", "fix"),
    [
        ("best.npz", "mse", False, "best.minigen"),
        ("best.h5", "mse", True, "best.weights.h5"),
        ("best.minigen", lambda y, p: ((y - p) ** 2).mean(), False, "def f(x)"),
    ],
)
def test_a_model_that_cannot_be_saved_is_known_before_the_training(tmp_path, name, loss, weights_only, fix):
    model = Sequential([Input((3,)), Dense(1)])
    model.compile("sgd", loss)
    ones = np.ones((4, 3), "float32")
    callback = ModelCheckpoint(tmp_path / name, save_weights_only=weights_only)
    with refused(ValueError, fix=fix):
        model.fit(ones, ones[:, :1], verbose=0, callbacks=[callback])
    assert model.optimizer.iterations == 0 and list(tmp_path.iterdir()) == []


def test_a_model_without_weights_yet_is_saved_when_it_has_some(tmp_path):
    model = Sequential([Dense(1)])
    model.compile("sgd", "mse")
    ones = np.ones((4, 3), "float32")
    model.fit(ones, ones[:, :1], verbose=0, callbacks=[ModelCheckpoint(tmp_path / "w.npz", save_weights_only=True)])
    assert [path.name for path in tmp_path.iterdir()] == ["w.npz"]


def test_a_place_that_cannot_be_written_to_is_known_before_the_training(tmp_path):
    for callback in (
        ModelCheckpoint(tmp_path / "none" / "w.npz", save_weights_only=True),
        CSVLogger(tmp_path / "none" / "log.csv"),
    ):
        with refused(OSError, "none"):
            train([1.0], [callback])


def test_a_name_that_is_not_logged(tmp_path):
    with refused(ValueError, "ModelCheckpoint: filepath", expected="epoch, val_loss"):
        train([1.0], [ModelCheckpoint(tmp_path / "{accuracy}.npz", save_weights_only=True)])
    with refused(ValueError, "ModelCheckpoint: no number 'accuracy'"):
        train(
            [1.0],
            [ModelCheckpoint(tmp_path / "w.npz", monitor="accuracy", save_best_only=True, save_weights_only=True)],
        )
    for name in ("{0}", "{epoch", "{epoch:s}", "{epoch.real.x}"):
        with refused(ValueError, "ModelCheckpoint: filepath"):
            train([1.0], [ModelCheckpoint(tmp_path / f"{name}.npz", save_weights_only=True)])


def test_several_tasks_have_no_file(tmp_path):
    with refused(TypeError, "ModelCheckpoint", fix="task.model.save_weights"):
        alternate(
            [(Task("a", Scripted([1.0]), np.ones((4, 3), "float32")), 1)],
            callbacks=[ModelCheckpoint(tmp_path / "w.npz", save_weights_only=True)],
            verbose=0,
        )


@pytest.mark.parametrize(
    "options",
    [
        {"filepath": 3},
        {"filepath": "w.npz", "mode": "best"},
        {"filepath": "w.npz", "save_best_only": "no"},
        {"filepath": "w.npz", "verbose": -1},
    ],
)
def test_arguments_of_a_checkpoint_that_cannot_be(options):
    with refused((TypeError, ValueError)):
        ModelCheckpoint(**options)


# ---- CSVLogger


def rows_of(path, **options):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, **options))


def test_a_row_for_each_epoch(tmp_path):
    _, history = train([2.0, 1 / 3], [CSVLogger(tmp_path / "log.csv")], "loss")
    assert (tmp_path / "log.csv").read_text() == "epoch,loss\n0,2.0\n1,0.3333333333333333\n"
    assert [float(row["loss"]) for row in rows_of(tmp_path / "log.csv")] == history["loss"]


def test_logs_that_come_later_vectors_and_names_with_separators(tmp_path):
    logs = [{}, {"kl": [1.0, 2.5], "a;b": math.inf}, {}]
    train([1.0] * 3, [Adding(logs), CSVLogger(tmp_path / "log.csv", separator=";")])
    rows = rows_of(tmp_path / "log.csv", delimiter=";")
    assert [row["kl"] for row in rows] == ["", "1.0 2.5", ""] and rows[1]["a;b"] == "inf"


def test_append_keeps_the_rows_that_are_there(tmp_path):
    for append in (False, True, False):
        train([1.0, 2.0], [CSVLogger(tmp_path / "log.csv", append=append)])
        assert len(rows_of(tmp_path / "log.csv")) == (4 if append else 2)


@pytest.mark.parametrize("cut", ["1,0.4", "1", '1,"0.4', "1,0.4,0.3"])
def test_a_row_that_a_killed_training_has_not_finished_is_left_out(tmp_path, cut):
    path = tmp_path / "log.csv"
    path.write_text(f"epoch,loss,val_loss\n0,0.5,0.4\n{cut}")
    train([1.0], [CSVLogger(path, append=True)])
    assert path.read_text() == "epoch,loss,val_loss\n0,0.5,0.4\n0,,1.0\n"


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "epoch,a\n1\n", "epoch,a\n1,2,3\n", "\x00\x01\xff", "notes"])
def test_a_file_that_is_no_table_is_not_appended_to(tmp_path, text):
    path = tmp_path / "log.csv"
    path.write_bytes(text.encode("latin1"))
    with refused(ValueError, "CSVLogger", fix="another file"):
        train([1.0], [CSVLogger(path, append=True)])
    assert path.read_bytes() == text.encode("latin1")


def test_an_error_in_the_first_epoch_leaves_the_old_table(tmp_path):
    (tmp_path / "log.csv").write_text("epoch,loss\n0,1.0\n")

    class Failing(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        train([1.0], [CSVLogger(tmp_path / "log.csv"), Failing()])
    assert (tmp_path / "log.csv").read_text() == "epoch,loss\n0,1.0\n"


@pytest.mark.parametrize("separator", ["", ";;", "\n", '"', " ", 3, None])
def test_separators_that_cannot_be(separator):
    with refused(ValueError, "CSVLogger: separator"):
        CSVLogger("log.csv", separator)


def test_the_file_is_written_whole_once_and_gets_a_line_an_epoch(tmp_path, monkeypatch):
    from minigen.callbacks import files

    written = []
    monkeypatch.setattr(
        files, "replacing", lambda path, replacing=files.replacing: written.append(path) or replacing(path)
    )
    logs = [{}, {}, {"late": 1.0}, {}, {"late": 2.0}]
    train([1.0] * 5, [Adding(logs), CSVLogger(tmp_path / "log.csv")])
    assert len(written) == 2  # in the first epoch, and where a column was new
    assert [row["late"] for row in rows_of(tmp_path / "log.csv")] == ["", "", "1.0", "", "2.0"]


def test_a_file_that_was_removed_meanwhile_is_written_again(tmp_path):
    class Removing(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                (tmp_path / "log.csv").unlink()

    train([1.0, 2.0, 3.0], [Removing(), CSVLogger(tmp_path / "log.csv")])
    assert [row["val_loss"] for row in rows_of(tmp_path / "log.csv")] == ["1.0", "2.0", "3.0"]


class FullDisk:
    """A file on a disk that has room for some bytes more."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()

    def write(self, data):
        self.file.write(data[: self.room])
        if len(data) > self.room:
            raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("room", [0, 3])
def test_a_full_disk_is_told_with_the_file_and_the_rows_before_stay(room, tmp_path, monkeypatch):
    path, whole = tmp_path / "log.csv", builtins.open

    def opened(file, mode="r", *args, **keywords):
        found = whole(file, mode, *args, **keywords)
        return FullDisk(found, room) if file == path and mode == "ab" else found

    monkeypatch.setattr(builtins, "open", opened)
    with refused(OSError, where="log.csv cannot be written", got="No space left", fix="free room on the disk"):
        train([3.0, 2.0], [CSVLogger(path)], "loss")
    assert path.read_text().startswith("epoch,loss\n0,3.0\n")
    monkeypatch.undo()
    train([1.0], [CSVLogger(path, append=True)], "loss")
    assert path.read_text() == "epoch,loss\n0,3.0\n0,1.0\n"
