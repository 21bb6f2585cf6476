"""A table of results as text."""

from __future__ import annotations

from dataclasses import dataclass

from ..tables import text_table


@dataclass(frozen=True)
class Table:
    """Cells of text below a header. The first cell of a row names it."""

    caption: str
    header: list[str]
    rows: list[list[str]]

    def __str__(self) -> str:
        lines = text_table([self.header, *self.rows], "<" * len(self.header)).splitlines()
        return "\n".join(["", f"  {self.caption}", *(f"  {line}".rstrip() for line in lines)])
