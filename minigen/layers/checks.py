"""What layers refuse: inputs that do not fit what the layer declares, arguments, results, weights."""

from __future__ import annotations

import math
import numbers
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from .. import backend
from ..arguments import unknown_argument
from ..autograd.checks import broadcastable
from ..checks.values import as_list, is_integer, natural_number, one_of, positive_integer, switch
from ..errors import described, message
from ..ops.checks import attention_mask, axis_from_front, check_images
from ..tensor import Tensor
from ..types import Array, Shape

if TYPE_CHECKING:
    from .base import Layer
    from .input_spec import InputSpec

KINDS = {None: "fiub", "float": "f", "integer": "iu"}  # of NumPy's types, for InputSpec.dtype
WEIGHTS = ("kernel", "bias", "recurrent_kernel", "embeddings", "gamma", "beta", "moving_mean", "moving_variance")
FLOATS = ("float16", "float32", "float64")
UNPACK = "Concatenate() before it; def call(self, xs): a, b = xs in a custom model"
CALLS = "layer(x, training=True); layer([x, y]) for several inputs; model.fit(x, y) for labels"


# ---- the input


def refuse_input(layer: Layer, spec: InputSpec, x: Any) -> NoReturn:
    """TypeError or ValueError that says how x differs from what the layer declares."""
    label = layer.label
    x = x[0] if spec.or_list and isinstance(x, list) else x
    if not isinstance(x, Tensor):
        got = f"{len(x)}, in a {type(x).__name__}" if isinstance(x, (list, tuple, dict)) else describe(x)
        where, fix = f"{label}: one input", f"layer(x), or {UNPACK}"
        raise TypeError(message(where, expected="a tensor or an array", got=got, fix=fix))
    if spec.ndim == 4:
        check_images(label, x, spec.features)
    if x.ndim == 0 and not spec.or_list:
        where, fix = f"{label}: a single number", "np.array([[2.5]]) for a batch of one sample"
        raise ValueError(message(where, expected="(batch, ...)", got="shape ()", fix=fix))
    if spec.dtype == "integer" and x.dtype.kind not in "iu":
        where, fix = f"{label}: no integers", 'x.astype("int64")'
        raise TypeError(message(where, expected="integers", got=str(x.dtype), fix=spec.fix or fix))
    if x.dtype.kind not in KINDS[spec.dtype]:
        fix = 'x.astype("float32")' + " / 255 for images, so that they lie in [0, 1]" * (x.dtype != "bool")
        where, expected = f"{label}: integer data", layer.dtype
        raise TypeError(message(where, expected=expected, got=str(x.dtype), fix=spec.fix or fix))
    if spec.or_list:
        check_sequences(label, x.shape)
    if x.ndim < spec.min_ndim > 2 or spec.ndim not in (None, x.ndim):
        expected = f"{spec.min_ndim} axes or more" if spec.ndim is None else f"{spec.ndim} axes"
        fix = "x[None] for one sample, x.reshape(...) for others"
        raise ValueError(message(f"{label}: wrong rank", expected=expected, got=x.shape, fix=fix))
    if 0 in x.shape[1:] and spec.ndim is not None:
        where, fix = f"{label}: no numbers", "samples with at least one number"
        raise ValueError(message(where, expected="no axis of size 0", got=x.shape, fix=fix))
    n = spec.features
    if n is None:
        check_has_features(label, x.shape)
    fix = f"x.reshape(-1, {n}), or Flatten() before it"
    if not n or x.size % n:
        fix = f"data with {n} features, as at the first call"
    raise ValueError(message(f"{label}: wrong number of features", expected=f"(batch, {n})", got=x.shape, fix=fix))


def check_spec(spec: InputSpec) -> None:
    """ValueError for a dtype that an InputSpec does not know."""
    if spec.dtype not in KINDS:
        where, fix = "InputSpec: dtype", 'InputSpec("float")'
        raise ValueError(message(where, expected='"float", "integer" or None', got=repr(spec.dtype), fix=fix))


