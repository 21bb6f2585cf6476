"""What a training logs, and the History that fit() returns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import backend, parallel
from ..arguments import checks_arguments
from ..autograd import unwrap
from ..checks.values import check_name
from ..plot import curves
from ..plot.figures import figure_html
from ..plot.lines import y_label
from ..types import Logs
from .checks import check_is_logged, check_one_shape
from .text import history_html, history_line, history_table

if TYPE_CHECKING:
    from ..plot.showing import Figure


@dataclass(repr=False)
class History:
    """What fit() returns: history["loss"][e] and so on for epoch e.

    loss      the mean over the epoch, while the weights moved: Keras' number
    val_loss  with the weights at the end of the epoch, so it is often *lower* than loss
    loss_end  the training loss with those same weights, over as many training samples as there are validation
              samples: the one to compare with val_loss

    history.history is the dict itself, as in Keras. A model may log vectors too (a VAE its KL for each latent
    variable): those are lists of floats. history[...] raises KeyError for a name that is not logged. print(history)
    is a table of the epochs; a notebook shows the table and the curves.
    """

    history: dict[str, list[Any]] = field(default_factory=dict)
    first_epoch: int = 0

    @property
    def epoch(self) -> list[int]:
        """The numbers of the epochs, from 0 (or initial_epoch), as in Keras."""
        n = max(map(len, self.history.values()), default=0)
        return list(range(self.first_epoch, self.first_epoch + n))

    def __getitem__(self, name: str) -> list[Any]:
        check_is_logged(name, self.history)
        return self.history[name]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self.history

    def __iter__(self) -> Iterator[str]:
        return iter(self.history)

    def add(self, logs: Logs) -> None:
        for k, v in logs.items():
            self.history.setdefault(k, []).append(v)

    @checks_arguments
    def plot(self, *names: str) -> Figure:
        """The curves of these names over the epochs; without names all, except for learning rates and vectors.

        Raises ValueError for a name that was not logged, and if there is no curve to draw.
        """
        for name in names if self.history else ():
            check_name("curve", name, self.history)
        shown = names or self._curves()
        values = {name: self.history.get(name, []) for name in shown}
        return curves(values, y=y_label(shown), first=self.first_epoch + 1)

    def __repr__(self) -> str:
        return f"<History, {history_line(self.history)}>"

    def __str__(self) -> str:
        return history_table(self.history, self.first_epoch + 1)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        figure = figure_html(self.plot(), "the curves") if self._curves() else ""
        return history_html(self.history, self.first_epoch + 1) + figure

    def _curves(self) -> list[str]:
        """The names of what is a number in each epoch; a learning rate is too small to be seen beside a loss."""
        numbers = [name for name, values in self.history.items() if values and np.ndim(values[0]) == 0]
        return [name for name in numbers if name.rpartition("/")[2] != "learning_rate"]


def read(seen: Sequence[tuple[Logs, float]]) -> list[tuple[Logs, float]]:
    """The same logs on the host, as floats and lists of floats."""
    return [({k: backend.to_numpy(unwrap(v)).tolist() for k, v in logs.items()}, n) for logs, n in seen]


def of_whole_batches(seen: Sequence[tuple[Logs, float]]) -> list[tuple[Logs, float]]:
    """Logs of a parallel training for whole batches: read() has them for the n rows of this rank in each batch.

    All ranks add up n, and n times the logs. In one process the logs are those of whole batches.
    """
    if parallel.size() == 1:
        return list(seen)
    mine = [np.ravel(a) for logs, n in seen for a in (n, *(np.multiply(v, n) for v in logs.values()))]
    total = parallel.add_up(np.concatenate([*mine, np.zeros(0)]))
    parts = iter(np.split(total, np.cumsum([a.size for a in mine])))
    whole: list[tuple[Logs, float]] = []
    for logs, _ in seen:
        n = round(float(next(parts)[0]))
        whole.append(({k: (next(parts) / n).reshape(np.shape(v)).tolist() for k, v in logs.items()}, n))
    return whole


def mean_logs(seen: Sequence[tuple[Logs, float]]) -> Logs:
    """Means of the logs, each weighted by its number of samples, over the steps that logged it.

    Raises ValueError for a vector that has not the same length in all steps.
    """
    means = {}
    for k in dict.fromkeys(k for logs, _ in seen for k in logs):
        having = [(logs[k], n) for logs, n in seen if k in logs]
        shapes = sorted({np.shape(v) for v, _ in having})
        check_one_shape(k, shapes)
        means[k] = (sum(np.multiply(v, n) for v, n in having) / sum(n for _, n in having)).tolist()
    return means
