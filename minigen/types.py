"""The types in the signatures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from .tensor import Tensor

Array: TypeAlias = Any  # numpy.ndarray or cupy.ndarray: CuPy has no types that mypy could read
Shape: TypeAlias = tuple[int, ...]
Axis: TypeAlias = int | tuple[int, ...] | None  # None: all axes
DType: TypeAlias = Any  # "float32", numpy.float32, numpy.dtype("float32")
TensorLike: TypeAlias = "Tensor | Array"  # functions take either and return the same kind
ArrayLike: TypeAlias = Any  # what numpy.asarray takes: an array, a number, nested lists of numbers
Data: TypeAlias = tuple[Any, ...]  # (x,), (x, y) or (x, y, weights): Arrays, or lists of them for several inputs
Logs: TypeAlias = dict[str, Any]  # floats, or lists of floats, by name
LossFunction: TypeAlias = Callable[..., Any]  # (y_true, y_pred) -> a Tensor of one number
