"""Callbacks that write files."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from ..arguments import checks_arguments
from ..checks.values import natural_number, switch
from ..storage.files import as_path, check_writable, replacing
from ..types import Logs
from . import checks
from .base import Callback
from .monitor import Monitor


class ModelCheckpoint(Callback):
    """Save the model after each epoch, or only when a log has become better.

    filepath           may contain {epoch}, from 1, and the names of logs: "weights-{epoch:02d}-{val_loss:.3f}.npz"
    monitor, mode      as for EarlyStopping; they are used with save_best_only
    verbose            1 prints the name of each file
    save_best_only     write only where the epoch is the best so far
    save_weights_only  True: the weights, for load_weights(); False: model.save(), for load_model()

    A file is written aside and renamed. The best value is kept from one training to the next, as in Keras.
    fit(checkpoint=...) saves all that is needed to go on with a training, random numbers included. Before the first
    epoch it raises OSError for a place that cannot be written to, and what save() or save_weights() raises for the name
    of the file or for the model; after it ValueError for a monitor or a name in filepath that is not logged.
    """

    of_first_rank = True

    @checks_arguments
    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
    ) -> None:
        where = "ModelCheckpoint"
        self.filepath = str(as_path(filepath))
        self.monitor = Monitor(where, monitor, mode)
        self.verbose = natural_number(f"{where}: verbose", verbose, "verbose=1")
        self.save_best_only = switch(f"{where}: save_best_only", save_best_only)
        self.save_weights_only = switch(f"{where}: save_weights_only", save_weights_only)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        checks.check_can_save(self.model, self.save_weights_only)
        path = Path(checks.first_name(self.filepath))
        check_writable(path)
        if not self.model.unbuilt():  # it can be saved now: a trial, so that no epoch is lost if that fails
            import tempfile

            with tempfile.TemporaryDirectory(dir=path.parent) as folder:
                self._save(Path(folder) / path.name)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        if self.save_best_only:
            value = self.monitor.value(logs)
            if not self.monitor.is_better(value):
                return
            self.monitor.best = value
        path = checks.filled_name(self.filepath, epoch, logs)
        self._save(path)
        if self.verbose:
            print(f"epoch {epoch + 1}: saved {path}")

    def _save(self, path: str | os.PathLike[str]) -> None:
        if self.save_weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)

    def training_state(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        return {"best": self.monitor.best}

    def set_training_state(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.monitor.best = state["best"]


class CSVLogger(Callback):
    """Write a table of all logs, a row an epoch.

        epoch,loss,val_loss
        0,0.2521,0.2013

    The columns are epoch, from 0 as in Keras, and the logs by their names; the numbers of a vector stand in one cell,
    with spaces between them. With append the rows that are in the file stay; a last line without a line break is left
    out, since a training that was killed has not finished it. The first epoch writes the file aside and renames it, the
    others add a line each; a resumed training goes on with its table. Raises OSError for a place that cannot be written
    to, before the first epoch, and for a full disk, where the rows before stay; ValueError for a separator that is not
    one character and, with append, for a file that is no such table.
    """

    of_first_rank = True

    @checks_arguments
    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        self.path: Path = as_path(filename)
        self.separator = checks.checked_separator(separator)
        self.append = switch("CSVLogger: append", append)
        self.rows: list[dict[str, str]] = []
        self._columns: list[str] = []  # of the file, as far as this training has written it

    def on_train_begin(self, logs: Logs | None = None) -> None:
        check_writable(self.path)
        self.rows, self._columns = [], []
        if self.append and self.path.exists():
            text = self.path.read_bytes().decode("utf-8", errors="replace")
            self.rows = self._read(text[: text.rfind("\n") + 1] or text)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        row = {"epoch": str(epoch)} | {k: _cell(v) for k, v in (logs or {}).items()}
        self.rows.append(row)
        if row.keys() <= set(self._columns) and self.path.exists():  # the whole table, aside and renamed, takes 1 ms
            with checks.written_to(self.path), open(self.path, "ab") as file:
                file.write(self._lines([row]))
        else:  # a log that comes later has a new column, whose cells above are empty
            self._columns = list(dict.fromkeys(name for row in self.rows for name in row))
            header = {name: name for name in self._columns}
            with replacing(self.path) as temporary:
                temporary.write_bytes(self._lines([header, *self.rows]))

    def _lines(self, rows: list[dict[str, str]]) -> bytes:
        """Rows as lines of the table."""
        import csv

        text = io.StringIO(newline="")
        csv.DictWriter(text, self._columns, restval="", delimiter=self.separator, lineterminator="\n").writerows(rows)
        return text.getvalue().encode()

    def _read(self, text: str) -> list[dict[str, str]]:
        import csv

        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=self.separator)
        rows = list(reader)
        checks.check_is_table(self.path, reader.fieldnames or ["epoch"], rows)
        return rows

    def training_state(self) -> dict[str, Any]:
        """What a checkpoint holds: the table."""
        import json

        return {"table": json.dumps(self.rows)}

    def set_training_state(self, state: dict[str, Any]) -> None:
        """Go on with the table of the checkpoint: the next epoch writes all of it."""
        import json

        self.rows, self._columns = json.loads(state["table"]), []


def _cell(value: Any) -> str:
    """A number, or the numbers of a vector, with all their digits."""
    return " ".join(map(_cell, value)) if isinstance(value, list) else repr(value)