def check_has_features(label: str, shape: Shape) -> None:
    """ValueError for a shape without a batch axis, such as that of one sample."""
    if not isinstance(shape, (tuple, list)) or len(shape) < 2:
        where, fix = f"{label}: wrong rank", "x.reshape(1, -1) for one sample"
        raise ValueError(message(where, expected="(batch, features)", got=shape, fix=fix))


def check_sequences(label: str, shape: Shape) -> None:
    """ValueError unless the shape is (batch, steps, features), with one step and one feature or more."""
    if len(shape) != 3 or 0 in shape[1:]:
        fix = "x[None] for one sequence, x[:, :, None] for one number at each step, or an Embedding before it"
        if len(shape) == 2:
            fix = f"return_sequences=True in a layer like this one before it; x[:, i : i + 1] for one step; {fix}"
        where, expected = f"{label}: no sequences", "(batch, steps, features), one step and one feature or more"
        raise ValueError(message(where, expected=expected, got=tuple(shape), fix=fix))


def check_symbols(label: str, symbols: Array, n: int) -> None:
    """TypeError unless the symbols are integers, ValueError unless they lie in 0..n - 1."""
    if symbols.dtype.kind not in "iu":
        where, fix = f"{label}: no symbols", 'x.astype("int64"), or Input(shape, dtype="int64")'
        raise TypeError(message(where, expected="integers", got=symbols.dtype, fix=fix))
    if symbols.size and not (0 <= int(symbols.min()) and int(symbols.max()) < n):
        least, most = int(symbols.min()), int(symbols.max())
        fix = "symbols that count from 0" if least < 0 else f"Embedding({most + 1}, ...)"
        raise ValueError(message(f"{label}: unknown symbol", expected=f"0..{n - 1}", got=f"{least}..{most}", fix=fix))


def check_state(label: str, state: Sequence[Any], shape: Shape, n: int) -> None:
    """ValueError unless the state is empty, or n Tensors of this shape; TypeError for integers."""
    shapes = [tuple(s.shape) if isinstance(s, Tensor) else type(s).__name__ for s in state]
    if state and shapes != [shape] * n:
        fix = f"layer(x, {'h' if n == 1 else '[h, c]'})"
        raise ValueError(message(f"{label}: initial state", expected=f"{n} of shape {shape}", got=shapes, fix=fix))
    for s in state:
        if s.dtype.kind != "f":
            where, fix = f"{label}: integer data", "h.astype('float32')"
            raise TypeError(message(where, expected="float32", got=str(s.dtype), fix=fix))


def check_attention_inputs(label: str, query: Any, value: Any, key: Any) -> None:
    """TypeError unless the three are tensors of floats; ValueError unless they are (batch, steps, features) of one
    batch, the key with as many steps as the value."""
    named = {"query": query, "value": value, "key": key}
    fix = "layer(x, x) for self-attention, layer(query, value) to look at another sequence"
    for name, x in named.items():
        if not isinstance(x, Tensor) or x.dtype.kind != "f":
            got = str(x.dtype) if isinstance(x, Tensor) else describe(x)
            raise TypeError(message(f"{label}: {name}", expected="a tensor of floats", got=got, fix=fix))
    shapes = [tuple(x.shape) for x in named.values()]
    fits = all(len(shape) == 3 and 0 not in shape[1:] for shape in shapes)
    if not fits or len({shape[0] for shape in shapes}) > 1 or shapes[1][1] != shapes[2][1]:
        expected = "query (batch, n, features), value and key (batch, m, features)"
        got = ", ".join(f"{name} {shape}" for name, shape in zip(named, shapes, strict=True))
        raise ValueError(message(f"{label}: sequences do not fit", expected=expected, got=got, fix=fix))


def as_output_features(label: str, output_shape: Any) -> int | None:
    """The output_shape of an attention as the number of features, from 7 or (7,); None as it is."""
    if output_shape is None:
        return None
    found = output_shape[0] if isinstance(output_shape, (tuple, list)) and len(output_shape) == 1 else output_shape
    return positive_integer(f"{label}: output_shape", found, "output_shape=128")


