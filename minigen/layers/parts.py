"""The weights and layers inside a layer: found in its attributes, lists and dicts once, and kept until they change."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from ..tensor import Tensor

CONTAINERS = (list, tuple, dict)

_change_numbers = itertools.count(1)
_now = 0  # grows whenever an attribute of any layer gets or loses a weight, a layer or a container


def note_change(old: Any, new: Any, kinds: tuple[type, ...]) -> None:
    """An attribute of a layer has changed from `old` to `new`: what is kept may no longer be true."""
    global _now
    if isinstance(old, (*kinds, *CONTAINERS)) or isinstance(new, (*kinds, *CONTAINERS)):
        _now = next(_change_numbers)


def forget_parts() -> None:
    """Attributes of some layer have been exchanged in another way: nothing that is kept may be used."""
    note_change(None, [], ())


class Parts:
    """All weights and layers inside of one layer, by their paths, and a test of whether this is still true.

    A list or dict may be changed without its layer noticing, so what is in it is compared each time.
    """

    def __init__(self) -> None:
        self.weights: dict[str, Tensor] = {}
        self.layers: list[tuple[str, Any]] = []  # without the layer itself: it would keep itself in memory
        self.containers: list[tuple[Any, list[Any], list[int]]] = []  # each list or dict, and what was in it
        self.found_at = -1

    def is_current(self) -> bool:
        """Whether nothing has changed since."""
        return self.found_at == _now and all(list(map(id, _contents(held))) == ids for held, _, ids in self.containers)

    def __reduce__(self) -> Any:
        return Parts, ()  # a copy of a layer looks for its own parts

    def begin(self) -> None:
        """Begin to collect them: every later change counts."""
        self.found_at = _now


def _contents(container: Any) -> list[Any]:
    """What is in a list; the keys and then the values of a dict."""
    return [*container, *container.values()] if isinstance(container, dict) else list(container)


def inside(
    name: str, value: Any, kinds: Any, parts: Parts | None = None, around: tuple[int, ...] = ()
) -> Iterator[tuple[str, Any]]:
    """(name, thing) of the things of these kinds in an attribute: itself, or in its lists and dicts at any depth.

    `around`: the ids of the lists around it; one that contains itself is looked into once.
    """
    if isinstance(value, kinds):
        yield name, value
    elif isinstance(value, CONTAINERS) and id(value) not in around:
        if parts is not None and not isinstance(value, tuple):
            contents = _contents(value)  # kept: the id of an object that is gone may be that of another
            parts.containers.append((value, contents, list(map(id, contents))))
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(inner, kinds) or isinstance(inner, CONTAINERS):
                yield from inside(f"{name}_{key}", inner, kinds, parts, (*around, id(value)))
