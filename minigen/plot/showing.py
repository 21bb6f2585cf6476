"""The figures that all functions of plot return: those of matplotlib, which show themselves.

matplotlib shows the figures that pyplot has made, and pyplot keeps each of them until it is closed. These are made
without pyplot: they are freed like any other object, and are shown once, where the program says so. This file is
imported on use, because it imports matplotlib.
"""

from __future__ import annotations

import io
from typing import Any, cast

import matplotlib.figure
from matplotlib.backend_bases import RendererBase
from matplotlib.cbook import is_math_text
from matplotlib.mathtext import MathTextParser
from matplotlib.text import Text

from ..console import in_notebook
from .checks import warn_of_no_window

WITHOUT_WINDOWS = ("agg", "cairo", "pdf", "pgf", "ps", "svg", "template")  # the backends that write files only


def is_drawable(text: str) -> bool:
    """Whether every formula in a text, between two $, is one that matplotlib knows."""
    parser = MathTextParser("path")
    try:
        for line in text.splitlines():
            if is_math_text(line):
                parser.parse(line)
    except ValueError:
        return False
    return True


class Figure(matplotlib.figure.Figure):
    """A matplotlib Figure, with all its methods. As the last expression of a notebook's cell it is shown below it."""

    def draw(self, renderer: RendererBase) -> None:
        """Draw it. Between two $ matplotlib expects a formula; what is none is drawn as it is written."""
        for text in self.findobj(Text):
            if not is_drawable(text.get_text()):
                text.set_parse_math(False)
        super().draw(renderer)

    def _repr_png_(self) -> bytes:
        """The picture that a notebook shows."""
        picture = io.BytesIO()
        self.savefig(picture, format="png", bbox_inches="tight")
        return picture.getvalue()

    def show(self, warn: bool = True) -> None:
        """Show it now: in a notebook below the cell, in a program in a window, until that is closed.

        Where no window can be opened, such as on a server, a warning says what to write; with warn=False there is none.
        """
        if in_notebook():
            from IPython.display import display

            display(self)
            return
        from matplotlib import pyplot

        try:
            backend = pyplot.get_backend().lower()
            if backend not in WITHOUT_WINDOWS:
                pyplot.figure(FigureClass=cast(Any, self._itself))  # a window for what this "class" returns
                pyplot.show()  # in an interactive session, where plt.ion() was called, it does not wait
                return
            reason = f"the backend {backend}, which writes files only"
        except ImportError as error:  # of a backend that was chosen, and needs a display or a package
            reason = str(error)
        if warn:
            warn_of_no_window(reason)

    def _itself(self, *args: Any, **options: Any) -> Figure:
        return self