def as_attention_mask(label: str, mask: Any, causal: Any, shape: Shape) -> Any:
    """What ops.attention() takes: None, "causal", or a boolean array that broadcasts to (batch, heads, n, m).

    TypeError for one that is not boolean, ValueError for one that broadcasts neither to (batch, n, m) nor to that.
    """
    causal = switch(f"{label}: use_causal_mask", causal)
    if mask is None:
        return "causal" if causal else None
    mask = mask.data if isinstance(mask, Tensor) else backend.asarray(mask)
    if mask.ndim == 3:
        mask = mask[:, None]  # the same for all heads
    mask = attention_mask(f"{label}: attention_mask", mask, shape)
    return mask & backend.xp.tri(*shape[2:], dtype=bool) if causal else mask


def check_positions(label: str, start: Any, n: int, most: int | None = None) -> int:
    """start_index as an int; ValueError unless it is 0 or more, and start + n at most `most` positions."""
    first = natural_number(f"{label}: start_index", start, "start_index=0")
    if most is not None and first + n > most:
        where, expected = f"{label}: too many steps", f"at most {most} positions"
        got, fix = f"steps {first}..{first + n - 1}", f"PositionEmbedding({first + n})"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))
    return first


def check_concatenation(label: str, x: Any, axis: int) -> None:
    """ValueError unless x is a list of two tensors or more that differ in the size of this axis alone."""
    if not isinstance(x, list) or len(x) < 2:
        got, fix = f"a list of {len(x)}" if isinstance(x, list) else type(x).__name__, "Concatenate()([a, b])"
        raise ValueError(message(f"{label}: needs several inputs", expected="a list of tensors", got=got, fix=fix))
    for t in x:
        axis_from_front(label, axis, t.ndim)
    others = [tuple(n for i, n in enumerate(t.shape) if i != axis % t.ndim) for t in x]
    if len(set(others)) > 1:
        where, got = f"{label}: shapes differ beside axis {axis}", ", ".join(str(t.shape) for t in x)
        fix = "Reshape or Flatten before it"
        raise ValueError(message(where, expected="equal sizes on every other axis", got=got, fix=fix))


def check_merge(label: str, x: Any, most: int | None = None) -> None:
    """ValueError unless x is a list of two tensors or more (at most `most`) whose shapes fit element by element."""
    n = len(x) if isinstance(x, list) else None
    if n is None or n < 2 or (most is not None and n > most):
        got = type(x).__name__ if n is None else f"a list of {n}"
        kind, expected = label.partition(" ")[0], f"a list of {'two tensors' if most else 'two tensors or more'}"
        raise ValueError(message(f"{label}: inputs", expected=expected, got=got, fix=f"{kind}()([a, b])"))
    shapes = [tuple(t.shape) for t in x]
    fits = len({len(shape) for shape in shapes}) == 1 and len({shape[:1] for shape in shapes}) == 1
    if not fits or not broadcastable(*shapes):
        where, expected = f"{label}: shapes do not fit", "equally many axes, and equal sizes, or 1 behind the batch"
        got, fix = " and ".join(map(str, shapes)), "Reshape((1, n))(x) to give one of them another axis"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))


def check_reshape(label: str, shape: Shape, target_shape: Shape) -> None:
    """ValueError unless samples of this shape have as many numbers as target_shape, where one entry may be -1."""
    have, want = math.prod(shape[1:]), math.prod(n for n in target_shape if n != -1)
    if have % want if -1 in target_shape else have != want:
        expected, got = f"{want} numbers a sample for {target_shape}", f"{have} from {shape[1:]}"
        fix = "x[None]: a batch of one sample" if len(shape) == 1 else f"a target_shape whose product is {have}"
        raise ValueError(message(f"{label}: sizes do not fit", expected=expected, got=got, fix=fix))


# ---- arguments of the constructors


def check_name(kind: str, name: Any) -> None:
    """TypeError for a name that is no text, ValueError for one that cannot be shown."""
    where, fix = f"{kind}: name", f'{kind}(..., name="first")'
    if not (name is None or isinstance(name, str)):
        raise TypeError(message(where, expected="a word, or None", got=repr(name), fix=fix))
    if name is not None and not name.isprintable():
        raise ValueError(message(where, expected="characters that can be shown", got=ascii(name), fix=fix))


