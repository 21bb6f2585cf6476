"""A progress bar for what takes long."""

from __future__ import annotations

import sys
from typing import Any

from .checks.values import check_verbose
from .console import in_notebook, shows_bars


def progress(title: str, steps: int | None, done: int, verbose: int) -> Any:
    """A bar of tqdm, as text, on a terminal and in a notebook; nothing in a file. `verbose` 2 and "auto" are as 1.

    steps is None where their number is unknown. The bar has update(steps) and write(text), which prints a line above
    it. In a notebook it is printed like the lines of the epochs: no other package is needed for it, and it does not
    stay behind in the notebook.
    """
    check_verbose(title, verbose)
    if not verbose or not shows_bars():
        return NO_BAR
    from tqdm import tqdm

    file = sys.stdout if in_notebook() else sys.stderr
    return tqdm(total=steps, initial=done, desc=title, leave=False, unit="step", file=file)


class NoBar:
    """In place of a progress bar that is not shown: tqdm's costs a seventh of a prediction of one image."""

    def __enter__(self) -> NoBar:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def update(self, steps: int) -> None:
        """Nothing."""

    def write(self, text: str) -> None:
        """Print it."""
        print(text, flush=True)


NO_BAR = NoBar()
