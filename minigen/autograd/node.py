"""Node: a tensor as the graph has it."""

from __future__ import annotations

from typing import Any, Self

from ..types import Array


class GraphError(RuntimeError):
    """The graph cannot be differentiated: freed, stale, not recorded, or an op was used wrongly."""


class Node:
    """An array, its gradient, and the op that made it."""

    __slots__ = ("data", "grad", "applied_grad", "name", "requires_grad", "op", "variable", "writes", "__weakref__")

    def __init__(self, data: Array, requires_grad: bool = False, name: str | None = None) -> None:
        self.data = data
        self.requires_grad, self.name = requires_grad, name
        self.grad: Array = None  # dL/d(this), set by backward()
        self.applied_grad: Array = None  # the gradient that an optimizer has already applied
        self.op: Any = None  # the Op that made it; None for a leaf, FREED once backward() has run
        self.variable = False  # True if it was made of data: then x += 1 is an update in place, and needs own memory
        self.writes = [0]  # how often its memory was written to; tensors that share memory share this list

    @property
    def version(self) -> int:
        """The number of updates in place so far, those of tensors with the same memory among them."""
        return self.writes[0]

    @classmethod
    def around(cls, array: Array) -> Self:
        """A tensor around this very array, not around a copy of it: for arrays that minigen has made itself."""
        t = cls.__new__(cls)
        t.data, t.requires_grad, t.name, t.grad, t.applied_grad, t.op = array, False, None, None, None, None
        t.variable, t.writes = False, [0]
        return t


def unwrap(x: Any) -> Any:
    """The array inside a tensor; anything else as it is."""
    return x.data if isinstance(x, Node) else x


def is_recorded(a: Any, b: Any = None) -> bool:
    """True if a or b is a tensor: then a rule, which also runs on plain arrays, is being recorded."""
    return isinstance(a, Node) or isinstance(b, Node)


class Freed:
    """Stands where the op was, once backward() has run and released the arrays."""

    def __repr__(self) -> str:
        return "freed"


FREED = Freed()
