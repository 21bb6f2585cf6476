"""What a training logs, and the History that fit() returns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import backend
from ..autograd import unwrap
from ..types import Logs
from .checks import check_is_logged, check_one_shape


@dataclass
class History:
    """What fit() returns: history["loss"][e] and so on for epoch e.

    loss      the mean over the epoch, while the weights moved: Keras' number
    val_loss  with the weights at the end of the epoch, so it is often *lower* than loss
    loss_end  the training loss with those same weights, over as many training samples as there are validation
              samples: the one to compare with val_loss

    history.history is the dict itself, as in Keras. A model may log vectors too (a VAE its KL for each latent
    variable): those are lists of floats. history[...] raises KeyError for a name that is not logged.
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
        return name in self.history

    def __iter__(self) -> Iterator[str]:
        return iter(self.history)

    def add(self, logs: Logs) -> None:
        for k, v in logs.items():
            self.history.setdefault(k, []).append(v)


def read(seen: Sequence[tuple[Logs, int]]) -> list[tuple[Logs, int]]:
    """The same logs on the host, as floats and lists of floats."""
    return [({k: backend.to_numpy(unwrap(v)).tolist() for k, v in logs.items()}, n) for logs, n in seen]


def mean_logs(seen: Sequence[tuple[Logs, int]]) -> Logs:
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


def shown(logs: Logs) -> str:
    """One line of numbers; of a long vector the range (the history has it all)."""
    texts = []
    for k, v in logs.items():
        numbers = np.ravel(v).tolist()
        if not isinstance(v, list):
            texts.append(f"{k} {v:.4f}" if isinstance(v, float) else f"{k} {v}")
        elif len(numbers) <= 4:
            texts.append(f"{k} [{' '.join(f'{x:.2f}' for x in numbers)}]")
        else:
            texts.append(f"{k} [{len(numbers)} numbers, {min(numbers):.2f} to {max(numbers):.2f}]")
    return "  ".join(texts)
