"""A training as text: the line of an epoch, and the table of a history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..console import line_width
from ..tables import Rows, html_table, text_table
from ..types import Logs

MANY = 12  # epochs from which on a table has the first and the last FEW only
FEW = 5


def shown(logs: Logs) -> str:
    """One line of numbers; of a long vector the range (the history has it all)."""
    return "  ".join(f"{name} {_text(value)}" for name, value in logs.items())


def epoch_line(epoch: int, epochs: int, logs: Logs, seconds: float) -> str:
    """What fit() prints after an epoch, in one line of the terminal.

    The order is that of important_first(). Names are not shortened: what does not fit is left out, which "..." says,
    and is in the history. The first number is always there.
    """
    begin, end = f"epoch {epoch}/{epochs}", f"{seconds:.1f} s"
    texts = [shown({name: logs[name]}) for name in important_first(logs)]
    room = line_width() - len(f"{begin}    {end}")
    if len("  ".join(texts)) > room:
        n = 1
        while len("  ".join([*texts[: n + 1], "..."])) <= room:
            n += 1
        texts = [*texts[:n], "..."]
    return "  ".join([begin, *texts, end])


def important_first(logs: Logs) -> list[str]:
    """The names of the logs: loss, val_loss, other numbers of the validation, other numbers, loss_end and the like, and
    then the vectors. Within these groups the order is that of the logs.

    Each task of alternate() has a loss, such as digit/loss.
    """

    def rank(name: str) -> int:
        of_task = name.rpartition("/")[2]
        if of_task in ("loss", "val_loss"):
            return ("loss", "val_loss").index(of_task)
        if np.ndim(logs[name]):
            return 5
        return 2 if of_task.startswith("val_") else 4 if of_task.endswith("_end") else 3

    return sorted(logs, key=rank)


# ---- a history: {name: [its value in each epoch]}


def history_line(history: dict[str, list[Any]]) -> str:
    """Its first and its last values, in one line."""
    names = [name for name in _complete(history) if not np.ndim(history[name][0])]
    ends = [f"{name} {_text(history[name][0])} to {_text(history[name][-1])}" for name in names]
    n = _epochs(history)
    return f"{n} epoch{'s' * (n != 1)}" + (f": {', '.join(ends[:3])}" if ends else "")


def history_table(history: dict[str, list[Any]], first: int = 1) -> str:
    """A line for each epoch, counted from `first`, of many the first and the last ones; as many columns as fit."""
    names = _complete(history)
    if not names:
        return history_line(history)
    lines = text_table(_rows(history, names, first), ">" * (1 + len(names))).splitlines()
    while len(names) > 1 and len(lines[0]) > line_width():
        names.pop()
        lines = text_table(_rows(history, names, first), ">" * (1 + len(names))).splitlines()
    return "\n".join([*lines, *_notes(history, names)])


def history_html(history: dict[str, list[Any]], first: int = 1) -> str:
    """The same for a notebook, with all columns."""
    names = _complete(history)
    return html_table(_rows(history, names, first), ">" * (1 + len(names)), notes=_notes(history, names))


def _complete(history: dict[str, list[Any]]) -> list[str]:
    """The names that have a value in each epoch, the important ones first."""
    n = _epochs(history)
    return important_first({name: values[-1] for name, values in history.items() if 0 < len(values) == n})


def _epochs(history: dict[str, list[Any]]) -> int:
    return max(map(len, history.values()), default=0)


def _rows(history: dict[str, list[Any]], names: Sequence[str], first: int) -> Rows:
    """The cells of the table, below a header."""
    n = _epochs(history)
    epochs = [*range(n)] if n <= MANY else [*range(FEW), *range(n - FEW, n)]
    rows = [(str(first + e), *(_text(history[name][e]) for name in names)) for e in epochs]
    gap = [("...",) * (1 + len(names))] if n > MANY else []
    return [("epoch", *names), *rows[:FEW], *gap, *rows[FEW:]]


def _notes(history: dict[str, list[Any]], names: Sequence[str]) -> list[str]:
    others = [name for name in history if name not in names]
    return [f"not shown: {', '.join(others)}"] if others else []


def _text(value: Any) -> str:
    """A number, or a vector in brackets: of a long one the range."""
    if not isinstance(value, list):
        return _number(value) if isinstance(value, float) else f"{value}"
    numbers = np.ravel(value).tolist()
    if len(numbers) <= 4:
        return f"[{' '.join(f'{x:.2f}' for x in numbers)}]"
    return f"[{len(numbers)} numbers, {min(numbers):.2f} to {max(numbers):.2f}]"


def _number(value: float) -> str:
    """Four digits after the point; of a very small or large number, such as a learning rate, its power of ten."""
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e7 else f"{value:.1e}"
