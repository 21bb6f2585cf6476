"""Callbacks that write files."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

from ..arguments import checks_arguments
from ..checks import switch
from ..storage.files import as_path, check_writable, replacing
from ..types import Logs
from . import checks
from .base import Callback
from .monitor import Monitor


class ModelCheckpoint(Callback):
    """Save the weights after each epoch, or only when a log has become better.

    filepath        may contain {epoch}, from 1, and the names of logs: "weights-{epoch:02d}-{val_loss:.3f}.npz"
    monitor, mode   as for EarlyStopping; they are used with save_best_only
    save_best_only  keep the file of the best epoch

    The file is one of save_weights(), for load_weights(). fit(checkpoint=...) saves all that is needed to go on with a
    training. Raises OSError, before the first epoch, for a place that cannot be written to, and ValueError for a
    monitor or a name in filepath that is not logged.
    """

    @checks_arguments
    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = True,
        mode: str = "auto",
    ) -> None:
        where = "ModelCheckpoint"
        self.filepath = str(as_path(filepath))
        self.monitor = Monitor(where, monitor, mode)
        self.verbose = checks.natural_number(f"{where}: verbose", verbose, "verbose=1")
        self.save_best_only = switch(f"{where}: save_best_only", save_best_only)
        checks.check_saves_weights(switch(f"{where}: save_weights_only", save_weights_only))

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.monitor.forget()
        check_writable(checks.first_name(self.filepath))

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        if self.save_best_only:
            value = self.monitor.value(logs)
            if not self.monitor.is_better(value):
                return
            self.monitor.best = value
        path = checks.filled_name(self.filepath, epoch, logs)
        self.model.save_weights(path)
        if self.verbose:
            print(f"epoch {epoch + 1}: saved {path}")

    def training_state(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        return {"best": self.monitor.best}

    def set_training_state(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.monitor.best = state["best"]


class CSVLogger(Callback):
    """A table of the logs, a row for each epoch, that a spreadsheet or pandas reads.

    The columns are epoch, from 0 as in Keras, and the logs by their names; a vector is in one cell, its numbers
    separated by spaces. With append the rows of an earlier training stay. The file is written anew after each epoch and
    renamed, so that a reader always finds a whole one. Raises OSError for a place that cannot be written to, ValueError
    for a separator that is not one character and, with append, for a file that is no such table.
    """

    @checks_arguments
    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        self.path: Path = as_path(filename)
        self.separator = checks.checked_separator(separator)
        self.append = switch("CSVLogger: append", append)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        check_writable(self.path)
        self.rows: list[dict[str, str]] = []
        if self.append and self.path.exists():
            with open(self.path, encoding="utf-8", newline="") as file:
                self.rows = list(csv.DictReader(file, delimiter=self.separator))
            checks.check_is_table(self.path, self.rows)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.rows.append({"epoch": str(epoch)} | {k: _cell(v) for k, v in (logs or {}).items()})
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        with replacing(self.path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, columns, restval="", delimiter=self.separator, lineterminator="\n")
            table.writeheader()
            table.writerows(self.rows)

    def training_state(self) -> dict[str, Any]:
        """What a checkpoint holds: a resumed training goes on with its table."""
        return {"columns": _joined(self.rows and list(self.rows[-1])), "rows": len(self.rows)}

    def set_training_state(self, state: dict[str, Any]) -> None:
        """Go on with the table on disk, up to the epoch of the checkpoint."""
        if self.path.exists():
            with open(self.path, encoding="utf-8", newline="") as file:
                self.rows = list(csv.DictReader(file, delimiter=self.separator))[: state["rows"]]


def _cell(value: Any) -> str:
    """A number, or the numbers of a vector, with all their digits."""
    return " ".join(map(repr, value)) if isinstance(value, list) else repr(value)


def _joined(names: list[str]) -> str:
    return " ".join(names or [])
