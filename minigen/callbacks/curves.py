"""A callback that draws the losses while the model learns."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import plot
from ..arguments import checks_arguments
from ..console import in_notebook
from ..plot.checks import check_suffix
from ..plot.figures import new_figure
from ..plot.lines import y_label
from ..storage.files import as_path, check_writable
from ..types import Logs
from . import checks
from .base import Callback

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class LossCurve(Callback):
    """Draw the curves of the logs anew after each epoch: in the output of a notebook's cell, in a file, or both.

    logs  the names to draw, such as ["loss", "val_loss"]; None: all logs with loss in their names
    path  a file (.png, .svg, .pdf) that is written after each epoch; None: none

    `figure` is the figure of the last epoch. Outside of a notebook and without a path nothing is drawn before it is
    asked for. Raises ValueError for a name that is not logged; before the first epoch OSError for a path that cannot be
    written to, and ValueError for one with another suffix.
    """

    @checks_arguments
    def __init__(self, logs: Sequence[str] | None = None, path: str | os.PathLike[str] | None = None) -> None:
        self.logs = None if logs is None else checks.checked_names("LossCurve: logs", logs)
        self.path = None if path is None else as_path(path)
        self.values: dict[str, list[float]] = {}
        self.first_epoch = 0  # that of the first value
        self._display: Any = None  # the place in the notebook that is drawn anew

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.values, self._display = {}, None
        if self.path is not None:
            check_writable(self.path)
            check_suffix(self.path, new_figure(1, 1).canvas.get_supported_filetypes())

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        self.first_epoch = self.first_epoch if self.values else epoch
        for name in self.logs or [k for k, v in logs.items() if "loss" in k and not isinstance(v, list)]:
            self.values.setdefault(name, []).append(checks.checked_value("LossCurve", name, logs))
        if self.path is not None:
            plot.save(self.figure, self.path)
        if in_notebook():
            self._show()

    @property
    def figure(self) -> Figure:
        """The curves so far."""
        return plot.curves(self.values, y=y_label(list(self.values)), first=self.first_epoch + 1)

    def _show(self) -> None:
        """In the output of the cell that runs, the first time; after that in the same place."""
        from IPython.display import display

        figure = self.figure
        if self._display is None:
            self._display = display(figure, display_id=True)
        else:
            self._display.update(figure)

    def training_state(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        import json

        return {"values": json.dumps(self.values), "first_epoch": self.first_epoch}

    def set_training_state(self, state: dict[str, Any]) -> None:
        """Go on with the curves of the checkpoint."""
        import json

        self.values, self.first_epoch = json.loads(state["values"]), state["first_epoch"]
