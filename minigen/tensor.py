"""Tensor: an array that remembers how it was made. Its operators are the functions of minigen.ops."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from . import autograd, backend, ops
from .errors import message


class Tensor(autograd.Node):
    """An array of the active library with a gradient.

    data           the array (numpy or cupy); lists of floats become float32, arrays keep their dtype
    requires_grad  True for what is learned: backward() then sets .grad, an array of the same shape
    name           shown in errors and traces, such as "dense/kernel"

    A tensor made by an op knows the op (.op) and, through it, its inputs: that is the graph. np.exp(tensor) is a
    TypeError on purpose (write minigen.exp), since NumPy would drop the graph.
    """

    __slots__ = ()
    __array_priority__ = 1000  # above any array's: array + tensor asks Tensor.__radd__

    def __init__(self, data: Any, requires_grad: bool = False, name: str | None = None) -> None:
        super().__init__(data, requires_grad, name)
        if requires_grad:
            if self.data.dtype.kind != "f":
                raise TypeError(
                    message(
                        f"Tensor {name or ''}: integers have no gradient",
                        expected="floating-point data",
                        got=str(self.data.dtype),
                        write='x.astype("float32")',
                    )
                )
            self.data = self.data.copy()  # an optimizer will write into it: not into the caller's array

    # ---- what it is

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    @property
    def dtype(self) -> Any:
        return self.data.dtype

    @property
    def ndim(self) -> int:
        return self.data.ndim

    @property
    def size(self) -> int:
        return self.data.size

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        name = f", name={self.name!r}" if self.name else ""
        made = f", op={self.op}" if self.op is not None else ""
        learned = ", requires_grad=True" if self.requires_grad and self.op is None else ""
        return (
            f"Tensor({np.array2string(self.numpy(), separator=', ', threshold=20)}, {self.dtype}{name}{made}{learned})"
        )

    def numpy(self) -> np.ndarray:
        """The data as a NumPy array (moved from the GPU if it is there)."""
        return backend.to_numpy(self.data)

    def item(self) -> float:
        """The one number in it."""
        return self.data.item()

    def __float__(self) -> float:
        return float(self.item())

    def __bool__(self) -> bool:
        return bool(self.data)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        raise TypeError(
            message(
                "a NumPy function was called on a Tensor",
                expected="a minigen function, which records the graph",
                got="np.something(tensor)",
                write="minigen.something(tensor), or tensor.numpy() where no gradient is wanted",
            )
        )

    def __array_function__(self, *args: Any) -> Any:
        return (
            self.__array__()
        )  # np.mean, np.concatenate and their like would else call our methods with their arguments

    # ---- the graph

    def backward(self, wrt: Iterable[Tensor] | None = None, retain_graph: bool = False) -> None:
        """Set .grad of every leaf (or of the tensors in `wrt` only) to d self / d leaf, then free the graph.

        It sets, it does not add up: there is nothing to zero. retain_graph=True keeps the graph for another loss of the
        same forward pass. Raises GraphError if self is not a single number, was not recorded, was freed by an earlier
        backward(), or if a parameter changed since the forward pass.
        """
        autograd.backward(self, wrt, retain_graph)

    def detach(self) -> Tensor:
        """The same data without its history: no gradient passes."""
        is_weight = self.op is None and self.requires_grad  # an optimizer will write into it: the copy keeps its values
        return Tensor(self.data.copy() if is_weight else self.data)

    def writable(self) -> Any:
        """The data, to be written in place. Counts as a new version, so an older graph refuses to use it."""
        self.version += 1
        return self.data

    def assign(self, value: Any) -> None:
        """Overwrite the data with `value` of the same shape."""
        value = backend.asarray(autograd.raw(value), self.dtype)
        if value.shape != self.shape:
            raise ValueError(
                message(
                    f"assign to {self.name or 'a tensor'}",
                    expected=f"shape {self.shape}",
                    got=value.shape,
                    write="an array of the same shape",
                )
            )
        self.writable()[...] = value

    # ---- operators

    def __add__(self, other: Any) -> Tensor:
        return ops.add(self, other)

    def __radd__(self, other: Any) -> Tensor:
        return ops.add(other, self)

    def __sub__(self, other: Any) -> Tensor:
        return ops.subtract(self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return ops.subtract(other, self)

    def __mul__(self, other: Any) -> Tensor:
        return ops.multiply(self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return ops.multiply(other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return ops.divide(self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return ops.divide(other, self)

    def __neg__(self) -> Tensor:
        return ops.negative(self)

    def __abs__(self) -> Tensor:
        return ops.abs(self)

    def __pow__(self, k: Any) -> Tensor:
        return ops.power(self, k)

    def __rpow__(self, base: Any) -> Tensor:
        return ops.power(base, self)

    def __matmul__(self, other: Any) -> Tensor:
        return ops.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return ops.matmul(other, self)

    def __getitem__(self, key: Any) -> Tensor:
        return ops.getitem(self, key)

    # comparisons give plain boolean arrays: they have no gradient

    def __gt__(self, other: Any) -> Any:
        return self.data > autograd.raw(other)

    def __ge__(self, other: Any) -> Any:
        return self.data >= autograd.raw(other)

    def __lt__(self, other: Any) -> Any:
        return self.data < autograd.raw(other)

    def __le__(self, other: Any) -> Any:
        return self.data <= autograd.raw(other)

    def __eq__(self, other: object) -> Any:
        return self.data == autograd.raw(other)

    def __ne__(self, other: object) -> Any:
        return self.data != autograd.raw(other)

    __hash__ = object.__hash__  # == compares values, but a tensor in a set or dict is itself

    # ---- methods, as NumPy has them

    def sum(self, axis: ops.Axis = None, keepdims: bool = False) -> Tensor:
        return ops.sum(self, axis, keepdims)

    def mean(self, axis: ops.Axis = None, keepdims: bool = False) -> Tensor:
        return ops.mean(self, axis, keepdims)

    def max(self, axis: ops.Axis = None, keepdims: bool = False) -> Tensor:
        return ops.max(self, axis, keepdims)

    def min(self, axis: ops.Axis = None, keepdims: bool = False) -> Tensor:
        return ops.min(self, axis, keepdims)

    def var(self, axis: ops.Axis = None, keepdims: bool = False) -> Tensor:
        return ops.var(self, axis, keepdims)

    def reshape(self, *shape: Any) -> Tensor:
        return ops.reshape(self, shape[0] if isinstance(shape[0], (tuple, list)) else shape)

    def transpose(self, *axes: Any) -> Tensor:
        return ops.transpose(self, (axes[0] if isinstance(axes[0], (tuple, list)) else axes) if axes else None)

    @property
    def T(self) -> Tensor:
        return ops.transpose(self)
