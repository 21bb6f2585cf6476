"""Arithmetic between symbols: what a + b, 2 * a or a ** 2 note down in a graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import ops
from ..types import TensorLike
from .base import Layer
from .checks import check_merge, operand, operation_name
from .symbolic import is_symbol

OPERATIONS: dict[str, Callable[[TensorLike, TensorLike], TensorLike]] = {
    "add": ops.add,
    "subtract": ops.subtract,
    "multiply": ops.multiply,
    "divide": ops.divide,
    "power": ops.power,
}


class Arithmetic(Layer):
    """y = a ∘ b, element by element, for one of + - * / **: Arithmetic("add")([a, b]) is a + b.

    operation    "add", "subtract", "multiply", "divide" or "power"
    left, right  a number in place of a or b: Arithmetic("subtract", left=1)(b) is 1 - b

    Operators between symbols, and between symbols and numbers, make this layer. A graph names it by its operation.
    Shapes as in Merge. Raises ValueError for another operation, shapes that do not fit and two numbers, TypeError for
    operands that are no numbers.
    """

    def __init__(self, operation: str, left: Any = None, right: Any = None, name: str | None = None) -> None:
        super().__init__(name)
        self.operation = operation_name(self.label, operation, OPERATIONS, left, right)
        self.left, self.right = operand(operation, left), operand(operation, right)

    @property
    def default_name(self) -> str:
        return self.operation

    def call(self, x: Any) -> TensorLike:
        function = OPERATIONS[self.operation]
        if self.left is not None:
            return function(self.left, x)
        if self.right is not None:
            return function(x, self.right)
        check_merge(self.label, x, most=2)
        return function(*x)


def arithmetic(operation: str, left: Any, right: Any) -> Any:
    """The symbol of left ∘ right, one or both of them symbols. Raises TypeError for what is no symbol or number."""
    if is_symbol(left) and is_symbol(right):
        return Arithmetic(operation)([left, right])
    if is_symbol(left):
        return Arithmetic(operation, right=operand(operation, right, needed=True))(left)
    return Arithmetic(operation, left=operand(operation, left, needed=True))(right)
