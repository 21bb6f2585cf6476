"""What a Tensor refuses: the wrong shape or type, and what NumPy's arrays do and it does not."""

from __future__ import annotations

import math
from typing import Any, NoReturn

from ..errors import message
from ..types import Array, DType, Shape
from .values import is_integer


def check_can_learn(name: str | None, dtype: DType) -> None:
    """TypeError for requires_grad=True of integers."""
    if dtype.kind != "f":
        where, expected = f"Tensor {name or ''}: integers have no gradient", "floating-point data"
        raise TypeError(message(where, expected=expected, got=str(dtype), fix='x.astype("float32")'))


def check_has_rows(what: str, ndim: int) -> None:
    """TypeError for len() and iteration of a tensor without axes."""
    if ndim == 0:
        expected, fix = "a tensor with an axis", "loss_1 + loss_2 for a sum, minigen.stack([loss_1, loss_2])"
        raise TypeError(message(f"{what} of a single number", expected=expected, got="shape ()", fix=fix))


def check_is_one_number(what: str, shape: Shape) -> None:
    """ValueError unless a tensor of this shape holds exactly one number."""
    if math.prod(shape) != 1:
        expected, fix = "a tensor of one number", "x.sum(), x.mean(); (x > 0).all() for a condition"
        raise ValueError(message(f"{what} of a tensor", expected=expected, got=f"shape {shape}", fix=fix))


def existing_axis(where: str, axis: Any, ndim: int) -> int:
    """The axis, one of `ndim`, counted from the front (0 of a single number); ValueError for any other."""
    if not (is_integer(axis) and -max(ndim, 1) <= axis < max(ndim, 1)):
        expected, fix = f"an integer of {-ndim}..{ndim - 1}", "x.flatten(), or x.flatten(1) for a batch"
        raise ValueError(message(where, expected=expected, got=repr(axis), fix=fix))
    return int(axis) % max(ndim, 1)


def refuse_call_of_size(axis: Any) -> NoReturn:
    """TypeError for x.size(), which is a method of PyTorch's tensors and a number of NumPy's arrays."""
    got, fix = "x.size()" if axis is None else f"x.size({axis!r})", "x.shape" if axis is None else f"x.shape[{axis!r}]"
    raise TypeError(message("Tensor.size is no method", expected="x.size, all numbers", got=got, fix=fix))


def check_is_integer(dtype: DType) -> None:
    """TypeError for floats as an index."""
    if dtype.kind not in "iub":
        where, fix = "a tensor as an index or a count", "int(x)"
        raise TypeError(message(where, expected="an integer", got=str(dtype), fix=fix))


def refuse_array_protocol(got: str, fix: str) -> NoReturn:
    """TypeError for NumPy functions, and other libraries, that are given a Tensor: they would drop the graph."""
    where, expected = "a NumPy function, or another library, was given a Tensor", "a minigen function"
    expected, fix = f"{expected}, which records the graph", f"{fix}; x.numpy() where no gradient is needed"
    raise TypeError(message(where, expected=expected, got=got, fix=fix))


def refuse_item_assignment() -> NoReturn:
    """TypeError for x[...] = value, which an op could not undo."""
    expected, fix = "a new tensor", "minigen.where(mask, value, x), or a = x.numpy(); a[0] = 1; x.assign(a)"
    raise TypeError(message("x[...] = value", expected=expected, got="an assignment to a place", fix=fix))


def refuse_operator() -> NoReturn:
    """TypeError for operators on integers and truth values, which have no gradient."""
    expected, fix = "one of + - * / ** @ and comparisons", "x.numpy() // 2; (x > 0) & (x < 1), which are arrays"
    got = "one of // % & | ^ ~ << >>"
    raise TypeError(message("an operator of tensors", expected=expected, got=got, fix=fix))


def refuse_comparison(shape: Shape, other: Any, error: Exception) -> NoReturn:
    """ValueError for shapes that do not broadcast, TypeError for a comparison with anything but numbers."""
    kind = ValueError if isinstance(error, ValueError) else TypeError
    got, fix = f"{shape} and {getattr(other, 'shape', type(other).__name__)}", "x > 0, x > y of one shape"
    expected = "a number, or numbers whose shape fits"
    raise kind(message("a comparison", expected=expected, got=got, fix=fix)) from None


def check_assignable(name: str | None, new: Array, old: Array) -> None:
    """ValueError unless the new array has the shape of the old one, TypeError for floats into integers."""
    where = f"assign to {name or 'a tensor'}"
    if new.shape != old.shape:
        fix = "an array of the same shape"
        raise ValueError(message(where, expected=f"shape {old.shape}", got=new.shape, fix=fix))
    if new.dtype.kind == "f" and old.dtype.kind != "f":
        fix = f'np.asarray(new, "{old.dtype}")'
        raise TypeError(message(where, expected=str(old.dtype), got=str(new.dtype), fix=fix))
