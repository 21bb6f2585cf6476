"""The criterion for two arrays to agree. (It needs NumPy only, so that it can be tested without PyTorch.)"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

RTOL = (1e-9, 1e-9, 1e-7)  # of values, first derivatives, second derivatives; everything is float64
ATOL = (1e-12, 1e-12, 1e-10)  # for sums that cancel: the terms are of size 1


def difference(ours: Any, theirs: np.ndarray, order: int, scale: float = 1.0) -> str:
    """A description of the difference; "" if |ours - theirs| <= RTOL |theirs| + ATOL scale for all elements.

    NaN agrees with NaN only, and an infinity with the same infinity only.
    """
    if not isinstance(ours, (np.ndarray, np.generic)) or ours.dtype != np.float64:
        return f"{getattr(ours, 'dtype', type(ours).__name__)} in place of float64"
    if ours.shape != theirs.shape:
        return f"shape {ours.shape} in place of {theirs.shape}"
    close = np.isclose(ours, theirs, rtol=RTOL[order], atol=ATOL[order] * scale, equal_nan=True)
    if close.all():
        return ""
    first = tuple(int(i) for i in np.argwhere(~close)[0])
    wrong = f"{(~close).sum()} of {close.size} numbers, the first at {first}: "
    return wrong + f"{ours[first]!s} in place of {theirs[first]!s}"


@contextlib.contextmanager
def broken(cls: type, method: str, factor: float = 1.001) -> Iterator[None]:
    """In the block, every number that cls.method returns (or writes: update and assign) is wrong by 0.1 %."""
    rule = getattr(cls, method)

    def wrong(self: Any, first: Any, *rest: Any) -> Any:
        if method == "update":  # it writes the new weights into the first argument
            before = first.copy()
            rule(self, first, *rest)
            first[...] = before + (first - before) * factor
            return None
        if method == "assign":
            return rule(self, first * factor)
        result = rule(self, first, *rest)
        if isinstance(result, tuple):
            return tuple(None if r is None else r * factor for r in result)
        return None if result is None else result * factor

    own = vars(cls).get(method)
    setattr(cls, method, wrong)
    try:
        yield
    finally:
        if own is None:  # it was inherited
            delattr(cls, method)
        else:
            setattr(cls, method, own)