def as_target_shape(label: str, target_shape: Any) -> Shape:
    """The target_shape of Reshape as a tuple of integers; ValueError unless they are positive, or one of them -1."""
    sizes = tuple(target_shape) if isinstance(target_shape, (tuple, list, np.ndarray)) else ()
    if not sizes or not all(is_integer(n) and n >= -1 and n != 0 for n in sizes) or sizes.count(-1) > 1:
        fix = f"Reshape(({target_shape},))" if is_integer(target_shape) else "Reshape((28, 28, 1))"
        where, expected = f"{label}: target_shape", "positive sizes, at most one of them -1"
        raise ValueError(message(where, expected=expected, got=repr(target_shape), fix=fix))
    return tuple(map(int, sizes))


def as_axis(label: str, axis: Any) -> int:
    """The axis of Concatenate as an int, or ValueError."""
    if not is_integer(axis):
        where, fix = f"{label}: axis", "Concatenate(axis=-1)"
        raise ValueError(message(where, expected="an integer", got=f"{axis!r:.60}", fix=fix))
    return int(axis)


def check_last_axis(label: str, axis: Any) -> None:
    """ValueError unless axis is -1, or a list of -1 alone, as Keras' files have it."""
    if axis not in (-1, [-1], (-1,)) or isinstance(axis, bool):
        where, fix = f"{label}: axis", "Reshape((-1, n))(x) for a layer over several axes; x.transpose(...) for another"
        raise ValueError(message(where, expected="-1, the last axis", got=repr(axis), fix=fix))


def groups_or_all(label: str, groups: Any) -> int:
    """The groups of channels as an int, -1 for as many as there are channels; ValueError for others."""
    if not is_integer(groups, 1) and not (is_integer(groups) and groups == -1):
        where, fix = f"{label}: groups", "GroupNormalization(8)"
        expected = "a positive integer, or -1 for each channel by itself"
        raise ValueError(message(where, expected=expected, got=repr(groups), fix=fix))
    return int(groups)


def operation_name(label: str, operation: Any, known: Iterable[str], left: Any, right: Any) -> str:
    """The operation of Arithmetic; ValueError for an unknown one, and for two numbers."""
    if left is not None and right is not None:
        where, fix = f"{label}: two numbers", 'Arithmetic("subtract", left=1)(x)'
        raise ValueError(message(where, expected="left or right", got=f"left={left!r}, right={right!r}", fix=fix))
    return one_of(f"{label}: operation", operation, tuple(known), 'Arithmetic("add")([a, b])')


def operand(operation: str, value: Any, needed: bool = False) -> int | float | None:
    """A number beside a symbol as Python's; TypeError for anything else, and for None if it is needed."""
    if value is None and not needed:
        return None
    value = value.item() if isinstance(value, np.number) else value
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not is_number or not abs(value) <= sys.float_info.max:  # NaN and infinity are not
        where, expected = f"{operation} of what Input() returns", "another symbol, or a finite number"
        fix = "Lambda(lambda x: x * array)(x) for an array; a Layer with add_weight() for a weight"
        raise TypeError(message(where, expected=expected, got=described(value), fix=fix))
    return int(value) if isinstance(value, numbers.Integral) else float(value)


def check_is_no_weight(label: str, name: str, value: Any) -> None:
    """ValueError for a layer or a weight that a Lambda uses from outside of it: nothing would train or save these."""
    if not isinstance(value, Tensor) or value.requires_grad:
        where, expected = f"{label}: {name} would be neither trained nor saved", "a function of its inputs alone"
        fix = "a Layer with it as an attribute"
        fix = fix if isinstance(value, Tensor) else f"layer(x) itself, which is a part of the model, or {fix}"
        raise ValueError(message(where, expected=expected, got=f"{name}, {described(value)}", fix=fix))


