"""TensorBoard: the event files, read back record by record."""

import errno
import struct
import sys
import threading
import time

import pytest
from helpers.refusals import refused
from helpers.trainings import train

from minigen.callbacks import Callback, TensorBoard, tensorboard


class Adding(Callback):
    def on_epoch_end(self, epoch, logs=None):
        logs |= {"loss": 10.0 + epoch, "kl": [1.0, 2.0]}


def scalars(folder):
    """(tag, step, value) of every number in the event files of a folder."""
    from tensorboardX.proto.event_pb2 import Event

    found = []
    for path in sorted(folder.glob("events.*")):
        data = path.read_bytes()
        while data:
            (length,) = struct.unpack("<Q", data[:8])  # then a checksum of 4 bytes, the record, and its checksum
            event, data = Event.FromString(data[12 : 12 + length]), data[16 + length :]
            found += [(value.tag, event.step, value.simple_value) for value in event.summary.value]
    return found


def test_training_and_validation_have_one_diagram(tmp_path):
    train([3.0, 2.0], [Adding(), TensorBoard(tmp_path / "logs")])
    assert scalars(tmp_path / "logs" / "train") == [("epoch_loss", 0, 10.0), ("epoch_loss", 1, 11.0)]
    assert scalars(tmp_path / "logs" / "validation") == [("epoch_loss", 0, 3.0), ("epoch_loss", 1, 2.0)]


def test_batches_are_counted_over_the_epochs(tmp_path):
    train([1.0, 2.0, 3.0, 4.0], [TensorBoard(tmp_path, "batch")], "loss", batch_size=2, epochs=2)
    found = scalars(tmp_path / "train")
    assert [f for f in found if f[0] == "batch_loss"] == [("batch_loss", i, i + 1.0) for i in range(4)]
    assert [f for f in found if f[0] == "epoch_loss"] == [("epoch_loss", 0, 1.5), ("epoch_loss", 1, 3.5)]


def test_a_subclass_may_have_more_to_do_after_a_batch(tmp_path):
    class More(TensorBoard):
        batches = 0

        def on_batch_end(self, batch, logs=None):
            self.batches += 1
            super().on_batch_end(batch, logs)

    more = More(tmp_path)
    train([1.0, 2.0], [more], "loss", batch_size=2, epochs=1)
    assert more.batches == 2 and [tag for tag, _, _ in scalars(tmp_path / "train")] == ["epoch_loss"]


def test_of_a_name_only_the_word_val_is_left_out(tmp_path):
    class Tasks(Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs |= {"interval_a/loss": 1.0, "interval_a/val_loss": 2.0, "val_b/val_val_loss": 3.0}

    train([0.0], [Tasks(), TensorBoard(tmp_path)], "loss")
    assert [tag for tag, _, _ in scalars(tmp_path / "train")] == ["epoch_loss", "epoch_interval_a/loss"]
    assert [tag for tag, _, _ in scalars(tmp_path / "validation")] == ["epoch_interval_a/loss", "epoch_val_b/val_loss"]


def test_files_and_threads_are_closed_where_an_error_ends_the_training(tmp_path):
    class Failing(Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        train([1.0], [TensorBoard(tmp_path), Failing()], "loss")
    assert "_EventLoggerThread" not in [type(thread).__name__ for thread in threading.enumerate()]
    assert scalars(tmp_path / "train") == [("epoch_loss", 0, 1.0)]


def test_numbers_are_in_the_files_while_the_model_learns(tmp_path, monkeypatch):
    """The writer flushes itself, after its time at most."""
    monkeypatch.setattr(tensorboard, "FLUSH_SECONDS", 0.01)
    found = []

    class Waiting(Callback):
        def on_epoch_end(self, epoch, logs=None):
            end = time.perf_counter() + 30
            while len(scalars(tmp_path / "train")) <= epoch and time.perf_counter() < end:
                time.sleep(0.02)
            found.append(len(scalars(tmp_path / "train")))

    train([1.0, 2.0], [TensorBoard(tmp_path), Waiting()], "loss")
    assert found == [1, 2]


def test_without_the_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with refused(ImportError, "TensorBoard", fix='pip install "minigen[tensorboard]"'):
        train([1.0], [TensorBoard(tmp_path)])


@pytest.mark.parametrize("freq", ["step", 10, None])
def test_arguments_that_cannot_be(freq):
    with refused(ValueError, "TensorBoard: update_freq"):
        TensorBoard(update_freq=freq)
    with refused(TypeError):
        TensorBoard(3)


@pytest.mark.parametrize("method", ["add_scalar", "close"])
def test_a_full_disk_is_told_with_the_folder(method, tmp_path, monkeypatch):
    def full(*args, **keywords):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(f"tensorboardX.SummaryWriter.{method}", full)
    with refused(OSError, where="logs cannot be written to", got="No space left", fix="free room"):
        train([3.0, 2.0], [TensorBoard(tmp_path / "logs")])
