"""Tensor: an array that remembers how it was made. Its operators are the functions of minigen.ops."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

import numpy as np

from . import autograd, backend, elsewhere, ops
from .arguments import checks_arguments
from .autograd.checks import check_has_no_graph
from .checks import switch
from .errors import message


class Tensor(autograd.Node):
    """An array of the active library with a gradient.

    data           an array (numpy or cupy), which is copied and keeps its dtype; lists of floats become float32
    requires_grad  True for what is learned: backward() then sets .grad, an array of the same shape
    name           shown in errors and traces, such as "dense/kernel"

    `x -= y` updates a tensor that was made of data in place, as NumPy and PyTorch do: a weight inside of no_grad(), a
    running average. Of the output of an op it makes a new tensor.

    A tensor made by an op knows the op (.op) and, through it, its inputs: that is the graph. np.exp(tensor) is a
    TypeError on purpose (write minigen.exp), since NumPy would drop the graph.
    """

    __slots__ = ()
    __array_priority__ = 1000  # above any array's: array + tensor asks Tensor.__radd__

    @checks_arguments
    def __init__(self, data: Any, requires_grad: bool = False, name: str | None = None) -> None:
        data = _checked(data, name)
        array = backend.asarray(data)
        is_new = isinstance(data, (list, tuple, bool, int, float))
        requires_grad = switch("Tensor: requires_grad", requires_grad)
        super().__init__(array if is_new else array.copy(), requires_grad, name)
        self.variable = True
        if requires_grad and self.data.dtype.kind != "f":
            raise TypeError(
                message(
                    f"Tensor {name or ''}: integers have no gradient",
                    expected="floating-point data",
                    got=str(self.data.dtype),
                    fix='x.astype("float32")',
                )
            )

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
        self._check_has_rows("len()")
        return len(self.data)

    def __iter__(self) -> Iterator[Tensor]:
        self._check_has_rows("iteration")
        return (self[i] for i in range(len(self.data)))

    def _check_has_rows(self, what: str) -> None:
        if self.ndim == 0:
            expected, fix = "a tensor with an axis", "loss_1 + loss_2 for a sum, minigen.stack([loss_1, loss_2])"
            raise TypeError(message(f"{what} of a single number", expected=expected, got="shape ()", fix=fix))

    def __repr__(self) -> str:
        name = f", name={self.name!r}" if self.name else ""
        made = f", op={self.op}" if self.op is not None else ""
        learned = ", requires_grad=True" if self.requires_grad and self.op is None else ""
        return (
            f"Tensor({np.array2string(self.numpy(), separator=', ', threshold=20)}, {self.dtype}{name}{made}{learned})"
        )

    def numpy(self) -> np.ndarray:
        """A copy of the data as a NumPy array (moved from the GPU if it is there)."""
        a = backend.to_numpy(self.data)
        return a.copy() if a is self.data else a

    def item(self) -> float:
        """The one number in it. ValueError if there are more, or none."""
        self._check_is_one_number("item()")
        return self.data.item()

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        """So that an integer tensor of one number may stand in range(n) and rows[i].

        Raises TypeError for other numbers, ValueError for several of them.
        """
        if self.dtype.kind not in "iub":
            where, fix = "a tensor as an index or a count", "int(x)"
            raise TypeError(message(where, expected="an integer", got=str(self.dtype), fix=fix))
        return int(self.item())

    def __round__(self, digits: int | None = None) -> Any:
        return round(self.item(), digits)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def __bool__(self) -> bool:
        self._check_is_one_number("bool()")
        return bool(self.data)

    def _check_is_one_number(self, what: str) -> None:
        if self.size != 1:
            expected, fix = "a tensor of one number", "x.sum(), x.mean(); (x > 0).all() for a condition"
            raise ValueError(message(f"{what} of a tensor", expected=expected, got=f"shape {self.shape}", fix=fix))

    # ---- what is not: other libraries and familiar names, answered with what there is

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        self._not_an_array("np.something(tensor)", "minigen.exp(x), abs, log, maximum, sqrt, tanh and others like them")

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        name = function.__name__
        other = elsewhere.TENSOR.get(name, "a minigen.Op of your own")
        there_is = f"minigen.{name}(...)" if hasattr(ops, name) else other
        self._not_an_array(f"np.{name}(tensor)", there_is)

    def __dlpack__(self, **kwargs: Any) -> Any:
        self._not_an_array("an exchange of memory (DLPack)", "torch.from_numpy(x.numpy())")

    def __dlpack_device__(self) -> Any:
        self.__dlpack__()

    def _not_an_array(self, got: str, there_is: str) -> NoReturn:
        raise TypeError(
            message(
                "a NumPy function, or another library, was given a Tensor",
                expected="a minigen function, which records the graph",
                got=got,
                fix=f"{there_is}; x.numpy() where no gradient is wanted",
            )
        )

    def __getattr__(self, name: str) -> Any:
        there_is = f"minigen.{name}(x, ...)" if name in ops.__all__ and name.islower() else None
        if name.startswith(("__array", "__cuda")):  # what other libraries ask for
            there_is = "x.numpy(), where no gradient is wanted"
        raise elsewhere.no_such_name("Tensor", name, elsewhere.TENSOR, there_is)

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        expected, fix = "a new tensor", "minigen.where(mask, value, x), or a = x.numpy(); a[0] = 1; x.assign(a)"
        raise TypeError(message("x[...] = value", expected=expected, got="an assignment to a place", fix=fix))

    # ---- the graph

    @checks_arguments
    def backward(self, wrt: Iterable[Tensor] | None = None, retain_graph: bool = False) -> None:
        """Set .grad of every leaf (or of the tensors in `wrt` only) to d self / d leaf, then free the graph.

        It sets, it does not add up: there is nothing to zero. retain_graph=True keeps the graph for another loss of the
        same forward pass. Raises GraphError if self is not a single number, was not recorded, was freed by an earlier
        backward(), or if a parameter changed since the forward pass.
        """
        autograd.backward(self, wrt, retain_graph)

    def detach(self) -> Tensor:
        """The same data without its history: no gradient passes. Weights and views are copied: they may change."""
        may_change = self.variable or self.data.base is not None
        detached = Tensor.around(self.data.copy() if may_change else self.data)
        detached.writes = detached.writes if may_change else self.writes
        return detached

    def writable(self) -> Any:
        """The data, to be written in place. Counts as a new version, so an older graph refuses to use it.

        A tensor that is no variable, such as the output of an op, may share its memory: it gets its own first.
        """
        if not self.variable:
            self.data, self.writes, self.variable = self.data.copy(), self.writes.copy(), True
        self.writes[0] += 1
        return self.data

    def assign(self, value: Any) -> None:
        """Overwrite the data with `value` of the same shape. TypeError for floats into integers."""
        value = backend.asarray(autograd.unwrap(value))
        where = f"assign to {self.name or 'a tensor'}"
        if value.shape != self.shape:
            fix = "an array of the same shape"
            raise ValueError(message(where, expected=f"shape {self.shape}", got=value.shape, fix=fix))
        if value.dtype.kind == "f" and self.dtype.kind != "f":
            fix = f'np.asarray(new, "{self.dtype}")'
            raise TypeError(message(where, expected=str(self.dtype), got=str(value.dtype), fix=fix))
        self.writable()[...] = value

    def __reduce__(self) -> Any:
        """What copy, deepcopy and pickle keep: the numbers, and no graph. GraphError for a tensor that has one."""
        check_has_no_graph(self)
        return _restored, (type(self), self.data, self.requires_grad, self.name, self.grad, self.applied_grad)

    # ---- operators in place: of a variable they are an update, as in with no_grad(): p -= 0.1 * p.grad

    def _updated(self, new: Tensor) -> Tensor:
        """What `x -= ...` makes of x: x itself with new numbers if it is a variable, or else a new tensor."""
        if self.op is not None and not autograd.recording():
            where, fix = "an update in place of a tensor that an op has made", "x = x.detach() * 2; w.assign(...)"
            expected, got = "recording, or its history would be lost", f"{self.op}, inside no_grad()"
            raise autograd.GraphError(message(where, expected=expected, got=got, fix=fix))
        if not self.variable:
            return new
        if new.op is not None:
            what = "a tensor that is learned" if self.requires_grad else "a variable by what is learned"
            fix = "with minigen.no_grad(): p -= 0.1 * p.grad; total = total + loss for a sum that is recorded"
            expected, got = "no_grad() around it, or an optimizer", f"{self.name or 'a leaf'}, with recording on"
            where = f"an update in place of {what}"
            raise autograd.GraphError(message(where, expected=expected, got=got, fix=fix))
        self.assign(new)
        return self

    def __iadd__(self, other: Any) -> Tensor:
        return self._updated(self + other)

    def __isub__(self, other: Any) -> Tensor:
        return self._updated(self - other)

    def __imul__(self, other: Any) -> Tensor:
        return self._updated(self * other)

    def __itruediv__(self, other: Any) -> Tensor:
        return self._updated(self / other)

    def __ipow__(self, k: Any) -> Tensor:
        return self._updated(self**k)

    def __imatmul__(self, other: Any) -> Tensor:
        return self._updated(self @ other)

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

    def __pos__(self) -> Tensor:
        return self

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

    def _no_gradient(self, other: Any = None) -> NoReturn:
        """For operators on integers and truth values, which have no gradient."""
        expected, fix = "one of + - * / ** @ and comparisons", "x.numpy() // 2; (x > 0) & (x < 1), which are arrays"
        got = "one of // % & | ^ ~ << >>"
        raise TypeError(message("an operator of tensors", expected=expected, got=got, fix=fix))

    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __divmod__ = __rdivmod__ = __invert__ = _no_gradient
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __lshift__ = __rshift__ = _no_gradient

    def __getitem__(self, key: Any) -> Tensor:
        return ops.getitem(self, key)

    # comparisons give plain boolean arrays: they have no gradient

    def __gt__(self, other: Any) -> Any:
        return _compared(operator.gt, self, other)

    def __ge__(self, other: Any) -> Any:
        return _compared(operator.ge, self, other)

    def __lt__(self, other: Any) -> Any:
        return _compared(operator.lt, self, other)

    def __le__(self, other: Any) -> Any:
        return _compared(operator.le, self, other)

    def __eq__(self, other: object) -> Any:
        return _compared(operator.eq, self, other)

    def __ne__(self, other: object) -> Any:
        return _compared(operator.ne, self, other)

    __hash__ = object.__hash__  # == compares values, but a tensor in a set or dict is itself

    # ---- methods, as NumPy has them

    sum, mean, max, min, var = ops.sum, ops.mean, ops.max, ops.min, ops.var

    @checks_arguments
    def reshape(self, *shape: Any) -> Tensor:
        return ops.reshape(self, shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape)

    @checks_arguments
    def transpose(self, *axes: Any) -> Tensor:
        return ops.transpose(self, (axes[0] if isinstance(axes[0], (tuple, list)) else axes) if axes else None)

    @property
    def T(self) -> Tensor:
        return ops.transpose(self)


def _restored(
    cls: type[Tensor], data: Any, requires_grad: bool, name: str | None, grad: Any, applied_grad: Any
) -> Tensor:
    """The tensor that __reduce__ has taken apart."""
    t = cls.around(data.copy())  # copy.copy() would share it
    t.requires_grad, t.name, t.grad, t.applied_grad, t.variable = requires_grad, name, grad, applied_grad, True
    return t


def _checked(data: Any, name: str | None) -> Any:
    """What a Tensor may be made of: anything that becomes an array, and a Tensor only if no gradient is lost by it."""
    if isinstance(data, autograd.Node) and (data.requires_grad or data.op is not None):
        got, fix = "a tensor that a gradient may pass through", "x itself; x.detach() for its numbers"
        raise TypeError(message(f"Tensor {name or ''}: data", expected="an array or numbers", got=got, fix=fix))
    if _holds_tensors(data):
        expected, fix = "an array or numbers", "minigen.stack(xs)"
        raise TypeError(message(f"Tensor {name or ''}: data", expected=expected, got="a list of tensors", fix=fix))
    return autograd.unwrap(data)


def _holds_tensors(data: Any) -> bool:
    """Whether data is a list with a tensor in it, or in the lists in it."""
    if not isinstance(data, (list, tuple)):
        return False
    return any(isinstance(x, autograd.Node) or (isinstance(x, (list, tuple)) and _holds_tensors(x)) for x in data)


def _compared(comparison: Any, t: Tensor, other: Any) -> Any:
    """A boolean array. ValueError for shapes that do not broadcast, TypeError for what are no numbers."""
    a = autograd.unwrap(other)
    a = np.asarray(a) if isinstance(a, np.ndarray) else a  # np.matrix would make a matrix of it
    try:
        return comparison(t.data, a)
    except (ValueError, TypeError) as error:
        got, fix = f"{t.shape} and {getattr(a, 'shape', type(other).__name__)}", "x > 0, x > y of one shape"
        expected = "a number, or numbers whose shape fits"
        kind = ValueError if isinstance(error, ValueError) else TypeError
        raise kind(message("a comparison", expected=expected, got=got, fix=fix)) from None
