"""Input validation of the diffusion models: schedules, networks, labels, steps and levels."""

from __future__ import annotations

from typing import Any

from ...checks.values import is_integer, positive_integer
from ...errors import message

# ---- networks


def even_units(where: str, units: Any) -> int:
    """`units` as an int if it is 2, 4, 6, ..., or ValueError."""
    found = positive_integer(where, units, "TimeEmbedding(64)")
    if found % 2:
        expected = "an even number: half of them sines, half of them cosines"
        raise ValueError(message(where, expected=expected, got=found, fix=f"TimeEmbedding({found + 1})"))
    return found


def filters_of(where: str, preset: str, filters: Any, resolutions: int) -> tuple[int, ...]:
    """`filters` as a tuple of a positive integer for each resolution, or ValueError."""
    found = tuple(filters) if isinstance(filters, (tuple, list)) else ()
    if len(found) != resolutions or not all(is_integer(n, 1) for n in found):
        where, expected = f"models.{where}: filters", f"{resolutions} positive integers, one for each resolution"
        fix = f"preset={preset!r}, filters={(64, 128, 256)[:resolutions]}"
        raise ValueError(message(where, expected=expected, got=repr(filters), fix=fix))
    return tuple(map(int, found))
