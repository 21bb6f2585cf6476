"""A page in the browser that shows a training while it runs: its curves, its newest samples, and the time left."""

from __future__ import annotations

import html
import os
import time
from collections.abc import Callable
from typing import Any

from .. import backend, plot
from ..arguments import checks_arguments
from ..plot.figures import figure_html
from ..plot.lines import y_label
from ..storage.files import as_path, check_writable, replacing
from ..tables import html_table
from ..types import Logs
from . import checks
from .base import Callback
from .time_left import TimeLeft, duration

RELOAD = 5  # seconds, after which the browser reads the page again
SHARE = 0.1  # of the time of the training, at most, for drawing
STEPS = 200  # of the epoch in progress that are drawn

# A page without a script: the content security policy allows its style and the pictures in it, and no request.
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
{reload}<title>{title}</title><style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 76em; margin: 1em auto; padding: 0 1em; }}
h1 {{ font-size: 1.5em; }}
main {{ display: flex; flex-wrap: wrap; gap: 1em; align-items: flex-start; }}
figure {{ margin: 0; max-width: min(36em, 100%); }}
img {{ max-width: 100%; background: white; }} pre {{ white-space: pre-wrap; overflow-wrap: anywhere; }}
progress {{ width: 100%; }} table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; }}
td, th {{ padding: .1em 1em .1em 0; }}
</style></head><body><h1>{title}</h1>
<p>{state}</p><progress aria-label="part of the training that is done" value="{done:.4f}" max="1"></progress>
<main>{parts}</main></body></html>
"""


class WatchPage(Callback):
    """Write an HTML page of the training that reloads itself from disk: curves, newest samples and the time left.

        watch = WatchPage("watch.html", samples=lambda gan: plot.grid(gan.sample(16)))
        gan.fit(x, epochs=50, callbacks=[watch])

    path     of the page. Any browser shows it, without a server; the last version does not reload
    title    of the page
    samples  a function of the model that returns a Figure, a text, or None. It is called once an epoch at most, and
             does not change the random numbers of the training
    seconds  between two versions of the page, at least. Drawing takes a tenth of the time at most: where it takes
             long, there are fewer versions

    The curves are those of all logs with loss in their names, epoch by epoch and over the last 200 steps; a table has
    all logs. The time left is that of as many epochs as this training has had so far. The numbers of each step are
    read, for which a GPU waits. Raises OSError before the first epoch for a path that cannot be written to; TypeError
    for samples that are no function, and, after an epoch, for what they return.
    """

    of_first_rank = True

    @checks_arguments
    def __init__(
        self,
        path: str | os.PathLike[str] = "watch.html",
        title: str = "Training",
        samples: Callable[[Any], Any] | None = None,
        seconds: float = 5.0,
    ) -> None:
        self.path, self.title = as_path(path), checks.checked_title(title)
        self.samples = checks.checked_samples(samples)
        self.seconds = checks.checked_rate("WatchPage: seconds", seconds, "seconds=5")
        self.values: dict[str, list[float]] = {}  # of each epoch
        self.first_epoch = 0  # that of the first value
        self._begin(epochs=1)

    def _begin(self, epochs: int) -> None:
        """Nothing is known of a training yet."""
        self.values = {}
        self._time = TimeLeft(epochs)
        self._steps: dict[str, list[float]] = {}  # of this epoch
        self._logs: Logs = {}  # of the last one
        self._samples, self._drawn_after = "", 0  # the epochs that were done then
        self._ended = False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        check_writable(self.path)
        self._begin(self.params["epochs"])
        self._write("waiting for the first step")

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._steps = {}
        self._time.at(epoch, 0, self.params)

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._time.at(self._time.epoch, batch + 1, self.params)
        for name, value in _losses(logs).items():
            self._steps.setdefault(name, []).append(value)
        if time.perf_counter() >= self._next:
            self._write(str(self._time))

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._logs = dict(logs or {})
        self.first_epoch = self.first_epoch if self.values else epoch
        for name, value in _losses(logs).items():
            self.values.setdefault(name, []).append(value)
        self._time.at(epoch + 1, 0, self.params)
        if time.perf_counter() >= self._next:
            self._write(str(self._time))

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._ended = True

    def close(self) -> None:
        """The last version."""
        done = f"{self._time.epoch} of {self._time.epochs} epochs"
        ended = "finished" if self._ended else "stopped"
        self._write(f"{ended} after {done} and {duration(self._time.seconds)}", draws=self._ended, last=True)

    # ---- the page

    def _write(self, state: str, draws: bool = True, last: bool = False) -> None:
        """A version of the page, with new samples if there was an epoch since the last ones and it `draws`."""
        start = time.perf_counter()
        if draws and self.samples is not None and self._time.epoch > self._drawn_after:
            self._samples, self._drawn_after = self._drawn(self.samples), self._time.epoch
        text = PAGE.format(
            reload="" if last else f'<meta http-equiv="refresh" content="{RELOAD}">',
            title=html.escape(self.title),
            state=html.escape(state),
            done=self._time.done / self._time.epochs,
            parts=self._curves() + self._samples + self._table(),
        )
        with replacing(self.path) as aside:
            aside.write_text(text, encoding="utf-8", errors="replace")
        end = time.perf_counter()  # the next version comes when it is time
        self._next = end + max(self.seconds, (end - start) / SHARE)

    def _drawn(self, samples: Callable[[Any], Any]) -> str:
        """What the model draws now."""
        with backend.own_draws():
            found = checks.checked_drawing(samples(self.model))
        if found is None:
            return ""
        shown = f"<pre>{html.escape(found)}</pre>" if isinstance(found, str) else figure_html(found, "samples")
        return f"<figure>{shown}<figcaption>after {self._time.done:.4g} epochs</figcaption></figure>"

    def _curves(self) -> str:
        """The losses of all epochs, and of the last steps of the epoch in progress."""
        found = []
        if self.values:
            found.append(self._figure("the losses of the epochs", self.values, self.first_epoch + 1, "epoch"))
        if self._time.batch and self._steps:
            last = {name: values[-STEPS:] for name, values in self._steps.items()}
            first, x = max(1, self._time.batch - STEPS + 1), f"step of epoch {self._time.epoch + 1}"
            found.append(self._figure("the losses of the last steps", last, first, x))
        return "".join(found)

    def _figure(self, about: str, values: dict[str, list[float]], first: int, x: str) -> str:
        """Curves as HTML."""
        return f"<figure>{figure_html(plot.curves(values, y=y_label(list(values)), x=x, first=first), about)}</figure>"

    def _table(self) -> str:
        """All logs of the last epoch."""
        numbers = [(k, f"{v:.4g}") for k, v in self._logs.items() if not isinstance(v, list)]
        return html_table([(f"epoch {self._time.epoch}", ""), *numbers], "<>") if numbers else ""

    def training_state(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        import json

        return {"values": json.dumps(self.values), "first_epoch": self.first_epoch, "epoch": self._time.epoch}

    def set_training_state(self, state: dict[str, Any]) -> None:
        """Go on with the curves of the checkpoint."""
        import json

        self.values, self.first_epoch = json.loads(state["values"]), state["first_epoch"]
        self._time.epoch = state["epoch"]


def _losses(logs: Logs | None) -> dict[str, float]:
    """The logs that are drawn."""
    return {k: v for k, v in (logs or {}).items() if "loss" in k and not isinstance(v, list)}
