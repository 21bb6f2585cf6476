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
    """The same table as HTML, with lines of text above and below it.

    There are no colours in it: the notebook's own, dark or light, are used. Every cell is escaped.

    >>> html_table([("a<b",), ("1",)], ">")
    '<table><tr><th style="text-align:right">a&lt;b</th></tr><tr><td style="text-align:right;white-space:pre">1</td></tr></table>'
    """
    from html import escape

    aligned = [f"text-align:{'left' if side == '<' else 'right'}" for side in sides]
    head, *others = [[escape(cell) for cell in row] for row in rows]
    lines = [[f'<th style="{style}">{cell}</th>' for cell, style in zip(head, aligned, strict=True)]]
    for row in others:  # spaces in front of a name show what belongs to what: pre keeps them
        lines.append([f'<td style="{style};white-space:pre">{cell}</td>' for cell, style in zip(row, aligned, strict=True)])
    table = "<table>" + "".join(f"<tr>{''.join(line)}</tr>" for line in lines) + "</table>"
    return "".join([f"<div>{escape(caption)}</div>" if caption else "", table, *(f"<div>{escape(n)}</div>" for n in notes)])
