"""Tables as text, for a terminal, and as HTML, for a notebook."""

from __future__ import annotations

from collections.abc import Sequence

Rows = Sequence[Sequence[str]]  # of cells; the first row is the header


def text_table(rows: Rows, sides: str, gap: int = 2) -> str:
    """Lines of text with `gap` spaces between the columns. `sides` has "<" or ">" for each: to the left, to the right.

    >>> print(text_table([("layer", "weights"), ("dense", "25,120"), ("dense_1", "96")], "<>"))
    layer    weights
    dense     25,120
    dense_1       96
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    layout = (" " * gap).join(f"{{:{side}{width}}}" for side, width in zip(sides, widths, strict=True))
    return "\n".join(layout.format(*row).rstrip() for row in rows)


def html_table(rows: Rows, sides: str, caption: str = "", notes: Sequence[str] = ()) -> str:
    """The same table as HTML, with a line of text above it and others below it.

    There are no colours in it, so that it can be read in a dark notebook and in a light one. All text is escaped.

    >>> html_table([("a<b",), ("1",)], "<")
    '<table><tr><th style="text-align:left">a&lt;b</th></tr><tr><td style="text-align:left">1</td></tr></table>'
    """
    from html import escape

    styles = ["text-align:left" if side == "<" else "text-align:right" for side in sides]
    lines = []
    for tag, row in zip(["th", *["td"] * len(rows[1:])], rows, strict=True):
        cells = zip(row, styles, strict=True)
        lines.append("".join(f'<{tag} style="{style}">{_kept(escape(cell))}</{tag}>' for cell, style in cells))
    table = f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
    above, *below = [f"<div>{escape(text)}</div>" if text else "" for text in (caption, *notes)]
    return above + table + "".join(below)


def _kept(cell: str) -> str:
    """The cell with the spaces in front of it, which HTML would leave out: they say what is a part of what."""
    text = cell.lstrip(" ")
    return "&nbsp;" * (len(cell) - len(text)) + text
