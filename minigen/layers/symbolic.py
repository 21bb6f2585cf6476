"""The symbolic graph: what Input() returns, what layers called on it note down, and how a Model reads it."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import checks_arguments
from ..autograd.checks import Placeholder
from ..errors import message

if TYPE_CHECKING:
    from .base import Layer

_clock = itertools.count()  # the order of the calls is an order in which they can run


@checks_arguments
def Input(shape: Any = None, *, dtype: Any = "float32", name: str | None = None) -> Symbolic:
    """The place where data enters a model: Input(shape=(784,)) stands for a batch of shape (batch, 784).

    Raises ValueError for sizes that are not positive integers, TypeError for a dtype that there is not and for
    arguments that it does not have.
    """
    where, given_dtype = f"Input {name}" if name else "Input", dtype
    given = shape.tolist() if isinstance(shape, np.ndarray) else shape
    sizes: tuple[Any, ...] = tuple(given) if isinstance(given, (list, tuple)) else (given,)
    if not all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) and n > 0 for n in sizes):
        fix = "Input(shape=(784,)) or Input(shape=(28, 28, 1))"
        raise ValueError(
            message(f"{where}: shape", expected="positive sizes, without the batch", got=repr(shape), fix=fix)
        )
    try:
        dtype = np.dtype("float32" if dtype is None else dtype)
    except (TypeError, ValueError):
        dtype = np.dtype(object)
    if dtype.kind not in "fiub":
        fix = 'Input(shape=(10,), dtype="int64")'
        raise TypeError(message(f"{where}: dtype", expected="a type of numbers", got=f"{given_dtype!r:.60}", fix=fix))
    if not (name is None or isinstance(name, str)):
        raise TypeError(message("Input: name", expected="a word, or None", got=repr(name), fix='name="image"'))
    dtype = str(dtype)
    return Symbolic((None, *map(int, sizes)), dtype=dtype, name=name)


class Symbolic(Placeholder):
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

    def zeros(self) -> np.ndarray:
        """One sample that stands for it, to find the shape of what a layer makes of it."""
        return np.zeros([1, *self.shape[1:]], self.dtype)  # type: ignore[list-item]

    def no_numbers(self, what: str) -> str:
        """The error text for whoever wants to compute with it."""
        return message(
            f"{what} met the output of Input(): it holds no numbers yet",
            expected="a layer called on it",
            got=what,
            fix="a Layer whose call() does this arithmetic, used as Mine()(x), or Activation(function)(x)",
        )

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(self.no_numbers("a NumPy function"))

    def _no_operator(self, other: Any = None) -> Any:
        raise TypeError(self.no_numbers("an operator"))

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _no_operator
    __neg__ = __abs__ = __pow__ = __rpow__ = __matmul__ = __rmatmul__ = __getitem__ = _no_operator
    __lt__ = __le__ = __gt__ = __ge__ = _no_operator


class Call:
    """One use of a layer in a symbolic graph: layer(x, *others, training=training, **keywords).

    x, others and keywords are kept as they were given: symbols, lists of them, and whatever else stood there.
    """

    def __init__(
        self, layer: Layer, x: Any, others: Any = (), training: bool | None = None, keywords: Any = None
    ) -> None:
        self.layer, self.x, self.others, self.keywords = layer, x, others, keywords or {}
        self.training = training  # None: as the model is run
        self.is_plain = isinstance(x, Symbolic) and not self.others and not self.keywords
        self.inputs = list(symbols_in((self.x, self.others, self.keywords)))
        self.outputs: list[Symbolic] = []
        self.order = next(_clock)


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
    return isinstance(a, Symbolic)


def calls_between(inputs: list[Symbolic], outputs: list[Symbolic], label: str) -> tuple[list[Call], list[Layer]]:
    """The calls that lead from inputs to outputs, in the order in which they were made, and their layers.

    The layers are in Keras' order, so that lists of weights fit: those furthest from the outputs first and, of those
    equally far, the one that is met first on the way back from the outputs.
    """
    for s in (*inputs, *outputs):
        if not isinstance(s, Symbolic):
            raise TypeError(
                message(
                    f"{label}: inputs and outputs",
                    expected="what Input() and layers called on it return",
                    got=type(s).__name__,
                    fix="x = Input(shape=(784,)); Model(x, Dense(32)(x))",
                )
            )
    given = set(inputs)
    met: dict[Call, None] = {}  # in the order in which the way back comes to them
    left: dict[Call, None] = {}  # in the order in which it is done with them, and with all that is before them
    todo = [_call_of(s, label) for s in reversed(outputs) if s not in given]
    while todo:
        call = todo[-1]
        if call not in met:
            met[call] = None
            todo += [_call_of(s, label) for s in reversed(call.inputs) if s not in given]
        else:
            left[todo.pop()] = None
    return sorted(left, key=_order), _in_keras_order(list(met), list(left))


def _call_of(symbol: Symbolic, label: str) -> Call:
    if symbol.call is None:
        raise ValueError(
            message(
                f"{label}: the outputs depend on an Input that is not among the inputs",
                expected="every Input that the outputs need",
                got=f"an Input of shape {batch_shape(symbol.shape)} left out",
                fix="Model([a, b], outputs)",
            )
        )
    return symbol.call


def _order(call: Call) -> int:
    return call.order


def _in_keras_order(met: list[Call], left: list[Call]) -> list[Layer]:
    """Sorted by depth, the number of calls to the end of the longest way to an output; `left` is in an order to run."""
    depth = dict.fromkeys(left, 0)
    deepest: dict[Layer, int] = {}
    for call in reversed(left):
        depth[call] = deepest[call.layer] = max(depth[call], deepest.get(call.layer, 0))
        for s in call.inputs:
            if s.call in depth:
                depth[s.call] = max(depth[s.call], depth[call] + 1)
    layers = list(dict.fromkeys(call.layer for call in met))
    return sorted(layers, key=deepest.__getitem__, reverse=True)  # sorted() leaves equals in their order


def unique_names(layers: list[Layer]) -> dict[Layer, str]:
    """dense, dense_1, ... in the order of the layers; names that the user gave stay as they are."""
    given = Counter(layer.name for layer in layers if layer.name)
    twice = sorted(name for name, n in given.items() if n > 1)
    if twice:
        raise ValueError(
            message(
                "Model: two layers of one name",
                expected="every name once",
                got=", ".join(twice),
                fix=f"name='{twice[0]}_2'",
            )
        )
    names: dict[Layer, str] = {}
    taken = set(given)
    numbers_of: dict[str, Iterator[int]] = {}  # the next number of each kind
    for layer in layers:
        base = name = layer.name or snake_case(type(layer).__name__)
        while not layer.name and name in taken:
            name = f"{base}_{next(numbers_of.setdefault(base, itertools.count(1)))}"
        taken.add(name)
        names[layer] = name
    return names


def batch_shape(shape: tuple[int | None, ...]) -> str:
    return f"({', '.join('batch' if n is None else str(n) for n in shape)})"


def snake_case(name: str) -> str:
    """Conv2DTranspose -> conv2d_transpose, LeakyReLU -> leaky_re_lu, as Keras names layers."""
    name = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