def check_mask_name(label: str, mask: Any, filters: int) -> None:
    """ValueError unless the mask of a MaskedConv2D is "A" or "B"."""
    if mask not in ("A", "B"):
        expected, fix = "'A' for the first layer, 'B' for all others", f"MaskedConv2D({filters}, 7, 'A')"
        raise ValueError(message(f"{label}: mask", expected=expected, got=repr(mask), fix=fix))


def as_mask(label: str, mask: Any, inputs: int | None, units: int) -> np.ndarray:
    """The mask of a MaskedDense as an array (inputs, units) of zeros and ones; ValueError for anything else.

    Without `inputs` it may have any number of rows.
    """
    where, fix = f"{label}: mask", "np.tril(np.ones((inputs, units)), -1): a row for each input, a column for each unit"
    found = backend.finite_array(where, mask, 2, fix)
    if found.shape != (len(found) if inputs is None else inputs, units):
        expected = f"({'inputs' if inputs is None else inputs}, {units})"
        raise ValueError(message(where, expected=expected, got=found.shape, fix=fix))
    if not np.isin(found, (0, 1)).all():
        raise ValueError(message(where, expected="zeros and ones", got="other numbers", fix=fix))
    return found.copy()


# ---- calls


def describe(a: Any) -> str:
    """An argument in an error text: what it is, without the numbers of an array."""
    return f"an array of shape {tuple(a.shape)}" if hasattr(a, "shape") else f"{a!r:.60}"


def refuse_arguments(
    layer: Layer, others: Sequence[Any], keywords: dict[str, Any], why: str, cause: Exception | None = None
) -> NoReturn:
    """TypeError for a call whose arguments call() does not take."""
    own = [p for p in list(layer.call_signature.parameters.values())[1:] if p.name != "training"]
    unknown = [name for name in keywords if name not in layer.call_signature.parameters]
    if unknown:
        raise TypeError(unknown_argument(layer.label, unknown[0], [p.name for p in own[1:]] + ["training"])) from cause
    takes = [p.name if p.default is p.empty else f"{p.name}={p.default}" for p in own] + ["training=None"]
    got = ["x"] + [describe(a) for a in others] + [f"{name}={describe(a)}" for name, a in keywords.items()]
    where = f"{layer.label}: wrong arguments, {why}"
    fix = " or ".join([f"layer(x, {p.name}=...)" for p in own[1:]] + [CALLS])
    raise TypeError(message(where, expected=f"({', '.join(takes)})", got=f"({', '.join(got)})", fix=fix)) from cause


def explain_first_call(layer: Layer, x: Any, others: Sequence[Any], keywords: dict[str, Any], error: Exception) -> None:
    """An error that states why the first call of a layer failed, where Python's own error does not."""
    if isinstance(error, RecursionError):
        where, got = f"{layer.label}: calls in each other", f"more than {sys.getrecursionlimit()}"
        fix = "a call() that does not call itself; for so many layers sys.setrecursionlimit(10_000)"
        raise RecursionError(message(where, expected="an end", got=got, fix=fix)) from error
    try:
        layer.call_signature.bind(layer, x, *others, **keywords)
    except TypeError as why:
        refuse_arguments(layer, others, {k: v for k, v in keywords.items() if k != "training"}, str(why), error)
    explained = "expected:" in str(error)
    if isinstance(x, (list, dict)) and isinstance(error, (TypeError, AttributeError, KeyError)) and not explained:
        where, got = f"{layer.label}: {len(x)} inputs", f"{len(x)}, in a {type(x).__name__} ({error})"
        fix = f"one of them, or {UNPACK}"
        raise TypeError(message(where, expected="as many as it takes", got=got, fix=fix)) from error


def check_returned(layer: Layer, y: Any) -> None:
    """TypeError for a call() that returns no tensor, or list, tuple or dict of them."""
    several = list(y.values()) if isinstance(y, dict) else as_list(y)
    for one in several or [y]:
        if not (is_array(one) or (isinstance(one, (list, tuple)) and one)):
            where, fix = f"{type(layer).__name__}.call returned {describe(one)}", "return x * self.w"
            expected = "a Tensor, or a list, tuple or dict of them"
            raise TypeError(message(where, expected=expected, got=type(one).__name__, fix=fix))


