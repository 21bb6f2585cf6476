"""Random sizes, shapes and numbers for the families."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Rng = np.random.Generator


def one_of(rng: Rng, things: Sequence[Any]) -> Any:
    return things[int(rng.integers(len(things)))]


def chance(rng: Rng, p: float = 0.5) -> bool:
    return bool(rng.random() < p)


def order(rng: Rng) -> int:
    """Half of the configurations are compared to second order."""
    return 2 if chance(rng) else 1


def pair(rng: Rng, most: int) -> tuple[int, int]:
    """Two numbers in 1..most, often equal."""
    a, b = (int(n) for n in rng.integers(1, most + 1, size=2))
    return (a, a) if chance(rng, 0.3) else (a, b)


def shape(rng: Rng, most_axes: int, sizes: Sequence[int], fewest_axes: int = 0) -> tuple[int, ...]:
    return tuple(one_of(rng, sizes) for _ in range(int(rng.integers(fewest_axes, most_axes + 1))))


def shrunk(rng: Rng, full: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that broadcasts to `full`: some sizes are 1, and leading axes may be missing."""
    part = tuple(1 if chance(rng, 0.3) else n for n in full)
    return part[int(rng.integers(len(part) + 1)) if chance(rng, 0.4) else 0 :]


def images(rng: Rng, most: int = 8, channels: int = 4) -> tuple[int, int, int, int]:
    """(images, rows, columns, channels), including single pixels and, rarely, an empty batch."""
    n = 0 if chance(rng, 0.03) else int(rng.integers(1, 4))
    rows, cols = pair(rng, most)
    return n, rows, cols, int(rng.integers(1, channels + 1))
