"""Which rows of a batch this rank computes, and the random draws that belong to them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..types import Array


class Share:
    """Rows [low, high) of a batch of `whole` rows: those of rank 0 come first, and the shares differ by one at most.

    In a batch with fewer rows than ranks some ranks have none. They compute the last row, with weight 0, since every
    rank has to take part in what the ranks compute together.
    """

    def __init__(self, whole: int, rank: int, size: int) -> None:
        low, high = whole * rank // size, whole * (rank + 1) // size
        self.whole, self.rows = whole, high - low
        self.part = slice(low, high) if self.rows else slice(whole - 1, whole)
        self.weight = self.rows / whole  # the weight of its means among those of all ranks
        self.computed = self.part.stop - self.part.start  # rows, 1 where it has none


class _Current(threading.local):
    """The share of the step that this thread computes; None: it computes everything itself."""

    share: Share | None = None


_current = _Current()


def current() -> Share | None:
    """The share of the running step; None in one process, and outside of steps."""
    return _current.share


@contextlib.contextmanager
def sharing(share: Share | None) -> Iterator[None]:
    """In this block the steps are those of this share; with None this rank computes what is whole, alone."""
    before, _current.share = _current.share, share
    try:
        yield
    finally:
        _current.share = before


def drawn(draw: Callable[[tuple[int, ...]], Array], shape: Sequence[int]) -> Array:
    """draw(shape). In a step, draws for the rows of this rank are made for the whole batch: the rank keeps its own.

    All ranks have the same generator, so that a sample gets the noise that it gets in one process. A first axis of
    another length than the rows stands for no samples: then all ranks draw the same.
    """
    share, shape = _current.share, tuple(shape)
    if share is None or not shape or shape[0] != share.computed:
        return draw(shape)
    return draw((share.whole, *shape[1:]))[share.part]


def places(n: int) -> tuple[int, Any]:
    """(rows of the whole batch, which of them are the n rows of this rank): (n, all of them) outside of a step."""
    share = _current.share
    if share is None or n != share.computed:
        return n, slice(None)
    return share.whole, share.part
