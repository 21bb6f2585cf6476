"""Symbols: what Input() returns, and what layers called on it note down. (model/functional.py reads it.)"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..arguments import checks_arguments
from ..autograd.checks import Placeholder, refuse_symbol
from ..elsewhere import no_such_name
from ..tensor import Tensor
from ..types import DType
from .checks import as_dtype, as_symbolic_shape, check_name
from .weights import come_from_file

_call_numbers = itertools.count()  # the order of the calls is an order in which they can run


@checks_arguments
def Input(shape: Any = None, *, dtype: DType = "float32", name: str | None = None) -> Symbolic:
    """The place where data enters a model: Input(shape=(784,)) stands for a batch of shape (batch, 784).

    Raises ValueError for sizes that are not positive integers, TypeError for an unknown dtype or argument.
    """
    where = f"Input {name}" if name else "Input"
    sizes, dtype = as_symbolic_shape(where, shape), as_dtype(where, dtype)
    check_name("Input", name)
    return Symbolic((None, *sizes), dtype=dtype, name=name)


def _operator(operation: str, reflected: bool = False) -> Callable[[Any, Any], Any]:
    """The method for a + b, or for b + a if it is reflected, where a is the symbol."""

    def method(self: Symbolic, other: Any) -> Any:
        from .arithmetic import arithmetic  # it makes a layer, and layers are made of symbols

        return arithmetic(operation, other, self) if reflected else arithmetic(operation, self, other)

    return method


class Symbolic(Placeholder):
    """What Input() returns and a layer called on it: a shape (None for the batch) and the call that will make it.

    a + b, a - b, a * b, a / b, a ** 2 and -a of symbols, or of symbols and numbers, are calls of the layer Arithmetic.
    """

    __array_priority__ = 1000  # above that of NumPy's numbers: np.float32(2) * a asks Symbolic.__rmul__

    def __init__(
        self, shape: tuple[int | None, ...], call: Call | None = None, dtype: str = "float32", name: str | None = None
    ) -> None:
        self.shape, self.call, self.dtype, self.name = shape, call, dtype, name

    def __repr__(self) -> str:
        return f"Symbolic(shape={self.shape})"

    def zeros(self) -> np.ndarray:
        """One sample that stands for it, to find the shape of what a layer makes of it.

        For a model in a file no sample: whatever sizes stand there, it takes no memory.
        """
        samples = 0 if come_from_file() else 1
        return np.zeros([samples, *self.shape[1:]], self.dtype)  # type: ignore[list-item]

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        refuse_symbol("a NumPy function")

    __add__, __radd__ = _operator("add"), _operator("add", reflected=True)
    __sub__, __rsub__ = _operator("subtract"), _operator("subtract", reflected=True)
    __mul__, __rmul__ = _operator("multiply"), _operator("multiply", reflected=True)
    __truediv__, __rtruediv__ = _operator("divide"), _operator("divide", reflected=True)
    __pow__, __rpow__ = _operator("power"), _operator("power", reflected=True)

    def __neg__(self) -> Any:
        return -1 * self

    def __pos__(self) -> Symbolic:
        return self

    def __getattr__(self, name: str) -> Any:
        call = "(...)" if callable(getattr(Tensor, name, None)) else ""
        advice = f"Lambda(lambda x: x.{name}{call})(x)" if hasattr(Tensor, name) else None
        raise no_such_name("Symbolic", name, {}, advice)

    def _no_operator(self, other: Any = None) -> Any:
        refuse_symbol("an operator other than + - * / **")

    __abs__ = __matmul__ = __rmatmul__ = __getitem__ = __lt__ = __le__ = __gt__ = __ge__ = _no_operator
    __mod__ = __rmod__ = __floordiv__ = __rfloordiv__ = __divmod__ = __rdivmod__ = __invert__ = __round__ = _no_operator
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __float__ = __int__ = _no_operator


class Call:
    """One use of a layer in a symbolic graph: layer(x, *others, training=training, **keywords).

    x, others and keywords are kept as they were given: symbols, lists of them, and other values.
    """

    def __init__(
        self,
        layer: Callable[..., Any],
        x: Any,
        others: Any = (),
        training: bool | None = None,
        keywords: dict[str, Any] | None = None,
    ) -> None:
        self.layer: Any = layer
        self.x, self.others, self.keywords = x, others, keywords or {}
        self.training = training  # None: as the model is run
        self.is_plain = isinstance(x, Symbolic) and not self.others and not self.keywords
        self.inputs = list(symbols_in((self.x, self.others, self.keywords)))
        self.outputs: list[Symbolic] = []
        self.order = next(_call_numbers)


def symbols_in(arguments: Any) -> Iterator[Symbolic]:
    """Every symbol in the arguments of a call, in lists and dicts at any depth."""
    if isinstance(arguments, Symbolic):
        yield arguments
    elif isinstance(arguments, (list, tuple, dict)):
        for inner in arguments.values() if isinstance(arguments, dict) else arguments:
            yield from symbols_in(inner)


def replaced(arguments: Any, wanted: Callable[[Any], bool], new: Callable[[Any], Any]) -> Any:
    """The arguments of a call with new(a) in place of every wanted `a`, in lists and dicts at any depth."""
    if wanted(arguments):
        return new(arguments)
    if isinstance(arguments, (list, tuple)):
        inner = [replaced(a, wanted, new) for a in arguments]
        return tuple(inner) if isinstance(arguments, tuple) else inner
    if isinstance(arguments, dict):
        return {key: replaced(a, wanted, new) for key, a in arguments.items()}
    return arguments


def is_symbol(a: Any) -> bool:
    """Whether it is what Input() returns, or a layer called on it."""
    return isinstance(a, Symbolic)
