"""The symbolic graph: what Input() returns, what layers called on it note down, and how a Model reads it."""

from __future__ import annotations

import itertools
import numbers
import re
from typing import TYPE_CHECKING, Any

from ..errors import message

if TYPE_CHECKING:
    from .base import Layer

_clock = itertools.count()  # the order of the calls is an order in which they can run


def Input(shape: Any, *, dtype: str = "float32", name: str | None = None) -> Symbolic:
    """The place where data enters a model: Input(shape=(784,)) stands for a batch of shape (batch, 784)."""
    shape = tuple(shape) if isinstance(shape, (list, tuple)) else (shape,)
    if not all(isinstance(n, numbers.Integral) and int(n) > 0 for n in shape):
        raise ValueError(
            message(
                f"Input {name}: shape" if name else "Input: shape",
                expected="positive sizes, without the batch",
                got=shape,
                write="Input(shape=(784,)) or Input(shape=(28, 28, 1))",
            )
        )
    return Symbolic((None, *map(int, shape)), dtype=dtype, name=name)


class Symbolic:
    """What Input() returns and a layer called on it: a shape (None for the batch) and the call that will make it."""

    def __init__(
        self,
        shape: tuple[int | None, ...],
        call: Call | None = None,
        dtype: str = "float32",
        name: str | None = None,
    ) -> None:
        self.shape, self.call, self.dtype, self.name = shape, call, dtype, name

    def __repr__(self) -> str:
        return f"Symbolic(shape={self.shape})"

    def no_numbers(self, what: str) -> str:
        """The error text for whoever wants to compute with it."""
        return message(
            f"{what} met the output of Input(): it holds no numbers yet",
            expected="a layer called on it",
            got=what,
            write="a Layer whose call() does this arithmetic, used as Mine()(x), or Activation(function)(x)",
        )

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(self.no_numbers("a NumPy function"))

    def _no_operator(self, other: Any = None) -> Any:
        raise TypeError(self.no_numbers("an operator"))

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _no_operator
    __neg__ = __abs__ = __pow__ = __rpow__ = __matmul__ = __rmatmul__ = __getitem__ = _no_operator
    __lt__ = __le__ = __gt__ = __ge__ = _no_operator


class Call:
    """One use of a layer in a symbolic graph."""

    def __init__(self, layer: Layer, inputs: list[Symbolic]) -> None:
        self.layer, self.inputs, self.order = layer, inputs, next(_clock)
        self.outputs: list[Symbolic] = []


def calls_between(inputs: list[Symbolic], outputs: list[Symbolic], label: str) -> list[Call]:
    """The calls that lead from inputs to outputs, in the order in which they were made."""
    for s in (*inputs, *outputs):
        if not isinstance(s, Symbolic):
            raise TypeError(
                message(
                    f"{label}: inputs and outputs",
                    expected="what Input() and layers called on it return",
                    got=type(s).__name__,
                    write="x = Input(shape=(784,)); Model(x, Dense(32)(x))",
                )
            )
    found: set[Call] = set()
    todo = [o for o in outputs if o not in inputs]
    while todo:
        symbol = todo.pop()
        if symbol.call is None:
            raise ValueError(
                message(
                    f"{label}: the outputs depend on an Input that is not among the inputs",
                    expected="every Input that the outputs need",
                    got=f"an Input of shape {batch_shape(symbol.shape)} left out",
                    write="Model([a, b], outputs)",
                )
            )
        if symbol.call not in found:
            found.add(symbol.call)
            todo += [i for i in symbol.call.inputs if i not in inputs]
    return sorted(found, key=lambda call: call.order)


def unique_names(layers: list[Layer]) -> dict[Layer, str]:
    """dense, dense_1, ... in the order of the layers; names that the user gave stay as they are."""
    given = [layer.name for layer in layers if layer.name]
    twice = sorted({n for n in given if given.count(n) > 1})
    if twice:
        raise ValueError(
            message(
                "Model: two layers of one name",
                expected="every name once",
                got=", ".join(twice),
                write=f"name='{twice[0]}_2'",
            )
        )
    names: dict[Layer, str] = {}
    for layer in layers:
        base = name = layer.name or snake_case(type(layer).__name__)
        k = 0
        while not layer.name and (name in names.values() or name in given):
            k += 1
            name = f"{base}_{k}"
        names[layer] = name
    return names


def batch_shape(shape: tuple[int | None, ...]) -> str:
    return f"({', '.join('batch' if n is None else str(n) for n in shape)})"


def snake_case(name: str) -> str:
    """Conv2DTranspose -> conv2d_transpose, LeakyReLU -> leaky_re_lu, as Keras names layers."""
    name = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
