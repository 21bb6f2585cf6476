"""Ops that were written outside of minigen: their rules get arrays that cannot be written into."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .checks import check_signature, refuse_changed_input

if TYPE_CHECKING:
    from .op import Op


def guarded(op: Op, rule: Callable[..., Any]) -> Callable[..., Any]:
    """`rule`, which is op.forward or op.backward, on read-only views: other ops use the same arrays. (NumPy only.)"""

    def on_read_only_views(*arrays: Any) -> Any:
        try:
            result = rule(*map(_read_only, arrays))
        except TypeError:
            check_signature(op, rule, arrays)
            raise
        except ValueError as error:
            if "read-only" in str(error):
                refuse_changed_input(op, rule, error)
            raise
        return _writable(result)

    return on_read_only_views


def _read_only(a: Any) -> Any:
    """A read-only view of a NumPy array; anything else as it is."""
    if not isinstance(a, np.ndarray):
        return a
    a = a.view()
    a.flags.writeable = False
    return a


def _writable(result: Any) -> Any:
    """Copies in place of read-only arrays: what a rule returns may be a view of what it got."""
    if isinstance(result, tuple):
        return tuple(map(_writable, result))
    return result.copy() if isinstance(result, np.ndarray) and not result.flags.writeable else result
