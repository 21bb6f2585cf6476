"""A callback for TensorBoard."""

from __future__ import annotations

import os
from typing import Any

from ..arguments import checks_arguments
from ..checks.values import one_of
from ..storage.files import as_path, make_folder
from ..types import Logs
from . import checks
from .base import Callback

FLUSH_SECONDS = 1  # a thread of each writer flushes its file, at most as often as this


class TensorBoard(Callback):
    """Write the logs for TensorBoard: `tensorboard --logdir logs` shows them while the model learns.

    log_dir      a folder; the logs of the training data go to log_dir/train, those of the validation data, without
                 their val_, to log_dir/validation, so that both have one diagram, as Keras has it: epoch_loss
    update_freq  "epoch", or "batch" for the logs of each batch too: batch_loss

    Vectors are left out. The files are written by the package tensorboardX: pip install "minigen[tensorboard]". Raises
    ImportError if it is missing, OSError for a folder that cannot be written to, ValueError for another update_freq.
    """

    of_first_rank = True

    @checks_arguments
    def __init__(self, log_dir: str | os.PathLike[str] = "logs", update_freq: str = "epoch") -> None:
        self.log_dir = as_path(log_dir)
        self.update_freq = one_of("TensorBoard: update_freq", update_freq, ("epoch", "batch"), 'update_freq="batch"')
        self.steps = 0
        self._writers: dict[str, Any] = {}

    def on_train_begin(self, logs: Logs | None = None) -> None:
        checks.check_has_tensorboard()
        make_folder(self.log_dir)
        self.steps, self._writers = 0, {}

    @property
    def wants_batches(self) -> bool:
        """Only where they are written; a subclass may have more to do."""
        return self.update_freq == "batch" or type(self) is not TensorBoard

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self.update_freq == "batch":
            self._write("train", "batch", logs or {}, self.steps)
            self.steps += 1

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        held_out = {}
        for k in logs:
            task, _, name = k.rpartition("/")  # val_loss of fit(), digit/val_loss of alternate()
            if name.startswith("val_"):
                held_out[k] = f"{task}/{name[4:]}" if task else name[4:]
        self._write("train", "epoch", {k: v for k, v in logs.items() if k not in held_out}, epoch)
        self._write("validation", "epoch", {name: logs[k] for k, name in held_out.items()}, epoch)

    def _write(self, folder: str, prefix: str, logs: Logs, step: int) -> None:
        numbers = {k: v for k, v in logs.items() if not isinstance(v, list)}
        if not numbers:
            return
        with checks.written_to(self.log_dir):
            if folder not in self._writers:
                from tensorboardX import SummaryWriter

                self._writers[folder] = SummaryWriter(str(self.log_dir / folder), flush_secs=FLUSH_SECONDS)
            for name, value in numbers.items():
                self._writers[folder].add_scalar(f"{prefix}_{name}", value, step)

    def close(self) -> None:
        """Close the files."""
        for writer in self._writers.values():
            with checks.written_to(self.log_dir):
                writer.close()

    def training_state(self) -> dict[str, Any]:
        """What a checkpoint holds: the number of batches so far."""
        return {"steps": self.steps}

    def set_training_state(self, state: dict[str, Any]) -> None:
        """Go on counting."""
        self.steps = state["steps"]
