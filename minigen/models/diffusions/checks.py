"""Input validation of the diffusion models: schedules, networks, labels, steps and levels."""

from __future__ import annotations

from typing import Any

from ...checks.values import positive_integer
from ...errors import message

# ---- networks


def even_units(where: str, units: Any) -> int:
    """`units` as an int if it is 2, 4, 6, ..., or ValueError."""
    found = positive_integer(where, units, "TimeEmbedding(64)")
    if found % 2:
        expected = "an even number: half of them sines, half of them cosines"
        raise ValueError(message(where, expected=expected, got=found, fix=f"TimeEmbedding({found + 1})"))
    return found