def is_array(a: Any) -> bool:
    """Whether `a` is a Tensor or an array of any library; a single number of NumPy is none."""
    return hasattr(a, "shape") and hasattr(a, "dtype") and not isinstance(a, np.generic)


def check_outputs(layer: Layer, y: Any) -> None:
    """TypeError for outputs in a graph that are neither a tensor nor a list of them."""
    several = as_list(y)
    if not all(map(is_array, several)):
        where, fix = f"{layer.label}: outputs in a graph", "return [y, h, c], one list"
        got = f"a {type(y).__name__} of {', '.join(sorted({type(one).__name__ for one in y}))}"
        raise TypeError(message(where, expected="a tensor, or a list of them", got=got, fix=fix))


def check_in_graph(layer: Layer, output: Any) -> None:
    """ValueError for the output of a layer that is in no graph."""
    if output is None:
        where, expected = f"{layer.label}.output", "a layer in the graph of a Model"
        raise ValueError(message(where, expected=expected, got="one in no graph", fix="layer(Input(shape=...))"))


# ---- symbols


def as_symbolic_shape(where: str, shape: Any) -> Shape:
    """The shape of an Input as a tuple of integers; ValueError unless they are positive."""
    given = shape.tolist() if isinstance(shape, np.ndarray) else shape
    sizes = tuple(given) if isinstance(given, (list, tuple)) else (given,)
    if not all(is_integer(n) and n > 0 for n in sizes):
        where, fix = f"{where}: shape", "Input(shape=(784,)) or Input(shape=(28, 28, 1))"
        raise ValueError(message(where, expected="positive sizes, without the batch", got=repr(shape), fix=fix))
    return tuple(map(int, sizes))


def as_dtype(where: str, dtype: Any) -> str:
    """The dtype of an Input as a word; TypeError for a type that holds no numbers."""
    try:
        found = np.dtype("float32" if dtype is None else dtype)
    except (TypeError, ValueError):
        found = np.dtype(object)
    if found.kind not in "fiub":
        fix = 'Input(shape=(10,), dtype="int64")'
        raise TypeError(message(f"{where}: dtype", expected="a type of numbers", got=f"{dtype!r:.60}", fix=fix))
    return str(found)


# ---- attributes


def check_attribute(layer: Layer, name: str, old: Any, value: Any) -> None:
    """TypeError for an array in the place of a weight, ValueError for a kernel or bias of another shape.

    AttributeError for the name of a property that cannot be set, such as `weights`.
    """
    taken = getattr(type(layer), name, None)
    if isinstance(taken, property) and taken.fset is None:
        where, got = f"{layer.label}.{name} is a property of every layer", described(value)
        fix = f"self.my_{name} = ..."
        raise AttributeError(message(where, expected="another name", got=got, fix=fix))
    if not isinstance(old, Tensor) or not hasattr(value, "shape"):
        return
    where, fix = f"{layer.label}.{name} is a weight", f"layer.{name}.assign(values)"
    if not isinstance(value, Tensor):
        raise TypeError(message(where, expected="a Tensor", got=type(value).__name__, fix=fix))
    if layer.built and name in WEIGHTS and value.shape != old.shape:
        raise ValueError(message(where, expected=f"shape {old.shape}", got=value.shape, fix="a new layer"))


def refuse_two_weights(label: str, path: str) -> NoReturn:
    """ValueError for two weights of one path."""
    where, fix = f"{label}: two weights at {path}", "another attribute, or another name="
    raise ValueError(message(where, expected="every path once", got="two layers there", fix=fix))


def refuse_switch(label: str, value: Any) -> NoReturn:
    """ValueError for trainable = False: minigen has no such switch."""
    fix = "for p in layer.parameters(): p.requires_grad = False; or step(head.parameters())"
    where, got = f"{label}: there is no switch for training", f"trainable = {value}"
    raise ValueError(message(where, expected="the parameters to train, in train_step", got=got, fix=fix))
