"""Tensor: an array with a gradient, and the op that made it. Its operators are the functions of minigen.ops."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, NoReturn, TypeAlias

import numpy as np

from . import autograd, backend, elsewhere, ops
from .arguments import checks_arguments
from .autograd.checks import check_has_no_graph, check_in_place, check_is_data
from .checks import tensors
from .checks.values import switch
from .types import Array, ArrayLike, DType, Shape, TensorLike

Unary: TypeAlias = Callable[["Tensor"], "Tensor"]
Binary: TypeAlias = Callable[["Tensor", TensorLike], "Tensor"]
Comparison: TypeAlias = Callable[["Tensor", Any], Array]


def _reflected(function: Callable[[TensorLike, TensorLike], TensorLike]) -> Binary:
    """The method for `other + x`, where x is the Tensor."""

    def reflected(self: Tensor, other: TensorLike) -> TensorLike:
        return function(other, self)

    return reflected


def _in_place(function: Callable[[TensorLike, TensorLike], TensorLike]) -> Binary:
    """The method for `x += other`: x itself with new numbers if it is a variable, otherwise a new tensor."""

    def in_place(self: Tensor, other: TensorLike) -> TensorLike:
        new = function(self, other)
        check_in_place(self, new, autograd.recording())
        if not self.variable:
            return new
        self.assign(new)
        return self

    return in_place


def _comparison(compare: Callable[[Array, Array], Array]) -> Comparison:
    """The method for `x > other`: a boolean array, without a gradient. Raises ValueError for shapes that do not
    broadcast, TypeError for anything but numbers."""

    def comparison(self: Tensor, other: Any) -> Array:
        a = autograd.unwrap(other)
        a = np.asarray(a) if isinstance(a, np.ndarray) else a  # a np.matrix would make the result a matrix
        try:
            return compare(self.data, a)
        except (ValueError, TypeError) as error:
            tensors.refuse_comparison(self.shape, a, error)

    return comparison


class Size(int):
    """How many numbers a tensor holds. x.size(0), PyTorch's length of an axis, is an error that names x.shape[0]."""

    def __call__(self, axis: Any = None) -> NoReturn:
        tensors.refuse_call_of_size(axis)


