"""The results in measured.json: what was measured, how, and what a run prints beside its own numbers.

The file is the only place for measured numbers; docs/results.md is generated from it by tools/make_results.py.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from pathlib import Path

from .table import Table

FILE = Path(__file__).with_name("measured.json")


@dataclass(frozen=True)
class Number:
    """One number of a measurement."""

    number: str  # its name in Run.number(), with {words} in braces if the name contains settings of the run
    value: str | None  # what was measured, or the range of it; None: not recorded
    unit: str | None = None
    expected: str | None = None  # what a run prints beside its own value; {value} stands for the value above
    words: dict[str, str] = field(default_factory=dict)  # the {words} in the name, in this measurement
    latent_dim: int | None = None  # the expectation holds for this size of the code only; None: for every size

    @property
    def name(self) -> str:
        """The name as the run prints it."""
        return self.number.format(**self.words) if self.words else self.number

    def expectation(self) -> str | None:
        """The text of `expected`, with the measured value filled in."""
        return self.expected and self.expected.format(value=self.value)


@dataclass(frozen=True)
class Measurement:
    """One run of a recipe with its numbers. None: not recorded."""

    recipe: str
    command: str | None
    data: str | None
    epochs: int | None
    seed: int | None
    machine: str | None
    time: str | None
    note: str | None
    numbers: tuple[Number, ...]
    tables: tuple[Table, ...]


@functools.cache
def measurements() -> tuple[Measurement, ...]:
    """All measurements, in the order of the file."""
    read = []
    for entry in json.loads(FILE.read_text(encoding="utf-8")):
        numbers = tuple(Number(**number) for number in entry.pop("numbers"))
        tables = tuple(Table(**table) for table in entry.pop("tables"))
        read.append(Measurement(**entry, numbers=numbers, tables=tables))
    return tuple(read)


def expectation(recipe: str, number: str, latent_dim: int | None = None) -> str:
    """What a run of `recipe` prints beside this number: the first expectation in the file, or "" if there is none."""
    for entry in (entry for run in measurements() if run.recipe == recipe for entry in run.numbers):
        if entry.number == number and entry.expected and entry.latent_dim in (None, latent_dim):
            return entry.expectation() or ""
    return ""
