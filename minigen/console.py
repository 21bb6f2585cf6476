"""Where printed text goes: a terminal, a notebook or a file."""

from __future__ import annotations

import sys

WIDTH_OF_NOTEBOOK = 100  # characters; a notebook does not tell how wide its page is


def in_notebook() -> bool:
    """Whether this code runs in a notebook (Jupyter, Colab, VS Code): in an IPython that has a kernel."""
    ipython = sys.modules.get("IPython")  # a kernel has imported it
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def line_width() -> int:
    """How many characters fit in a line: those of the terminal, 100 in a notebook, 80 where neither is known.

    The environment variable COLUMNS, if it is set, counts as the width of the terminal.
    """
    import shutil

    return WIDTH_OF_NOTEBOOK if in_notebook() else shutil.get_terminal_size().columns


def shows_bars() -> bool:
    """Whether a progress bar can be drawn: on a terminal and in a notebook, not in a file."""
    return in_notebook() or (sys.stderr is not None and sys.stderr.isatty())


def printable(text: str) -> str:
    """The text with a "?" for each character that the encoding of sys.stdout lacks, such as code page 1252."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)