class Tensor(autograd.Node):
    """An array of the active library with a gradient.

    data           an array (numpy or cupy), which is copied and keeps its dtype; lists of floats become float32
    requires_grad  True for parameters: backward() then sets .grad, an array of the same shape
    name           shown in errors and traces, such as "dense/kernel"

    A tensor made by an op refers to the op (.op) and, through it, to the inputs of the op: this is the graph. np.exp(x)
    of a Tensor raises TypeError (use minigen.exp), since NumPy would drop the graph.

    `x -= y` updates a tensor that was made of data in place, as NumPy and PyTorch do: a weight inside of no_grad(), a
    running average. For the output of an op it makes a new tensor.
    """

    __slots__ = ()
    __array_priority__ = 1000  # above any array's: array + tensor asks Tensor.__radd__

    @checks_arguments
    def __init__(self, data: ArrayLike, requires_grad: bool = False, name: str | None = None) -> None:
        check_is_data(name, data)
        data = autograd.unwrap(data)
        array = backend.asarray(data)
        is_new = isinstance(data, (list, tuple, bool, int, float))
        requires_grad = switch("Tensor: requires_grad", requires_grad)
        super().__init__(array if is_new else array.copy(), requires_grad, name)
        self.variable = True
        if requires_grad:
            tensors.check_can_learn(name, self.data.dtype)

    # ---- the array

    @property
    def shape(self) -> Shape:
        shape: Shape = self.data.shape
        return shape

    @property
    def dtype(self) -> DType:
        return self.data.dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return Size(self.data.size)

    def __len__(self) -> int:
        tensors.check_has_rows("len()", self.ndim)
        return len(self.data)

    def __iter__(self) -> Iterator[Tensor]:
        tensors.check_has_rows("iteration", self.ndim)
        return (self[i] for i in range(len(self.data)))

    def __repr__(self) -> str:
        name = f", name={self.name!r}" if self.name else ""
        made = f", op={self.op}" if self.op is not None else ""
        trained = ", requires_grad=True" if self.requires_grad and self.op is None else ""
        numbers = np.array2string(self.numpy(), separator=", ", threshold=20)
        return f"Tensor({numbers}, {self.dtype}{name}{made}{trained})"

    def numpy(self) -> np.ndarray:
        """A copy of the data as a NumPy array (moved from the GPU if it is there)."""
        a = backend.to_numpy(self.data)
        return a.copy() if a is self.data else a

    def item(self) -> Any:
        """The only number in it, as a Python number. Raises ValueError if there are more, or none."""
        tensors.check_is_one_number("item()", self.shape)
        return self.data.item()

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        """An integer tensor of one number can be used in range(n) and rows[i].

        Raises TypeError for floats, ValueError for several numbers.
        """
        tensors.check_is_integer(self.dtype)
        return int(self.item())

    def __round__(self, digits: int | None = None) -> Any:
        return round(self.item(), digits)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def __bool__(self) -> bool:
        tensors.check_is_one_number("bool()", self.shape)
        return bool(self.data)

    # ---- names and protocols of other libraries: errors that name what minigen has in their place

    def __array__(self, dtype: DType = None, copy: bool | None = None) -> np.ndarray:
        tensors.refuse_array_protocol(
            "a function of NumPy, called with a tensor", "minigen.exp(x), abs, log, maximum, sqrt, tanh and others"
        )

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> NoReturn:
        name = function.__name__
        other = elsewhere.TENSOR.get(name, "a custom minigen.Op")
        tensors.refuse_array_protocol(f"np.{name}(tensor)", f"minigen.{name}(...)" if name in ops.__all__ else other)

    def __dlpack__(self, **kwargs: Any) -> NoReturn:
        tensors.refuse_array_protocol("an exchange of memory (DLPack)", "torch.from_numpy(x.numpy())")

    __dlpack_device__ = __dlpack__

    def __getattr__(self, name: str) -> Any:
        base = name.removesuffix("_")  # x.exp_() is PyTorch's x.exp() in place
        replacement = f"minigen.ops.{base}(x, ...)" if base in ops.__all__ and base.islower() else None
        if base != name:
            replacement = f"x = x.{base}()" if hasattr(Tensor, base) else elsewhere.TENSOR.get(base, replacement)
        if name.startswith(("__array", "__cuda")):  # protocols that other libraries look for
            replacement = "x.numpy(), where no gradient is needed"
        raise elsewhere.no_such_name("Tensor", name, elsewhere.TENSOR, replacement)

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        tensors.refuse_item_assignment()

    # ---- the graph

    @checks_arguments
    def backward(self, wrt: Iterable[Tensor] | None = None, retain_graph: bool = False) -> None:
        """Set .grad of every leaf (or only of the tensors in `wrt`) to d self / d leaf, then free the graph.

        It sets, it does not add up: there is nothing to zero. retain_graph=True keeps the graph for another loss of the
        same forward pass. Raises GraphError if self is not a single number, was not recorded, was freed by an earlier
        backward(), or if a parameter changed since the forward pass.
        """
        autograd.backward(self, wrt, retain_graph)

    def detach(self) -> Tensor:
        """The same data without its graph: no gradient passes. Weights and views are copied, since they may change."""
        may_change = self.variable or self.data.base is not None
        detached = Tensor.around(self.data.copy() if may_change else self.data)
        detached.writes = detached.writes if may_change else self.writes
        return detached

    def writable(self) -> Array:
        """The data, to be written in place. This counts as a new version, so that an older graph refuses to use it.

        A tensor that is not a variable, such as the output of an op, may share its memory: it gets a copy first.
        """
        if not self.variable:
            self.data, self.writes, self.variable = self.data.copy(), self.writes.copy(), True
        self.writes[0] += 1
        return self.data

    def assign(self, value: TensorLike | ArrayLike) -> None:
        """Overwrite the data with `value`. Raises ValueError for another shape, TypeError for floats into integers."""
        value = backend.asarray(autograd.unwrap(value))
        tensors.check_assignable(self.name, value, self.data)
        self.writable()[...] = value

    def __reduce__(self) -> tuple[Any, ...]:
        """The state that copy, deepcopy and pickle keep: the numbers. Raises GraphError for a tensor with a graph."""
        check_has_no_graph(self)
        return _restored, (type(self), self.data, self.requires_grad, self.name, self.grad, self.applied_grad)

    # ---- operators

    __add__: ClassVar[Binary] = ops.add
    __sub__: ClassVar[Binary] = ops.subtract
    __mul__: ClassVar[Binary] = ops.multiply
    __truediv__: ClassVar[Binary] = ops.divide
    __pow__: ClassVar[Binary] = ops.power
    __matmul__: ClassVar[Binary] = ops.matmul
    __getitem__: ClassVar[Binary] = ops.getitem
    __neg__: ClassVar[Unary] = ops.negative
    __abs__: ClassVar[Unary] = ops.abs

    __radd__: ClassVar[Binary] = _reflected(ops.add)
    __rsub__: ClassVar[Binary] = _reflected(ops.subtract)
    __rmul__: ClassVar[Binary] = _reflected(ops.multiply)
    __rtruediv__: ClassVar[Binary] = _reflected(ops.divide)
    __rpow__: ClassVar[Binary] = _reflected(ops.power)
    __rmatmul__: ClassVar[Binary] = _reflected(ops.matmul)

    # in place, of a variable: an update, as in `with no_grad(): p -= 0.1 * p.grad`
    __iadd__: ClassVar[Binary] = _in_place(ops.add)
    __isub__: ClassVar[Binary] = _in_place(ops.subtract)
    __imul__: ClassVar[Binary] = _in_place(ops.multiply)
    __itruediv__: ClassVar[Binary] = _in_place(ops.divide)
    __ipow__: ClassVar[Binary] = _in_place(ops.power)
    __imatmul__: ClassVar[Binary] = _in_place(ops.matmul)

    __gt__: ClassVar[Comparison] = _comparison(operator.gt)
    __ge__: ClassVar[Comparison] = _comparison(operator.ge)
    __lt__: ClassVar[Comparison] = _comparison(operator.lt)
    __le__: ClassVar[Comparison] = _comparison(operator.le)
    __eq__: ClassVar[Comparison] = _comparison(operator.eq)
    __ne__: ClassVar[Comparison] = _comparison(operator.ne)
    __hash__ = object.__hash__  # == compares numbers, but a tensor in a set or dict is compared by identity

    def __pos__(self) -> Tensor:
        return self

    def _refuse_operator(self, other: Any = None) -> NoReturn:
        tensors.refuse_operator()

    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __divmod__ = __rdivmod__ = __invert__ = _refuse_operator
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __lshift__ = __rshift__ = _refuse_operator

    # ---- methods, as NumPy and PyTorch have them

    sum, mean, max, min, var, std = ops.sum, ops.mean, ops.max, ops.min, ops.var, ops.std
    exp, log, sqrt, square, abs, clip, squeeze = ops.exp, ops.log, ops.sqrt, ops.square, ops.abs, ops.clip, ops.squeeze
    relu, sigmoid, tanh, softmax, log_softmax = ops.relu, ops.sigmoid, ops.tanh, ops.softmax, ops.log_softmax

    @checks_arguments
    def flatten(self, start_dim: int = 0) -> Tensor:
        """All axes as one; x.flatten(1) keeps the batch. Raises ValueError for an axis that x does not have."""
        first = tensors.existing_axis("flatten: start_dim", start_dim, self.ndim)
        return ops.reshape(self, (*self.shape[:first], math.prod(self.shape[first:])))

    @checks_arguments
    def reshape(self, *shape: Any) -> Tensor:
        """x.reshape(2, 3), x.reshape((2, 3)): see ops.reshape."""
        sizes = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        return ops.reshape(self, sizes)

    @checks_arguments
    def transpose(self, *axes: Any) -> Tensor:
        """x.transpose(), x.transpose(1, 0), x.transpose((1, 0)): see ops.transpose."""
        order = axes[0] if axes and isinstance(axes[0], (tuple, list)) else axes
        return ops.transpose(self, order if axes else None)

    @property
    def T(self) -> Tensor:
        """The axes in reverse order."""
        return ops.transpose(self)


def _restored(
    cls: type[Tensor], data: Array, requires_grad: bool, name: str | None, grad: Array, applied_grad: Array
) -> Tensor:
    """The tensor that __reduce__ has taken apart."""
    t = cls.around(data.copy())  # copy.copy() would share it
    t.requires_grad, t.name, t.grad, t.applied_grad, t.variable = requires_grad, name, grad, applied_grad, True
    return t
